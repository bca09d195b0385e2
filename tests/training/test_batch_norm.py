"""Batch statistics estimated anew."""

import keras
import numpy as np

from brandlens import training


def test_all_batches_weigh_alike() -> None:
    norm = keras.layers.BatchNormalization(momentum=0.9)
    model = keras.Sequential([keras.Input((2,)), norm])
    norm.moving_mean.assign([50.0, 50.0])
    batches = [np.random.default_rng(seed).normal((seed, 3), (1, 2), (40, 2)).astype(np.float32) for seed in range(5)]
    training.update_bn(model, batches)
    np.testing.assert_allclose(norm.moving_mean, np.mean([batch.mean(axis=0) for batch in batches], axis=0), rtol=1e-4)
    np.testing.assert_allclose(
        norm.moving_variance, np.mean([batch.var(axis=0) for batch in batches], axis=0), rtol=1e-3
    )
    assert norm.momentum == 0.9
    assert len(model.trainable_weights) == 2
