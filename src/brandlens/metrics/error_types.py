"""Why a detection is a false positive, as far as the labels tell: the error types of TIDE (Bolya et al. 2020)."""

from collections.abc import Sequence

import numpy as np

from brandlens import boxes
from brandlens.boxes import Box, Detection
from brandlens.metrics.matching import IOU_THRESHOLD, match

ERROR_TYPES = {
    "duplicate": "a second box on a logo that is already detected",
    "partial": "a part of a logo",  # TIDE counts these as localization
    "localization": "a logo, but the box fits too badly (overlap under 0.5)",
    "classification": "a labelled logo of another brand",
    "background": "no labelled box there: a look-alike, or a logo that was not labelled",
}
MIN_IOU = 0.1  # from which a box is on a logo, if badly
MIN_INSIDE = 0.75  # fraction of a box's own area inside a logo that makes it a part of it


def error_types(y_true: Sequence[Box], detections: Sequence[Detection]) -> list[str]:
    """Return one of `ERROR_TYPES` for each false positive of one picture, "" for every other detection, in their order.

    The first type that fits, in the order of `ERROR_TYPES`: another brand explains what no box of the own label does.
    """
    matches = match(y_true, detections)
    counted = [box for box in y_true if not box.ignore]
    detected, labelled = boxes.to_xyxy(detections).astype(np.float64), boxes.to_xyxy(counted).astype(np.float64)
    overlap = boxes.iou(detected, labelled)
    inside = boxes.intersection(detected, labelled) / np.maximum(boxes.area(detected), 1e-9)[:, None]
    types = []
    for index, detection in enumerate(detections):
        same = np.array([box.label == detection.label for box in counted], bool)
        if matches.true_positive[index] or matches.ignored[index]:
            types.append("")
        elif (overlap[index, same] >= IOU_THRESHOLD).any():
            types.append("duplicate")
        elif (inside[index, same] >= MIN_INSIDE).any():
            types.append("partial")
        elif (overlap[index, same] >= MIN_IOU).any():
            types.append("localization")
        elif (overlap[index, ~same] >= MIN_IOU).any() or (inside[index, ~same] >= MIN_INSIDE).any():
            types.append("classification")
        else:
            types.append("background")
    return types
