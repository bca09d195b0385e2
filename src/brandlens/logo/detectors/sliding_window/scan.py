"""A whole picture → detections: a network is slid over an image pyramid, then scores each proposal again.

The pyramid has one pass for every scale and window shape, and its windows never fit a logo exactly. For the second
score, windows are cut around the proposals' own boxes, as the training crops were.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from brandlens.boxes import clip, iou, nms
from brandlens.config.logo import SlidingWindowDetect
from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.base import Detections
from brandlens.logo.detectors.sliding_window.scorers import WindowScorer

# windows of the second score: shifts as fractions of the window's width and height, and a factor on its size
VIEWS = (
    ((0.0, 0.0), 1.0),
    ((0.0, 0.0), 1.12),
    ((0.0, 0.0), 0.89),
    ((0.06, 0.0), 1.0),
    ((-0.06, 0.0), 1.0),
    ((0.0, 0.08), 1.0),
    ((0.0, -0.08), 1.0),
)
OVERHANG = 0.3  # fraction of the window by which it may stick out of the picture: a logo at the edge can be centered
MAX_PROPOSALS = 100  # a picture
MAX_VOTERS = 5000  # windows that vote_boxes looks at; only a network that fires everywhere has more
MIN_VOTE_IOU = 0.5  # intersection over union with a kept box from which a box votes


@dataclass(frozen=True)
class Proposals(Detections):
    """Detections with the windows that they were scored in: (n, 4) float32 in pixels of the picture."""

    windows: np.ndarray


def window_sizes(width: int, height: int, window: WindowSpec, cfg: SlidingWindowDetect) -> list[tuple[float, float]]:
    """Return the window (width, height in pixels of the picture) of every pass over a picture of width x height."""
    padded = 1 + 2 * window.margin
    sizes = []
    for ratio in window.aspect_ratios:
        side = cfg.min_size * padded
        while True:
            sizes.append((side * np.sqrt(ratio), side / np.sqrt(ratio)))
            if sizes[-1][0] >= width or sizes[-1][1] >= height:
                break  # the last window of a shape is as wide or as high as the picture
            side *= cfg.scale_factor
    return sizes


def scan(
    pixels: np.ndarray, scorer: WindowScorer, window: WindowSpec, cfg: SlidingWindowDetect, threshold: float
) -> Detections:
    """Return all detections in a (h, w, 3) uint8 RGB picture that score `threshold` or more, each logo once.

    A score is the geometric mean of the proposal's and of the second one. Whatever the threshold, the same boxes have
    the same scores: only proposals that cannot reach it are not scored again.
    """
    proposals = propose(pixels, scorer, window, cfg, cfg.proposal_threshold)
    proposals = proposals.where(proposals.scores >= threshold**2)
    scores = np.sqrt(proposals.scores * rescore(pixels, proposals, scorer, window))
    detections = Detections(proposals.boxes, proposals.labels, scores)
    detections = detections.where(nms(detections.boxes, scores, detections.labels, cfg.iou_threshold))
    return detections.where(detections.scores >= threshold)


def propose(
    pixels: np.ndarray, scorer: WindowScorer, window: WindowSpec, cfg: SlidingWindowDetect, min_score: float
) -> Proposals:
    """Return what the image pyramid of a (h, w, 3) uint8 RGB picture gives from `min_score` on, each logo once."""
    height, width = pixels.shape[:2]
    small = windows.shrink_to(pixels, cfg.max_size)
    small_wh = small.shape[1], small.shape[0]
    passes = [_one_pass(small, size, scorer, window, min_score) for size in window_sizes(*small_wh, window, cfg)]
    regions, boxes, labels, scores = (np.concatenate(arrays) for arrays in zip(*passes, strict=True))
    scale = np.array([width / small_wh[0], height / small_wh[1]] * 2, np.float32)
    return vote_boxes(Proposals(clip(boxes * scale, width, height), labels, scores, regions * scale), cfg.iou_threshold)


def rescore(pixels: np.ndarray, detections: Detections, scorer: WindowScorer, window: WindowSpec) -> np.ndarray:
    """Return (n,) float32: the mean score of each detection's label in the window around its box and in six near it."""
    if not len(detections.scores):
        return detections.scores
    around = windows.window_around(detections.boxes, window)
    centers, sizes = (around[:, :2] + around[:, 2:]) / 2, around[:, 2:] - around[:, :2]
    total = np.zeros(len(around), np.float32)
    for shift, zoom in VIEWS:
        views = windows.from_centers(centers + sizes * shift, sizes * zoom)
        crops = np.stack([windows.crop_image(pixels, view, window.width, window.height) for view in views])
        total += scorer.score_crops(crops)[np.arange(len(views)), detections.labels + 1]
    return total / len(VIEWS)


