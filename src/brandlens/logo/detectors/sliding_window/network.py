"""The networks that look through a window: what it shows, and where in it. They know nothing of data or params.

Input: (n, height, width, 3) uint8 RGB. Outputs: "label", (n, rows, columns, classes) float32 probabilities, class 0 is
"other"; and, from networks that can tell, "place", (n, rows, columns, 4) float32 (see windows.places). For a picture of
the window's size rows = columns = 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers


@dataclass(frozen=True)
class InputSpec:
    """What every network is built from: window in pixels, classes with "other", mean and deviation (3,) of 0-1 RGB."""

    height: int
    width: int
    classes: int
    mean: np.ndarray
    deviation: np.ndarray


def normalize(inputs: keras.KerasTensor, look: InputSpec) -> keras.KerasTensor:
    """uint8 pixels → float, training mean 0 and deviation 1.

    A frozen batch normalisation, since its statistics are weights that travel with every way of saving.
    """
    scaled = layers.Rescaling(1 / 255)(inputs)
    norm = layers.BatchNormalization(center=False, scale=False, epsilon=1e-6, trainable=False, name="standardise")
    outputs = norm(scaled)
    norm.set_weights([look.mean, look.deviation**2])
    return outputs


def fcn(
    look: InputSpec, *, filters: float = 1.0, dropout: float = 0.0, l1: float = 0.0, l2: float = 0.0
) -> keras.Model:
    """Fully convolutional: four small convolutions (more for a tall window), then one learned look at the whole window.

    No convolution pads, so a window scores the same as a crop and as a part of a whole picture. The look at the whole
    window is a global depthwise convolution (MobileFaceNet, Chen et al. 2018): unlike a global average it knows where
    things are, which the place output needs.
    """
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None

    def convolved(x: keras.KerasTensor, count: int, kernel: int, stride: int = 1) -> keras.KerasTensor:
        x = layers.Conv2D(
            count, kernel, strides=stride, use_bias=False, kernel_initializer="he_normal", kernel_regularizer=penalty
        )(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    inputs = keras.Input((None, None, 3), dtype="uint8")
    x = normalize(inputs, look)
    rows, columns = look.height, look.width
    for count, kernel, stride in ((24, 4, 2), (32, 3, 1), (64, 4, 2), (96, 3, 1)):
        x = convolved(x, round(count * filters), kernel, stride)
        rows, columns = (rows - kernel) // stride + 1, (columns - kernel) // stride + 1
    while min(rows, columns) >= 5:
        x = convolved(x, round(128 * filters), 3)
        rows, columns = rows - 2, columns - 2
    x = layers.DepthwiseConv2D((rows, columns), depth_multiplier=2, use_bias=False, depthwise_regularizer=penalty)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Dropout(dropout)(convolved(x, round(128 * filters), 1))
    head = layers.Conv2D(look.classes, 1, activation="softmax", dtype="float32", name="label")
    label = head(x)
    kernel, bias = head.get_weights()
    # most windows show nothing: start from there
    head.set_weights([kernel, np.where(np.arange(len(bias)) == 0, 4.0, bias)])
    place = layers.Conv2D(4, 1, kernel_initializer="zeros", dtype="float32", name="place")(x)
    return keras.Model(inputs, {"label": label, "place": place}, name="slide")


def snowdon(
    look: InputSpec, *, filters: float = 1.0, dropout: float = 0.2, l1: float = 0.0, l2: float = 0.0
) -> keras.Model:
    """The network of Dave Snowdon's talk "Neural networks across space & time", layer for layer; 25.6 million weights.

    Its convolutions pad and its dense layers are tied to the window's size, so it looks at one window at a time.
    """
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
    inputs = keras.Input((look.height, look.width, 3), dtype="uint8")
    x = normalize(inputs, look)
    for block in (((64, 4), (64, 4)), ((96, 4), (96, 4), (128, 3), (128, 3), (256, 2), (256, 2))):
        for count, kernel in block:
            x = layers.Conv2D(
                round(count * filters),
                kernel,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                kernel_regularizer=penalty,
            )(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for _ in range(2):
        x = layers.Dense(
            round(1024 * filters), activation="relu", kernel_initializer="he_normal", kernel_regularizer=penalty
        )(x)
        x = layers.Dropout(dropout)(x)
    x = layers.Dense(look.classes, activation="softmax", dtype="float32")(x)
    return keras.Model(inputs, {"label": layers.Reshape((1, 1, look.classes), name="label")(x)}, name="talk")


# processor features with which a network was measured to train faster in bfloat16 (benchmarks/dtype_policy.py)
FAST_BFLOAT16: dict[str, tuple[str, ...]] = {"slide": (), "talk": ("amx_bf16", "avx512_bf16")}
NETWORKS: dict[str, Callable[..., keras.Model]] = {"slide": fcn, "talk": snowdon}


def output_grid(width: int, height: int, size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of windows of width x height that `slide` looks at in a picture of `size` (width, height)."""
    any_look = InputSpec(height, width, 1, np.zeros(3), np.ones(3))
    return fcn(any_look).compute_output_shape((1, size[1], size[0], 3))["label"][1:3]
