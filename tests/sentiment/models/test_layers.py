"""Layers: rows cut, reversed and pooled, and that padding changes nothing."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment.models.layers import (
    LastState,
    MaxMeanPooling,
    ReverseSequence,
    SplitSegments,
    WordDropout,
    lengths,
)
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN, pad_sequences

ROWS = st.lists(st.integers(1, 12), min_size=1, max_size=5)


def counting(*counts: int) -> np.ndarray:
    """Padded rows of 2, 3, 4 and so on."""
    return pad_sequences([np.arange(2, 2 + count, dtype=np.int32) for count in counts])


def array(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def test_lengths() -> None:
    assert array(lengths(np.array([[0, 0, 0], [5, 0, 0], [5, 1, 7]], np.int32))).tolist() == [0, 1, 3]


# SplitSegments


@pytest.mark.parametrize(
    ("length", "counts", "expected"),
    [
        pytest.param(3, [1], [[2]], id="a single token"),
        pytest.param(0, [5], [[2, 3, 4, 5, 6]], id="no cuts asked for"),
        pytest.param(5, [3, 1], [[2, 3, 4], [2, 0, 0]], id="shorter than a segment"),
        pytest.param(3, [3], [[2, 3, 4]], id="just one segment"),
        pytest.param(3, [4], [[2, 3, 4], [5, 0, 0]], id="one more token"),
        pytest.param(2, [4, 1], [[2, 3], [4, 5], [2, 0], [0, 0]], id="a row that is all padding"),
    ],
)
def test_segments(length: int, counts: list[int], expected: list[list[int]]) -> None:
    output = array(SplitSegments(length)(counting(*counts)))
    assert output.tolist() == expected
    assert output.dtype == np.int32


@settings(max_examples=30)
@given(ROWS, st.integers(1, 6))
def test_segments_lose_nothing(counts: list[int], length: int) -> None:
    rows = counting(*counts)
    cut = array(SplitSegments(length)(rows)).reshape(len(rows), -1)
    np.testing.assert_array_equal(cut[:, : rows.shape[1]], rows)
    assert not cut[:, rows.shape[1] :].any()


# WordDropout


def test_words_are_dropped_in_training_only() -> None:
    tokens, word_dropout = counting(*[400] * 5, 10), WordDropout(0.25)
    np.testing.assert_array_equal(array(word_dropout(tokens)), tokens)
    output = array(word_dropout(tokens, training=True))
    changed = output != tokens
    assert (output[changed] == UNKNOWN).all()
    assert not changed[tokens == PAD].any()
    assert 0.2 < changed[tokens != PAD].mean() < 0.3
    assert (array(word_dropout(tokens, training=True)) != output).any()
    np.testing.assert_array_equal(array(WordDropout(0.0)(tokens, training=True)), tokens)


# ReverseSequence


@settings(max_examples=30)
@given(ROWS)
def test_each_row_is_reversed_before_its_padding(counts: list[int]) -> None:
    tokens = counting(*counts)
    vectors = np.random.default_rng(1).normal(size=(*tokens.shape, 3)).astype(np.float32)
    output = array(ReverseSequence()(vectors, tokens))
    for row, count, before in zip(output, counts, vectors, strict=True):
        np.testing.assert_array_equal(row[:count], before[:count][::-1])
        np.testing.assert_array_equal(row[count:], before[count:])


# MaxMeanPooling and LastState


@settings(max_examples=30)
@given(ROWS, st.integers(1, 6))
def test_pooling_takes_all_tokens_and_no_padding(counts: list[int], length: int) -> None:
    tokens = counting(*counts)
    cut = array(SplitSegments(length)(tokens))
    states = np.random.default_rng(1).uniform(-1, 1, (*cut.shape, 2)).astype(np.float32)
    output = array(MaxMeanPooling()(states, cut, tokens))
    by_review = states.reshape(len(counts), -1, 2)
    for row, count, review in zip(output, counts, by_review, strict=True):
        np.testing.assert_allclose(row, [*review[:count].max(axis=0), *review[:count].mean(axis=0)], atol=1e-6)


@settings(max_examples=30)
@given(ROWS)
def test_the_last_state_is_that_of_the_last_token(counts: list[int]) -> None:
    tokens = counting(*counts)
    states = np.random.default_rng(1).uniform(-1, 1, (*tokens.shape, 2)).astype(np.float32)
    output = array(LastState()(states, tokens))
    np.testing.assert_array_equal(output, [row[count - 1] for row, count in zip(states, counts, strict=True)])


@pytest.mark.parametrize(
    "layer",
    [SplitSegments(7), WordDropout(0.5), ReverseSequence(), MaxMeanPooling(), LastState()],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_comes_back_from_its_configuration(layer: keras.Layer) -> None:
    loaded = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(loaded) is type(layer)
    assert loaded.get_config() == layer.get_config()
