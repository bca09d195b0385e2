"""The networks of one window: what they see, how they slide, and how they are saved."""

from dataclasses import replace
from pathlib import Path
from typing import get_type_hints

import keras
import numpy as np
import pytest

from brandlens.config.logo import Crop
from brandlens.logo.detectors.sliding_window.detector import FCN_STRIDE
from brandlens.logo.detectors.sliding_window.network import (
    LR_MULTIPLIERS,
    BuildNetwork,
    InputSpec,
    fcn,
    limit_logits,
    output_grid,
    snowdon,
)

MEAN, STD = np.array([0.6, 0.5, 0.3]), np.array([0.2, 0.25, 0.3])
SIZES = [(75, 22), (64, 64), (48, 32), (22, 22), (23, 31)]  # width, height
NETWORKS = [pytest.param(fcn, id="fcn"), pytest.param(snowdon, id="snowdon")]


def spec(width: int = 75, height: int = 22, num_classes: int = 2) -> InputSpec:
    return InputSpec(height, width, num_classes, MEAN, STD)


def shaken(model: keras.Model) -> keras.Model:
    """The network with other weights than it starts with, so that box deltas and running means matter, too."""
    rng = np.random.default_rng(1)
    weights = [old + rng.normal(0, 0.1, old.shape) for old in model.get_weights()]
    is_variance = ["variance" in weight.path for weight in model.weights]
    model.set_weights([np.abs(new) if positive else new for new, positive in zip(weights, is_variance, strict=True)])
    return model


def noise(width: int, height: int, count: int = 1) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


def run(model: keras.Model, pixels: np.ndarray) -> dict[str, np.ndarray]:
    return {name: keras.ops.convert_to_numpy(output) for name, output in model(pixels).items()}


# fcn


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_window_gives_one_row_and_column(size: tuple[int, int]) -> None:
    outputs = run(fcn(spec(*size, num_classes=3), width_multiplier=0.125), noise(*size, count=2))
    assert {name: output.shape for name, output in outputs.items()} == {
        "label": (2, 1, 1, 3), "box_deltas": (2, 1, 1, 4),
    }  # fmt: skip
    assert all(output.dtype == np.float32 for output in outputs.values())
    np.testing.assert_allclose(outputs["label"].sum(axis=-1), 1, atol=1e-5)


def test_the_smallest_window_that_params_allow() -> None:
    smallest = int(get_type_hints(Crop, include_extras=True)["window_wh"].__metadata__[0].low)
    outputs = run(fcn(spec(smallest, smallest), width_multiplier=0.125), noise(smallest, smallest))
    assert outputs["label"].shape == (1, 1, 1, 2)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_crop_scores_as_the_same_window_in_a_picture(size: tuple[int, int]) -> None:
    model = shaken(fcn(spec(*size), width_multiplier=0.125))
    picture = noise(size[0] + 2 * FCN_STRIDE + 1, size[1] + 3 * FCN_STRIDE + 2)
    whole = run(model, picture)
    assert whole["label"].shape[1:3] >= (4, 3)
    crops = []
    for row, column in np.ndindex(4, 3):
        top, left = row * FCN_STRIDE, column * FCN_STRIDE
        crops.append(picture[0, top : top + size[1], left : left + size[0]])
    for name, output in run(model, np.stack(crops)).items():
        np.testing.assert_allclose(output[:, 0, 0], whole[name][0, :4, :3].reshape(12, -1), atol=2e-5)
        assert np.ptp(output, axis=0).max() > 1e-3  # the windows differ


def test_every_part_of_a_window_counts() -> None:
    """Whatever part of a crop changes, the score does, but for a rest that the strides leave at the edge."""
    model, crop = shaken(fcn(spec(), width_multiplier=0.125)), noise(75, 22)
    changed = np.repeat(crop, 25, axis=0)
    corners = [(top, left) for top in (0, 4, 9, 13, 18) for left in (0, 17, 35, 53, 70)]
    for pixels, (top, left) in zip(changed, corners, strict=True):
        pixels[top : top + 4, left : left + 4] = 255 - pixels[top : top + 4, left : left + 4]
    differences = np.abs(run(model, changed)["label"] - run(model, crop)["label"]).max(axis=(1, 2, 3))
    assert (differences > 0).all()


def test_it_starts_from_background() -> None:
    keras.utils.set_random_seed(1)
    outputs = run(fcn(spec(num_classes=4), width_multiplier=0.125), noise(160, 90))
    assert outputs["label"][..., 0].mean() > 0.8
    assert not outputs["box_deltas"].any()


@pytest.mark.parametrize(
    ("size", "picture"),
    [
        pytest.param((75, 22), (75, 22), id="the window itself"),
        pytest.param((75, 22), (76, 22), id="a pixel more"),
        pytest.param((75, 22), (79, 26), id="a step more"),
        pytest.param((75, 22), (192, 88), id="a patch"),
        pytest.param((48, 32), (100, 61), id="another window"),
        pytest.param((64, 64), (131, 70), id="a square window"),
    ],
)
def test_output_grid(size: tuple[int, int], picture: tuple[int, int]) -> None:
    outputs = run(fcn(spec(*size), width_multiplier=0.125), noise(*picture))
    assert output_grid(fcn, size, picture) == outputs["label"].shape[1:3] == outputs["box_deltas"].shape[1:3]


