"""Input features per word: its naive-Bayes log-count ratios in the training reviews."""

from collections.abc import Sequence

import numpy as np

from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN


def log_count_ratio(rows: Sequence[np.ndarray], labels: np.ndarray, num_words: int, num_labels: int = 2) -> np.ndarray:
    """Return (num_words, r) float32 naive-Bayes log-count ratios (Wang and Manning 2012), one-vs-rest.

    rows: (t,) int32 token ids of each review, a word counted once in it; labels: (n,) class numbers. r is 1 for two
    labels, where a ratio is above 0 for words of the last one, else the number of labels. One is added to every count.
    0.0 for PAD and UNKNOWN, and for all words where a label is missing.
    """
    counts = np.zeros((num_labels, num_words))
    for row, label in zip(rows, labels, strict=True):
        counts[int(label), np.unique(row)] += 1
    chosen = range(num_labels) if num_labels > 2 else [1]
    if len(np.unique(labels)) < num_labels:
        return np.zeros((num_words, len(chosen)), np.float32)
    ratios = np.zeros((num_words, len(chosen)))
    for column, label in enumerate(chosen):
        inside, outside = 1 + counts[label], 1 + np.delete(counts, label, axis=0).sum(axis=0)
        ratios[:, column] = np.log(inside / inside.sum() / (outside / outside.sum()))
    ratios[[PAD, UNKNOWN]] = 0
    return ratios.astype(np.float32)


def append_log_count_ratio(
    vectors: np.ndarray, rows: Sequence[np.ndarray], labels: np.ndarray, weight: float, num_labels: int = 2
) -> np.ndarray:
    """Return the (words, size) vectors with each word's log-count ratios as more values: (words, size + r) float32.

    weight: standard deviation of such a value, in units of the standard deviation of the vectors' own values.
    """
    ratio = log_count_ratio(rows, labels, len(vectors), num_labels)
    scaled = [column * (weight * vectors[1:].std() / max(float(column.std()), 1e-6)) for column in ratio.T]
    return np.concatenate([vectors, np.stack(scaled, axis=1)], axis=1).astype(np.float32)
