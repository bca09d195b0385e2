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
    """A review twice, with another of its label, or among neutral ones: it is still in there, and so is its label."""
    ways = set()
    for seed in range(30):
        rows = concatenate(ROWS, LABELS, neutral, 50, 1.0, np.random.default_rng(seed))
        assert len(rows) == len(ROWS)
        for row, before, label in zip(rows, ROWS, LABELS, strict=True):
            assert len(row) > len(before) and before[0] in row
            others = set(row.tolist()) - {int(before[0])} - (NEUTRAL if neutral is not None else set())
            assert {token // 10 - 1 for token in others} <= {int(label.argmax())}
            ways.add(bool(NEUTRAL & set(row.tolist()) - {int(before[0])}))
    assert ways == ({True, False} if neutral is not None else {False})


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_share_of_them_changes(share: float) -> None:
    rows = concatenate(ROWS, LABELS, 1, 50, share, np.random.default_rng(1))
    assert sum(row is not before for row, before in zip(rows, ROWS, strict=True)) == share * len(ROWS)
    assert concatenate([], LABELS[:0], 1, 50, 0.5, np.random.default_rng(1)) == []


def test_concatenations_are_no_longer_than_a_review_is_read() -> None:
    assert max(map(len, concatenate(ROWS, LABELS, None, 5, 1.0, np.random.default_rng(1)))) == 5


def test_cropping() -> None:
    long = np.arange(100, 100 + 2 * MIN_CROPPED, dtype=np.int32)
    starts = set()
    for seed in range(30):
        *short, row = crop([*ROWS, long], 1.0, np.random.default_rng(seed))
        assert all(after is before for after, before in zip(short, ROWS, strict=True))  # all are too short
        assert CROP[0] * len(long) - 1 <= len(row) <= CROP[1] * len(long) + 1
        assert (np.diff(row) == 1).all()
        starts.add(bool(row[0] == long[0]))
        assert row[0] == long[0] or row[-1] == long[-1]
    assert starts == {True, False}


def test_head_and_tail_stay() -> None:
    row = np.arange(9)
    assert shorten(row, 9) is row
    assert shorten(row, 5).tolist() == [0, 1, 2, 7, 8]
    assert shorten(row, 1).tolist() == [0]
