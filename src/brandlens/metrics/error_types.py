"""Why a found box is a false alarm, as far as the labelled boxes tell."""

from collections.abc import Sequence

import numpy as np

from brandlens import boxes
from brandlens.boxes import Box, Detection
from brandlens.metrics.detection import match

ERROR_TYPES = {
    "double": "a second box on a logo that is found already",
    "part": "a part of a logo",
    "loose": "a logo, but the box fits too badly (overlap under 0.5)",
    "other brand": "a labelled logo of another brand",
    "background": "no labelled box there: a look-alike, or a logo that nobody labelled",
}
TOUCHES = 0.1  # intersection over union from which a box is at a logo, if loosely
INSIDE = 0.75  # share of a box's own area inside a logo that makes it a part of it


def error_types(truth: Sequence[Box], found: Sequence[Detection], iou: float = 0.5) -> list[str]:
    """One of CAUSES for each false alarm of one picture, "" for every other find, in the order they came in.

    The first cause that fits, in the order of CAUSES: another brand is what no box of the own label explains.
    """
    matches = match(truth, found, iou)
    counted = [box for box in truth if not box.ignore]
    places, labelled = boxes.to_xyxy(found).astype(np.float64), boxes.to_xyxy(counted).astype(np.float64)
    overlap = boxes.iou(places, labelled)
    inside = boxes.intersection(places, labelled) / np.maximum(boxes.area(places), 1e-9)[:, None]
    told = []
    for at, place in enumerate(found):
        same = np.array([box.label == place.label for box in counted], bool)
        if matches.hit[at] or matches.ignored[at]:
            told.append("")
        elif (overlap[at, same] >= iou).any():
            told.append("double")
        elif (inside[at, same] >= INSIDE).any():
            told.append("part")
        elif (overlap[at, same] >= TOUCHES).any():
            told.append("loose")
        elif (overlap[at, ~same] >= TOUCHES).any() or (inside[at, ~same] >= INSIDE).any():
            told.append("other brand")
        else:
            told.append("background")
    return told
