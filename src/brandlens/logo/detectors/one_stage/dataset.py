"""Pictures and their boxes in memory, decoded once: what training squares are cut from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, to_xyxy

IGNORE = -2.0  # in place of a label's index: a region where nothing is held against the network
LARGEST = 1024  # pixels: a longer side is shrunk to this
LEAST = 64  # pixels: no picture with a longer side under this is halved again


@dataclass(frozen=True)
class TrainingImage:
    """A picture. levels: (h, w, 3) uint8 RGB as it is and, for shrinking it smoothly, halved again and again.
    boxes: (m, 4) float32 in pixels of the first level. kinds: (m,) float32, a label's index, or UNSURE."""

    levels: tuple[np.ndarray, ...]
    boxes: np.ndarray
    kinds: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.levels[0].shape[1], self.levels[0].shape[0]

    def level(self, scale: float) -> np.ndarray:
        """The level to show at `scale` times the size from: the smallest that has as many pixels as that needs."""
        at = int(np.clip(np.floor(-np.log2(max(scale, 1e-6))), 0, len(self.levels) - 1))
        return self.levels[at]


def load_images(
    pictures: Sequence[Picture],
    labels: Sequence[str],
    progress: Callable[[Sequence[Picture]], Iterable[Picture]] = lambda these: these,
) -> list[TrainingImage]:
    """The pictures, in their order. Boxes of other labels are background, `ignore` boxes are UNSURE."""
    return [_shown(images.read(picture.path), picture.boxes, labels) for picture in progress(pictures)]


def _shown(pixels: np.ndarray, boxes: Sequence[Box], labels: Sequence[str]) -> TrainingImage:
    tall, wide = pixels.shape[:2]
    shrink = min(1.0, LARGEST / max(tall, wide))
    if shrink < 1:
        pixels = _shrunk(pixels, round(wide * shrink), round(tall * shrink))
    kept = [box for box in boxes if box.ignore or box.label in labels]
    kinds = [IGNORE if box.ignore else labels.index(box.label) for box in kept]
    ratio = np.array([pixels.shape[1] / wide, pixels.shape[0] / tall] * 2, np.float32)
    levels = [pixels]
    while max(levels[-1].shape[:2]) >= 2 * LEAST and min(levels[-1].shape[:2]) >= 2:
        levels.append(_shrunk(levels[-1], levels[-1].shape[1] // 2, levels[-1].shape[0] // 2))
    return TrainingImage(tuple(levels), to_xyxy(kept) * ratio, np.array(kinds, np.float32))


def _shrunk(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(pixels, (max(1, width), max(1, height)), interpolation=cv2.INTER_AREA)
