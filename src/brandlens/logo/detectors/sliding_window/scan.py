"""A whole picture → scored boxes: the network is slid over an image pyramid, then looks at each find again.

The first look takes one pass a scale and window shape, and its windows never fit exactly. The second cuts the windows
that the finds' own boxes ask for, as the training crops were cut.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from brandlens.boxes import clip, iou, nms
from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec

# the second look's windows: shifts as shares of the window's width and height, and a zoom
VIEWS = (
    ((0.0, 0.0), 1.0),
    ((0.0, 0.0), 1.12),
    ((0.0, 0.0), 0.89),
    ((0.06, 0.0), 1.0),
    ((-0.06, 0.0), 1.0),
    ((0.0, 0.08), 1.0),
    ((0.0, -0.08), 1.0),
)
OVERHANG = 0.3  # share of the window by which it may stick out of the picture: a logo at the edge can be centred


class WindowScorer(Protocol):
    """Looks at windows. stride: pixels between neighbouring ones in a picture."""

    stride: int

    def __call__(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Every window of (h, w, 3) uint8: (rows, columns, classes) probabilities and (rows, columns, 4) places."""

    def crops(self, views: np.ndarray) -> np.ndarray:
        """(n, height, width, 3) uint8 windows → (n, classes) float32 probabilities."""


@dataclass(frozen=True)
class ScanConfig:
    """What is looked for: logos from `smallest` (side in pixels, square root of the area) to the whole picture.

    longest: a larger picture is shrunk to this longer side first. step: factor between scales.
    overlap: intersection over union from which two finds of a label are one.
    candidate: score at the first look from which a find is worth a second.
    """

    smallest: float
    longest: int
    step: float
    overlap: float
    candidate: float


@dataclass(frozen=True)
class Detections:
    """By falling score. boxes, windows: (n, 4) float32 in pixels of the picture. labels: (n,) int64, index into
    geometry.labels. scores: (n,) float32."""

    boxes: np.ndarray
    windows: np.ndarray
    labels: np.ndarray
    scores: np.ndarray

    def where(self, kept: np.ndarray) -> "Detections":
        """Those that a boolean mask or (m,) indices pick."""
        return Detections(self.boxes[kept], self.windows[kept], self.labels[kept], self.scores[kept])


def window_sizes(width: int, height: int, geometry: WindowSpec, plan: ScanConfig) -> list[tuple[float, float]]:
    """The windows (width, height in pixels of the picture) of every pass over a picture of width x height pixels."""
    grow = 1 + 2 * geometry.margin
    passes = []
    for aspect in geometry.aspect_ratios:
        side = plan.smallest * grow
        while True:
            window = side * np.sqrt(aspect), side / np.sqrt(aspect)
            passes.append(window)
            if window[0] >= width or window[1] >= height:
                break  # the last window of a shape covers the picture one way
            side *= plan.step
    return passes


def scan(
    picture: np.ndarray, scorer: WindowScorer, geometry: WindowSpec, plan: ScanConfig, threshold: float
) -> Detections:
    """All finds in a (h, w, 3) uint8 RGB picture that score `threshold` or more, looked at twice, doubles merged.

    A score is the geometric mean of both looks'. Whatever the threshold, the same boxes have the same scores: only what
    cannot reach it is spared the second look.
    """
    finds = propose(picture, scorer, geometry, plan, plan.candidate)
    finds = finds.where(finds.scores >= threshold**2)
    again = np.sqrt(finds.scores * rescore(picture, finds, scorer, geometry))
    finds = replace(finds, scores=again)
    finds = finds.where(nms(finds.boxes, again, finds.labels, plan.overlap))
    return finds.where(finds.scores >= threshold)


