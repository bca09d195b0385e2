"""Find places in a picture that look like one of its boxes, or like a logo to a model, and have no box."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import cv2
import numpy as np

from brandlens.boxes import Box, Detection, area, intersection, to_xyxy

MAX_SIZE = 800  # pixels of the longer side; a larger picture is shrunk first
MIN_SIDE = 12  # pixels of a box's shorter side; a smaller one looks like much else
MAX_AREA = 0.25  # of a box, as a fraction of the picture
MIN_DETAIL = (
    8.0  # standard deviation of a box's grey levels from their blur; a smoother one looks like any smooth place
)
MIN_CORRELATION = 0.8  # of boxes left out on purpose it found half, with one false positive
MAX_LOOKALIKES = 10  # of one box
MAX_OVERLAP = 0.3  # fraction of the smaller of two boxes that may lie in the other

Rectangle = TypeVar("Rectangle", Box, Detection)


def find_lookalikes(pixels: np.ndarray, boxes: Sequence[Box]) -> list[Box]:
    """Return places in a (h, w, 3) uint8 RGB picture that look like one of these boxes inside it and overlap none.

    A place has its box's size and label. It is found by normalized cross-correlation with the box's grey levels.
    """
    scale = min(1.0, MAX_SIZE / max(pixels.shape[:2]))
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lookalikes: list[Box] = []
    for box in boxes:
        left, top, right, bottom = (round(side * scale) for side in to_xyxy([box])[0].tolist())
        crop = grey[top:bottom, left:right]
        if box.ignore or min(crop.shape) < MIN_SIDE or crop.size > MAX_AREA * grey.size or _detail(crop) < MIN_DETAIL:
            continue
        tall, wide = crop.shape
        correlation = cv2.matchTemplate(grey, crop, cv2.TM_CCOEFF_NORMED)
        for _ in range(MAX_LOOKALIKES + len(boxes)):
            _, best, _, (x, y) = cv2.minMaxLoc(correlation)
            if best < MIN_CORRELATION:
                break
            place = Box(round(x / scale), round(y / scale), box.width, box.height, box.label)
            lookalikes += non_overlapping([place], [*boxes, *lookalikes])
            correlation[max(0, y - tall // 2) : y + tall // 2 + 1, max(0, x - wide // 2) : x + wide // 2 + 1] = -1
    return lookalikes


def _detail(grey: np.ndarray) -> float:
    """Return the standard deviation of a (h, w) crop's grey levels from a blur of them."""
    crop = grey.astype(np.float32)
    return float((crop - cv2.GaussianBlur(crop, None, min(crop.shape) / 6)).std())


def non_overlapping(candidates: Iterable[Rectangle], boxes: Sequence[Box | Detection]) -> list[Rectangle]:
    """Return the candidates that share with no box more than MAX_OVERLAP of the smaller of the two."""
    box_array = to_xyxy(boxes)
    kept = []
    for candidate in candidates:
        candidate_array = to_xyxy([candidate])
        common = intersection(candidate_array, box_array)[0]
        smaller = np.minimum(area(candidate_array), area(box_array))
        if (common <= MAX_OVERLAP * smaller).all():
            kept.append(candidate)
    return kept
