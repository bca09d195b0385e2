"""Batches: every review once an epoch, beside others of its length, padded no further than need be."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment.batches import ReviewBatches, predict_logits, round_width
from brandlens.sentiment.text.vocabulary import PAD

LENGTHS = np.random.default_rng(1).integers(1, 120, 100)


def numbered_reviews(lengths: list[int] | np.ndarray = LENGTHS, **knobs: int) -> ReviewBatches:
    """Reviews that repeat their own number, from 1 on; odd ones are positive."""
    rows = [np.full(length, number, np.int32) for number, length in enumerate(lengths, 1)]
    return ReviewBatches(rows, np.arange(1, len(rows) + 1) % 2, **{"batch_size": 8, **knobs})


def numbers_of(batches: ReviewBatches) -> list[list[int]]:
    """The numbers of the reviews of every batch."""
    return [batches[index][0][:, 0].tolist() for index in range(len(batches))]


def widths_of(batches: ReviewBatches) -> list[int]:
    return [batches[index][0].shape[1] for index in range(len(batches))]


def test_no_reviews() -> None:
    """As of a split without any."""
    batches = numbered_reviews([])
    assert len(batches) == 0
    batches.on_epoch_end()


@settings(max_examples=50)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=50), st.integers(1, 9), st.integers(0, 12))
def test_every_review_once_an_epoch(lengths: list[int], batch_size: int, segment_length: int) -> None:
    batches = numbered_reviews(lengths, batch_size=batch_size, segment_length=segment_length)
    for _ in range(2):
        epoch = numbers_of(batches)
        assert sorted(number for batch in epoch for number in batch) == list(range(1, len(lengths) + 1))
        assert sorted(map(len, epoch))[1:] == [batch_size] * (len(epoch) - 1)
        for index in range(len(batches)):
            tokens, labels = batches[index]
            numbers = tokens[:, 0]
            assert tokens.dtype == np.int32
            assert ((tokens != PAD).sum(axis=1) == np.array(lengths)[numbers - 1]).all()
            assert np.isin(tokens, [PAD, *numbers]).all()
            np.testing.assert_array_equal(labels["label"], np.eye(2, dtype=np.float32)[numbers % 2])
        batches.on_epoch_end()


def test_an_epoch_has_its_batches_whatever_came_before() -> None:
    batches, resumed = numbered_reviews(range(1, 41), batch_size=4), numbered_reviews(range(1, 41), batch_size=4)
    first = numbers_of(batches)
    for _ in range(4):  # Keras ends one before the first
        batches.on_epoch_end()
    resumed.start_epoch(3)
    assert list(map(list, numbers_of(resumed))) == list(map(list, numbers_of(batches))) != list(map(list, first))


def test_reviews_of_about_one_length_share_a_batch() -> None:
    batches = numbered_reviews(np.repeat([5, 50, 100], 16))
    for index in range(len(batches)):
        tokens, _ = batches[index]
        assert len(set((tokens != PAD).sum(axis=1))) == 1


def test_the_widest_comes_first_and_the_narrowest_second() -> None:
    batches = numbered_reviews()
    for _ in range(3):
        widths = widths_of(batches)
        assert widths[0] == max(widths)
        assert widths[1] == min(widths) < widths[0]
        batches.on_epoch_end()


def test_the_first_two_differ_where_all_are_of_one_width() -> None:
    assert widths_of(numbered_reviews([7] * 24)) == [8, 7, 7]


def test_keras_takes_epochs_of_other_widths() -> None:
    """With batches of one review each, the epoch's widths are 3 and 3, then, with other reviews, 1 and 3."""
    batches = numbered_reviews([3, 3], batch_size=1)
    tokens = keras.Input((None,), dtype="int32")
    output = keras.layers.GlobalMaxPooling1D()(keras.layers.Embedding(3, 2)(tokens))
    model = keras.Model(tokens, {"label": output})
    model.compile("sgd", "mse")

    class ShortReview(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            batches.rows, batches.lengths = [batches.rows[0][:1], batches.rows[1]], np.array([1, 3])

    model.fit(batches, epochs=3, callbacks=[ShortReview()], verbose=0)


def test_few_widths() -> None:
    """A backend that compiles for each shape has little to do."""
    assert set(widths_of(numbered_reviews(segment_length=40))) <= {10, 20, 30, 40, 80, 120}


def test_each_epoch_has_another_order_and_other_company() -> None:
    batches = numbered_reviews()
    first = numbers_of(batches)
    assert numbers_of(batches) == first
    batches.on_epoch_end()
    assert {tuple(sorted(batch)) for batch in numbers_of(batches)} != {tuple(sorted(batch)) for batch in first}


def test_the_seed_decides_the_order() -> None:
    assert numbers_of(numbered_reviews(seed=1)) == numbers_of(numbered_reviews(seed=1))
    assert numbers_of(numbered_reviews(seed=1)) != numbers_of(numbered_reviews(seed=2))


@pytest.mark.parametrize("lengths", [[], [3], [1, 9, 4, 2, 7]], ids=["no rows", "one row", "several batches"])
def test_logits_are_in_the_order_of_the_rows(lengths: list[int]) -> None:
    """The network gives each review the sum of its ids."""
    tokens = keras.Input((None,), dtype="int32")
    total = keras.ops.sum(keras.ops.cast(tokens, "float32"), axis=1)
    network = keras.Model(tokens, {"label": keras.ops.stack([-total, total], axis=1)})
    rows = [np.full(length, number, np.int32) for number, length in enumerate(lengths, 2)]
    sums = np.array([row.sum() for row in rows], np.float32).reshape(-1, 1)
    np.testing.assert_array_equal(predict_logits(network, rows, batch_size=2), sums * [[-1, 1]])


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
def test_round_width(width: int, step: int, expected: int) -> None:
    assert round_width(width, step) == expected
