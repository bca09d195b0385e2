"""Places in a picture that look like one of its boxes, or to a model like a logo, and have no box."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from brandlens.boxes import Box, Detection, area, intersection, to_xyxy

LONGEST = 800  # pixels: a larger picture is shrunk first
SMALLEST = 12  # pixels of a side; what is smaller looks like much else
LARGEST = 0.25  # share of the picture
DETAIL = 8.0  # lowest deviation of grey values from a blur of them; what is smoother looks like any smooth place
ALIKE = 0.8  # lowest correlation: of boxes left out on purpose it found half, with one false alarm
MOST = 10  # places found for one box
COVERED = 0.3  # share of a place that may lie in a box


def like_boxes(pixels: np.ndarray, boxes: Sequence[Box]) -> list[Box]:
    """Places in a (h, w, 3) uint8 RGB picture that look like one of these boxes inside it and overlap none of them."""
    scale = min(1.0, LONGEST / max(pixels.shape[:2]))
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found: list[Box] = []
    for box in boxes:
        left, top, right, bottom = (round(side * scale) for side in to_xyxy([box])[0].tolist())
        crop = grey[top:bottom, left:right]
        if box.ignore or min(crop.shape) < SMALLEST or crop.size > LARGEST * grey.size or _detail(crop) < DETAIL:
            continue
        tall, wide = crop.shape
        match = cv2.matchTemplate(grey, crop, cv2.TM_CCOEFF_NORMED)
        for _ in range(MOST + len(boxes)):
            _, best, _, (x, y) = cv2.minMaxLoc(match)
            if best < ALIKE:
                break
            place = Box(round(x / scale), round(y / scale), box.width, box.height, box.label)
            found += [place] if non_overlapping([place], [*boxes, *found]) else []
            around = [slice(max(0, at - side // 2), at + side // 2 + 1) for at, side in ((y, tall), (x, wide))]
            match[*around] = -1
    return found


def _detail(grey: np.ndarray) -> float:
    """How much there is in a grey crop beside what a blur leaves of it."""
    crop = grey.astype(np.float32)
    return float((crop - cv2.GaussianBlur(crop, None, min(crop.shape) / 6)).std())


def non_overlapping(places: Iterable[Box | Detection], boxes: Sequence[Box]) -> list[Box | Detection]:
    """Those of the places that lie in no box to more than COVERED, and cover none so."""
    there = to_xyxy(boxes)
    kept = []
    for place in places:
        here = to_xyxy([place])
        common = intersection(here, there)[0]
        least = np.minimum(area(here), area(there))
        if not len(there) or (common <= COVERED * least).all():
            kept.append(place)
    return kept
