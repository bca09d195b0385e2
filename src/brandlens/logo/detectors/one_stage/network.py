"""The one-stage network: a whole picture → at every anchor point a box, and how likely each label is there.

It knows nothing of data or params. Input: (n, height, width, 3) uint8 RGB, both sides multiples of 32. Outputs:
"boxes", (n, points, 4) float32 left, top, right, bottom in pixels of the input, which may stick out of it; "label",
(n, points, labels) float32 probabilities, each for itself: where all are low, there is none. The points are those of
stride 8 row by row, then those of stride 16, then 32.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from brandlens.logo.detectors.one_stage.letterbox import STRIDES

START = 2.0  # strides from an anchor point to each side of its box, before anything is learned
MAX_LOG = 4.0  # a distance is START strides times a factor from exp(-MAX_LOG) to exp(MAX_LOG)
PRIOR = 0.01  # probability of a label before anything is learned (RetinaNet, Lin et al. 2017)
MOMENTUM = 0.97  # of the moving mean and variance in batch normalization


def one_stage(num_labels: int, *, width_multiplier: float = 1.0, backbone: keras.Model | None = None) -> keras.Model:
    """Build a backbone, a path up and down again (PANet, Liu et al. 2018), and heads.

    width_multiplier: factor on the number of filters. backbone: see `backbones.load`; None for a small one of C2f
    blocks (YOLOv8).
    """

    def filters(count: int) -> int:
        return max(8, 8 * round(count * width_multiplier / 8))

    if backbone is None:
        inputs = keras.Input((None, None, 3), dtype="uint8")
        x = layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
        x = _convolve(x, filters(16), stride=2)
        x = _c2f(_convolve(x, filters(32), stride=2), filters(32), 1)
        fine = _c2f(_convolve(x, filters(64), stride=2), filters(64), 2)
        middle = _c2f(_convolve(fine, filters(128), stride=2), filters(128), 2)
        coarse = _c2f(_convolve(middle, filters(192), stride=2), filters(192), 1)
    else:
        inputs = backbone.input
        fine, middle, coarse = backbone.outputs
    coarse = _sppf(coarse, filters(192))

    middle = _c2f(layers.Concatenate()([layers.UpSampling2D(2)(coarse), middle]), filters(96), 1, residual=False)
    fine = _c2f(layers.Concatenate()([layers.UpSampling2D(2)(middle), fine]), filters(64), 1, residual=False)
    down = _convolve(fine, filters(64), stride=2)
    middle = _c2f(layers.Concatenate()([down, middle]), filters(96), 1, residual=False)
    down = _convolve(middle, filters(96), stride=2)
    coarse = _c2f(layers.Concatenate()([down, coarse]), filters(128), 1, residual=False)

    return add_heads(inputs, (fine, middle, coarse), num_labels, filters(64))


def add_heads(
    inputs: keras.KerasTensor, features: Sequence[keras.KerasTensor], num_labels: int, filters: int
) -> keras.Model:
    """Return the network of a backbone (one tensor of features a stride of STRIDES) and a head for each of them."""
    heads = [_head(level, num_labels, filters, stride) for level, stride in zip(features, STRIDES, strict=True)]
    boxes, logits = zip(*heads, strict=True)
    logit = layers.Concatenate(axis=1, dtype="float32", name="logits")(logits)
    outputs = {
        "boxes": layers.Concatenate(axis=1, dtype="float32", name="boxes")(boxes),
        "label": layers.Activation("sigmoid", dtype="float32", name="label")(logit),
    }
    return keras.Model(inputs, outputs, name="one_stage")


def training_model(network: keras.Model) -> keras.Model:
    """Return the network, with the same weights, as the loss takes it: (n, points, 4 + labels), boxes and logits."""
    outputs = [network.get_layer(name).output for name in ("boxes", "logits")]
    return keras.Model(network.input, layers.Concatenate(dtype="float32")(outputs), name="training_model")


def anchor_points(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (points, 2) float32 x, y and (points,) float32 stride of every anchor point in an input's pixels."""
    points, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride].astype(np.float32)
        points.append(((np.stack([x, y], axis=-1) + 0.5) * stride).reshape(-1, 2))
        strides.append(np.full(len(points[-1]), stride, np.float32))
    return np.concatenate(points), np.concatenate(strides)


def decode_distances(logs: keras.KerasTensor, stride: int) -> keras.KerasTensor:
    """Return (n, rows, columns, 4) left, top, right, bottom in pixels of as many logarithms of distances.

    The distances go from the middle of an anchor point's cell to the box's four sides (FCOS, Tian et al. 2019). Points
    are counted by adding up ones, so that the network can be exported for pictures of any size.
    """
    distances = ops.exp(ops.clip(logs, -MAX_LOG, MAX_LOG)) * (START * stride)
    ones = ops.ones_like(distances[..., :1])
    x = (ops.cumsum(ones, axis=2) - 0.5) * stride
    y = (ops.cumsum(ones, axis=1) - 0.5) * stride
    points = ops.concatenate([x, y], axis=-1)
    return ops.concatenate([points - distances[..., :2], points + distances[..., 2:]], axis=-1)


def _convolve(x: keras.KerasTensor, filters: int, kernel: int = 3, stride: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal")(
        x
    )
    return layers.Activation("silu")(layers.BatchNormalization(momentum=MOMENTUM)(x))


def _c2f(x: keras.KerasTensor, filters: int, depth: int, residual: bool = True) -> keras.KerasTensor:
    """Add a C2f block: half of the filters go through `depth` pairs of convolutions, and all results are joined."""
    outputs = [_convolve(x, filters // 2, 1), _convolve(x, filters // 2, 1)]
    for _ in range(depth):
        new = _convolve(_convolve(outputs[-1], filters // 2), filters // 2)
        outputs.append(layers.Add()([outputs[-1], new]) if residual else new)
    return _convolve(layers.Concatenate()(outputs), filters, 1)


def _sppf(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Add maxima over 5 x 5, 9 x 9 and 13 x 13 points, so that each sees far around (SPPF, YOLOv5)."""
    outputs = [_convolve(x, filters // 2, 1)]
    for _ in range(3):
        outputs.append(layers.MaxPooling2D(5, strides=1, padding="same")(outputs[-1]))
    return _convolve(layers.Concatenate()(outputs), filters, 1)


def _head(
    x: keras.KerasTensor, num_labels: int, filters: int, stride: int
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Add (n, points, 4) boxes and (n, points, labels) logits, a convolution each (YOLOX, Ge et al. 2021)."""
    logs = layers.Conv2D(4, 1, kernel_initializer="zeros", dtype="float32")(_convolve(x, filters))
    prior = keras.initializers.Constant(float(np.log(PRIOR / (1 - PRIOR))))
    logits = layers.Conv2D(num_labels, 1, bias_initializer=prior, dtype="float32", name=f"label_logits_{stride}")(
        _convolve(x, filters)
    )
    flatten = [layers.Reshape((-1, size), dtype="float32") for size in (4, num_labels)]
    return flatten[0](decode_distances(logs, stride)), flatten[1](logits)
