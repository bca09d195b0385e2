"""Metrics of rows that have one label each: crops of pictures, and reviews."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from brandlens.metrics import calibration
from brandlens.metrics.registry import Metric, counts_by_unit, divide


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Rows with their true and their predicted class, in any order.

    labels: names of the classes. y_true, y_pred: (n,) int64 class numbers. unit: (n,) int64 from 0 to num_units - 1,
    the picture or review that a row belongs to. score: (n,) probability of class 1 where there are two classes and it
    is known, which adds `SCORE_METRICS`; or (n, classes) of more classes, which adds `MULTICLASS_METRICS`.
    calibration_bins: of the calibration error. ordered: whether the classes go from the lowest to the highest, which
    adds `ORDINAL_METRICS`.
    """

    labels: Sequence[str]
    y_true: np.ndarray
    y_pred: np.ndarray
    unit: np.ndarray
    num_units: int
    score: np.ndarray | None = None
    calibration_bins: int = 10
    ordered: bool = False

    @property
    def registry(self) -> Mapping[str, Metric]:
        """Return `METRICS`, and those of scores and of ordered classes where there are such."""
        if self.score is None:
            return METRICS
        return score_registry(self.labels, ordered=self.ordered)

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
    assert rows.score is not None
    return _auc(rows.score, rows.y_true == 1, weights[:, rows.unit])


def auc_by_class(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r, classes) the area under the ROC curve of each class against all others; NaN where one is missing."""
    assert rows.score is not None
    row_weights = weights[:, rows.unit]
    areas = [_auc(rows.score[:, index], rows.y_true == index, row_weights) for index in range(len(rows.labels))]
    return np.stack(areas, axis=1)


def _auc(score: np.ndarray, positive: np.ndarray, row_weights: np.ndarray) -> np.ndarray:
    """Return (r,) areas of (n,) scores and whether these are of positives; row_weights: (r, n)."""
    if not len(score):
        return np.full(len(row_weights), np.nan)
    order = np.argsort(score, kind="stable")
    starts = np.unique(score[order], return_index=True)[1]  # of the runs of equal scores
    positive, row_weights = positive[order], row_weights[:, order]
    positives, negatives = (
        np.add.reduceat(row_weights * chosen, starts, axis=1).astype(np.float64) for chosen in (positive, ~positive)
    )
    below = negatives.cumsum(axis=1) - negatives / 2  # a tie counts half
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return np.divide((positives * below).sum(axis=1), pairs, out=np.full(len(row_weights), np.nan), where=pairs > 0)


def ece(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the expected calibration error, see `calibration.ece`."""
    assert rows.score is not None
    return calibration.ece(rows.score, rows.y_true, rows.calibration_bins, weights[:, rows.unit])


def top_ece(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the calibration error of the likeliest class's probability (Guo et al. 2017)."""
    assert rows.score is not None
    right = rows.score.argmax(axis=1) == rows.y_true
    return calibration.ece(calibration.confidence(rows.score), right, rows.calibration_bins, weights[:, rows.unit])


def ece_by_class(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r, classes) the calibration error of each class's probability (Kull et al. 2019, classwise)."""
    assert rows.score is not None
    row_weights = weights[:, rows.unit]
    errors = [
        calibration.ece(rows.score[:, index], rows.y_true == index, rows.calibration_bins, row_weights)
        for index in range(len(rows.labels))
    ]
    return np.stack(errors, axis=1)


def polar_accuracy(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the accuracy on rows labelled negative or positive when these two alone are compared.

    That is what a model of these two labels is measured by. NaN where there is no such row.
    """
    assert rows.score is not None
    negative, positive = (list(rows.labels).index(name) for name in POLES)
    polar = np.isin(rows.y_true, (negative, positive))
    is_positive = rows.score[:, positive] >= rows.score[:, negative]
    right = polar & (is_positive == (rows.y_true == positive))
    row_weights = weights[:, rows.unit]
    return divide(row_weights @ right.astype(np.float32), row_weights @ polar.astype(np.float32))


def mean_absolute_error(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the mean distance of prediction and label, in places of the ordered classes; NaN without rows."""
    row_weights, distance = weights[:, rows.unit], np.abs(rows.y_true - rows.y_pred).astype(np.float32)
    return divide(row_weights @ distance, row_weights.sum(axis=1))


def quadratic_kappa(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) Cohen's kappa with quadratic weights (1968): 1 for perfect agreement, 0 for chance.

    NaN where labels and predictions are all of one class, so that chance agrees too.
    """
    row_weights, distance = weights[:, rows.unit].astype(np.float64), (rows.y_true - rows.y_pred).astype(np.float64)
    _, labelled, predicted = (weights.astype(np.float64) @ counts for counts in rows.margins)
    places = np.arange(len(rows.labels), dtype=np.float64)
    penalty = (places[:, None] - places[None]) ** 2
    by_chance = np.einsum("ri,ij,rj->r", labelled, penalty, predicted)
    ratio = divide((row_weights @ distance**2) * row_weights.sum(axis=1), by_chance)
    return 1 - ratio


def score_registry(labels: Sequence[str], *, ordered: bool = False) -> dict[str, Metric]:
    """Return the metrics of rows with these classes whose scores are known."""
    metrics = {**METRICS, **(MULTICLASS_METRICS if len(labels) > 2 else SCORE_METRICS)}
    if len(labels) > 2 and set(POLES) <= set(labels):
        metrics |= POLAR_METRICS
    return metrics | ORDINAL_METRICS if ordered else metrics


POLES = ("negative", "positive")

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
MULTICLASS_METRICS: dict[str, Metric] = {
    "auc": Metric("area under ROC", macro(auc_by_class), auc_by_class, undefined=0.5),
    "ece": Metric("calibration error", top_ece, ece_by_class, biased=True),
}
POLAR_METRICS: dict[str, Metric] = {"polar_accuracy": Metric("accuracy, negative or positive", polar_accuracy)}
ORDINAL_METRICS: dict[str, Metric] = {
    "mean_absolute_error": Metric("mean absolute error", mean_absolute_error),
    "quadratic_kappa": Metric("quadratic kappa", quadratic_kappa),
}


def confusion(y_true: np.ndarray, y_pred: np.ndarray, num_classes: int) -> np.ndarray:
    """Return (classes, classes) int64 counts, rows = y_true, of two (n,) int arrays of class numbers."""
    counts = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(counts, (np.asarray(y_true, np.int64), np.asarray(y_pred, np.int64)), 1)
    return counts
