"""Is a score of 0.8 right in 8 of 10 cases? Temperature scaling, the reliability table and its one-number summary."""

from dataclasses import dataclass

import numpy as np

LOWEST, HIGHEST = 0.1, 10.0  # temperatures; without a mistake among the rows the best one would be 0


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predicted scores and how often they were right, in bins of equal width over the score.

    edges: (bins + 1,) float64 from 0 to 1; count: (bins,) int64 rows; score, positive: (bins,) float64 mean score and
    fraction of positives of a bin's rows, 0.0 where there are none.
    """

    edges: np.ndarray
    count: np.ndarray
    score: np.ndarray
    positive: np.ndarray


def temperature(logits: np.ndarray, y_true: np.ndarray) -> float:
    """Return the temperature to divide logits by, so that their softmax fits y_true best (Guo et al. 2017).

    logits: (n, classes) float; y_true: (n,) int class numbers. The likelihood has one peak in 1 / temperature, so its
    slope is bisected. Within 0.1 and 10; 1.0 without rows.
    """
    logits, y_true = np.asarray(logits, np.float64), np.asarray(y_true, np.int64)
    if not len(logits):
        return 1.0
    correct = logits[np.arange(len(y_true)), y_true]
    low, high = 1 / HIGHEST, 1 / LOWEST
    for _ in range(60):
        middle = (low + high) / 2
        expected = (softmax(logits * middle) * logits).sum(axis=1)
        low, high = (low, middle) if (expected - correct).mean() > 0 else (middle, high)
    return float(2 / (low + high))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return (n, classes) probabilities of (n, classes) logits, in their dtype; safe for large ones."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def reliability(probability: np.ndarray, y_true: np.ndarray, num_bins: int) -> Reliability:
    """Return the reliability table of (n,) probabilities of the positive class and (n,) 0 or 1 labels."""
    probability, y_true = np.asarray(probability, np.float64), np.asarray(y_true, np.float64)
    bins = _bins(probability, num_bins)
    count = np.bincount(bins, minlength=num_bins)
    score, positive = (np.bincount(bins, values, num_bins) / np.maximum(count, 1) for values in (probability, y_true))
    return Reliability(np.linspace(0, 1, num_bins + 1), count, score, positive)


def ece(probability: np.ndarray, y_true: np.ndarray, num_bins: int, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the expected calibration error (Naeini et al. 2015): the mean gap between score and outcome by bin.

    probability: (n,) of the positive class; y_true: (n,) 0 or 1; weights: (r, n), how often each row is in each of r
    resamples. 0.0 without rows.
    """
    gaps = np.zeros((len(probability), num_bins), weights.dtype)
    gaps[np.arange(len(probability)), _bins(probability, num_bins)] = probability - y_true
    return np.abs(weights @ gaps).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)


def confidence(probabilities: np.ndarray) -> np.ndarray:
    """Return (n,) probabilities of the likeliest class, of (n, classes) ones; how often it is right is its outcome."""
    return np.asarray(probabilities).max(axis=1) if len(probabilities) else np.zeros(0)


def _bins(probability: np.ndarray, num_bins: int) -> np.ndarray:
    """Return the (n,) int64 bin of each score; the last bin holds 1.0 as well."""
    return np.minimum((np.asarray(probability) * num_bins).astype(np.int64), num_bins - 1)
