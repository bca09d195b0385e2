"""Detections of several passes over a picture → one list (weighted boxes fusion: Solovyev, Wang and Gabruseva 2021)."""

from collections.abc import Sequence

import numpy as np

from brandlens.boxes import iou, nms
from brandlens.logo.detectors.base import Detections

MAX_DETECTIONS = 100  # of a pass, and in all

Pass = tuple[np.ndarray, np.ndarray, np.ndarray]  # boxes (n, 4), labels (n,), scores (n,) above 0


def weighted_boxes_fusion(passes: Sequence[Pass], iou_threshold: float) -> Detections:
    """Fuse detections of a label that overlap by more than `iou_threshold`; the order of the passes does not matter.

    Within a pass the best of them stays. Across passes their box is the mean, weighted by score, and their score the
    sum of the scores over the number of passes: what one pass alone detects scores low. Where two such means come to
    overlap, the better stays.
    """
    kept = [nms(boxes, scores, labels, iou_threshold)[:MAX_DETECTIONS] for boxes, labels, scores in passes]
    pass_of = np.repeat(np.arange(len(passes)), [len(indices) for indices in kept])
    boxes, labels, scores = (
        np.concatenate([empty, *(pass_[column][indices] for pass_, indices in zip(passes, kept, strict=True))])
        for column, empty in enumerate((np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32)))
    )
    order = np.argsort(-scores, kind="stable")
    boxes, labels, scores, pass_of = boxes[order], labels[order], scores[order], pass_of[order]
    cluster = _cluster(boxes, labels, pass_of, iou_threshold)
    leaders = np.flatnonzero(cluster == np.arange(len(cluster)))  # the best detection of each cluster
    weights = np.bincount(cluster, scores, len(cluster))[leaders]
    sums = np.stack([np.bincount(cluster, scores * side, len(cluster))[leaders] for side in boxes.T], axis=1)
    fused_boxes = (sums / weights[:, None]).astype(np.float32)
    fused_scores = (weights / max(len(passes), 1)).astype(np.float32)
    best = nms(fused_boxes, fused_scores, labels[leaders], iou_threshold)[:MAX_DETECTIONS]
    return Detections(fused_boxes[best], labels[leaders][best], fused_scores[best])


def _cluster(boxes: np.ndarray, labels: np.ndarray, pass_of: np.ndarray, iou_threshold: float) -> np.ndarray:
    """Return (n,) int64: for each detection, best first, the index of the detection it is one with, or its own.

    It joins the one of its label that it overlaps most, unless another detection of its pass has.
    """
    shared = np.where(labels[:, None] == labels, iou(boxes, boxes), -1.0)
    cluster = np.arange(len(boxes))
    taken = np.zeros((len(boxes), int(pass_of.max(initial=-1)) + 1), bool)
    for index, own_pass in enumerate(pass_of):
        is_leader = cluster[:index] == np.arange(index)
        overlap = np.where(is_leader & ~taken[:index, own_pass], shared[index, :index], -1.0)
        if index and overlap.max() > iou_threshold:
            cluster[index] = overlap.argmax()
        taken[cluster[index], own_pass] = True
    return cluster
