"""Scenes → regions, one for each object: connected components, and watersheds of several maps."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from brandlens.digits.separate.scenes import INK


class Settings(NamedTuple):
    """What is chosen on validation. threshold: of the map whose peaks are seeds, see each method; min_area: pixels."""

    threshold: float
    min_area: int


Method = Callable[[np.ndarray, np.ndarray, Settings], np.ndarray]


def connected_components(image: np.ndarray, maps: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the connected regions of ink, (h, w) int32 from 1 on, 0 is ground; one for all digits that touch."""
    del maps
    return _components(image > INK, settings.min_area)


def distance_watershed(image: np.ndarray, maps: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the watersheds of the distance to the ground, grown from where it is over a fraction of its maximum."""
    del maps
    ink = image > INK
    distance = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3)
    seeds = _components(distance > settings.threshold * max(float(distance.max()), 1.0), settings.min_area)
    return _grow(image, ink, seeds)


def map_watershed(image: np.ndarray, maps: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the watersheds grown from foreground without edges; maps: (h, w, 2) probabilities of both."""
    ink = maps[..., 0] > 0.5
    seeds = _components(ink & (maps[..., 1] < settings.threshold), settings.min_area)
    return _grow(image, ink, seeds)


def _components(mask: np.ndarray, min_area: int) -> np.ndarray:
    """Return the regions of a mask that have so many pixels, (h, w) int32."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = [index for index in range(1, count) if stats[index, cv2.CC_STAT_AREA] >= min_area]
    names = np.zeros(count, np.int32)
    names[large] = np.arange(1, len(large) + 1)
    return names[labels]


def _grow(image: np.ndarray, ink: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return seeds, (h, w) int32, grown over the ink; its parts without a seed become regions of their own."""
    num_seeds = int(seeds.max())
    whole = _components(ink, 1)
    without = np.setdiff1d(np.unique(whole), np.append(np.unique(whole[seeds > 0]), 0))
    markers = seeds.copy()
    for number, part in enumerate(without, num_seeds + 1):
        markers[whole == part] = number
    ground = int(markers.max()) + 1
    markers[~ink] = ground
    grown = cv2.watershed(cv2.cvtColor(255 - image, cv2.COLOR_GRAY2BGR), markers)
    return _fill_lines(np.where((grown == ground) | ~ink, 0, grown), ink)


def _fill_lines(regions: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Return regions with the lines between them, -1 in what OpenCV gives, shared out to their neighbors."""
    filled = np.maximum(regions, 0).astype(np.int32)
    for _ in range(3):
        spread = cv2.dilate(filled.astype(np.float32), np.ones((3, 3))).astype(np.int32)
        filled = np.where((filled == 0) & ink, spread, filled)
    return filled


METHODS: dict[str, Method] = {
    "connected_components": connected_components,
    "distance_watershed": distance_watershed,
    "direct_maps": map_watershed,
    "dictionary_maps": map_watershed,
}
THRESHOLDS = {
    "connected_components": (0.0,),
    "distance_watershed": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "direct_maps": (0.05, 0.1, 0.2, 0.35, 0.5, 0.65),
    "dictionary_maps": (0.05, 0.1, 0.15, 0.2, 0.3, 0.4),
}
MIN_AREAS = (1, 8, 24, 48, 72)
