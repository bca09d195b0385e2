"""Backbones of any source: where their features of stride 8, 16 and 32 are, what is frozen, what they are called."""

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from brandlens.errors import UserError
from brandlens.logo.detectors.one_stage import backbones, efficientnet_lite
from brandlens.provenance import Pretrained

PICTURE = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)


def preprocess_input(pixels: keras.KerasTensor, data_format: str) -> keras.KerasTensor:
    """What `keras.applications` finds beside a network."""
    assert data_format == "channels_last"
    return pixels / 255.0


def tiny(include_top: bool, weights: str, input_tensor: keras.KerasTensor, depth: int = 5) -> keras.Model:
    """A network as those of `keras.applications`: at each stride a convolution and an activation."""
    assert not include_top
    x = input_tensor
    for index in range(depth):
        x = layers.Conv2D(4 + index, 3, strides=2, padding="same", name=f"tiny{index}_conv")(x)
        x = layers.BatchNormalization(name=f"tiny{index}_bn")(x)
        x = layers.ReLU(name=f"tiny{index}_relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    network = keras.Model(keras.utils.get_source_inputs(input_tensor), x)
    if weights != "imagenet":
        network.load_weights(weights)
    return network


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.applications, "Tiny", tiny, raising=False)


@pytest.mark.usefixtures("application")
def test_a_network_of_keras_applications(tmp_path: Path) -> None:
    backbone, pretrained = backbones.load("Tiny", "imagenet")
    features = backbone(PICTURE)
    assert [feature.shape for feature in features] == [(1, 8, 12, 6), (1, 4, 6, 7), (1, 2, 3, 8)]
    assert backbone.input.dtype == "uint8"
    assert (pretrained.name, pretrained.source, pretrained.license) == ("Tiny", "keras.applications", "unknown")
    path = tmp_path / "tiny.weights.h5"
    tiny(False, "imagenet", keras.Input((None, None, 3))).save_weights(path)
    backbone, pretrained = backbones.load("Tiny", str(path))
    assert pretrained == Pretrained("Tiny", path.name, "unknown", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.usefixtures("application")
def test_a_hash_tells_weights_apart_that_have_no_file() -> None:
    first, second = (backbones.load("Tiny", "imagenet")[1].sha256 for _ in range(2))
    assert len(first) == len(second) == 64
    assert first != second


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        pytest.param("Tiny", "missing.h5", r"backbone_weights: missing\.h5: no such file", id="no such file"),
        pytest.param("Tiny", __file__, r"backbone: Tiny with weights .*test_backbones\.py: ", id="another file"),
        pytest.param("Shallow", "imagenet", "backbone: Shallow has no features of stride 32", id="strides missing"),
        pytest.param("no_such_net", "imagenet", r"no_such_net is no .*pip install keras-hub", id="no such network"),
    ],
)
@pytest.mark.usefixtures("application")
def test_what_cannot_be_had_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str, weights: str, message: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(keras.applications, "Shallow", lambda **options: tiny(**options, depth=4), raising=False)
    with pytest.raises(UserError, match=message) as raised:
        backbones.load(name, weights)
    assert "\n" not in str(raised.value)


@pytest.fixture
def keras_hub(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Return a function that installs a KerasHub whose presets all are what the function is given."""

    def install(network: Any) -> None:
        def from_preset(name: str) -> Any:
            if network is None:
                raise ValueError(f"Unknown preset\n{name}")
            return network

        module = ModuleType("keras_hub")
        module.__spec__ = ModuleSpec("keras_hub", None)
        module.models = SimpleNamespace(Backbone=SimpleNamespace(from_preset=from_preset))
        converter = SimpleNamespace(scale=[1 / 100, 1 / 100, 1 / 50], offset=None)
        module.layers = SimpleNamespace(ImageConverter=SimpleNamespace(from_preset=lambda name: converter))
        monkeypatch.setitem(sys.modules, "keras_hub", module)

    return install


def test_a_preset_of_keras_hub(keras_hub: Callable[[Any], None]) -> None:
    """Its pyramid's levels, of the pixels as its preprocessing scales them."""
    network = keras.Sequential([keras.Input((None, None, 3))])
    for _ in range(5):
        network.add(layers.DepthwiseConv2D(2, strides=2, depthwise_initializer=keras.initializers.Constant(1 / 4)))
    network.pyramid_outputs = {f"P{level + 1}": layer.output for level, layer in enumerate(network.layers)}
    keras_hub(network)
    backbone, pretrained = backbones.load("a_preset", "imagenet")
    assert (pretrained.source, pretrained.license) == ("a_preset", "unknown")
    fine, middle, coarse = (keras.ops.convert_to_numpy(feature) for feature in backbone(PICTURE))
    assert [feature.shape for feature in (fine, middle, coarse)] == [(1, 8, 12, 3), (1, 4, 6, 3), (1, 2, 3, 3)]
    np.testing.assert_allclose(fine[0, 0, 0], PICTURE[0, :8, :8].mean(axis=(0, 1)) / (100, 100, 50), rtol=1e-4)
    backbones.freeze(backbone, stages=2, batch_norm=True)
    assert [layer.trainable for layer in network.layers] == [False, False, True, True, True]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        pytest.param(None, "backbone: a_preset: Unknown preset$", id="no such preset"),
        pytest.param(keras.Sequential([keras.Input((None, None, 3))]), "no features of stride 8", id="no pyramid"),
    ],
)
def test_a_preset_that_does_not_fit(keras_hub: Callable[[Any], None], network: Any, message: str) -> None:
    keras_hub(network)
    with pytest.raises(UserError, match=message):
        backbones.load("a_preset", "imagenet")


@pytest.mark.parametrize(
    ("stages", "batch_norm", "trainable"),
    [
        pytest.param(0, False, ["conv", "bn"] * 5, id="nothing"),
        pytest.param(2, False, ["", ""] * 2 + ["conv", "bn"] * 3, id="the stem and a stage"),
        pytest.param(0, True, ["conv", ""] * 5, id="batch normalization"),
        pytest.param(5, True, ["", ""] * 5, id="all"),
    ],
)
@pytest.mark.usefixtures("application")
def test_freeze(stages: int, batch_norm: bool, trainable: list[str]) -> None:
    backbone, _ = backbones.load("Tiny", "imagenet")
    backbones.freeze(backbone, stages=stages, batch_norm=batch_norm)
    learning = [layer for layer in backbone.layers if layer.trainable_variables]
    assert [layer.name.split("_")[-1] for layer in learning] == [kind for kind in trainable if kind]


def test_a_stage_of_efficientnet_lite0_ends_where_the_next_stride_begins() -> None:
    network = efficientnet_lite.build(efficientnet_lite.VARIANTS["efficientnet_lite0"])
    backbones.freeze(network, stages=2, batch_norm=False)
    frozen = [layer.name for layer in network.layers if layer.weights and not layer.trainable]
    assert frozen[0] == "conv_stem"
    assert {"blocks_2_project_conv", "blocks_3_expand_conv"} <= set(frozen)
    assert not {"blocks_3_depthwise_conv", "blocks_4_bn2"} & set(frozen)
