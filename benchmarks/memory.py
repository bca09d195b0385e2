"""What `tune_malloc` is worth: seconds of training with and without it, each in a process of its own.

    python benchmarks/memory.py

Prints one JSON object.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

STEPS = 30


def main() -> None:
    measured: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    for _ in range(3):  # in turns, so that a busy moment of the machine slows both
        for variant, runs in measured.items():
            done = subprocess.run([sys.executable, __file__, variant], check=True, capture_output=True, text=True)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
    best = {variant: {key: min(run[key] for run in runs) for key in runs[0]} for variant, runs in measured.items()}
    ratio = round(best["without"]["seconds"] / best["with"]["seconds"], 2)
    print(json.dumps({**best, "steps": STEPS, "times_faster": ratio}))


def train(variant: str) -> dict[str, float]:
    """Return seconds, and seconds that the system spent, of STEPS steps of fcn on random crops and dense patches."""
    import workloads  # noqa: PLC0415, it imports Keras, which the parent process has no use for

    from brandlens.training.memory import tune_malloc  # noqa: PLC0415

    if variant == "with":
        tune_malloc()
    sizes = replace(workloads.Sizes(), num_crops=64 * STEPS, num_patches=64, batch_size=64)
    workload = workloads.fcn(sizes)
    workload.model.fit(workload.batches, epochs=1, steps_per_epoch=3, verbose=0)  # compiles
    start, before = time.perf_counter(), os.times()
    workload.model.fit(workload.batches, epochs=1, verbose=0)
    return {"seconds": time.perf_counter() - start, "system_seconds": os.times().system - before.system}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(train(sys.argv[1])))
    else:
        main()
