"""Crops with what they show and where: what a network learns from and is held to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brandlens import files
from brandlens.logo import crops
from brandlens.logo.windows import Geometry


@dataclass(frozen=True)
class Examples:
    """crops: (n, height, width, 3) uint8 RGB. classes: (n,) int64, 0 is "other". places: (n, 4), see windows.places."""

    crops: np.ndarray
    classes: np.ndarray
    places: np.ndarray


def save(examples: Examples, path: Path) -> None:
    """One .npz file, written whole or not at all."""
    with files.whole(path) as unfinished:
        np.savez(unfinished, crops=examples.crops, classes=examples.classes, places=examples.places)


def load(path: Path) -> Examples:
    """What `save` wrote."""
    with np.load(path) as file:
        return Examples(file["crops"], file["classes"], file["places"])


def unchanged(folder: Path, rows: Sequence[crops.Crop], geometry: Geometry) -> Examples:
    """The crops of these manifest rows as they are, their halo cut off: what is validated and tested on."""
    if not rows:
        return Examples(
            np.zeros((0, geometry.height, geometry.width, 3), np.uint8), np.zeros(0, np.int64), crops.places(rows)
        )
    pictures = crops.without_halo(crops.load(folder, rows), geometry)
    return Examples(pictures, crops.classes(rows, geometry), crops.places(rows))
