"""The one-shot network: a whole picture → at every place a box, and how likely each label is there.

It knows nothing of data or params. Input: (n, height, width, 3) uint8 RGB, both sides multiples of 32. Outputs:
"boxes", (n, places, 4) float32 left, top, right, bottom in pixels of the input, which may stick out of it; "label",
(n, places, labels) float32 probabilities, each for itself: where all are low, there is none. The places are those of
stride 8 row by row, then those of stride 16, then 32.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from brandlens.logo.detectors.one_stage.letterbox import STRIDES

START = 2.0  # strides from a place to each side of its box, before anything is learned
REACH = 4.0  # a distance is START strides times a factor from exp(-REACH) to exp(REACH)
PRIOR = 0.01  # probability of a label before anything is learned (RetinaNet, Lin et al. 2017)
MOMENTUM = 0.97  # of the running mean and deviation in batch normalisation


# processor features with which it was measured to train faster in bfloat16 (benchmarks/dtype_policy.py)
FAST_BFLOAT16 = ("amx_bf16", "avx512_bf16")


def shot(labels: int, *, width: float = 1.0) -> keras.Model:
    """A small backbone of C2f blocks (YOLOv8), a path up and down again (PANet, Liu et al. 2018), a head a level.

    width: factor on the number of filters.
    """

    def filters(count: int) -> int:
        return max(8, 8 * round(count * width / 8))

    inputs = keras.Input((None, None, 3), dtype="uint8")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
    x = _convolved(x, filters(16), stride=2)
    x = _c2f(_convolved(x, filters(32), stride=2), filters(32), 1)
    fine = _c2f(_convolved(x, filters(64), stride=2), filters(64), 2)
    middle = _c2f(_convolved(fine, filters(128), stride=2), filters(128), 2)
    coarse = _sppf(_c2f(_convolved(middle, filters(192), stride=2), filters(192), 1))

    middle = _c2f(layers.Concatenate()([layers.UpSampling2D(2)(coarse), middle]), filters(96), 1, residual=False)
    fine = _c2f(layers.Concatenate()([layers.UpSampling2D(2)(middle), fine]), filters(64), 1, residual=False)
    down = _convolved(fine, filters(64), stride=2)
    middle = _c2f(layers.Concatenate()([down, middle]), filters(96), 1, residual=False)
    down = _convolved(middle, filters(96), stride=2)
    coarse = _c2f(layers.Concatenate()([down, coarse]), filters(128), 1, residual=False)

    return headed(inputs, (fine, middle, coarse), labels, filters(64))


def headed(inputs: keras.KerasTensor, levels: Sequence[keras.KerasTensor], labels: int, filters: int) -> keras.Model:
    """The network made of what sees (one tensor of features a stride of STRIDES) and the heads that tell."""
    heads = [_head(level, labels, filters, stride) for level, stride in zip(levels, STRIDES, strict=True)]
    boxes, logits = zip(*heads, strict=True)
    logit = layers.Concatenate(axis=1, dtype="float32", name="logit")(logits)
    outputs = {
        "boxes": layers.Concatenate(axis=1, dtype="float32", name="boxes")(boxes),
        "label": layers.Activation("sigmoid", dtype="float32", name="label")(logit),
    }
    return keras.Model(inputs, outputs, name="shot")


def trainer(network: keras.Model) -> keras.Model:
    """The same network, with the same weights, as the loss wants it: (n, places, 4 + labels), boxes and then logits."""
    both = [network.get_layer(name).output for name in ("boxes", "logit")]
    return keras.Model(network.input, layers.Concatenate(dtype="float32")(both), name="trainer")


def anchor_points(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """(places, 2) float32 x, y and (places,) float32 stride of every place in an input of width x height pixels."""
    middles, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride].astype(np.float32)
        middles.append(((np.stack([x, y], axis=-1) + 0.5) * stride).reshape(-1, 2))
        strides.append(np.full(len(middles[-1]), stride, np.float32))
    return np.concatenate(middles), np.concatenate(strides)


def decode_distances(logs: keras.KerasTensor, stride: int) -> keras.KerasTensor:
    """(n, rows, columns, 4) logarithms of distances → (n, rows, columns, 4) left, top, right, bottom in pixels.

    The distances go from the middle of a place's cell to the box's four sides (FCOS, Tian et al. 2019). Places are
    counted by adding up ones, so that the network can be exported for pictures of any size.
    """
    distance = ops.exp(ops.clip(logs, -REACH, REACH)) * (START * stride)
    one = ops.ones_like(distance[..., :1])
    x = (ops.cumsum(one, axis=2) - 0.5) * stride
    y = (ops.cumsum(one, axis=1) - 0.5) * stride
    centre = ops.concatenate([x, y], axis=-1)
    return ops.concatenate([centre - distance[..., :2], centre + distance[..., 2:]], axis=-1)


def _convolved(x: keras.KerasTensor, filters: int, kernel: int = 3, stride: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal")(
        x
    )
    return layers.Activation("silu")(layers.BatchNormalization(momentum=MOMENTUM)(x))


def _c2f(x: keras.KerasTensor, filters: int, depth: int, residual: bool = True) -> keras.KerasTensor:
    """C2f: half of the filters go through `depth` pairs of convolutions; all that came up is then looked at at once."""
    kept = [_convolved(x, filters // 2, 1), _convolved(x, filters // 2, 1)]
    for _ in range(depth):
        new = _convolved(_convolved(kept[-1], filters // 2), filters // 2)
        kept.append(layers.Add()([kept[-1], new]) if residual else new)
    return _convolved(layers.Concatenate()(kept), filters, 1)


def _sppf(x: keras.KerasTensor) -> keras.KerasTensor:
    """Each place sees far around: maxima over 5 x 5, 9 x 9 and 13 x 13 places (SPPF, YOLOv5)."""
    filters = x.shape[-1]
    kept = [_convolved(x, filters // 2, 1)]
    for _ in range(3):
        kept.append(layers.MaxPooling2D(5, strides=1, padding="same")(kept[-1]))
    return _convolved(layers.Concatenate()(kept), filters, 1)


def _head(x: keras.KerasTensor, labels: int, filters: int, stride: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """(n, places, 4) boxes and (n, places, labels) logits: each has its own convolution (YOLOX, Ge et al. 2021)."""
    where = layers.Conv2D(4, 1, kernel_initializer="zeros", dtype="float32")(_convolved(x, filters))
    prior = keras.initializers.Constant(float(np.log(PRIOR / (1 - PRIOR))))
    what = layers.Conv2D(labels, 1, bias_initializer=prior, dtype="float32")(_convolved(x, filters))
    flat = [layers.Reshape((-1, count), dtype="float32") for count in (4, labels)]
    return flat[0](decode_distances(where, stride)), flat[1](what)
