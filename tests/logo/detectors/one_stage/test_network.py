"""The network's outputs: their order, and what they are in pixels."""

from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import onnx_runtime
from brandlens.logo import export
from brandlens.logo.detectors.one_stage import network
from brandlens.logo.detectors.one_stage.letterbox import STRIDES

Outputs = dict[str, np.ndarray]


def run(model: keras.Model, pixels: np.ndarray) -> Outputs:
    """What the network gives, without the graph that `predict` would build."""
    return {name: keras.ops.convert_to_numpy(output) for name, output in model(pixels, training=False).items()}


@pytest.fixture(scope="module")
def untrained() -> tuple[keras.Model, Outputs]:
    """The network of three labels, which is built once, and what it gave when it was new."""
    keras.utils.set_random_seed(3)
    model = network.one_stage(3, width_multiplier=0.125)
    return model, run(model, noise(1, 64, 96))


@pytest.fixture(scope="module")
def small(untrained: tuple[keras.Model, Outputs]) -> keras.Model:
    """As after a training: its boxes and labels are not all alike."""
    model, _ = untrained
    rng = np.random.default_rng(3)
    model.set_weights([old + rng.normal(0, 0.1, old.shape) * (old.ndim == 4) for old in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def exported(small: keras.Model) -> bytes:
    return export.to_onnx(small)


def noise(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


def test_before_training_boxes_are_squares_around_their_anchor_points(untrained: tuple[keras.Model, Outputs]) -> None:
    _, outputs = untrained
    points, strides = network.anchor_points(96, 64)
    assert outputs["boxes"].shape == (1, len(points), 4)
    assert outputs["label"].shape == (1, len(points), 3)
    reach = network.START * strides[:, None]
    expected = np.concatenate([points - reach, points + reach], axis=1)
    np.testing.assert_allclose(outputs["boxes"][0], expected, atol=1e-4)
    np.testing.assert_allclose(outputs["label"], network.PRIOR, atol=0.02)


@pytest.mark.parametrize("stride", STRIDES)
def test_distances_and_boxes_undo_each_other(stride: int) -> None:
    """Logarithms of distances → boxes around their points → the same logarithms."""
    logs = np.random.default_rng(1).uniform(-2, 2, (2, 3, 4, 4)).astype(np.float32)
    boxes = keras.ops.convert_to_numpy(network.decode_distances(logs, stride)).reshape(2, -1, 4)
    points, strides = network.anchor_points(4 * stride, 3 * stride)
    points = points[strides == stride]
    distances = np.concatenate([points - boxes[..., :2], boxes[..., 2:] - points], axis=-1)
    np.testing.assert_allclose(np.log(distances / (network.START * stride)), logs.reshape(2, -1, 4), atol=1e-3)


def test_the_training_model_gives_the_same_as_logits(small: keras.Model) -> None:
    pixels = noise(2, 64, 64)
    outputs = run(small, pixels)
    joined = keras.ops.convert_to_numpy(network.training_model(small)(pixels, training=False))
    np.testing.assert_allclose(joined[..., :4], outputs["boxes"], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(1 / (1 + np.exp(-joined[..., 4:])), outputs["label"], atol=1e-5)


@pytest.mark.parametrize("size", [(64, 64), (96, 32), (32, 160)])
def test_the_exported_network_is_the_same_at_every_size(
    small: keras.Model, exported: bytes, size: tuple[int, int]
) -> None:
    pixels = noise(2, *size)
    expected = run(small, pixels)
    boxes, label = onnx_runtime.session(exported, 1).run(["boxes", "label"], {"picture": pixels})
    np.testing.assert_allclose(label, expected["label"], atol=1e-4)
    np.testing.assert_allclose(boxes, expected["boxes"], rtol=1e-3, atol=0.02)
    assert np.ptp(label) > 0.01


def test_a_saved_network_comes_back(small: keras.Model, tmp_path: Path) -> None:
    small.save(tmp_path / "model.keras")
    pixels = noise(1, 64, 64)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    expected = run(small, pixels)["boxes"]
    np.testing.assert_allclose(run(loaded, pixels)["boxes"], expected, rtol=1e-5)


def test_the_network_stands_on_a_backbone() -> None:
    """Of any number of channels; the backbone's layers, and its uint8 input, are the network's own."""
    inputs = keras.Input((None, None, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(inputs)
    features = [keras.layers.AveragePooling2D(stride)(x) for stride in STRIDES]
    features[2] = keras.layers.Conv2D(300, 1, name="coarse")(features[2])
    model = network.one_stage(3, width_multiplier=0.125, backbone=keras.Model(inputs, features))
    outputs = run(model, noise(1, 64, 96))
    points, _ = network.anchor_points(96, 64)
    assert outputs["boxes"].shape == (1, len(points), 4)
    assert outputs["label"].shape == (1, len(points), 3)
    assert model.input.dtype == "uint8"
    assert "coarse" in [layer.name for layer in model.layers]
