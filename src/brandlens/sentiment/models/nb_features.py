"""An input feature per word: its naive-Bayes log-count ratio in the training reviews."""

from collections.abc import Sequence

import numpy as np

from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN


def log_count_ratio(rows: Sequence[np.ndarray], labels: np.ndarray, num_words: int) -> np.ndarray:
    """Return (num_words,) float32 naive-Bayes log-count ratios (Wang and Manning 2012), above 0 for positive words.

    rows: (t,) int32 token ids of each review, a word counted once in it; labels: (n,) 0 or 1. One is added to every
    count. 0.0 for PAD and UNKNOWN, and for all words where a label is missing.
    """
    counts = np.ones((2, num_words))
    for row, label in zip(rows, labels, strict=True):
        counts[int(label), np.unique(row)] += 1
    if len(np.unique(labels)) < 2:
        return np.zeros(num_words, np.float32)
    negative, positive = counts / counts.sum(axis=1, keepdims=True)
    ratio = np.log(positive / negative)
    ratio[[PAD, UNKNOWN]] = 0
    return ratio.astype(np.float32)


def append_log_count_ratio(
    vectors: np.ndarray, rows: Sequence[np.ndarray], labels: np.ndarray, weight: float
) -> np.ndarray:
    """Return the (words, size) vectors with each word's log-count ratio as one more value: (words, size + 1) float32.

    weight: standard deviation of that value, in units of the standard deviation of the vectors' own values.
    """
    ratio = log_count_ratio(rows, labels, len(vectors))
    scale = weight * vectors[1:].std() / max(float(ratio.std()), 1e-6)
    return np.concatenate([vectors, (ratio * scale)[:, None]], axis=1).astype(np.float32)
