"""Networks by the lectures' own notation, such as 20C5-MP2-50C5-MP2-FC256."""

import re
from typing import Any

import keras

from brandlens.config.digits import Network
from brandlens.errors import ParamsError

CONVOLUTION, POOLING, DENSE = re.compile(r"(\d+)C(\d+)"), re.compile(r"MP(\d+)"), re.compile(r"FC(\d+)")
NUM_CLASSES = 10
INITIALIZERS = {"normal_0.01": lambda: keras.initializers.RandomNormal(stddev=0.01)}


def build(cfg: Network, input_shape: tuple[int, int, int] = (28, 28, 1), num_classes: int = NUM_CLASSES) -> Any:
    """Build a classifier that returns logits, by `cfg.architecture`: layers with a dash between them.

    20C5: a convolution of 20 filters of 5x5 without padding; MP2: maximum of 2x2; FC256: a dense layer. Batch
    normalisation and activation follow a convolution's pooling, where both cost a quarter and the activation gives the
    same; dropout follows each dense layer. Raises ParamsError for what is none of them or does not fit.
    """
    inputs = keras.Input(input_shape)
    x = keras.layers.Dropout(cfg.input_dropout)(inputs) if cfg.input_dropout else inputs
    parts = cfg.architecture.split("-")
    for index, part in enumerate(parts):
        if match := CONVOLUTION.fullmatch(part):
            filters, size = int(match[1]), int(match[2])
            if size > min(x.shape[1:3] if len(x.shape) == 4 else (0,)):
                raise _refused(cfg, part, "is larger than what it looks at")
            x = keras.layers.Conv2D(filters, size, **_weights(cfg))(x)
        elif match := POOLING.fullmatch(part):
            if len(x.shape) != 4 or min(x.shape[1:3]) < int(match[1]):
                raise _refused(cfg, part, "is larger than what it looks at")
            x = keras.layers.MaxPooling2D(int(match[1]))(x)
        elif match := DENSE.fullmatch(part):
            x = x if len(x.shape) == 2 else keras.layers.Flatten()(x)
            x = keras.layers.Dense(int(match[1]), **_weights(cfg))(x)
        else:
            raise _refused(cfg, part, "is no layer; allowed: 20C5, MP2, FC256, with any numbers")
        pooled_next = index + 1 < len(parts) and POOLING.fullmatch(parts[index + 1]) is not None
        if not pooled_next:
            x = _activate(x, cfg)
        if DENSE.fullmatch(part) and cfg.dropout:
            x = keras.layers.Dropout(cfg.dropout)(x)
    x = x if len(x.shape) == 2 else keras.layers.Flatten()(x)
    output = {"kernel_initializer": "glorot_normal"} | (
        {"kernel_regularizer": penalty} if (penalty := _penalty(cfg)) else {}
    )
    return keras.Model(inputs, keras.layers.Dense(num_classes, dtype="float32", name="label", **output)(x))


def _activate(x: Any, cfg: Network) -> Any:
    if cfg.batch_norm:
        x = keras.layers.BatchNormalization()(x)
    return keras.layers.Activation(cfg.activation)(x)


def _weights(cfg: Network) -> dict[str, Any]:
    initializer = INITIALIZERS.get(cfg.initializer, lambda: cfg.initializer)()
    return {
        "kernel_initializer": initializer, "kernel_regularizer": _penalty(cfg), "use_bias": not cfg.batch_norm,
    }  # fmt: skip


def _penalty(cfg: Network) -> Any:
    return keras.regularizers.L1L2(cfg.l1, cfg.l2) if cfg.l1 or cfg.l2 else None


def _refused(cfg: Network, part: str, reason: str) -> ParamsError:
    return ParamsError(f"digits.train.networks: architecture {cfg.architecture!r:.80}: {part!r:.40} {reason}")
