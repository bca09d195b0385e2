"""Which place of the network is to find which labelled box: the places that nearly do already (TOOD, Feng et al. 2021).

Truth is (n, most, 5) float32: left, top, right, bottom in pixels of the input and the label's index, or EMPTY for rows
that are not used, or UNSURE for regions where nothing is held against the network. Written in keras.ops with static
shapes, so that it is a part of the training step on every backend.
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from brandlens.logo.detectors.one_stage.dataset import IGNORE

PADDING = -1.0
TOP_K = 10  # places that learn a box, at most
TRUST = (0.5, 6.0)  # exponents of the probability and of the intersection over union in how well a place fits
AROUND = 0.6  # strides around its middle in which a box may have places, however thin it is
TINY = 1e-9

Tensor = keras.KerasTensor


class Targets(NamedTuple):
    """What the places are to learn. boxes: (n, places, 4), where `quality` is 0 without meaning. label: (n, places,
    labels), the quality at the box's label, else 0. quality: (n, places), from 0 to 1. counts: (n, places), 0 where
    the place counts for nothing, else 1."""

    boxes: Tensor
    label: Tensor
    quality: Tensor
    counts: Tensor


def assign_targets(boxes: Tensor, label: Tensor, truth: Tensor, centres: np.ndarray, strides: np.ndarray) -> Targets:
    """The targets of (n, places, 4) boxes and (n, places, labels) probabilities as the network gives them now.

    truth: see the module. centres, strides: as from network.centres. Each box gets the PLACES inside it whose
    probability and intersection over union fit best; a place that several want goes to the box it covers best. The
    quality is the intersection over union that the box's best place has, less for the others as they fit worse.
    """
    real = ops.cast(truth[..., 4] >= 0, "float32")  # (n, most)
    kinds = ops.one_hot(ops.cast(ops.maximum(truth[..., 4], 0), "int32"), label.shape[-1]) * real[..., None]
    inside = _inside(truth[..., :4], centres, AROUND * strides)  # (n, most, places)
    overlap = iou(truth[:, :, None, :4], boxes[:, None]) * real[..., None]
    probable = ops.einsum("nml,npl->nmp", kinds, label)
    fit = ops.power(probable + TINY, TRUST[0]) * ops.power(overlap, TRUST[1]) * inside * real[..., None]
    least = ops.top_k(fit, min(TOP_K, len(centres)))[0][..., -1:]
    chosen = ops.cast((fit >= least) & (fit > TINY**2), "float32")

    best = ops.max(fit * chosen, axis=-1, keepdims=True)
    quality = fit / (best + TINY**2) * ops.max(overlap * chosen, axis=-1, keepdims=True)
    wanted = chosen * (overlap + TINY)
    owner = chosen * ops.cast(wanted >= ops.max(wanted, axis=1, keepdims=True), "float32")
    owner = owner / ops.maximum(ops.sum(owner, axis=1, keepdims=True), 1.0)  # two boxes alike share a place
    mine = ops.sum(owner * quality, axis=1)
    unsure = ops.cast(truth[..., 4] == IGNORE, "float32")[..., None] * _inside(truth[..., :4], centres, 0 * strides)
    taken = ops.max(owner, axis=1) > 0
    return Targets(
        boxes=ops.einsum("nmp,nmk->npk", owner, truth[..., :4]),
        label=ops.einsum("nmp,nml->npl", owner * quality, kinds),
        quality=mine,
        counts=ops.cast(taken | (ops.max(unsure, axis=1) == 0), "float32"),
    )


def _inside(boxes: Tensor, centres: np.ndarray, least: np.ndarray) -> Tensor:
    """(n, most, places) 1 where a place's centre lies in a box, or within `least` (places,) pixels of its middle."""
    middle, half = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]) / 2
    reach = ops.maximum(half[:, :, None], least[:, None])
    return ops.cast(ops.all(ops.abs(centres - middle[:, :, None]) < reach, axis=-1), "float32")


def iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of (..., 4) boxes, pair by pair; shapes are broadcast. 0 for empty ones."""
    common, union, _ = _areas(first, second)
    return common / (union + TINY)


def giou(first: Tensor, second: Tensor) -> Tensor:
    """Generalised intersection over union of (..., 4) boxes, from -1 to 1 (Rezatofighi et al. 2019)."""
    common, union, hull = _areas(first, second)
    return common / (union + TINY) - (hull - union) / (hull + TINY)


def _areas(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of the intersection, of the union, and of the smallest box around both."""
    low, high = ops.maximum(first[..., :2], second[..., :2]), ops.minimum(first[..., 2:], second[..., 2:])
    least, most = ops.minimum(first[..., :2], second[..., :2]), ops.maximum(first[..., 2:], second[..., 2:])
    common, hull = _area(high - low), _area(most - least)
    return common, _area(first[..., 2:] - first[..., :2]) + _area(second[..., 2:] - second[..., :2]) - common, hull


def _area(sides: Tensor) -> Tensor:
    sides = ops.maximum(sides, 0.0)
    return sides[..., 0] * sides[..., 1]
