"""What several passes over a picture found → one list (weighted boxes fusion: Solovyev, Wang and Gabruseva 2021)."""

from collections.abc import Sequence

import numpy as np

from brandlens.boxes import iou, nms
from brandlens.logo.scan import Finds

MOST = 100  # finds of a pass, and in all

Part = tuple[np.ndarray, np.ndarray, np.ndarray]  # boxes (n, 4), labels (n,), scores (n,) above 0


def fused(parts: Sequence[Part], overlap: float) -> Finds:
    """Finds of a label that overlap by `overlap` (intersection over union) or more are one.

    Within a pass the best of them stays. Across passes their box is the mean, weighted by score, and their score the
    sum of the scores over the number of passes: what one pass alone sees counts for little.
    """
    places, labels, weights = np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32)
    for part in parts:
        kept = nms(part[0], part[2], part[1], overlap)[:MOST]
        boxes, kinds, scores = (each[kept] for each in part)
        partner = _partners(boxes, kinds, places, labels, overlap)
        known = partner >= 0
        at = partner[known]
        both = weights[at] + scores[known]
        places[at] += (boxes[known] - places[at]) * (scores[known] / both)[:, None]
        weights[at] = both
        places, labels = np.concatenate([places, boxes[~known]]), np.concatenate([labels, kinds[~known]])
        weights = np.concatenate([weights, scores[~known]])
    kept = nms(places, weights, labels, overlap)[:MOST]
    return Finds(places[kept], places[kept], labels[kept], weights[kept] / np.float32(max(len(parts), 1)))


def _partners(
    boxes: np.ndarray, kinds: np.ndarray, places: np.ndarray, labels: np.ndarray, overlap: float
) -> np.ndarray:
    """(n,) int64: for each box, the best first, the free place of its label that it overlaps most; -1 for none."""
    partner = np.full(len(boxes), -1, np.int64)
    if not len(places):
        return partner
    shared = iou(boxes, places) * (kinds[:, None] == labels)
    for at in np.flatnonzero(shared.max(axis=1) >= overlap):
        best = shared[at].argmax()
        if shared[at, best] >= overlap:
            partner[at] = best
            shared[:, best] = 0
    return partner
