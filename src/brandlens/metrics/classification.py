"""Labels and scores, one a row in file order → metrics, curves and the threshold that a wish asks for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.metrics import precision_recall_curve, precision_recall_fscore_support


@dataclass(frozen=True, eq=False)
class PRCurve:
    """Precision and recall of "score ≥ threshold is a yes", at every distinct score.

    threshold: (n,) float64, falling; precision, recall: (n,) float64. Recall never falls along the curve.
    """

    threshold: np.ndarray
    precision: np.ndarray
    recall: np.ndarray

    @property
    def f1(self) -> np.ndarray:
        """(n,) float64 harmonic mean of precision and recall; 0.0 where both are 0."""
        both = self.precision + self.recall
        return np.divide(2 * self.precision * self.recall, both, out=np.zeros_like(both), where=both > 0)

    def at(self, threshold: float) -> tuple[float, float]:
        """Precision and recall at any threshold; 0.0, 0.0 above the highest score."""
        reached = int((self.threshold >= threshold).sum())
        return (float(self.precision[reached - 1]), float(self.recall[reached - 1])) if reached else (0.0, 0.0)

    @staticmethod
    def mean(curves: "Sequence[PRCurve]") -> "PRCurve":
        """The plain mean of several curves, at every score that one of them has: one threshold for several uses."""
        threshold = np.unique(np.concatenate([curve.threshold for curve in curves]))[::-1] if curves else np.zeros(0)
        values = np.array([[curve.at(each) for each in threshold] for curve in curves])
        precision, recall = values.mean(axis=0).reshape(-1, 2).T if len(threshold) else (np.zeros(0), np.zeros(0))
        return PRCurve(threshold, precision, recall)


@dataclass(frozen=True)
class ThresholdRule:
    """How a threshold is chosen: for a precision, for a recall, or for the best F1; exactly one is set."""

    precision: float | None = None
    recall: float | None = None
    best: Literal["f1"] | None = None

    def __post_init__(self) -> None:
        if sum(choice is not None for choice in (self.precision, self.recall, self.best)) != 1:
            raise ValueError(f"{self} wants exactly one of precision, recall and best")


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) int64 counts, rows = truth, of two (n,) int arrays of label numbers."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (np.asarray(truth, np.int64), np.asarray(predicted, np.int64)), 1)
    return counts


def metrics(truth: np.ndarray, predicted: np.ndarray, labels: Sequence[str]) -> dict[str, float]:
    """accuracy, macro precision, recall and f1, and per_class.<label>.{precision,recall,f1,count}.

    truth, predicted: (n,) int numbers into `labels`; count: a label's rows in `truth`. Macro is the plain mean over
    all labels, as scikit-learn has it: a label that never occurs takes part with 0.0. Without rows everything is 0.0.
    """
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    rows = np.zeros((4, len(labels)))
    if len(truth):
        numbers = range(len(labels))
        rows = np.array(precision_recall_fscore_support(truth, predicted, labels=numbers, zero_division=0.0))
    names = ("precision", "recall", "f1", "count")
    flat = {"accuracy": float((truth == predicted).mean()) if len(truth) else 0.0}
    flat |= {name: float(row.mean()) for name, row in zip(names[:3], rows, strict=False)}
    for at, label in enumerate(labels):
        flat |= {f"per_class.{label}.{name}": float(row[at]) for name, row in zip(names, rows, strict=True)}
    return flat


def curve(positive: np.ndarray, score: np.ndarray, total: int | None = None) -> PRCurve:
    """Precision and recall over the threshold, one point per distinct score, thresholds falling.

    positive: (n,) bool; score: (n,) from 0 to 1.
    total: how many positives there are in all, with those that never got a score (a box nobody found); by default
    those among `positive`. Without positives precision and recall are 0.0; without rows the curve is empty.
    """
    positive, score = np.asarray(positive, bool), np.asarray(score, np.float64)
    if not positive.any():
        threshold = np.unique(score)[::-1]
        return PRCurve(threshold, np.zeros_like(threshold), np.zeros_like(threshold))
    precision, recall, threshold = precision_recall_curve(positive, score)  # thresholds rise; one last point is made up
    share = 1.0 if total is None else positive.sum() / total
    return PRCurve(threshold[::-1], precision[-2::-1], recall[-2::-1] * share)


def choose_threshold(curve: PRCurve, wish: ThresholdRule) -> float:
    """The threshold that fulfils a wish, halfway between two neighbouring scores, so that no row sits on the edge.

    precision: the lowest threshold that reaches it, which has the most recall; recall: the highest that reaches it;
    best: of several best ones the middle one. A wish that no threshold fulfils gets what comes closest to it.
    Under the lowest score the neighbour is 0: who kept no scores under a floor should not go below that floor.
    An empty curve gives 0.5.
    """
    if not len(curve.threshold):
        return 0.5
    if wish.precision is not None:
        at = _reaching(curve.precision, wish.precision)[-1]
    elif wish.recall is not None:
        at = _reaching(curve.recall, wish.recall)[0]
    else:
        best = _reaching(curve.f1, 1.0)
        at = best[len(best) // 2]
    upper = float(curve.threshold[at])
    lower = float(curve.threshold[at + 1]) if at + 1 < len(curve.threshold) else 0.0
    middle = (upper + lower) / 2
    return middle if middle > lower else upper  # two scores may be neighbours as floats, too


def _reaching(values: np.ndarray, wished: float) -> np.ndarray:
    """Places of the values that reach what is wished for, or else the highest value; never none."""
    return np.flatnonzero(values >= min(wished, values.max()) - 1e-12)


def unflatten(flat: Mapping[str, float], digits: int = 4) -> dict:
    """A flat {name: float} as nested dicts, rounded, to be written as JSON.

    A name is split at its first and its last dot only, so a label may hold dots and spaces:
    "per_class.Dr. Pepper.recall" becomes {"per_class": {"Dr. Pepper": {"recall": ...}}}.
    Raises ValueError for a value that is not finite, and for a name that is a value and a group at once.
    """
    tree: dict = {}
    for name, value in flat.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}; a metrics file holds finite numbers only")
        group, dot, rest = name.partition(".")
        *middle, leaf = rest.rsplit(".", 1) if dot else [group]
        place = tree
        for key in [group, *middle] if dot else []:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise ValueError(f"{name}: {key} is a value already and cannot be a group")
        if leaf in place:
            raise ValueError(f"{name} is a group already and cannot be a value")
        place[leaf] = round(float(value), digits)
    return tree
