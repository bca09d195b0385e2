"""Metrics of detected boxes against labelled ones, of all pictures of a split.

Boxes of a label that is not asked for are left out, detections too. An `ignore` box of any label is a region where
detections count neither for nor against.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np

from brandlens.boxes import Box, Detection
from brandlens.metrics.intervals import Interval, wilson
from brandlens.metrics.matching import match
from brandlens.metrics.registry import Metric, compute, counts_by_unit, divide

Labelled = Sequence[Sequence[Box]]
Detected = Sequence[Sequence[Detection]]
IOUS = np.linspace(0.5, 0.95, 10)  # the overlaps that COCO's average precision is the mean over
RECALLS = np.linspace(0, 1, 101)  # the recalls that COCO reads the precision-recall curve at
SIZE_EDGES = (0, 24, 32, 48, 64, 96, 128, 192, 256, math.inf)  # pixels: between the bins of a logo's side


@dataclass(frozen=True, eq=False)
class MatchedBoxes:
    """All detections of a split, matched with its labelled boxes at each of `IOUS`.

    threshold: of precision, recall and F1; average precision ranks every detection. Of the n detections: unit, class_id
    (n,) int64, the picture and the label's index; score, size (n,); true_positive, ignored (10, n) bool. Of the m
    labelled boxes that count: labelled_unit, labelled_class (m,) int64 and labelled_size (m,). A size is the square
    root of an area, in pixels to one decimal; a true positive has that of the labelled box it took at the first IoU.
    """

    labels: Sequence[str]
    num_units: int
    threshold: float
    unit: np.ndarray
    class_id: np.ndarray
    score: np.ndarray
    size: np.ndarray
    true_positive: np.ndarray
    ignored: np.ndarray
    labelled_unit: np.ndarray
    labelled_class: np.ndarray
    labelled_size: np.ndarray

    @property
    def registry(self) -> Mapping[str, Metric]:
        """Return `BOX_METRICS`."""
        return BOX_METRICS

    def counts(self) -> dict[str, float]:
        """Return true_positives, false_positives and false_negatives at the threshold."""
        names = ("true_positives", "false_positives", "false_negatives")
        return {name: float(counts.sum()) for name, counts in zip(names, self.outcomes, strict=True)}

    @cached_property
    def num_labelled(self) -> np.ndarray:
        """Return (units, classes) how many labelled boxes there are."""
        return counts_by_unit(self.labelled_unit, self.labelled_class, self.num_units, len(self.labels))

    @cached_property
    def outcomes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (units, classes) counts of true positives, false positives and false negatives at the threshold."""
        certain = self.score >= self.threshold
        true_positives, false_positives = (
            counts_by_unit(self.unit[chosen], self.class_id[chosen], self.num_units, len(self.labels))
            for chosen in (certain & self.true_positive[0], certain & ~self.true_positive[0] & ~self.ignored[0])
        )
        return true_positives, false_positives, self.num_labelled - true_positives

    def ranking(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Return which detections are true positives, their scores, and how many boxes are labelled: of a PR curve."""
        kept = ~self.ignored[0]
        return self.true_positive[0, kept], self.score[kept], len(self.labelled_unit)

    def of_size(self, low: float, high: float) -> "MatchedBoxes":
        """Return the boxes whose side is from `low` to under `high` pixels; what lies outside counts for nothing."""
        kept = (self.size >= low) & (self.size < high)
        labelled = (self.labelled_size >= low) & (self.labelled_size < high)
        return replace(
            self, unit=self.unit[kept], class_id=self.class_id[kept], score=self.score[kept], size=self.size[kept],
            true_positive=self.true_positive[:, kept], ignored=self.ignored[:, kept],
            labelled_unit=self.labelled_unit[labelled], labelled_class=self.labelled_class[labelled],
            labelled_size=self.labelled_size[labelled],
        )  # fmt: skip


def match_pictures(
    y_true: Labelled,
    detections: Detected,
    labels: Sequence[str],
    threshold: float = 0.0,
    units: Sequence[int] | None = None,
) -> MatchedBoxes:
    """Match the detections of every picture; units: the number of each picture, by default its place in the list."""
    class_ids = {label: index for index, label in enumerate(labels)}
    numbers = range(len(y_true)) if units is None else units
    detected: list[tuple[int, int, float, float]] = []
    labelled: list[tuple[int, int, float]] = []
    levels: list[np.ndarray] = [np.zeros((2, len(IOUS), 0), bool)]
    for unit, row, predicted in zip(numbers, y_true, detections, strict=True):
        kept = [detection for detection in predicted if detection.label in class_ids]
        matches = [match(row, kept, iou) for iou in IOUS]
        levels.append(np.array([[level.true_positive for level in matches], [level.ignored for level in matches]]))
        for detection, index in zip(kept, matches[0].matched, strict=True):
            size = _size(row[index] if index >= 0 else detection)
            detected.append((unit, class_ids[detection.label], detection.score, size))
        counted = (box for box in row if box.label in class_ids and not box.ignore)
        labelled += [(unit, class_ids[box.label], _size(box)) for box in counted]
    columns = np.array(detected, np.float64).reshape(-1, 4)
    labelled_columns = np.array(labelled, np.float64).reshape(-1, 3)
    unit_ids, class_numbers = columns[:, :2].astype(np.int64).T
    labelled_unit, labelled_class = labelled_columns[:, :2].astype(np.int64).T
    true_positive, ignored = np.concatenate(levels, axis=2)
    return MatchedBoxes(
        labels, len(y_true), threshold, unit_ids, class_numbers, columns[:, 2], columns[:, 3], true_positive, ignored,
        labelled_unit, labelled_class, labelled_columns[:, 2],
    )  # fmt: skip


def _size(box: Box | Detection) -> float:
    return round(math.sqrt(box.width * box.height), 1)


class Outcomes(Protocol):
    """Rows that are right or wrong at a threshold: boxes, or decisions about whole pictures."""

    @property
    def outcomes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (units, classes) counts of true positives, false positives and false negatives."""


def precision(rows: Outcomes, weights: np.ndarray) -> np.ndarray:
    """Return (r,) true positives over all positives."""
    true_positives, false_positives, _ = (weights @ counts.sum(axis=1) for counts in rows.outcomes)
    return divide(true_positives, true_positives + false_positives)


def precision_by_class(rows: Outcomes, weights: np.ndarray) -> np.ndarray:
    """Return (r, classes) precision of each label."""
    true_positives, false_positives, _ = (weights @ counts for counts in rows.outcomes)
    return divide(true_positives, true_positives + false_positives)


def recall(rows: Outcomes, weights: np.ndarray) -> np.ndarray:
    """Return (r,) true positives over all that are labelled."""
    true_positives, _, false_negatives = (weights @ counts.sum(axis=1) for counts in rows.outcomes)
    return divide(true_positives, true_positives + false_negatives)


def recall_by_class(rows: Outcomes, weights: np.ndarray) -> np.ndarray:
    """Return (r, classes) recall of each label."""
    true_positives, _, false_negatives = (weights @ counts for counts in rows.outcomes)
    return divide(true_positives, true_positives + false_negatives)


def f1(rows: Outcomes, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the harmonic mean of precision and recall."""
    true_positives, false_positives, false_negatives = (weights @ counts.sum(axis=1) for counts in rows.outcomes)
    return divide(2 * true_positives, 2 * true_positives + false_positives + false_negatives)


def units_predicted(rows: Outcomes) -> tuple[int, np.ndarray]:
    """Return how many pictures precision rests on, and those of each label."""
    return _nonzero(rows.outcomes[0] + rows.outcomes[1])


def units_labelled(rows: Outcomes) -> tuple[int, np.ndarray]:
    """Return how many pictures recall and average precision rest on, and those of each label."""
    return _nonzero(rows.outcomes[0] + rows.outcomes[2])


def _nonzero(counts: np.ndarray) -> tuple[int, np.ndarray]:
    return int(np.count_nonzero(counts.sum(axis=1))), np.count_nonzero(counts, axis=0)


def average_precision(boxes: MatchedBoxes, weights: np.ndarray, level: int = 0) -> np.ndarray:
    """Return (r, classes) average precision at IOUS[level]; NaN where a resample has no labelled box of a class.

    As COCO defines it: the best precision from each recall on, read at 101 recalls; every detection counts, not only a
    picture's best 100. Only true positives raise the recall, and precision is nowhere better than at one of them, so
    the curve is worked out there alone.
    """
    values = np.full((len(weights), len(boxes.labels)), np.nan)
    order = np.argsort(-boxes.score, kind="stable")
    order = order[~boxes.ignored[level, order]]
    for class_id in range(len(boxes.labels)):
        rows = order[boxes.class_id[order] == class_id]
        correct = boxes.true_positive[level, rows]
        row_weights = weights[:, boxes.unit[rows]]
        true_positives = row_weights[:, correct].cumsum(axis=1, dtype=np.float64)
        predicted = row_weights.cumsum(axis=1)[:, correct]
        best = np.maximum.accumulate((true_positives / np.maximum(predicted, 1))[:, ::-1], axis=1)[:, ::-1]
        total = weights @ boxes.num_labelled[:, class_id].astype(np.float64)
        reached = np.searchsorted(RECALLS, true_positives / np.maximum(total, 1)[:, None], side="right")
        area = (best * np.diff(reached, axis=1, prepend=0)).sum(axis=1) / len(RECALLS)
        values[:, class_id] = np.where(total > 0, area, np.nan)
    return values


def mean_average_precision(boxes: MatchedBoxes, weights: np.ndarray, level: int = 0) -> np.ndarray:
    """Return (r,) the mean of `average_precision` over the labels that have boxes; NaN where none has."""
    values = average_precision(boxes, weights, level)
    known = np.isfinite(values).sum(axis=1)
    return np.where(known > 0, np.nansum(values, axis=1) / np.maximum(known, 1), np.nan)


def mean_over_ious(boxes: MatchedBoxes, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the mean of `mean_average_precision` over `IOUS`."""
    return np.mean([mean_average_precision(boxes, weights, level) for level in range(len(IOUS))], axis=0)


BOX_METRICS: dict[str, Metric] = {
    "precision": Metric("precision", precision, precision_by_class, units_predicted),
    "recall": Metric("recall", recall, recall_by_class, units_labelled),
    "f1": Metric("F1", f1, support=units_labelled),
    "ap50": Metric("AP50", mean_average_precision, average_precision, units_labelled),
    "ap": Metric("AP50:95", mean_over_ious, support=units_labelled),
}


def by_size(boxes: MatchedBoxes) -> dict[str, dict[str, float]]:
    """Return {side in pixels: {count, true_positives, recall, ap50}} by the bins of `SIZE_EDGES`.

    A bin is called "32-47", the largest "256+"; those without a labelled box are left out.
    """
    bins = {}
    for low, high in pairwise(SIZE_EDGES):
        within = boxes.of_size(low, high)
        if count := len(within.labelled_unit):
            name = f"{low:.0f}+" if math.isinf(high) else f"{low:.0f}-{high - 1:.0f}"
            values = compute(within)
            bins[name] = {"count": float(count)} | {key: values[key] for key in ("true_positives", "recall", "ap50")}
    return bins


def by_size_intervals(boxes: MatchedBoxes) -> dict[str, dict[str, Interval]]:
    """Return {side in pixels: {recall: interval}} of the bins of `by_size`: Wilson's, as bins hold few boxes."""
    return {name: {"recall": wilson(size["recall"], int(size["count"]))} for name, size in by_size(boxes).items()}
