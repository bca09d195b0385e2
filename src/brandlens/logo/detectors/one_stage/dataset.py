"""Pictures and their boxes in memory, decoded once: what training images are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, to_xyxy
from brandlens.logo.crops import windows
from brandlens.logo.predictions import Progress, no_progress

IGNORE = -2.0  # in place of a label's index: a region that counts for nothing
PARTIAL = -3.0  # likewise: a region in which logos may be that nobody labelled
MAX_SIZE = 1024  # pixels: a longer side is shrunk to this
MIN_LEVEL_SIZE = 64  # pixels: no picture is halved to a shorter longer side


@dataclass(frozen=True)
class TrainingImage:
    """A picture with its boxes.

    levels: (h, w, 3) uint8 RGB, the picture as it is and, for shrinking it smoothly, halved again and again.
    boxes: (m, 4) float32 in pixels of the first level. labels: (m,) float32, a label's index, or IGNORE.
    """

    levels: tuple[np.ndarray, ...]
    boxes: np.ndarray
    labels: np.ndarray

    @property
    def image_wh(self) -> tuple[int, int]:
        """Width and height in pixels of the first level."""
        return self.levels[0].shape[1], self.levels[0].shape[0]

    def level(self, scale: float) -> np.ndarray:
        """Return the level to show at `scale` times the size: the smallest that has as many pixels as that needs."""
        index = int(np.clip(np.floor(-np.log2(max(scale, 1e-6))), 0, len(self.levels) - 1))
        return self.levels[index]


def load_images(
    pictures: Sequence[Picture], labels: Sequence[str], progress: Progress = no_progress
) -> list[TrainingImage]:
    """Read the pictures, in their order. Boxes of other labels are background, `ignore` boxes become IGNORE."""
    return [_training_image(images.read(picture.path), picture.boxes, labels) for picture in progress(pictures)]


def _training_image(pixels: np.ndarray, boxes: Sequence[Box], labels: Sequence[str]) -> TrainingImage:
    height, width = pixels.shape[:2]
    pixels = windows.shrink_to(pixels, MAX_SIZE)
    kept = [box for box in boxes if box.ignore or box.label in labels]
    indices = [IGNORE if box.ignore else labels.index(box.label) for box in kept]
    ratio = np.array([pixels.shape[1] / width, pixels.shape[0] / height] * 2, np.float32)
    levels = [pixels]
    while max(levels[-1].shape[:2]) >= 2 * MIN_LEVEL_SIZE and min(levels[-1].shape[:2]) >= 2:
        levels.append(windows.resize(levels[-1], levels[-1].shape[1] // 2, levels[-1].shape[0] // 2))
    return TrainingImage(tuple(levels), to_xyxy(kept) * ratio, np.array(indices, np.float32))
