"""The network of the talk."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from brandlens.config.sentiment import ModelTraining
from brandlens.errors import ParamsError
from brandlens.sentiment.models.snowdon import snowdon


def test_it_is_the_network_of_the_talk(cfg: ModelTraining) -> None:
    model = snowdon(np.ones((50, 300), np.float32), replace(cfg, units=256))
    lstms = [layer for layer in model.layers if isinstance(layer, keras.layers.LSTM)]
    assert [(layer.units, layer.activation.__name__) for layer in lstms] == [(256, "tanh")]
    assert model.count_params() - 50 * 300 == 4 * 256 * (300 + 256 + 1) + 2 * 257


def test_it_takes_the_vectors_as_they_are(cfg: ModelTraining) -> None:
    vectors = np.random.default_rng(1).normal(0, 3, (30, 6)).astype(np.float32)
    layer = snowdon(vectors, cfg).get_layer("embedding")
    assert not layer.trainable_weights
    np.testing.assert_array_equal(layer.get_weights()[0][1:], vectors[1:])


def test_segments_are_refused(cfg: ModelTraining) -> None:
    with pytest.raises(ParamsError, match=r"^sentiment\.train\.snowdon\.segment_length is 100; this model reads .* 0$"):
        snowdon(np.ones((5, 3), np.float32), replace(cfg, segment_length=100))
