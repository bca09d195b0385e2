"""Batch statistics for weights that never saw a batch."""

from collections.abc import Iterable

import keras
import numpy as np


def update_bn(model: keras.Model, batches: Iterable[np.ndarray]) -> None:
    """Estimate the means and variances of batch normalisation anew from these inputs, all batches weighing alike.

    Averaged weights never saw a batch, so the running statistics are those of other weights (Izmailov et al. 2018;
    torch.optim.swa_utils.update_bn does the same).
    """
    layers = model._flatten_layers()  # those in layers of layers too
    norms = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable]
    before = [norm.momentum for norm in norms]
    for index, batch in enumerate(batches):
        for norm in norms:
            norm.momentum = index / (index + 1)
        model(batch, training=True)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
