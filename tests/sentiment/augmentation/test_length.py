"""Longer and shorter reviews out of reviews."""

import numpy as np
import pytest

from brandlens.sentiment.augmentation.length import CROP, MIN_CROPPED, concatenate, crop, shorten
from brandlens.sentiment.batches import to_probabilities

ROWS = [np.full(length, token, np.int32) for token, length in ((10, 2), (11, 3), (20, 4), (30, 5), (31, 1))]
LABELS = to_probabilities(np.array([0, 0, 1, 2, 2]), 3)
NEUTRAL = {20}


@pytest.mark.parametrize("neutral", [1, None])
def test_concatenation(neutral: int | None) -> None:
    """A review twice, two of its label, or one among neutral ones: whatever else is in it, its label is that of all."""
    rows, labels = concatenate(ROWS, LABELS, neutral, 50, 300, np.random.default_rng(1))
    assert len(rows) == len(labels) == 300
    assert {int(label) for label in labels.argmax(axis=1)} == {0, 1, 2}
    for row, label in zip(rows, labels, strict=True):
        others = {token // 10 - 1 for token in set(row.tolist()) - (NEUTRAL if neutral is not None else set())}
        assert others <= {int(label.argmax())}
        assert len(row) > 1
    mixed = [set(row.tolist()) for row in rows if len(set((row // 10).tolist())) > 1]
    assert bool(mixed) == (neutral is not None)


def test_concatenations_are_no_longer_than_a_review_is_read() -> None:
    rows, _ = concatenate(ROWS, LABELS, None, 5, 100, np.random.default_rng(1))
    assert max(map(len, rows)) == 5


def test_none_are_wanted() -> None:
    rows, labels = concatenate(ROWS, LABELS, 1, 50, 0, np.random.default_rng(1))
    assert rows == [] and labels.shape == (0, 3)
    rows, labels = crop(ROWS, LABELS, 10, np.random.default_rng(1))
    assert rows == [] and labels.shape == (0, 3)  # all are too short


def test_cropping() -> None:
    long = np.arange(100, 100 + 2 * MIN_CROPPED, dtype=np.int32)
    rows, labels = crop([*ROWS, long], np.concatenate([LABELS, LABELS[:1]]), 50, np.random.default_rng(1))
    assert len(rows) == 50 and (labels == LABELS[0]).all()
    for row in rows:
        assert CROP[0] * len(long) - 1 <= len(row) <= CROP[1] * len(long) + 1
        assert row[0] == long[0] or row[-1] == long[-1]
        assert (np.diff(row) == 1).all()
    assert {int(row[0] == long[0]) for row in rows} == {0, 1}


def test_head_and_tail_stay() -> None:
    row = np.arange(9)
    assert shorten(row, 9) is row
    assert shorten(row, 5).tolist() == [0, 1, 2, 7, 8]
    assert shorten(row, 1).tolist() == [0]
