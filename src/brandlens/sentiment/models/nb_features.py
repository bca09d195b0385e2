"""How each word leans, towards praise or blame, in the reviews that a network learns from."""

from collections.abc import Sequence

import numpy as np

from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN


def log_count_ratio(rows: Sequence[np.ndarray], labels: np.ndarray, words: int) -> np.ndarray:
    """(words,) float32 naive-Bayes log ratios (Wang and Manning 2012): above 0 where a word speaks for praise.

    rows: (t,) int32 numbers of tokens of each review, a word counted once in it; labels: (n,) 0 or 1. Every word is
    granted one review of either label more than it has. 0.0 for PAD and UNKNOWN, and for all where a label is missing.
    """
    counts = np.ones((2, words))
    for row, label in zip(rows, labels, strict=True):
        counts[int(label), np.unique(row)] += 1
    if len(np.unique(labels)) < 2:
        return np.zeros(words, np.float32)
    negative, positive = counts / counts.sum(axis=1, keepdims=True)
    ratio = np.log(positive / negative)
    ratio[[PAD, UNKNOWN]] = 0
    return ratio.astype(np.float32)


def append_log_count_ratio(
    vectors: np.ndarray, rows: Sequence[np.ndarray], labels: np.ndarray, weight: float
) -> np.ndarray:
    """(words, size + 1) float32: the vectors with one more value each, the word's leaning.

    weight: how much larger than the vectors' own values the leanings are, as ratio of their standard deviations.
    """
    lean = log_count_ratio(rows, labels, len(vectors))
    spread = max(float(lean.std()), 1e-6)
    return np.concatenate([vectors, (lean * (weight * vectors[1:].std() / spread))[:, None]], axis=1).astype(np.float32)
