"""Crops with what they show and where: what a network learns from and is held to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brandlens import io
from brandlens.logo.crops import extract, manifest
from brandlens.logo.crops.windows import WindowSpec


@dataclass(frozen=True)
class CropSet:
    """crops: (n, height, width, 3) uint8 RGB. classes: (n,) int64, 0 is "other". places: (n, 4), see windows.places."""

    crops: np.ndarray
    classes: np.ndarray
    places: np.ndarray


def save(examples: CropSet, path: Path) -> None:
    """One .npz file, written whole or not at all."""
    with io.atomic_write(path) as unfinished:
        np.savez(unfinished, crops=examples.crops, classes=examples.classes, places=examples.places)


def load(path: Path) -> CropSet:
    """What `save` wrote."""
    with np.load(path) as file:
        return CropSet(file["crops"], file["classes"], file["places"])


def load_crops(folder: Path, rows: Sequence[manifest.CropRecord], geometry: WindowSpec) -> CropSet:
    """The crops of these manifest rows as they are, their halo cut off: what is validated and tested on."""
    if not rows:
        return CropSet(
            np.zeros((0, geometry.height, geometry.width, 3), np.uint8),
            np.zeros(0, np.int64),
            manifest.box_deltas(rows),
        )
    pictures = extract.center_crop(manifest.load_images(folder, rows), geometry)
    return CropSet(pictures, manifest.class_ids(rows, geometry.labels), manifest.box_deltas(rows))
