"""The lectures' advice on photographs of logos, one factor at a time → benchmarks/results/advice.json.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/advice_crops.py --scratch /tmp/advice

A small network tells the five brands of drinks5 and the background apart in crops of 48x24 pixels: every labelled box
of a training picture and as many windows beside them; splits by picture, second edition of the labels. Error on the
crops of the test pictures, which decide nothing here; early stopping watches those of the validation pictures. The
crops stay in the scratch folder. Prints one JSON object.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import advice
import numpy as np
import scratch

from brandlens import annotations, config
from brandlens.config.digits import Network
from brandlens.logo.crops import crop_set, extract, manifest

# isort: split
import keras

WINDOW_WH = (48, 24)
SHIFT_XY = (5, 3)  # pixels that a crop is shifted by at most, either way; its edge is repeated
BASE = Network("8C5-MP2-16C3-MP2-32C3-FC64", epochs=10, learning_rate=0.02, batch_size=32)
SPLITS = {"train": "train", "watched": "val", "scored": "test"}


def crops(folder: Path) -> tuple[advice.Sets, int]:
    """Return crops, (n, h, w, 3) float32 from 0 to 1, and class numbers, by split; and how many classes there are."""
    pictures = scratch.dataset("drinks5", "train-v2.xml")
    params = config.load(scratch.HOME / "params.yaml").logo
    if not (folder / manifest.MANIFEST).exists():
        jitter = replace(params.crop.jitter, copies=0)
        cfg = replace(params.crop, window_wh=WINDOW_WH, negatives_per_positive=1.0, jitter=jitter, labels=())
        splits = {split: annotations.read(pictures / f"{split}-v2.xml") for split in SPLITS.values()}
        window = extract.fit_window(splits["train"], cfg)
        extract.extract_crops(splits, folder, window, cfg, min_size=params.detect.sliding_window.min_size, seed=1)
    window, records = manifest.read_manifest(folder)
    sets = {}
    for name, split in SPLITS.items():
        loaded = crop_set.load_crops(folder, [record for record in records if record.split == split], window)
        sets[name] = (loaded.crops / np.float32(255), loaded.class_ids)
    return sets, 1 + len(window.labels)


def shift(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n, h, w, channels) crops, each shifted at random."""
    (x, y), (count, height, width) = SHIFT_XY, pixels.shape[:3]
    padded = np.pad(pixels, ((0, 0), (y, y), (x, x), (0, 0)), mode="edge")
    rows = rng.integers(0, 2 * y + 1, count)[:, None] + np.arange(height)
    columns = rng.integers(0, 2 * x + 1, count)[:, None] + np.arange(width)
    return padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None]]


def jitter_colors(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return crops of other brightness, contrast and saturation, and of another tint: each by up to 0.3."""
    amount = lambda *shape: rng.uniform(-0.3, 0.3, (len(pixels), *shape)).astype(np.float32)  # noqa: E731
    mean = pixels.mean(axis=(1, 2, 3), keepdims=True)
    changed = (pixels - mean) * (1 + amount(1, 1, 1)) + mean + amount(1, 1, 1)
    grey = changed.mean(axis=3, keepdims=True)
    changed = (changed - grey) * (1 + amount(1, 1, 1)) + grey
    return np.clip(changed * (1 + amount(1, 1, 3) / 3), 0, 1)


def variants(train: np.ndarray) -> list[advice.Variant]:
    """Return everything that is measured. train: training crops without padding."""
    change = lambda **knobs: replace(BASE, **knobs)  # noqa: E731
    steps = BASE.epochs * (len(train) // BASE.batch_size)
    whitening = advice.fit_whitening(train)
    of = lambda group, name, cfg=BASE, **more: advice.Variant(group, name, cfg, base=BASE, **more)  # noqa: E731
    return [
        of("initialization (base: He)", "normal, standard deviation 0.01", change(initializer="normal_0.01")),
        of("initialization (base: He)", "Xavier (Glorot)", change(initializer="glorot_normal")),
        of("activation (base: ReLU)", "tanh, Xavier", change(activation="tanh", initializer="glorot_normal")),
        of("normalization", "batch normalization", change(batch_norm=True)),
        of("regularization", "dropout 0.4", change(dropout=0.4)),
        of("regularization", "L2 1e-4", change(l2=1e-4)),
        of("regularization", "early stopping, patience 2", patience=2),
        of("optimizer (base: Nesterov momentum 0.9, cosine)", "no momentum, same rate",
           optimizer=lambda: keras.optimizers.SGD(advice.cosine(BASE.learning_rate, steps))),
        of("optimizer (base: Nesterov momentum 0.9, cosine)", "constant learning rate", change(lr_schedule="constant")),
        of("input (base: 0 to 1)", "normalized: mean 0, standard deviation 1",
           pixels=lambda pixels: advice.normalize(pixels, train)),
        of("input (base: 0 to 1)", "whitened (ZCA)", pixels=lambda pixels: advice.whiten(pixels, *whitening)),
        of("augmentation", "mirrored, half of them", change=advice.mirror),
        of("augmentation", "shifted (random crop)", change=shift),
        of("augmentation", "color jitter", change=jitter_colors),
        of("augmentation", "shifted, color jitter", change=lambda pixels, rng: jitter_colors(shift(pixels, rng), rng)),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the crops; kept")
    sets, num_classes = crops(parser.parse_args().scratch / "crops")
    counts = {split: len(sets[name][0]) for name, split in SPLITS.items()}
    train = sets["train"][0]
    scratch.keep("advice", "crops", {
        "crops": counts, "seeds": len(advice.SEEDS), "architecture": BASE.architecture,
        "steps": BASE.epochs * (len(train) // BASE.batch_size),
        **advice.measure_all(variants(train), sets, num_classes),
    })  # fmt: skip


if __name__ == "__main__":
    main()
