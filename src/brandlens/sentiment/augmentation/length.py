"""Reviews repeated, joined, put between neutral ones, or cut: so how long a text is says nothing of its label."""

from collections.abc import Sequence

import numpy as np

NUM_NEUTRAL = 8  # neutral reviews around another one, at most
CROP = 0.6, 0.9  # of a review's tokens that are left of it, from and to
MIN_CROPPED = 12  # tokens of a review that is cut


def concatenate(
    rows: Sequence[np.ndarray],
    labels: np.ndarray,
    neutral: int | None,
    max_length: int,
    share: float,
    rng: np.random.Generator,
) -> list[np.ndarray]:
    """Return the reviews, (t,) int32 token ids each, a share of them longer; their labels stay what they are.

    A third of that share is there twice, a third is joined with another one of its label, a third stands between up to
    NUM_NEUTRAL neutral ones; without neutral ones half of it each. labels: (n, labels) probabilities; the likeliest
    says which reviews go together. neutral: the column of neutral; None: there is none. Of what is longer than
    `max_length` the head and the tail stay.
    """
    likeliest = labels.argmax(axis=1)
    pools = [np.flatnonzero(likeliest == label) for label in range(labels.shape[1])]
    fillers = np.zeros(0, np.int64) if neutral is None else pools[neutral]
    result, chosen = list(rows), rng.permutation(len(rows))[: round(share * len(rows))]
    for way, index in zip(rng.integers(3 if len(fillers) else 2, size=len(chosen)), chosen, strict=True):
        if way == 0:
            parts = [index, index]
        elif way == 1:
            parts = [index, rng.choice(pools[likeliest[index]])]
        else:
            around = rng.choice(fillers, rng.integers(1, NUM_NEUTRAL + 1))
            parts = list(np.insert(around, rng.integers(len(around) + 1), index))
        result[index] = shorten(np.concatenate([rows[part] for part in parts]), max_length)
    return result


def crop(rows: Sequence[np.ndarray], share: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the reviews, (t,) int32 token ids each, a share of them without their beginnings or ends.

    Those of less than MIN_CROPPED tokens stay as they are.
    """
    result = list(rows)
    for index in rng.permutation(len(rows))[: round(share * len(rows))]:
        row, left, at_start = rows[index], rng.uniform(*CROP), rng.random() < 0.5
        if len(row) >= MIN_CROPPED:
            size = round(left * len(row))
            result[index] = row[:size] if at_start else row[-size:]
    return result


def shorten(row: np.ndarray, max_length: int) -> np.ndarray:
    """Return the first and the last half of `max_length` tokens of a longer review, as `Vocabulary.select` does."""
    if len(row) <= max_length:
        return row
    return np.concatenate([row[: (max_length + 1) // 2], row[len(row) - max_length // 2 :]])
