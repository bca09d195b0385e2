"""Reviews repeated, joined, put between neutral ones, or cut: so long a text is no sign of its label."""

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
    count: int,
    rng: np.random.Generator,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return `count` long reviews as (t,) int32 token ids, and the (count, labels) probabilities of their labels.

    A third are a review twice, a third are two of a label, a third are one between up to NUM_NEUTRAL neutral ones; a
    half each without neutral ones. labels: (n, labels) probabilities; the likeliest says which reviews go together.
    neutral: the column of neutral; None: there is none. Of what is longer than `max_length` the head and the tail stay.
    """
    likeliest = labels.argmax(axis=1)
    pools = [np.flatnonzero(likeliest == label) for label in range(labels.shape[1])]
    fillers = np.zeros(0, np.int64) if neutral is None else pools[neutral]
    joined, chosen = list[np.ndarray](), rng.integers(len(rows), size=count)
    for way, index in zip(rng.integers(3 if len(fillers) else 2, size=count), chosen, strict=True):
        if way == 0:
            parts = [index, index]
        elif way == 1:
            pool = pools[likeliest[index]]
            parts = [index, pool[rng.integers(len(pool))]]
        else:
            around = fillers[rng.integers(len(fillers), size=rng.integers(1, NUM_NEUTRAL + 1))]
            parts = list(np.insert(around, rng.integers(len(around) + 1), index))
        joined.append(shorten(np.concatenate([rows[part] for part in parts]), max_length))
    return joined, labels[chosen]


def crop(
    rows: Sequence[np.ndarray], labels: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return up to `count` beginnings and ends of reviews as (t,) int32 token ids, and the probabilities of their labels.

    labels: (n, labels) probabilities.
    """
    long = np.array([index for index, row in enumerate(rows) if len(row) >= MIN_CROPPED], np.int64)
    if not len(long):
        return [], labels[:0]
    chosen = long[rng.integers(len(long), size=count)]
    cut = list[np.ndarray]()
    for index, share, at_start in zip(chosen, rng.uniform(*CROP, count), rng.random(count) < 0.5, strict=True):
        size = round(share * len(rows[index]))
        cut.append(rows[index][:size] if at_start else rows[index][-size:])
    return cut, labels[chosen]


def shorten(row: np.ndarray, max_length: int) -> np.ndarray:
    """Return the first and the last half of `max_length` tokens of a longer review, as `Vocabulary.select` does."""
    if len(row) <= max_length:
        return row
    return np.concatenate([row[: (max_length + 1) // 2], row[len(row) - max_length // 2 :]])
