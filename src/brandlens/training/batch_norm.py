"""Batch statistics for weights that never saw a batch."""

from collections.abc import Iterable

import keras
import numpy as np


def update_bn(model: keras.Model, batches: Iterable[np.ndarray]) -> None:
    """Take the means and deviations of batch normalisation anew, from these inputs, all counting alike.

    Averaged weights never saw a batch, so the running statistics are those of other weights (Izmailov et al. 2018).
    """
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable]
    before = [norm.momentum for norm in norms]
    for number, batch in enumerate(batches):
        for norm in norms:
            norm.momentum = number / (number + 1)
        model(batch, training=True)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
