"""Precision and recall over the threshold, and the choice of a threshold by the config's rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn import metrics

from brandlens.config.types import ThresholdConfig


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
        """Return (n,) float64, the harmonic mean of precision and recall; 0.0 where both are 0."""
        total = self.precision + self.recall
        return np.divide(2 * self.precision * self.recall, total, out=np.zeros_like(total), where=total > 0)

    def look_up(self, threshold: float) -> tuple[float, float]:
        """Return precision and recall at any threshold; 0.0, 0.0 above the highest score."""
        reached = int((self.threshold >= threshold).sum())
        return (float(self.precision[reached - 1]), float(self.recall[reached - 1])) if reached else (0.0, 0.0)

    @staticmethod
    def mean(curves: "Sequence[PRCurve]") -> "PRCurve":
        """Return the plain mean of several curves, at every score of any of them: one threshold for several uses."""
        threshold = np.unique(np.concatenate([curve.threshold for curve in curves]))[::-1] if curves else np.zeros(0)
        values = np.array([[curve.look_up(score) for score in threshold] for curve in curves])
        precision, recall = values.mean(axis=0).reshape(-1, 2).T if len(threshold) else (np.zeros(0), np.zeros(0))
        return PRCurve(threshold, precision, recall)


def precision_recall_curve(positive: np.ndarray, score: np.ndarray, num_positives: int | None = None) -> PRCurve:
    """Return precision and recall over the threshold, one point per distinct score, thresholds falling.

    positive: (n,) bool; score: (n,) from 0 to 1.
    num_positives: how many there are in all, with those that never got a score (a box that was not detected); by
    default those among `positive`. Without positives precision and recall are 0.0; without rows the curve is empty.
    """
    positive, score = np.asarray(positive, bool), np.asarray(score, np.float64)
    if not positive.any():
        threshold = np.unique(score)[::-1]
        return PRCurve(threshold, np.zeros_like(threshold), np.zeros_like(threshold))
    precision, recall, threshold = metrics.precision_recall_curve(positive, score)  # rising, and one point made up
    scored = 1.0 if num_positives is None else positive.sum() / num_positives
    return PRCurve(threshold[::-1], precision[-2::-1], recall[-2::-1] * scored)


def choose_threshold(curve: PRCurve, rule: ThresholdConfig) -> float:
    """Return the threshold that a rule asks for, halfway between two scores, so that no row is on the edge.

    min_precision: the lowest threshold that reaches it, which has the most recall; min_recall: the highest that reaches
    it; maximize: of several best ones the middle one. Where no threshold reaches what is asked for, the closest one.
    Under the lowest score the neighbour is 0: who dropped scores under a limit should not go below that limit.
    An empty curve gives 0.5.
    """
    if not len(curve.threshold):
        return 0.5
    if rule.min_precision is not None:
        index = _reaching(curve.precision, rule.min_precision)[-1]
    elif rule.min_recall is not None:
        index = _reaching(curve.recall, rule.min_recall)[0]
    else:
        best = _reaching(curve.f1, 1.0)
        index = best[len(best) // 2]
    upper = float(curve.threshold[index])
    lower = float(curve.threshold[index + 1]) if index + 1 < len(curve.threshold) else 0.0
    middle = (upper + lower) / 2
    return middle if middle > lower else upper  # two scores may be neighbours as floats, too


def _reaching(values: np.ndarray, minimum: float) -> np.ndarray:
    """Return the indices of the values that reach a minimum, or else the highest value; never none."""
    return np.flatnonzero(values >= min(minimum, values.max()) - 1e-12)
