"""The networks of one window: what it shows, and where in it. They know nothing of data or params.

Input: (n, height, width, 3) uint8 RGB. Outputs: "label", (n, rows, columns, classes) float32 probabilities, class 0 is
the background; and, from networks that have it, "box_deltas", (n, rows, columns, 4) float32 (see
`windows.encode_boxes`). For a picture of the window's size rows = columns = 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np
from keras import layers, ops

SNOWDON_CONVOLUTIONS = ((64, 4), (64, 4), (96, 4), (96, 4), (128, 3), (128, 3), (256, 2), (256, 2))  # filters, kernel
LR_MULTIPLIERS: Mapping[str, float] = {  # of snowdon's variables, on the rate of its convolutions, as published
    **{f"conv{number}/bias": 2.0 for number, _ in enumerate(SNOWDON_CONVOLUTIONS, 1)},
    "dense1/kernel": 0.1,
    "dense1/bias": 0.2,
    "dense2/bias": 2.0,
    "label_scores/kernel": 10.0,
    "label_scores/bias": 10.0,
}


@dataclass(frozen=True)
class InputSpec:
    """What every network is built from.

    height, width: of the window in pixels. num_classes: with the background. mean, std: (3,) of the training crops'
    RGB, from 0 to 1.
    """

    height: int
    width: int
    num_classes: int
    mean: np.ndarray
    std: np.ndarray


class BuildNetwork(Protocol):
    """A function that builds a network of one window."""

    def __call__(
        self, spec: InputSpec, *, width_multiplier: float = ..., dropout: float = ..., l1: float = ..., l2: float = ...
    ) -> keras.Model:
        """Build it. width_multiplier: factor on the number of filters. l1, l2: penalties on the weights in the loss."""


def normalize(inputs: keras.KerasTensor, spec: InputSpec) -> keras.KerasTensor:
    """Scale uint8 pixels to the training crops' mean 0 and standard deviation 1.

    By a frozen batch normalization, since its statistics are weights, which every way of saving keeps.
    """
    scaled = layers.Rescaling(1 / 255)(inputs)
    norm = layers.BatchNormalization(center=False, scale=False, epsilon=1e-6, trainable=False, name="normalize")
    outputs = norm(scaled)
    norm.set_weights([spec.mean, spec.std**2])
    return outputs


def fcn(
    spec: InputSpec, *, width_multiplier: float = 1.0, dropout: float = 0.0, l1: float = 0.0, l2: float = 0.0
) -> keras.Model:
    """Build a fully convolutional network: four small convolutions (more for a high window), then a global one.

    No convolution pads, so a window scores the same as a crop and as a part of a whole picture. The last spatial layer
    is a depthwise convolution as large as its input (MobileFaceNet, Chen et al. 2018): unlike a global average it knows
    where things are, which the box deltas need.
    """
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None

    def convolve(x: keras.KerasTensor, filters: int, kernel: int, stride: int = 1) -> keras.KerasTensor:
        x = layers.Conv2D(
            filters, kernel, strides=stride, use_bias=False, kernel_initializer="he_normal", kernel_regularizer=penalty
        )(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    inputs = keras.Input((None, None, 3), dtype="uint8")
    x = normalize(inputs, spec)
    rows, columns = spec.height, spec.width
    for filters, kernel, stride in ((24, 4, 2), (32, 3, 1), (64, 4, 2), (96, 3, 1)):
        x = convolve(x, round(filters * width_multiplier), kernel, stride)
        rows, columns = (rows - kernel) // stride + 1, (columns - kernel) // stride + 1
    while min(rows, columns) >= 5:
        x = convolve(x, round(128 * width_multiplier), 3)
        rows, columns = rows - 2, columns - 2
    x = layers.DepthwiseConv2D((rows, columns), depth_multiplier=2, use_bias=False, depthwise_regularizer=penalty)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Dropout(dropout)(convolve(x, round(128 * width_multiplier), 1))
    head = layers.Conv2D(spec.num_classes, 1, activation="softmax", dtype="float32", name="label")
    label = head(x)
    kernel, bias = head.get_weights()
    # most windows show background: start from there
    head.set_weights([kernel, np.where(np.arange(len(bias)) == 0, 4.0, bias)])
    box_deltas = layers.Conv2D(4, 1, kernel_initializer="zeros", dtype="float32", name="box_deltas")(x)
    return keras.Model(inputs, {"label": label, "box_deltas": box_deltas}, name="fcn")


def snowdon(
    spec: InputSpec, *, width_multiplier: float = 1.0, dropout: float = 0.8, l1: float = 0.0, l2: float = 0.0
) -> keras.Model:
    """Build the network of Dave Snowdon's talk "Neural networks across space & time", layer for layer.

    Initial weights, learning rates and all else that the talk leaves open are those of the code of his workshop at
    Devoxx UK 2018 (davesnowdon/devoxxuk2018-dl-workshop, ImageClassifier.java): pixels from 0 to 1; no activation is
    named for the dense layers, which in Deeplearning4j 0.9.1 makes them sigmoids, and its dropOut(0.2) keeps a fifth.
    It has 25.6 million weights for a window of 75 x 22. Its convolutions pad and its dense layers are tied to the
    window's size, so it takes one window at a time.
    """
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
    inputs = keras.Input((spec.height, spec.width, 3), dtype="uint8")
    x = layers.Rescaling(1 / 255, name="rescale")(inputs)
    for number, (filters, kernel) in enumerate(SNOWDON_CONVOLUTIONS, 1):
        x = layers.Conv2D(
            round(filters * width_multiplier),
            kernel,
            padding="same",
            activation="relu",
            kernel_initializer="glorot_uniform",
            bias_initializer=keras.initializers.Constant(0.01),
            kernel_regularizer=penalty,
            name=f"conv{number}",
        )(x)
        if number in (2, len(SNOWDON_CONVOLUTIONS)):
            x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for number, bias in ((1, 0.001), (2, 0.01)):
        x = layers.Dense(
            round(1024 * width_multiplier),
            activation="sigmoid",
            kernel_initializer="glorot_normal",
            bias_initializer=keras.initializers.Constant(bias),
            kernel_regularizer=penalty,
            name=f"dense{number}",
        )(x)
        x = layers.Dropout(dropout)(x)
    head = layers.Dense(spec.num_classes, kernel_initializer="glorot_normal", dtype="float32", name="label_scores")
    x = layers.Softmax(dtype="float32")(limit_logits(head(x)))
    label = layers.Reshape((1, 1, spec.num_classes), dtype="float32", name="label")(x)
    return keras.Model(inputs, {"label": label}, name="snowdon")


def limit_logits(logits: keras.KerasTensor) -> keras.KerasTensor:
    """Raise logits to at least the highest less 15, as if nothing had happened to their gradient.

    Keras' cross entropy of probabilities is flat under 1e-7, so a network learns nothing from what it is quite wrong
    about. Deeplearning4j has the gradient of softmax and cross entropy together, probability minus label; this, too.
    """
    limited = ops.maximum(logits, ops.max(logits, axis=-1, keepdims=True) - 15.0)
    return logits + ops.stop_gradient(limited - logits)


def output_grid(network: BuildNetwork, window_wh: tuple[int, int], image_wh: tuple[int, int]) -> tuple[int, int] | None:
    """Return the rows and columns of windows that a network scores in a picture; None if it takes one window alone.

    window_wh, image_wh: width and height in pixels.
    """
    model = network(InputSpec(window_wh[1], window_wh[0], 1, np.zeros(3), np.ones(3)))
    if None not in model.input_shape[1:3]:
        return None
    return model.compute_output_shape((1, image_wh[1], image_wh[0], 3))["label"][1:3]
