"""Batches: every review once an epoch, beside others of its length, padded no further than need be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment.batches import Batches, rounded
from brandlens.sentiment.text.vocabulary import PAD

LENGTHS = np.random.default_rng(1).integers(1, 120, 100)


def made(lengths: list[int] | np.ndarray = LENGTHS, **knobs: int) -> Batches:
    """Reviews that repeat their own number, from 1 on; odd ones are positive."""
    rows = [np.full(length, at, np.int32) for at, length in enumerate(lengths, 1)]
    return Batches(rows, np.arange(1, len(rows) + 1) % 2, **{"batch": 8, **knobs})


def epoch(batches: Batches) -> list[list[int]]:
    """The numbers of the reviews of every batch."""
    return [batches[at][0][:, 0].tolist() for at in range(len(batches))]


def test_no_reviews() -> None:
    """As of a split without any."""
    batches = made([])
    assert len(batches) == 0
    batches.on_epoch_end()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=50), st.integers(1, 9), st.integers(0, 12))
def test_every_review_once_an_epoch(lengths: list[int], batch: int, segment: int) -> None:
    batches = made(lengths, batch=batch, segment=segment)
    for _ in range(2):
        found = epoch(batches)
        assert sorted(number for each in found for number in each) == list(range(1, len(lengths) + 1))
        assert sorted(map(len, found))[1:] == [batch] * (len(found) - 1)
        for at in range(len(batches)):
            tokens, wished = batches[at]
            numbers = tokens[:, 0]
            assert tokens.dtype == np.int32
            assert ((tokens != PAD).sum(axis=1) == np.array(lengths)[numbers - 1]).all()
            assert np.isin(tokens, [PAD, *numbers]).all()
            np.testing.assert_array_equal(wished["label"], np.eye(2, dtype=np.float32)[numbers % 2])
        batches.on_epoch_end()


def test_reviews_of_about_one_length_stand_together() -> None:
    batches = made(np.repeat([5, 50, 100], 16))
    for at in range(len(batches)):
        tokens, _ = batches[at]
        assert len(set((tokens != PAD).sum(axis=1))) == 1


def test_the_widest_comes_first_and_the_narrowest_second() -> None:
    batches = made()
    for _ in range(3):
        widths = [batches[at][0].shape[1] for at in range(len(batches))]
        assert widths[0] == max(widths)
        assert widths[1] == min(widths) < widths[0]
        batches.on_epoch_end()


def test_the_first_two_differ_where_all_are_of_one_width() -> None:
    """What they had in common would be fixed for good, and in a later epoch a batch may be narrower."""
    batches = made([7] * 24)
    assert [batches[at][0].shape[1] for at in range(3)] == [8, 7, 7]


def test_few_widths() -> None:
    """A backend that compiles for each shape has little to do."""
    batches = made(segment=40)
    assert {batches[at][0].shape[1] for at in range(len(batches))} <= {10, 20, 30, 40, 80, 120}


def test_each_epoch_has_another_order_and_other_company() -> None:
    batches = made()
    first = epoch(batches)
    assert epoch(batches) == first
    batches.on_epoch_end()
    assert {tuple(sorted(each)) for each in epoch(batches)} != {tuple(sorted(each)) for each in first}


def test_the_seed_decides_the_order() -> None:
    assert epoch(made(seed=1)) == epoch(made(seed=1))
    assert epoch(made(seed=1)) != epoch(made(seed=2))


@pytest.mark.parametrize(
    ("width", "step", "expected"),
    [
        pytest.param(0, 8, 2, id="nothing: still one column"),
        pytest.param(1, 100, 25, id="a quarter"),
        pytest.param(25, 100, 25, id="just a quarter"),
        pytest.param(26, 100, 50, id="two quarters"),
        pytest.param(100, 100, 100, id="a step"),
        pytest.param(101, 100, 200, id="beyond a step there are no quarters"),
        pytest.param(3, 1, 3, id="steps of one"),
    ],
)
def test_rounded(width: int, step: int, expected: int) -> None:
    assert rounded(width, step) == expected
