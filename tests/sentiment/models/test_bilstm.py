"""The bidirectional LSTM: its word vectors, and both directions."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from brandlens.config.sentiment import ModelTraining
from brandlens.sentiment.models.bilstm import EMBEDDING_STD, bilstm
from brandlens.sentiment.text.vocabulary import PAD

VECTORS = np.random.default_rng(1).normal(0, 3, (30, 6)).astype(np.float32)


def test_it_starts_from_scaled_vectors_and_trains_them(cfg: ModelTraining) -> None:
    layer = bilstm(VECTORS, cfg).get_layer("embedding")
    (weights,) = layer.get_weights()
    assert layer.trainable
    assert not weights[PAD].any()
    assert weights[1:].std() == pytest.approx(EMBEDDING_STD, rel=1e-3)
    np.testing.assert_allclose(weights[1:] / VECTORS[1:], weights[1, 0] / VECTORS[1, 0], rtol=1e-4)


def test_vectors_that_are_all_alike_do_no_harm(cfg: ModelTraining) -> None:
    model = bilstm(np.zeros((5, 3), np.float32), replace(cfg, units=2))
    assert np.isfinite(keras.ops.convert_to_numpy(model(np.array([[1, 4, 2]], np.int32))["label"])).all()


def test_it_reads_in_both_directions(cfg: ModelTraining) -> None:
    """The backward LSTM's states are what the forward one would have for the reversed review."""
    model = bilstm(VECTORS, cfg)
    forward, backward = model.get_layer("lstm_forward"), model.get_layer("lstm_backward")
    backward.set_weights(forward.get_weights())
    states = keras.Model(model.input, [forward.output, backward.output])
    review = np.array([[3, 9, 4, 7, 2]], np.int32)
    _, backward_states = states(review)
    reversed_states, _ = states(review[:, ::-1].copy())
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(backward_states), keras.ops.convert_to_numpy(reversed_states), atol=1e-6
    )
