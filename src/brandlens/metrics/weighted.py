"""The metrics once more, over samples of pictures or reviews: what `intervals.bootstrap` is given.

`draws` is (r, units) float32: how often each unit is in each of r samples. (1, units) ones give the metric itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

IOUS = np.linspace(0.5, 0.95, 10)  # the overlaps over which COCO's average precision is the mean
RECALLS = np.linspace(0, 1, 101)  # the places at which COCO reads the precision-recall curve


@dataclass(frozen=True, eq=False)
class ScoredBoxes:
    """Scored boxes, and the labelled ones that they are to find.

    unit, label: (n,) int64, the picture and the label's number; score: (n,); hit: (n,) bool, else a false alarm.
    labelled: (units, labels) boxes of each picture.
    """

    unit: np.ndarray
    label: np.ndarray
    score: np.ndarray
    hit: np.ndarray
    labelled: np.ndarray


def ratios(draws: np.ndarray, hits: np.ndarray, alarms: np.ndarray, misses: np.ndarray) -> dict[str, np.ndarray]:
    """precision, recall and f1 of (units,) or (units, k) counts: (r,) or (r, k) each.

    NaN without a denominator: such a sample tells nothing.
    """
    hit, alarm, miss = (draws @ np.asarray(counts, np.float32) for counts in (hits, alarms, misses))
    return {
        "precision": _share(hit, hit + alarm),
        "recall": _share(hit, hit + miss),
        "f1": _share(2 * hit, 2 * hit + alarm + miss),
    }


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(whole.shape, np.nan, np.float32), where=whole > 0)


def counts_by_unit(unit: np.ndarray, cell: np.ndarray, units: int, cells: int) -> np.ndarray:
    """(units, cells) float32: how often each (n,) cell number occurs in each (n,) unit."""
    counts = np.bincount(unit * cells + cell, minlength=units * cells)
    return counts.reshape(units, cells).astype(np.float32)


def by_class(draws: np.ndarray, confusions: np.ndarray) -> dict[str, np.ndarray]:
    """precision, recall and f1 of each class, (r, c).

    confusions: (units, c * c) counts of each unit, rows = truth, flattened.
    """
    right, actual, said = _margins(draws, confusions)
    return {
        "precision": right / np.maximum(said, 1),
        "recall": right / np.maximum(actual, 1),
        "f1": 2 * right / np.maximum(actual + said, 1),
    }


def macro(draws: np.ndarray, confusions: np.ndarray) -> dict[str, np.ndarray]:
    """accuracy and the means over the classes of precision, recall and f1; confusions as in `by_class`."""
    right, actual, _ = _margins(draws, confusions)
    accuracy = right.sum(axis=1) / np.maximum(actual.sum(axis=1), 1)
    return {"accuracy": accuracy} | {name: each.mean(axis=1) for name, each in by_class(draws, confusions).items()}


def _margins(draws: np.ndarray, confusions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    side = round(confusions.shape[1] ** 0.5)
    matrix = (draws @ confusions).reshape(len(draws), side, side)
    return matrix.diagonal(axis1=1, axis2=2), matrix.sum(axis=2), matrix.sum(axis=1)


def average_precision(draws: np.ndarray, ranking: ScoredBoxes) -> np.ndarray:
    """(labels, r) average precision of each label; NaN where a sample has no box of it.

    As COCO defines it: the best precision from each recall on, read at 101 recalls. Only hits raise the recall, and
    precision is nowhere better than at one of them, so the curve is worked out there alone.
    """
    labels = ranking.labelled.shape[1]
    values = np.full((labels, len(draws)), np.nan)
    order = np.argsort(-ranking.score, kind="stable")
    for label in range(labels):
        rows = order[ranking.label[order] == label]
        hit = ranking.hit[rows]
        weight = draws[:, ranking.unit[rows]]
        hits, seen = weight[:, hit].cumsum(axis=1, dtype=np.float64), weight.cumsum(axis=1)[:, hit]
        best = np.maximum.accumulate((hits / np.maximum(seen, 1))[:, ::-1], axis=1)[:, ::-1]
        total = draws @ ranking.labelled[:, label].astype(np.float64)
        reached = np.searchsorted(RECALLS, hits / np.maximum(total, 1)[:, None], side="right")
        area = (best * np.diff(reached, axis=1, prepend=0)).sum(axis=1) / len(RECALLS)
        values[label] = np.where(total > 0, area, np.nan)
    return values


def mean_known(values: np.ndarray) -> np.ndarray:
    """(r,) mean over the first axis of what is not NaN; NaN where all is."""
    known = np.isfinite(values).sum(axis=0)
    return np.where(known > 0, np.nansum(values, axis=0) / np.maximum(known, 1), np.nan)


def auc(draws: np.ndarray, truth: np.ndarray, score: np.ndarray) -> np.ndarray:
    """(r,) area under the ROC curve of (units,) scores; NaN for a sample with one label only."""
    order = np.argsort(score, kind="stable")
    begins = np.unique(score[order], return_index=True)[1]
    positive = truth[order] == 1
    yes, no = (
        np.add.reduceat(draws[:, order] * rows, begins, axis=1).astype(np.float64) for rows in (positive, ~positive)
    )
    below = no.cumsum(axis=1) - no / 2  # a tie counts half
    pairs = yes.sum(axis=1) * no.sum(axis=1)
    return np.divide((yes * below).sum(axis=1), pairs, out=np.full(len(draws), np.nan), where=pairs > 0)


def ece(draws: np.ndarray, probability: np.ndarray, truth: np.ndarray, bins: int) -> np.ndarray:
    """(r,) expected calibration error, see `calibration.ece`, of (units,) probabilities and their 0 or 1 truth."""
    bar = np.minimum((probability * bins).astype(np.int64), bins - 1)
    gaps = np.zeros((len(truth), bins), np.float32)
    gaps[np.arange(len(truth)), bar] = probability - truth
    return np.abs(draws @ gaps).sum(axis=1) / np.maximum(draws.sum(axis=1), 1)


def sized(
    ranking: ScoredBoxes, size: np.ndarray, labelled: Sequence[np.ndarray], low: float, high: float
) -> ScoredBoxes:
    """The ranking of boxes whose side, in pixels, is from `low` to under `high`; what lies outside counts for nothing.

    size: (n,) of a hit its labelled box's side, else its own. labelled: unit, label and side of each labelled box.
    """
    kept = (size >= low) & (size < high)
    unit, label, side = labelled
    within = (side >= low) & (side < high)
    shape = ranking.labelled.shape
    counts = counts_by_unit(unit[within], label[within], *shape)
    return ScoredBoxes(ranking.unit[kept], ranking.label[kept], ranking.score[kept], ranking.hit[kept], counts)
