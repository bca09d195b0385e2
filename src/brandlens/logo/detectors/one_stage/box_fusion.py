"""What several passes over a picture found → one list (weighted boxes fusion: Solovyev, Wang and Gabruseva 2021)."""

from collections.abc import Sequence

import numpy as np

from brandlens.boxes import iou, nms
from brandlens.logo.detectors.sliding_window.scan import Detections

MOST = 100  # finds of a pass, and in all

Part = tuple[np.ndarray, np.ndarray, np.ndarray]  # boxes (n, 4), labels (n,), scores (n,) above 0


def weighted_boxes_fusion(parts: Sequence[Part], overlap: float) -> Detections:
    """Finds of a label that overlap by more than `overlap` (intersection over union) are one; any order of passes.

    Within a pass the best of them stays. Across passes their box is the mean, weighted by score, and their score the
    sum of the scores over the number of passes: what one pass alone sees counts for little. Where two such means come
    to overlap, the better stays.
    """
    kept = [nms(boxes, scores, labels, overlap)[:MOST] for boxes, labels, scores in parts]
    passes = np.repeat(np.arange(len(parts)), [len(rows) for rows in kept])
    boxes, labels, scores = (
        np.concatenate([empty, *(part[at][rows] for part, rows in zip(parts, kept, strict=True))])
        for at, empty in enumerate((np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32)))
    )
    order = np.argsort(-scores, kind="stable")
    boxes, labels, scores, passes = boxes[order], labels[order], scores[order], passes[order]
    place = _places(boxes, labels, passes, overlap)
    lead = np.flatnonzero(place == np.arange(len(place)))  # the best find of each place
    weights = np.bincount(place, scores, len(place))[lead]
    sums = np.stack([np.bincount(place, scores * side, len(place))[lead] for side in boxes.T], axis=1)
    means = (sums / weights[:, None]).astype(np.float32)
    shares = (weights / max(len(parts), 1)).astype(np.float32)
    best = nms(means, shares, labels[lead], overlap)[:MOST]
    return Detections(means[best], means[best], labels[lead][best], shares[best])


def _places(boxes: np.ndarray, labels: np.ndarray, passes: np.ndarray, overlap: float) -> np.ndarray:
    """(n,) int64: of each find, the best first, the number of the find that it is one with, or its own.

    It joins the one of its label that it overlaps most, unless another find of its pass has.
    """
    shared = np.where(labels[:, None] == labels, iou(boxes, boxes), -1.0)
    place = np.arange(len(boxes))
    taken = np.zeros((len(boxes), int(passes.max(initial=-1)) + 1), bool)
    for at, number in enumerate(passes):
        free = np.where((place[:at] == np.arange(at)) & ~taken[:at, number], shared[at, :at], -1.0)
        if at and free.max() > overlap:
            place[at] = free.argmax()
        taken[place[at], number] = True
    return place
