"""What `training.tune_malloc` is worth: seconds of training with and without it, each in a process of its own.

python benchmarks/memory.py
"""

import json
import os
import subprocess
import sys
import time

STEPS = 30


def main() -> None:
    measured: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    for _ in range(3):  # in turns, so that a busy moment of the machine hits both
        for way, seen in measured.items():
            done = subprocess.run([sys.executable, __file__, way], check=True, capture_output=True, text=True)
            seen.append(json.loads(done.stdout.splitlines()[-1]))
    best = {way: {key: min(each[key] for each in seen) for key in seen[0]} for way, seen in measured.items()}
    ratio = round(best["without"]["seconds"] / best["with"]["seconds"], 2)
    print(json.dumps({**best, "steps": STEPS, "times_faster": ratio}))


def train(way: str) -> dict[str, float]:
    """Seconds, and seconds that the system spent, of STEPS steps on random crops and slabs."""
    import keras  # noqa: PLC0415, the parent process has no use for it
    import numpy as np  # noqa: PLC0415

    from brandlens import training  # noqa: PLC0415
    from brandlens.logo.detectors.sliding_window import batches, crop_set, dense_patches, network  # noqa: PLC0415

    if way == "with":
        training.tune_malloc()
    random, count, size = np.random.default_rng(0), 64 * STEPS, (192, 88)
    crops = crop_set.CropSet(
        random.integers(0, 256, (count, 22, 75, 3), np.uint8), np.arange(count) % 2, np.zeros((count, 4), np.float32)
    )
    grid = network.output_grid(75, 22, size)
    pictures = random.integers(0, 256, (64, size[1], size[0], 3), np.uint8)
    slabs = dense_patches.DensePatches(pictures, np.zeros((64, *grid), np.int64), np.zeros((64, *grid, 4), np.float32))
    data = batches.CropBatches(crops, slabs, np.ones(2, np.float32), batch=64, places=True, seed=0)
    look = network.InputSpec(22, 75, 2, np.full(3, 0.5), np.full(3, 0.25))
    both = batches.training_model(network.fcn(look, dropout=0.2), data.shapes)
    losses = {name: "categorical_crossentropy" if "label" in name else "huber" for name in both.output}
    both.compile(optimizer=keras.optimizers.AdamW(1e-3), loss=losses)
    both.fit(data, epochs=1, steps_per_epoch=3, verbose=0)  # compiles
    start, before = time.perf_counter(), os.times()
    both.fit(data, epochs=1, verbose=0)
    return {"seconds": time.perf_counter() - start, "system_seconds": os.times().system - before.system}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(train(sys.argv[1])))
    else:
        main()
