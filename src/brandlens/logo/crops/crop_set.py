"""Crops as arrays: what a network learns from and is evaluated on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brandlens import io
from brandlens.logo.crops import manifest
from brandlens.logo.crops.extract import center_crop
from brandlens.logo.crops.windows import WindowSpec


@dataclass(frozen=True)
class CropSet:
    """Crops with what they show and where.

    crops: (n, height, width, 3) uint8 RGB. class_ids: (n,) int64, 0 is the background. box_deltas: (n, 4) float32, see
    `windows.encode_boxes`; 0 for the background.
    """

    crops: np.ndarray
    class_ids: np.ndarray
    box_deltas: np.ndarray


def save(crop_set: CropSet, path: Path) -> None:
    """Write crops as one .npz file, whole or not at all."""
    with io.atomic_write(path) as unfinished:
        np.savez(unfinished, crops=crop_set.crops, class_ids=crop_set.class_ids, box_deltas=crop_set.box_deltas)


def load(path: Path) -> CropSet:
    """Read the crops that `save` wrote. Raises UserError for a file that is missing or damaged."""
    with io.reading(path, "run: dvc repro logo-augment"), np.load(path) as arrays:
        return CropSet(arrays["crops"], arrays["class_ids"], arrays["box_deltas"])


def load_crops(folder: Path, records: Sequence[manifest.CropRecord], window: WindowSpec) -> CropSet:
    """Read the crops of these manifest records from their folder, without padding and unchanged, in their order."""
    crops = np.zeros((0, window.height, window.width, 3), np.uint8)
    if records:
        crops = center_crop(manifest.load_images(folder, records), window)
    return CropSet(crops, manifest.class_ids(records, window.labels), manifest.box_deltas(records))
