"""Seconds of a training step of every network by dtype policy → benchmarks/results/dtype_policy.json.

    python benchmarks/dtype_policy.py

The median of a dozen steps on random data, each network and policy in a process of its own: logo/fcn on 256 crops of
75x22, logo/snowdon on 16, logo/one_stage on 8 squares of 256 pixels, the reviews' networks on 32 reviews of 200 tokens.
What `dtype_policy: auto` of params.yaml chooses on a processor rests on these numbers. Prints one JSON object: per
processor the seconds, its bfloat16 features, cores and versions. --smoke: small networks, nothing is written.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

POLICIES = ("float32", "mixed_bfloat16")
FEATURES = ("avx512_bf16", "amx_bf16")  # as /proc/cpuinfo spells them
NUM_CROPS = {"logo/fcn": 256, "logo/snowdon": 16}
MODELS = ("logo/fcn", "logo/snowdon", "logo/one_stage", "sentiment/bilstm", "sentiment/snowdon")
WARM_UP, STEPS = 3, 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=MODELS, default=MODELS, help="these networks; default: all")
    parser.add_argument("--smoke", action="store_true", help="small networks, to see that it runs")
    parser.add_argument("--measure", nargs=2, metavar=("MODEL", "POLICY"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(*arguments.measure, smoke=arguments.smoke)))
        return
    seconds: dict[str, dict[str, float]] = {}
    for model in arguments.only:
        seconds[model] = {}
        for policy in POLICIES:
            seconds[model][policy] = in_own_process(model, policy, arguments.smoke)
            print(model, policy, seconds[model][policy], file=sys.stderr)
    result = {"seconds": seconds, **machine()}
    name = result.pop("processor")
    if arguments.smoke:
        print(json.dumps({name: result}))
    else:
        import scratch  # noqa: PLC0415, a process that measures has no use for it

        scratch.keep("dtype_policy", name, result)


def in_own_process(model: str, policy: str, smoke: bool) -> float:
    """Return what `measure` returns in a new process, since a backend keeps memory and compiled functions."""
    command = [sys.executable, __file__, *(["--smoke"] if smoke else []), "--measure", model, policy]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(model: str, policy: str, *, smoke: bool = False) -> float:
    """Return the median seconds of a training step of a network under a dtype policy."""
    import workloads  # noqa: PLC0415, it imports Keras, which the parent process has no use for

    from brandlens import training  # noqa: PLC0415

    training.set_up(1)
    batch_size = NUM_CROPS.get(model)
    sizes = workloads.Sizes(
        num_crops=2 * batch_size if batch_size else 0, num_patches=0, num_images=16, num_reviews=64, num_tokens=200,
        fixed_length=True, num_words=5000, batch_size=batch_size,
    )  # fmt: skip
    if smoke:
        sizes = workloads.Sizes(
            num_crops=8, num_patches=0, width_multiplier=0.125, image_size=64, max_steps=40, num_images=4,
            num_reviews=8, num_tokens=20, fixed_length=True, num_words=50, units=2, batch_size=4,
        )  # fmt: skip
    with training.dtype_scope(policy):
        workload = workloads.WORKLOADS[model](sizes)
        batch = workload.batches[1]  # the first batch of reviews may be wider than the others
        times = []
        for _ in range(WARM_UP + STEPS):
            start = time.perf_counter()
            workload.model.train_on_batch(*batch)
            times.append(time.perf_counter() - start)
    return round(statistics.median(times[WARM_UP:]), 4)


def machine() -> dict[str, Any]:
    """Return the processor's name and bfloat16 features, the cores this process may use, and versions."""
    from brandlens import onnx_runtime  # noqa: PLC0415

    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = facts.get("flags", "").split()
    return {
        "processor": facts.get("model name") or platform.processor() or platform.machine(),
        "features": [feature for feature in FEATURES if feature in flags],
        "cores": onnx_runtime.cores(),
        **{package: version(package) for package in ("tensorflow", "keras")},
    }


def version(package: str) -> str | None:
    """Return the version of an installed package; None for one that is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