def test_a_network_of_one_window_has_no_grid() -> None:
    assert output_grid(snowdon, (24, 22), (192, 88)) is None


@pytest.mark.parametrize("penalties", [{}, {"l1": 0.1}, {"l2": 0.1}], ids=["none", "l1", "l2"])
@pytest.mark.parametrize(
    ("build", "num_layers"), [pytest.param(fcn, 6, id="fcn"), pytest.param(snowdon, 10, id="snowdon")]
)
def test_penalties(build: BuildNetwork, num_layers: int, penalties: dict[str, float]) -> None:
    """On the weights of every layer but the outputs."""
    losses = [float(loss) for loss in build(spec(48, 32), width_multiplier=0.125, **penalties).losses]
    assert len(losses) == (num_layers if penalties else 0)
    assert all(loss > 0 for loss in losses)


@pytest.mark.parametrize("build", NETWORKS)
def test_the_width_multiplier_scales_the_network(build: BuildNetwork) -> None:
    small, large = (build(spec(), width_multiplier=width).count_params() for width in (0.125, 0.25))
    assert 2 < large / small < 4.5


# Preprocessing


@pytest.mark.parametrize(
    ("build", "layer", "mean", "std"),
    [
        pytest.param(fcn, "normalize", MEAN, STD, id="fcn: mean 0, standard deviation 1"),
        pytest.param(snowdon, "rescale", 0.0, 1.0, id="snowdon: from 0 to 1"),
    ],
)
def test_pixels_are_normalized_inside(
    build: BuildNetwork, layer: str, mean: float | np.ndarray, std: float | np.ndarray
) -> None:
    model = build(spec(), width_multiplier=0.125)
    inside = keras.Model(model.input, model.get_layer(layer).output)
    pixels = noise(75, 22)
    assert model.input.dtype == "uint8"
    np.testing.assert_allclose(inside(pixels), (pixels / 255 - mean) / std, atol=1e-3)


@pytest.mark.parametrize("build", NETWORKS)
def test_a_saved_network_comes_back(build: BuildNetwork, tmp_path: Path) -> None:
    """Preprocessing included: in the whole file, and in the weights alone, whatever the training crops were."""
    model, pixels = shaken(build(spec(), width_multiplier=0.125)), noise(75, 22, count=3)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    other = build(replace(spec(), mean=np.zeros(3), std=np.ones(3)), width_multiplier=0.125)
    other.load_weights(tmp_path / "model.weights.h5")
    for loaded in (keras.saving.load_model(tmp_path / "model.keras"), other):
        for name, output in run(loaded, pixels).items():
            np.testing.assert_allclose(output, run(model, pixels)[name], atol=1e-6)


# snowdon


def test_snowdon_is_the_network_of_the_talk() -> None:
    model = snowdon(spec())
    assert round(model.count_params() / 1e6, 1) == 25.6
    layers = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layers.append((layer.filters, layer.kernel_size[0], layer.padding, layer.activation.__name__))
        elif isinstance(layer, keras.layers.Dense):
            layers.append((layer.units, layer.activation.__name__))
        elif isinstance(layer, keras.layers.MaxPooling2D | keras.layers.Flatten | keras.layers.Dropout):
            layers.append(type(layer).__name__)
    assert layers == [
        *((64, 4, "same", "relu"),) * 2, "MaxPooling2D",
        *((96, 4, "same", "relu"),) * 2, *((128, 3, "same", "relu"),) * 2, *((256, 2, "same", "relu"),) * 2,
        "MaxPooling2D", "Flatten", (1024, "sigmoid"), "Dropout", (1024, "sigmoid"), "Dropout", (2, "linear"),
    ]  # fmt: skip


def test_snowdon_has_a_learning_rate_for_every_layer_that_was_published_with_another_one() -> None:
    paths = {variable.path for variable in snowdon(spec(), width_multiplier=0.125).trainable_variables}
    assert set(LR_MULTIPLIERS) <= paths
    assert paths - set(LR_MULTIPLIERS) == {*(f"conv{number}/kernel" for number in range(1, 9)), "dense2/kernel"}


def test_snowdon_learns_from_what_it_is_quite_wrong_about() -> None:
    """The gradient is that of the softmax without a limit: probability minus label."""
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Softmax()(limit_logits(keras.layers.Dense(2, use_bias=False)(inputs))))
    model.set_weights([np.array([[200.0, -200.0], [0.0, 0.0]])])
    model.compile(keras.optimizers.SGD(1.0), "categorical_crossentropy", run_eagerly=True)
    x, y_true = np.array([[1.0, 1.0], [0.001, 1.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    before, probability = model.get_weights()[0], keras.ops.convert_to_numpy(model(x))
    model.train_on_batch(x, y_true)
    np.testing.assert_allclose(probability, [[1.0, 0.0], [0.5987, 0.4013]], atol=1e-4)
    np.testing.assert_allclose(before - model.get_weights()[0], x.T @ (probability - y_true) / 2, atol=1e-4)


def test_snowdon_takes_one_window() -> None:
    outputs = run(snowdon(spec(num_classes=3), width_multiplier=0.125), noise(75, 22, count=2))
    assert {name: output.shape for name, output in outputs.items()} == {"label": (2, 1, 1, 3)}
    np.testing.assert_allclose(outputs["label"].sum(axis=-1), 1, atol=1e-5)
