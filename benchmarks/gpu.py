"""Seconds of an epoch and of a whole training on this device → benchmarks/results/gpu.json.

    python benchmarks/gpu.py                      # TensorFlow, on its GPU if it sees one
    KERAS_BACKEND=jax python benchmarks/gpu.py    # or torch; TensorFlow need not be installed

On random pictures and token ids, since time does not depend on what they show: snowdon's CNN, 10 epochs on 4,160 crops
of 75x22; the default logo networks, fcn on as many crops and 700 dense patches, one_stage with 4,600 steps of 8 squares
of 256 pixels, composed by the processor meanwhile; the bidirectional LSTM on 25,000 reviews of 230 tokens on average.
Mining rounds, self-training and validation are left out. Timed are two runs over 120 batches of an epoch, after one run
that compiles; the rest is extrapolated ("extrapolated": true), unless --full trains to the end. start_seconds: building
and compiling. busy_percent: how busy the GPU was meanwhile, as nvidia-smi says; null without it.
Prints one JSON object; --smoke: two small networks for a few steps, nothing is written.
"""

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import scratch
import workloads
from dtype_policy import machine, version

from brandlens import training
from brandlens.training.distribution import list_devices

MODELS = ("logo/snowdon", "logo/fcn", "logo/one_stage", "sentiment/bilstm")
SMOKE_MODELS = ("logo/fcn", "sentiment/bilstm")  # those that compile quickly
STEPS, TIMED = 120, 2  # batches of an epoch that is timed, and how many are, after a first one that compiles
SMOKE = workloads.Sizes(
    num_crops=32, num_patches=4, width_multiplier=0.125, image_size=64, max_steps=80, num_images=4, num_reviews=32,
    num_tokens=20, num_words=50, units=2, batch_size=4,
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=workloads.WORKLOADS, help="these networks; default: all four")
    parser.add_argument(
        "--dtype-policy", choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"), default="auto",
        help="auto: mixed_bfloat16 on a GPU; default: %(default)s",
    )  # fmt: skip
    parser.add_argument("--full", action="store_true", help="train to the end instead of extrapolating")
    parser.add_argument("--smoke", action="store_true", help="small networks, to see that it runs")
    arguments = parser.parse_args()
    training.set_up(1)
    policy = training.dtype_policy(arguments.dtype_policy)
    sizes, steps = (SMOKE, 3) if arguments.smoke else (workloads.Sizes(), STEPS)
    trainings = {}
    for name in arguments.only or (SMOKE_MODELS if arguments.smoke else MODELS):
        with training.dtype_scope(policy):
            trainings[name] = measure(name, sizes, steps, full=arguments.full)
        print(name, trainings[name], file=sys.stderr)
    backend = keras.backend.backend()
    result = {
        **device(), "backend": backend, "dtype_policy": policy,
        "keras": keras.__version__, backend: version(backend), "trainings": trainings,
    }  # fmt: skip
    key = f"{result['device']}, {backend}, {policy}"
    if arguments.smoke:
        print(json.dumps({key: result}))
    else:
        scratch.keep("gpu", key, result)


def device() -> dict[str, Any]:
    """Return the name of the device that trains, how many of it the backend sees, and the processor beside it."""
    processor = machine()
    devices = [name for name in list_devices() if not name.lower().startswith("cpu")]
    names = query("name") if devices else []
    return {
        "device": names[0] if names else processor["processor"], "num_devices": max(1, len(devices)),
        "processor": processor["processor"], "cores": processor["cores"],
    }  # fmt: skip


def measure(name: str, sizes: workloads.Sizes, steps: int, *, full: bool) -> dict[str, Any]:
    """Return the seconds of an epoch and of the whole training of a network, and how they were measured."""
    start = time.perf_counter()
    workload = workloads.WORKLOADS[name](sizes)
    steps_per_epoch = len(workload.batches)
    batches = workload.batches if full else Chosen(workload.batches, spread(steps, steps_per_epoch))
    clock = EpochClock()
    with busyness() as samples:
        workload.model.fit(
            training.shard(batches), epochs=workload.epochs if full else 1 + TIMED, shuffle=False, callbacks=[clock],
            verbose=0,
        )  # fmt: skip
    total = time.perf_counter() - start
    step = sum(clock.seconds[1:]) / len(clock.seconds[1:]) / len(batches)
    started = max(0.0, total - len(clock.seconds) * len(batches) * step)
    if not full:
        total = started + workload.epochs * steps_per_epoch * step
    seconds = {
        "start_seconds": started, "step_seconds": step, "epoch_seconds": step * steps_per_epoch,
        "training_seconds": total,
    }  # fmt: skip
    return {
        "epochs": workload.epochs, "steps_per_epoch": steps_per_epoch,
        **{key: round(value, 4) for key, value in seconds.items()}, "extrapolated": not full,
        "busy_percent": round(sum(samples) / len(samples), 1) if samples else None,
    }  # fmt: skip


def spread(count: int, steps_per_epoch: int) -> list[int]:
    """Return the indices of at most `count` batches: the first two, from which Keras takes shapes, and others."""
    rest = np.random.default_rng(0).permutation(np.arange(2, steps_per_epoch))
    return [*range(min(2, steps_per_epoch)), *rest[: max(0, count - 2)].tolist()]


class EpochClock(keras.callbacks.Callback):
    """Keeps the seconds that each epoch took, until the device has finished it."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop the clock."""
        float((logs or {})["loss"])  # waits for the device
        self.seconds.append(time.perf_counter() - self.start)


class Chosen(keras.utils.PyDataset):
    """Some batches of another dataset, made by as many threads."""

    def __init__(self, batches: keras.utils.PyDataset, indices: Sequence[int]) -> None:
        super().__init__(workers=batches.workers, max_queue_size=batches.max_queue_size)
        self.batches, self.indices = batches, list(indices)

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.batches[self.indices[index] % len(self.batches)]


@contextmanager
def busyness(interval: float = 0.5) -> Iterator[list[float]]:
    """Sample how busy the GPU is, in percent, into the list that is yielded; it stays empty without nvidia-smi."""
    samples: list[float] = []
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(interval):
            samples.extend(float(value) for value in query("utilization.gpu")[:1])

    thread = threading.Thread(target=sample, daemon=True)
    if shutil.which("nvidia-smi"):
        thread.start()
    try:
        yield samples
    finally:
        stop.set()
        if thread.is_alive():
            thread.join()


def query(field: str) -> list[str]:
    """Return what nvidia-smi says of each GPU; nothing where it is not installed or fails."""
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader,nounits"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


if __name__ == "__main__":
    main()