def _one_pass(
    pixels: np.ndarray, size: tuple[float, float], scorer: WindowScorer, window: WindowSpec, min_score: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return windows, boxes, labels and scores of one scale and shape: the picture is resized until the window fits.

    size: width and height of the window in pixels of the picture.
    """
    image_height, image_width = pixels.shape[:2]
    width = max(1, round(image_width * window.width / size[0]))
    height = max(1, round(image_height * window.height / size[1]))
    level, left, top = pad_level(windows.resize(pixels, width, height), window)
    probabilities, box_deltas = scorer.score_windows(level)
    rows, columns = np.nonzero(probabilities[..., 0] <= 1 - min_score)
    classes = probabilities[rows, columns, 1:]
    labels = classes.argmax(axis=1)
    scores = classes[np.arange(len(labels)), labels]
    corners = np.stack([columns * scorer.stride - left, rows * scorer.stride - top], axis=1)
    scale = np.array([image_width / width, image_height / height] * 2, np.float32)
    regions = np.concatenate([corners, corners + np.array([window.width, window.height])], axis=1)
    regions = regions.astype(np.float32) * scale
    if box_deltas is None:
        deltas = np.zeros((len(regions), 4), np.float32)
        deltas[:, 2:] = -np.log(1 + 2 * window.margin)
    else:
        deltas = box_deltas[rows, columns]
    kept = scores >= min_score
    return regions[kept], windows.decode_boxes(regions, deltas)[kept], labels[kept], scores[kept]


def pad_level(pixels: np.ndarray, window: WindowSpec) -> tuple[np.ndarray, int, int]:
    """Return a picture with its edge repeated around it, and the pixels added on the left and at the top.

    The padding makes room for windows that stick out, and for at least one window in all.
    """
    height, width = pixels.shape[:2]
    x = max(round(window.width * OVERHANG), -(-(window.width - width) // 2))
    y = max(round(window.height * OVERHANG), -(-(window.height - height) // 2))
    return cv2.copyMakeBorder(pixels, y, y, x, x, cv2.BORDER_REPLICATE), x, y


def vote_boxes(proposals: Proposals, iou_threshold: float) -> Proposals:
    """Return what non-maximum suppression by label keeps, at most MAX_PROPOSALS.

    Each box is the mean of all that it stands for, weighted by score (box voting: Gidaris & Komodakis 2015).
    """
    order = np.argsort(-proposals.scores, kind="stable")[:MAX_VOTERS]
    boxes, labels, scores = proposals.boxes[order], proposals.labels[order], proposals.scores[order]
    kept = nms(boxes, scores, labels, iou_threshold)[:MAX_PROPOSALS]
    votes = (iou(boxes[kept], boxes) >= max(iou_threshold, MIN_VOTE_IOU)) & (labels[kept, None] == labels)
    weights = votes * scores
    weights[np.arange(len(kept)), kept] = np.maximum(scores[kept], 1e-6)
    voted = (weights @ boxes / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return Proposals(voted, labels[kept], scores[kept], proposals.windows[order][kept])
