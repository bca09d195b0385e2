"""Metrics of rows that have one label each: crops of pictures, and reviews."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from brandlens.metrics import calibration
from brandlens.metrics.registry import Metric, counts_by_unit


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Rows with their true and their predicted class, in any order.

    labels: names of the classes. y_true, y_pred: (n,) int64 class numbers. unit: (n,) int64 from 0 to num_units - 1,
    the picture or review that a row belongs to. score: (n,) probability of class 1 where there are two classes and it
    is known, which adds `SCORE_METRICS`; calibration_bins: of the calibration error.
    """

    labels: Sequence[str]
    y_true: np.ndarray
    y_pred: np.ndarray
    unit: np.ndarray
    num_units: int
    score: np.ndarray | None = None
    calibration_bins: int = 10

    @property
    def registry(self) -> Mapping[str, Metric]:
        """Return `METRICS`, and `SCORE_METRICS` where there are scores."""
        return METRICS if self.score is None else {**METRICS, **SCORE_METRICS}

    def counts(self) -> dict[str, float]:
        """Return per_class.<label>.count, the rows of each label."""
        count = np.bincount(self.y_true, minlength=len(self.labels))
        return {f"per_class.{label}.count": float(count[index]) for index, label in enumerate(self.labels)}

    @cached_property
    def margins(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (units, classes) counts: rows of the class that are right, rows labelled so and rows predicted so."""
        correct = self.y_true == self.y_pred
        size = self.num_units, len(self.labels)
        return (
            counts_by_unit(self.unit[correct], self.y_true[correct], *size),
            counts_by_unit(self.unit, self.y_true, *size),
            counts_by_unit(self.unit, self.y_pred, *size),
        )


def accuracy(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the fraction of rows that are right; 0.0 without rows."""
    correct, labelled, _ = (weights @ counts for counts in rows.margins)
    return correct.sum(axis=1) / np.maximum(labelled.sum(axis=1), 1)


def precision_by_class(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r, classes) precision; 0.0 for a class that is never predicted, as scikit-learn's zero_division=0."""
    correct, _, predicted = (weights @ counts for counts in rows.margins)
    return correct / np.maximum(predicted, 1)


def recall_by_class(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r, classes) recall; 0.0 for a class that never occurs."""
    correct, labelled, _ = (weights @ counts for counts in rows.margins)
    return correct / np.maximum(labelled, 1)


def f1_by_class(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r, classes) F1; 0.0 for a class that neither occurs nor is predicted."""
    correct, labelled, predicted = (weights @ counts for counts in rows.margins)
    return 2 * correct / np.maximum(labelled + predicted, 1)


def macro(by_class: Callable[[LabelledRows, np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    """Return the function that is the plain mean over all classes, as scikit-learn's average="macro"."""
    return lambda rows, weights: by_class(rows, weights).mean(axis=1)


def auc(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the area under the ROC curve of class 1; NaN where one of the two classes is missing."""
    if rows.score is None or not len(rows.score):
        return np.full(len(weights), np.nan)
    order = np.argsort(rows.score, kind="stable")
    starts = np.unique(rows.score[order], return_index=True)[1]  # of the runs of equal scores
    positive = rows.y_true[order] == 1
    row_weights = weights[:, rows.unit[order]]
    positives, negatives = (
        np.add.reduceat(row_weights * chosen, starts, axis=1).astype(np.float64) for chosen in (positive, ~positive)
    )
    below = negatives.cumsum(axis=1) - negatives / 2  # a tie counts half
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return np.divide((positives * below).sum(axis=1), pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def ece(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the expected calibration error, see `calibration.ece`."""
    assert rows.score is not None
    return calibration.ece(rows.score, rows.y_true, rows.calibration_bins, weights[:, rows.unit])


METRICS: dict[str, Metric] = {
    "accuracy": Metric("accuracy", accuracy),
    "precision": Metric("precision", macro(precision_by_class), precision_by_class),
    "recall": Metric("recall", macro(recall_by_class), recall_by_class),
    "f1": Metric("F1", macro(f1_by_class), f1_by_class),
}
SCORE_METRICS: dict[str, Metric] = {
    "auc": Metric("area under ROC", auc, undefined=0.5),
    "ece": Metric("calibration error", ece, biased=True),  # what is resampled is worse calibrated than its source
}


def confusion(y_true: np.ndarray, y_pred: np.ndarray, num_classes: int) -> np.ndarray:
    """Return (classes, classes) int64 counts, rows = y_true, of two (n,) int arrays of class numbers."""
    counts = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(counts, (np.asarray(y_true, np.int64), np.asarray(y_pred, np.int64)), 1)
    return counts
