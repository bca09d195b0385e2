"""Export: ONNX Runtime gives what Keras gives."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from brandlens import onnx_runtime
from brandlens.errors import ModelError
from brandlens.logo import export
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.network import InputSpec, fcn, snowdon
from brandlens.logo.detectors.sliding_window.scorers import DenseScorer
from brandlens.logo.export import check_parity, largest_difference, to_onnx

NETWORKS = {"fcn": fcn, "snowdon": snowdon}
Pair = tuple[keras.Model, bytes]
WIDTH, HEIGHT = 48, 32


def trained(name: str) -> keras.Model:
    """A small network as after a training: running means are those of its pictures, no weight is 0."""
    keras.utils.set_random_seed(1)
    model = NETWORKS[name](
        InputSpec(HEIGHT, WIDTH, 3, np.array([0.6, 0.5, 0.3]), np.array([0.2, 0.25, 0.3])), width_multiplier=0.125
    )
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(pixels(32), training=True)
    random = np.random.default_rng(2)
    for weight in model.trainable_weights:
        old = keras.ops.convert_to_numpy(weight)
        if weight.path.endswith(("bias", "beta")) or not old.any():
            weight.assign(random.normal(0, 0.1, old.shape))
        elif name == "snowdon":
            weight.assign(old * 3)  # as they start, its two layers of sigmoids tell nothing apart
    return model


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    models = {name: trained(name) for name in NETWORKS}
    return {name: (model, to_onnx(model)) for name, model in models.items()}


def pixels(count: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Noise, each picture around another colour."""
    random = np.random.default_rng(3)
    noise = random.integers(-40, 41, (count, height, width, 3))
    return np.clip(random.integers(0, 256, (count, 1, 1, 3)) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "outputs"),
    [pytest.param("fcn", ["box_deltas", "label"], id="fcn"), pytest.param("snowdon", ["label"], id="snowdon")],
)
def test_names(pairs: dict[str, Pair], name: str, outputs: list[str]) -> None:
    session = onnx_runtime.session(pairs[name][1], 1)
    assert [(value.name, value.type) for value in session.get_inputs()] == [("picture", "tensor(uint8)")]
    assert sorted(value.name for value in session.get_outputs()) == outputs


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [1, 7])
def test_crops_score_as_in_keras(pairs: dict[str, Pair], name: str, count: int) -> None:
    model, exported = pairs[name]
    expected = model.predict(pixels(count), verbose=0)
    session = onnx_runtime.session(exported, 1)
    for output, values in expected.items():
        exported_values = session.run([output], {"picture": pixels(count)})[0]
        assert exported_values.shape == values.shape
        np.testing.assert_allclose(exported_values, values, atol=1e-4)
    if count > 1:
        assert np.ptp(expected["label"], axis=0).max() > 0.01  # there is something to tell apart
    assert largest_difference(model, exported, pixels(count)) < 1e-4


@pytest.mark.parametrize("size", [(48, 32), (49, 35), (110, 71), (60, 140)], ids=str)
def test_fcn_takes_pictures_of_any_size(pairs: dict[str, Pair], size: tuple[int, int]) -> None:
    model, exported = pairs["fcn"]
    expected = model.predict(pixels(1, *size), verbose=0)
    window = WindowSpec(("cola", "fizz"), WIDTH, HEIGHT, 0.1, (1.5,))
    label, box_deltas = DenseScorer(onnx_runtime.session(exported, 1), 4, window).score_windows(pixels(1, *size)[0])
    np.testing.assert_allclose(label, expected["label"][0], atol=1e-4)
    np.testing.assert_allclose(box_deltas, expected["box_deltas"][0], atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_difference_is_seen(pairs: dict[str, Pair], name: str) -> None:
    _, exported = pairs[name]
    other = trained(name)
    assert largest_difference(other, exported, pixels(3)) < 1e-4
    other.set_weights([weight * 1.1 for weight in other.get_weights()])
    assert largest_difference(other, exported, pixels(3)) > 1e-3


def test_the_largest_difference_is_of_all_crops_and_classes(
    pairs: dict[str, Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, exported = pairs["fcn"]
    expected = model.predict(pixels(3), verbose=0)

    def wrong(by: float) -> Callable[..., dict[str, np.ndarray]]:
        changed = expected["label"].copy()
        changed[2, 0, 0, 1] += by
        return lambda *_, **__: {"label": changed}

    for by in (0.25, -0.5):
        monkeypatch.setattr(model, "predict", wrong(by))
        assert largest_difference(model, exported, pixels(3)) == pytest.approx(abs(by), abs=1e-4)


@pytest.mark.parametrize("difference", [0.25, float("nan")])
def test_a_difference_above_the_tolerance_is_one_line(monkeypatch: pytest.MonkeyPatch, difference: float) -> None:
    monkeypatch.setattr(export, "largest_difference", lambda *arguments: difference)
    with pytest.raises(ModelError, match=r"differs from Keras by \S+ on 3 inputs; logo\.export\.atol allows 0\.2$"):
        check_parity(None, b"", pixels(3), atol=0.2)
    assert not difference <= 0.25 or check_parity(None, b"", pixels(3), atol=0.25) == difference