def propose(
    picture: np.ndarray, scorer: WindowScorer, geometry: WindowSpec, plan: ScanConfig, floor: float
) -> Detections:
    """The first look: all finds in a (h, w, 3) uint8 RGB picture that score `floor` or more, doubles merged."""
    tall, wide = picture.shape[:2]
    shrink = min(1.0, plan.longest / max(tall, wide))
    size = max(1, round(wide * shrink)), max(1, round(tall * shrink))
    small = windows.resize(picture, *size) if shrink < 1 else picture
    parts = [_one_pass(small, window, scorer, geometry, floor) for window in window_sizes(*size, geometry, plan)]
    views, found, labels, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
    ratio = np.array([wide / size[0], tall / size[1]] * 2, np.float32)
    return vote_boxes(Detections(clip(found * ratio, wide, tall), views * ratio, labels, scores), plan.overlap)


def rescore(picture: np.ndarray, finds: Detections, scorer: WindowScorer, geometry: WindowSpec) -> np.ndarray:
    """(n,) float32: the mean score of each find's label in the window around its box and in six next to that."""
    if not len(finds.scores):
        return finds.scores
    around = windows.window_around(finds.boxes, geometry)
    middle, sides_ = (around[:, :2] + around[:, 2:]) / 2, around[:, 2:] - around[:, :2]
    total = np.zeros(len(around), np.float32)
    for shift, zoom in VIEWS:
        views = windows.from_centers(middle + sides_ * shift, sides_ * zoom)
        shown = np.stack([windows.crop_image(picture, view, geometry.width, geometry.height) for view in views])
        total += scorer.crops(shown)[np.arange(len(views)), finds.labels + 1]
    return total / len(VIEWS)


def _one_pass(
    picture: np.ndarray, window: tuple[float, float], scorer: WindowScorer, geometry: WindowSpec, floor: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Windows, boxes, labels, scores of one scale and shape: the picture resized until the window fits the network."""
    tall, wide = picture.shape[:2]
    width, height = max(1, round(wide * geometry.width / window[0])), max(1, round(tall * geometry.height / window[1]))
    level, left, top = padded(windows.resize(picture, width, height), geometry)
    probabilities, place = scorer(level)
    rows, columns = np.nonzero(probabilities[..., 0] <= 1 - floor)
    classes = probabilities[rows, columns, 1:]
    labels = classes.argmax(axis=1)
    scores = classes[np.arange(len(labels)), labels]
    corner = np.stack([columns * scorer.stride - left, rows * scorer.stride - top], axis=1)
    fit = np.array([geometry.width, geometry.height])
    scale = np.array([wide / width, tall / height] * 2, np.float32)
    views = np.concatenate([corner, corner + fit], axis=1).astype(np.float32) * scale
    at = np.zeros((len(views), 4), np.float32) if place is None else place[rows, columns]
    if place is None:
        at[:, 2:] = -np.log(1 + 2 * geometry.margin)
    kept = scores >= floor
    return views[kept], windows.decode_boxes(views, at)[kept], labels[kept], scores[kept]


def padded(level: np.ndarray, geometry: WindowSpec) -> tuple[np.ndarray, int, int]:
    """The picture with its edge repeated around it: room for overhanging windows, and at least one window in all.

    Also how much was added on the left and at the top.
    """
    tall, wide = level.shape[:2]
    x = max(round(geometry.width * OVERHANG), -(-(geometry.width - wide) // 2))
    y = max(round(geometry.height * OVERHANG), -(-(geometry.height - tall) // 2))
    return cv2.copyMakeBorder(level, y, y, x, x, cv2.BORDER_REPLICATE), x, y


def vote_boxes(finds: Detections, overlap: float, most: int = 100) -> Detections:
    """Non-maximum suppression by label; each box kept becomes the mean, weighted by score, of those it stands for.

    (Box voting: Gidaris & Komodakis 2015.) At most `most` finds.
    """
    order = np.argsort(-finds.scores, kind="stable")[:5000]  # more only come from a network that fires everywhere
    boxes, labels, scores = finds.boxes[order], finds.labels[order], finds.scores[order]
    kept = nms(boxes, scores, labels, overlap)[:most]
    close = (iou(boxes[kept], boxes) >= max(overlap, 0.5)) & (labels[kept, None] == labels)
    weights = close * scores
    weights[np.arange(len(kept)), kept] = np.maximum(scores[kept], 1e-6)
    voted = (weights @ boxes / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return Detections(voted, finds.windows[order][kept], labels[kept], scores[kept])
