"""Which anchor points are to learn which labelled box: those whose boxes nearly do already (TOOD, Feng et al. 2021).

y_true is (n, m, 5) float32: left, top, right, bottom in pixels of the input and the label's index, or PADDING for rows
that are not used, IGNORE for regions that count for nothing, PARTIAL for regions whose labels may be incomplete.
Written in keras.ops with static shapes, so that it is a part of the training step on every backend.
"""

from typing import NamedTuple, TypeAlias

import keras
import numpy as np
from keras import ops

from brandlens.logo.detectors.one_stage.dataset import IGNORE, PARTIAL

PADDING = -1.0
TOP_K = 10  # anchor points that learn a box, at most
ALPHA, BETA = 0.5, 6.0  # exponents of the probability and of the intersection over union in the alignment
CENTER_RADIUS = 0.6  # strides around its center in which a box may have anchor points, however thin it is
MIN_LABELED_IOU = 0.1  # intersection over union with a labelled box from which a point's box is of what is labelled
EPSILON = 1e-9

Tensor: TypeAlias = keras.KerasTensor


class Targets(NamedTuple):
    """What the anchor points are to learn.

    boxes: (n, points, 4), meaningless where `quality` is 0. labels: (n, points, labels), the quality at the box's
    label, else 0. quality: (n, points), from 0 to 1. mask: (n, points), 0 where the point counts for nothing, else 1.
    unlabeled: (n, points), 1 where the point's box may be of a logo that nobody labelled: the point is in a PARTIAL
    region and in no labelled box, and its box meets none; else 0.
    """

    boxes: Tensor
    labels: Tensor
    quality: Tensor
    mask: Tensor
    unlabeled: Tensor


def assign_targets(boxes: Tensor, label: Tensor, y_true: Tensor, points: np.ndarray, strides: np.ndarray) -> Targets:
    """Return the targets of (n, points, 4) boxes and (n, points, labels) probabilities as the network gives them now.

    y_true: see the module. points, strides: as from `network.anchor_points`. Each box gets the TOP_K points inside it
    whose probability and intersection over union align best; a point that several want goes to the box it covers best.
    The quality is the intersection over union of the box's best point, less for the others as they align worse.
    """
    num_best = min(TOP_K, len(points))
    points, strides = (ops.convert_to_tensor(array, "float32") for array in (points, strides))
    is_box = ops.cast(y_true[..., 4] >= 0, "float32")  # (n, m)
    one_hot = ops.cast(y_true[..., 4:] == ops.arange(label.shape[-1], dtype="float32"), "float32")  # 0 where no box is
    inside = _inside(y_true[..., :4], points, CENTER_RADIUS * strides)  # (n, m, points)
    overlap = iou(y_true[:, :, None, :4], boxes[:, None]) * is_box[..., None]
    probability = ops.einsum("nml,npl->nmp", one_hot, label)
    alignment = ops.power(probability + EPSILON, ALPHA) * ops.power(overlap, BETA) * inside * is_box[..., None]
    kth_best = ops.top_k(alignment, num_best)[0][..., -1:]
    chosen = ops.cast((alignment >= kth_best) & (alignment > EPSILON**2), "float32")

    best = ops.max(alignment * chosen, axis=-1, keepdims=True)
    quality = alignment / (best + EPSILON**2) * ops.max(overlap * chosen, axis=-1, keepdims=True)
    claim = chosen * (overlap + EPSILON)
    owner = chosen * ops.cast(claim >= ops.max(claim, axis=1, keepdims=True), "float32")
    owner = owner / ops.maximum(ops.sum(owner, axis=1, keepdims=True), 1.0)  # two boxes alike share a point
    within = _inside(y_true[..., :4], points, 0 * strides)
    ignored, partial = (ops.max(_rows(y_true, kind) * within, axis=1) for kind in (IGNORE, PARTIAL))
    labeled = ops.max(is_box[..., None] * within + ops.cast(overlap >= MIN_LABELED_IOU, "float32"), axis=1) > 0
    assigned = ops.max(owner, axis=1) > 0
    return Targets(
        boxes=ops.einsum("nmp,nmk->npk", owner, y_true[..., :4]),
        labels=ops.einsum("nmp,nml->npl", owner * quality, one_hot),
        quality=ops.sum(owner * quality, axis=1),
        mask=ops.cast(assigned | (ignored == 0), "float32"),
        unlabeled=partial * ops.cast(~(assigned | labeled), "float32"),
    )


def _rows(y_true: Tensor, kind: float) -> Tensor:
    """Return (n, m, 1) 1 for rows of y_true that have this in place of a label's index, else 0."""
    return ops.cast(y_true[..., 4:] == kind, "float32")


def _inside(boxes: Tensor, points: np.ndarray, min_reach: np.ndarray) -> Tensor:
    """Return (n, m, points) 1 where a point lies in a box, or within `min_reach` (points,) pixels of its center."""
    centers, half = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]) / 2
    reach = ops.maximum(half[:, :, None], min_reach[:, None])
    return ops.cast(ops.all(ops.abs(points - centers[:, :, None]) < reach, axis=-1), "float32")


def iou(first: Tensor, second: Tensor) -> Tensor:
    """Return the intersection over union of (..., 4) boxes, pair by pair; shapes are broadcast. 0 for empty ones."""
    common, union, _ = _areas(first, second)
    return common / (union + EPSILON)


def giou(first: Tensor, second: Tensor) -> Tensor:
    """Return the generalized intersection over union of (..., 4) boxes, from -1 to 1 (Rezatofighi et al. 2019)."""
    common, union, hull = _areas(first, second)
    return common / (union + EPSILON) - (hull - union) / (hull + EPSILON)


def _areas(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the areas of the intersection, of the union, and of the smallest box around both."""
    common = _area(ops.minimum(first[..., 2:], second[..., 2:]) - ops.maximum(first[..., :2], second[..., :2]))
    hull = _area(ops.maximum(first[..., 2:], second[..., 2:]) - ops.minimum(first[..., :2], second[..., :2]))
    return common, _area(first[..., 2:] - first[..., :2]) + _area(second[..., 2:] - second[..., :2]) - common, hull


def _area(sizes: Tensor) -> Tensor:
    sizes = ops.maximum(sizes, 0.0)
    return sizes[..., 0] * sizes[..., 1]
