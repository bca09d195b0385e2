"""Is a score of 0.8 right in 8 of 10 cases? Temperature scaling, the reliability table and its one-number summary."""

from dataclasses import dataclass

import numpy as np

LOWEST, HIGHEST = 0.1, 10.0  # temperatures; without a mistake among the rows the best one would be 0


@dataclass(frozen=True, eq=False)
class Reliability:
    """What was said and what was true, by bars of equal width over the score.

    edges: (bins + 1,) float64 from 0 to 1; count: (bins,) int64 rows; score, positive: (bins,) float64 mean score and
    share of positives of a bar's rows, 0.0 where there are none.
    """

    edges: np.ndarray
    count: np.ndarray
    score: np.ndarray
    positive: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error (Naeini et al. 2015): the mean gap between said and true; 0.0 without rows."""
        return float((self.count * np.abs(self.score - self.positive)).sum() / max(self.count.sum(), 1))


def temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature by which logits are to be divided, so that their softmax fits the truth best (Guo et al. 2017).

    logits: (n, classes) float; truth: (n,) int class numbers. The likelihood has one peak in 1 / temperature, so its
    slope is bisected. Within 0.1 and 10; 1.0 without rows.
    """
    logits, truth = np.asarray(logits, np.float64), np.asarray(truth, np.int64)
    if not len(logits):
        return 1.0
    right = logits[np.arange(len(truth)), truth]
    low, high = 1 / HIGHEST, 1 / LOWEST
    for _ in range(60):
        middle = (low + high) / 2
        expected = (softmax(logits * middle) * logits).sum(axis=1)
        low, high = (low, middle) if (expected - right).mean() > 0 else (middle, high)
    return float(2 / (low + high))


def softmax(logits: np.ndarray) -> np.ndarray:
    """(n, classes) probabilities of (n, classes) logits, in their type; safe for large ones."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def reliability(probability: np.ndarray, truth: np.ndarray, bins: int) -> Reliability:
    """The table of (n,) probabilities of the positive class and (n,) 0 or 1 truth, in `bins` bars."""
    probability, truth = np.asarray(probability, np.float64), np.asarray(truth, np.float64)
    bar = np.minimum((probability * bins).astype(np.int64), bins - 1)
    count = np.bincount(bar, minlength=bins)
    score, positive = (np.bincount(bar, values, bins) / np.maximum(count, 1) for values in (probability, truth))
    return Reliability(np.linspace(0, 1, bins + 1), count, score, positive)


def ece(probability: np.ndarray, truth: np.ndarray, bins: int) -> float:
    """Expected calibration error of (n,) probabilities of the positive class and (n,) 0 or 1 truth."""
    return reliability(probability, truth, bins).error
