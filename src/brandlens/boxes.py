"""Rectangles: pure functions on arrays.

An array of boxes is (n, 4) float32: left, top, right, bottom in pixels; right and bottom are exclusive, so a box's
width is right - left. `Box` is the labelled rectangle as imglab writes it, `Detection` a scored one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np


@dataclass(frozen=True)
class Box:
    """A labelled rectangle in a picture, in whole pixels; may stick out of it. `ignore` boxes count for nothing."""

    left: int
    top: int
    width: int
    height: int
    label: str
    ignore: bool = False


@dataclass(frozen=True)
class Detection:
    """A detected logo: label, score from 0 to 1 and its rectangle in whole pixels, inside the picture."""

    label: str
    score: float
    left: int
    top: int
    width: int
    height: int


def to_xyxy(rectangles: Sequence[Box | Detection]) -> np.ndarray:
    """Return (n, 4) float32 left, top, right, bottom of boxes or detections; (0, 4) for none."""
    rows = [(r.left, r.top, r.left + r.width, r.top + r.height) for r in rectangles]
    return np.array(rows, np.float32).reshape(-1, 4)


def area(boxes: np.ndarray) -> np.ndarray:
    """Return the (n,) areas of (n, 4) boxes; 0 for a box whose right or bottom lies before its left or top."""
    return np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)


def intersection(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (m, n) common area of every pair of (m, 4) and (n, 4) boxes."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.prod(np.clip(high - low, 0, None), axis=2)


def iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (m, n) intersection over union of every pair of (m, 4) and (n, 4) boxes; 0 where both are empty."""
    common = intersection(first, second)
    union = area(first)[:, None] + area(second)[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def clip(boxes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return (n, 4) boxes cut off at the edges of a picture of width x height pixels."""
    return np.clip(boxes, 0, np.array([width, height, width, height], boxes.dtype))


def nms(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, iou_threshold: float) -> np.ndarray:
    """Return (k,) int64 indices of the boxes that non-maximum suppression within each label keeps, by falling score.

    boxes: (n, 4); scores: (n,); labels: (n,) int. A box is dropped when its IoU with a box of the same label and a
    higher score is above `iou_threshold`.
    """
    if not len(boxes):
        return np.zeros(0, np.int64)
    # OpenCV separates the labels by moving each aside by the largest coordinate, so coordinates must not be negative.
    left_top = boxes[:, :2].astype(np.float64)
    sizes = np.clip(boxes[:, 2:] - left_top, 0, None)
    xywh = np.concatenate([left_top - left_top.min(axis=0), sizes], axis=1)
    min_score = float(np.finfo(np.float32).min)
    suppress: Callable[..., Any] = cv2.dnn.NMSBoxesBatched  # it takes arrays, which its stubs do not say
    kept = np.array(
        suppress(xywh, scores.astype(np.float32), labels.astype(np.int32), min_score, iou_threshold), np.int64
    ).ravel()
    return kept[np.argsort(-scores[kept], kind="stable")]


def clip_box(box: Box, width: int, height: int) -> Box | None:
    """Return the part of a box that is inside a picture of width x height pixels; None where no part of it is."""
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(width, box.left + box.width), min(height, box.top + box.height)
    if right <= left or bottom <= top:
        return None
    return replace(box, left=left, top=top, width=right - left, height=bottom - top)
