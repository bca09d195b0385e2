"""A small network of patches, slid over a whole scene: maps of foreground and edges, codes of both around a pixel."""

from typing import Any

import keras
import numpy as np

from brandlens import training

FILTERS, COARSE_FILTERS = 16, 32
DILATIONS = (1, 2)  # of the coarse 3x3 convolutions: each pixel is judged by a patch of some 18x18 pixels around it
BATCH_SIZE = 4  # scenes
EDGE_WEIGHT = 4.0  # of a loss; so many pixels of ink have an edge less often
CODE_WEIGHT = 0.5


def build(num_codes: int) -> keras.Model:
    """Build the network: (n, h, w, 1) grey levels from 0 to 1 → maps: (n, h, w, 2) logits, codes: (n, h, w, num_codes).

    Any even height and width: what is around a pixel is judged at half the resolution and added to the pixel's own
    features (as Ronneberger et al. 2015 do at five resolutions). Two answers on the same layers: the direct one, and
    the one that a dictionary is asked with.
    """
    inputs = keras.Input((None, None, 1))
    fine = _convolve(inputs, FILTERS)
    coarse = keras.layers.MaxPooling2D(2)(fine)
    for dilation in DILATIONS:
        coarse = _convolve(coarse, COARSE_FILTERS, dilation)
    x = _convolve(keras.layers.Add()([fine, keras.layers.Conv2DTranspose(FILTERS, 2, strides=2)(coarse)]), FILTERS)
    maps = keras.layers.Conv2D(2, 1, dtype="float32", name="maps")(x)
    codes = keras.layers.Conv2D(num_codes, 1, dtype="float32", name="codes")(x)
    return keras.Model(inputs, {"maps": maps, "codes": codes})


def _convolve(x: Any, filters: int, dilation: int = 1) -> Any:
    x = keras.layers.Conv2D(filters, 3, padding="same", dilation_rate=dilation, use_bias=False)(x)
    return keras.layers.Activation("relu")(keras.layers.BatchNormalization(momentum=0.9)(x))


def fit(
    model: keras.Model, images: np.ndarray, maps: np.ndarray, codes: np.ndarray, epochs: int, learning_rate: float
) -> list[float]:
    """Train a network on scenes; return the loss of each epoch.

    images: (n, h, w) uint8; maps: (n, h, w, 2) float32, 0 or 1; codes: (n, h, w, num_codes) float32.
    """
    steps = epochs * -(-len(images) // BATCH_SIZE)
    model.compile(
        training.optimizer("adam", learning_rate, "cosine", steps),
        {"maps": map_loss, "codes": code_loss},
        loss_weights={"maps": 1.0, "codes": CODE_WEIGHT},
        jit_compile=training.jit_compile(),
    )
    weighted = np.concatenate([codes, maps.max(axis=-1, keepdims=True)], axis=-1)
    targets = {"maps": maps, "codes": weighted}
    history = model.fit(pixels(images), targets, batch_size=BATCH_SIZE, epochs=epochs, verbose=0)
    return [float(loss) for loss in history.history["loss"]]


def map_loss(y_true: Any, y_pred: Any) -> Any:
    """Return (n, h, w): binary cross-entropy of both maps, that of edges where there is ink."""
    entropy = keras.ops.softplus(y_pred) - y_true * y_pred
    ink = y_true[..., :1]
    weight = keras.ops.concatenate([keras.ops.ones_like(ink), EDGE_WEIGHT * ink], axis=-1)
    return keras.ops.mean(entropy * weight, axis=-1)


def code_loss(y_true: Any, y_pred: Any) -> Any:
    """Return (n, h, w): the squared error of codes, where there is ink; the last value of y_true says where."""
    return keras.ops.mean(keras.ops.square(y_true[..., :-1] - y_pred), axis=-1) * y_true[..., -1]


def pixels(images: np.ndarray) -> np.ndarray:
    """Return (n, h, w, 1) float32 from 0 to 1."""
    return images[..., None] / np.float32(255)


def predict(model: keras.Model, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, h, w, 2) float32 probabilities of foreground and edge, and (n, h, w, num_codes) codes."""
    found = model.predict(pixels(images), batch_size=16, verbose=0)
    return 1 / (1 + np.exp(-found["maps"])), found["codes"]
