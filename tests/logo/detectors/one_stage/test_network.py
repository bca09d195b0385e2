"""The network's outputs: their order, and what they are in pixels."""

from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import onnx_runtime
from brandlens.logo import export
from brandlens.logo.detectors.one_stage import network
from brandlens.logo.detectors.one_stage.letterbox import STRIDES


@pytest.fixture(scope="module")
def small() -> keras.Model:
    """Three labels; its boxes and labels are not all alike."""
    keras.utils.set_random_seed(3)
    model = network.shot(3, width=0.125)
    random = np.random.default_rng(3)
    model.set_weights([each + random.normal(0, 0.1, each.shape) * (each.ndim == 4) for each in model.get_weights()])
    return model


def noise(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


def test_before_training_boxes_are_squares_around_their_places() -> None:
    found = network.shot(2, width=0.125).predict(noise(1, 64, 96), verbose=0)
    centres, strides = network.anchor_points(96, 64)
    assert found["boxes"].shape == (1, len(centres), 4)
    assert found["label"].shape == (1, len(centres), 2)
    reach = network.START * strides[:, None]
    expected = np.concatenate([centres - reach, centres + reach], axis=1)
    np.testing.assert_allclose(found["boxes"][0], expected, atol=1e-4)
    np.testing.assert_allclose(found["label"], network.PRIOR, atol=0.02)


def test_distances_and_boxes_undo_each_other() -> None:
    """Boxes with their places inside → logarithms of distances → the same boxes."""
    random = np.random.default_rng(1)
    for stride in STRIDES:
        logs = random.uniform(-2, 2, (2, 3, 4, 4)).astype(np.float32)
        boxes = keras.ops.convert_to_numpy(network.decode_distances(logs, stride)).reshape(2, -1, 4)
        centres, strides = network.anchor_points(4 * stride, 3 * stride)
        centres = centres[strides == stride]
        distances = np.concatenate([centres - boxes[..., :2], boxes[..., 2:] - centres], axis=-1)
        np.testing.assert_allclose(np.log(distances / (network.START * stride)), logs.reshape(2, -1, 4), atol=1e-3)


def test_the_trainer_gives_the_same_as_logits(small: keras.Model) -> None:
    shown = noise(2, 64, 64)
    found, both = small.predict(shown, verbose=0), network.trainer(small).predict(shown, verbose=0)
    np.testing.assert_allclose(both[..., :4], found["boxes"], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(1 / (1 + np.exp(-both[..., 4:])), found["label"], atol=1e-5)


@pytest.mark.parametrize("size", [(64, 64), (96, 32), (32, 160)])
def test_the_exported_network_is_the_same_at_every_size(small: keras.Model, size: tuple[int, int]) -> None:
    shown = noise(2, *size)
    expected = small.predict(shown, verbose=0)
    session = onnx_runtime.session(exported(small), 1)
    boxes, label = session.run(["boxes", "label"], {"picture": shown})
    np.testing.assert_allclose(label, expected["label"], atol=1e-4)
    np.testing.assert_allclose(boxes, expected["boxes"], rtol=1e-3, atol=0.02)
    assert np.ptp(label) > 0.01


_made: dict[int, bytes] = {}


def exported(model: keras.Model) -> bytes:
    if id(model) not in _made:
        _made[id(model)] = export.to_onnx(model)
    return _made[id(model)]


def test_a_saved_network_comes_back(small: keras.Model, tmp_path: Path) -> None:
    small.save(tmp_path / "model.keras")
    shown = noise(1, 64, 64)
    np.testing.assert_allclose(
        keras.models.load_model(tmp_path / "model.keras").predict(shown, verbose=0)["boxes"],
        small.predict(shown, verbose=0)["boxes"],
        rtol=1e-5,
    )
