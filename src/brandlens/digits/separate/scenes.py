"""Scenes of touching digits, with the digit that each pixel belongs to."""

from dataclasses import dataclass

import cv2
import numpy as np

from brandlens.config.digits import Scenes as ScenesConfig

DIGIT_SIZE = 28  # pixels: width and height that digits are given
INK = 127  # grey levels: a pixel of more is a digit's


@dataclass(frozen=True)
class SceneSet:
    """Scenes: (n, height, width) uint8 grey levels, and (n, height, width) int32: 0 is ground, 1 the first digit ..."""

    images: np.ndarray
    instances: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def resize(digits: np.ndarray) -> np.ndarray:
    """Return (n, h, w) uint8 digits as (n, DIGIT_SIZE, DIGIT_SIZE): strokes of several pixels, which can touch."""
    resized = [cv2.resize(digit, (DIGIT_SIZE, DIGIT_SIZE), interpolation=cv2.INTER_CUBIC) for digit in digits]
    return np.array(resized, np.uint8).reshape(-1, DIGIT_SIZE, DIGIT_SIZE)


def compose(digits: np.ndarray, count: int, cfg: ScenesConfig, rng: np.random.Generator) -> SceneSet:
    """Compose scenes of (n, h, w) uint8 digits, each of which touches one that is there before.

    A place is drawn from those where the ink of both has cfg.touching_pixels pixels in common; there the brighter one
    is seen. Where there is no such place, the scene has fewer digits.
    """
    width, height = cfg.size_wh
    scenes = SceneSet(np.zeros((count, height, width), np.uint8), np.zeros((count, height, width), np.int32))
    for image, instances in zip(scenes.images, scenes.instances, strict=True):
        for number in range(1, rng.integers(cfg.num_digits[0], cfg.num_digits[1] + 1) + 1):
            digit = _trim(digits[rng.integers(len(digits))])
            places = _places(image, digit, cfg.touching_pixels if number > 1 else (0, 0))
            if len(places):
                top, left = places[rng.integers(len(places))]
                _paste(image, instances, digit, number, top, left)
    return scenes


def _trim(digit: np.ndarray) -> np.ndarray:
    """Return a digit without the rows and columns that have no ink."""
    rows, columns = np.flatnonzero((digit > INK).any(axis=1)), np.flatnonzero((digit > INK).any(axis=0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else digit


def _places(image: np.ndarray, digit: np.ndarray, overlap: tuple[int, int]) -> np.ndarray:
    """Return the (n, 2) top and left of where a digit's ink has so many pixels in common with that of a scene."""
    if digit.shape[0] > image.shape[0] or digit.shape[1] > image.shape[1]:
        return np.zeros((0, 2), np.int64)
    ink, template = (image > INK).astype(np.float32), (digit > INK).astype(np.float32)
    common = np.rint(cv2.matchTemplate(ink, template, cv2.TM_CCORR))
    return np.argwhere((overlap[0] <= common) & (common <= overlap[1]))


def _paste(image: np.ndarray, instances: np.ndarray, digit: np.ndarray, number: int, top: int, left: int) -> None:
    """Put a digit into a scene, in place."""
    place = np.s_[top : top + digit.shape[0], left : left + digit.shape[1]]
    instances[place][(digit > INK) & (digit > image[place])] = number
    image[place] = np.maximum(image[place], digit)


def true_maps(instances: np.ndarray) -> np.ndarray:
    """Return (n, height, width, 2) float32, 0 or 1: foreground, and edges, where a digit's pixel touches another's.

    instances: (n, height, width) int32.
    """
    maps = np.zeros((*instances.shape, 2), np.float32)
    maps[..., 0] = instances > 0
    neighbors = np.ones((3, 3), np.uint8)
    for index, scene in enumerate(instances):
        for number in range(1, scene.max() + 1):
            mine = scene == number
            maps[index, ..., 1] += cv2.dilate(mine.astype(np.uint8), neighbors) * ((scene > 0) & ~mine)
    return np.minimum(maps, 1)
