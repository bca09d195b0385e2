"""Which detections of a picture are right: pairs of detections and labelled boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brandlens import boxes
from brandlens.boxes import Box, Detection

IOU_THRESHOLD = 0.5  # intersection over union from which a detection has found a box


@dataclass(frozen=True, eq=False)
class Matches:
    """How n detections and m labelled boxes of one picture pair, each in the order they came in.

    true_positive, ignored: (n,) bool; a detection that is neither is a false positive. matched: (n,) int64, the
    labelled box that a detection took, or -1. detected: (m,) bool; never true for `ignore` boxes.
    """

    true_positive: np.ndarray
    ignored: np.ndarray
    matched: np.ndarray
    detected: np.ndarray


def match(y_true: Sequence[Box], detections: Sequence[Detection], iou_threshold: float = IOU_THRESHOLD) -> Matches:
    """Pair the detections of one picture with its labelled boxes, as COCO does.

    Greedy by falling score within a label: a detection takes the free box that it overlaps most, if by `iou_threshold`
    at least; a box is taken once, so a duplicate is a false positive. What takes none and lies in an `ignore` box, by
    at least a fraction `iou_threshold` of its own area, is ignored; that box's label does not matter.
    """
    counted = np.array([not box.ignore for box in y_true], bool)
    labelled, detected = (boxes.to_xyxy(rectangles).astype(np.float64) for rectangles in (y_true, detections))
    same = np.array([[box.label == detection.label for box in y_true] for detection in detections], bool)
    overlap = np.where(same.reshape(len(detections), len(y_true)) & counted, boxes.iou(detected, labelled), 0.0)
    matched = np.full(len(detections), -1, np.int64)
    free = counted.copy()
    order = np.argsort([-detection.score for detection in detections], kind="stable")
    for index in order if counted.any() else []:
        candidates = np.where(free, overlap[index], 0.0)
        best = candidates.argmax()
        if candidates[best] >= iou_threshold:
            matched[index], free[best] = best, False
    detected_area = np.maximum(boxes.area(detected), 1e-9)[:, None]
    inside = (boxes.intersection(detected, labelled[~counted]) / detected_area >= iou_threshold).any(axis=1)
    true_positive = matched >= 0
    return Matches(true_positive, inside & ~true_positive, matched, counted & ~free)
