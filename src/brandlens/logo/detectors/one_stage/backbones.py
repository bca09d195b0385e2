"""Pretrained networks under the one-stage network: EfficientNet-Lite, those of keras.applications, KerasHub's.

One adapter for all: a Keras model, (n, height, width, 3) uint8 RGB → its features of stride 8, 16 and 32.
"""

import hashlib
import importlib.util
import inspect
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

from brandlens.errors import UserError
from brandlens.logo.detectors.one_stage import efficientnet_lite
from brandlens.logo.detectors.one_stage.efficientnet_lite import VARIANTS
from brandlens.logo.detectors.one_stage.letterbox import STRIDES
from brandlens.provenance import UNKNOWN, Pretrained

KEY = "logo.train.one_stage.backbone"
SIDE = 256  # pixels: side of the input at which the strides of a network's layers are read off


def check(name: str, weights: str) -> None:
    """Check, in no time, that what a backbone needs is there. name, weights: see `load`. Raises UserError."""
    if name == "none":
        return
    if variant := VARIANTS.get(name):
        efficientnet_lite.check(variant)
    elif _is_keras_application(name):
        if weights != "imagenet" and not Path(weights).is_file():
            raise UserError(f"{KEY}_weights: {weights}: no such file; name one, or imagenet")
    elif importlib.util.find_spec("keras_hub") is None:
        raise UserError(
            f"{KEY}: {name} is no network of keras.applications, and one of KerasHub needs: pip install keras-hub; "
            f"or choose none, {', '.join(VARIANTS)}"
        )


def load(name: str, weights: str) -> tuple[keras.Model, Pretrained]:
    """Return a backbone with its weights, and where they come from.

    name: one of VARIANTS, a network of keras.applications, or else a preset of KerasHub or a folder that holds one.
    weights: of keras.applications: imagenet, which Keras fetches, or a file. Raises UserError where the backbone or its
    weights cannot be had, or where it has no features of stride 8, 16 and 32.
    """
    check(name, weights)
    if variant := VARIANTS.get(name):
        return efficientnet_lite.pretrained(variant), variant.pretrained
    if _is_keras_application(name):
        return _keras_application(name, weights)
    return _keras_hub(name)


def freeze(backbone: keras.Model, *, stages: int, batch_norm: bool) -> None:
    """Exclude the first stages of a backbone from training, and its batch normalization, which keeps its statistics.

    stages: all layers up to stride 2 ** stages, the stem being the first stage; 0: none.
    """
    network = next(
        (layer for layer in backbone.layers if isinstance(layer, keras.Model)), backbone
    )  # KerasHub's is a layer
    for layer, shape in _output_shapes(network):
        if stages and len(shape) == 4 and shape[1] * 2 ** (stages + 0.5) > SIDE:
            layer.trainable = False
    for layer in backbone._flatten_layers():
        if batch_norm and isinstance(layer, layers.BatchNormalization):
            layer.trainable = False


def _is_keras_application(name: str) -> bool:
    return inspect.isfunction(getattr(keras.applications, name, None))


def _output_shapes(network: keras.Model) -> list[tuple[keras.Layer, tuple[int, ...]]]:
    """Return a network's layers, in their order, with the shape of their output for a picture of SIDE pixels."""
    inner = [layer for layer in network.layers if not isinstance(layer, layers.InputLayer)]
    model = keras.Model(network.inputs, [layer.output for layer in inner])
    specs = model.compute_output_spec(keras.KerasTensor((1, SIDE, SIDE, 3), network.inputs[0].dtype))
    return [(layer, spec.shape) for layer, spec in zip(inner, keras.tree.flatten(specs), strict=True)]


def _keras_application(name: str, weights: str) -> tuple[keras.Model, Pretrained]:
    build = getattr(keras.applications, name)
    inputs = keras.Input((None, None, 3), dtype="uint8")
    pixels = layers.Rescaling(1.0)(inputs)  # into the policy's number format
    try:
        network = build(
            include_top=False, weights=weights,
            input_tensor=sys.modules[build.__module__].preprocess_input(pixels, data_format="channels_last"),
        )  # fmt: skip
    except Exception as error:  # the network's, the file's or the connection's
        raise UserError(f"{KEY}: {name} with weights {weights}: {_first_line(error)}") from None
    by_side = {
        shape[1]: layer.output for layer, shape in _output_shapes(network) if len(shape) == 4
    }  # the last of each
    features = _levels({stride: by_side[SIDE // stride] for stride in STRIDES if SIDE // stride in by_side}, name)
    source = "keras.applications" if weights == "imagenet" else weights
    return keras.Model(inputs, features, name=name), _describe(network, name, source)


def _keras_hub(name: str) -> tuple[keras.Model, Pretrained]:
    import keras_hub  # noqa: PLC0415, an extra, and it takes seconds to load

    try:
        network = keras_hub.models.Backbone.from_preset(name)
        converter = keras_hub.layers.ImageConverter.from_preset(name)
    except Exception as error:  # a preset that there is not, no connection, another kind of model
        raise UserError(f"{KEY}: {name}: {_first_line(error)}") from None
    outputs = getattr(network, "pyramid_outputs", {})
    levels = {2 ** int(level[1:]): output for level, output in outputs.items()}  # "P3" is of stride 8
    chosen = _levels(levels, name)
    features = keras.Model(network.inputs, chosen, name="features")
    inputs = keras.Input((None, None, 3), dtype="uint8")
    scale = 1.0 if converter.scale is None else converter.scale
    pixels = layers.Rescaling(scale, 0.0 if converter.offset is None else converter.offset)(inputs)
    return keras.Model(inputs, features(pixels), name="keras_hub"), _describe(features, network.name, name)


def _levels(by_stride: dict[int, keras.KerasTensor], name: str) -> list[keras.KerasTensor]:
    missing = [stride for stride in STRIDES if stride not in by_stride]
    if missing:
        raise UserError(f"{KEY}: {name} has no features of stride {missing[0]}; choose another backbone")
    return [by_stride[stride] for stride in STRIDES]


def _describe(network: keras.Model, name: str, source: str) -> Pretrained:
    """Describe a file's weights, or, where they came from no one file that is known, by the values' own hash."""
    path = Path(source)
    if path.is_file():
        return Pretrained(name, path.name, UNKNOWN, hashlib.sha256(path.read_bytes()).hexdigest())
    total = hashlib.sha256()
    for weight in network.get_weights():
        total.update(np.ascontiguousarray(weight).tobytes())
    return Pretrained(name, path.name if path.is_dir() else source, UNKNOWN, total.hexdigest())


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
