"""The networks: what they look at, how they slide, and how they travel."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_type_hints

import keras
import numpy as np
import pytest

from brandlens.config.logo import Crop as CropWish
from brandlens.logo.detectors.sliding_window import scorers
from brandlens.logo.detectors.sliding_window.network import NETWORKS, InputSpec, fcn, output_grid, snowdon
from brandlens.training import float32_copy

MEAN, DEVIATION = np.array([0.6, 0.5, 0.3]), np.array([0.2, 0.25, 0.3])
SIZES = [(75, 22), (64, 64), (48, 32), (22, 22), (23, 31)]  # width, height


@pytest.fixture(autouse=True)
def same_number_format() -> Iterator[None]:
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


def look(width: int = 75, height: int = 22, classes: int = 2) -> InputSpec:
    return InputSpec(height, width, classes, MEAN, DEVIATION)


def trained(model: keras.Model) -> keras.Model:
    """The network with other weights than it starts with: even places and running means say something."""
    random = np.random.default_rng(1)
    model.set_weights([np.abs(old + random.normal(0, 0.1, old.shape)) if "variance" in weight.path
                       else old + random.normal(0, 0.1, old.shape)
                       for weight, old in zip(model.weights, model.get_weights(), strict=True)])  # fmt: skip
    return model


def pixels(width: int, height: int, count: int = 1) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


def answers(model: keras.Model, pictures: np.ndarray) -> dict[str, np.ndarray]:
    return {name: keras.ops.convert_to_numpy(output) for name, output in model(pictures).items()}


# slide


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_window_gives_one_answer(size: tuple[int, int]) -> None:
    found = answers(fcn(look(*size, classes=3), filters=0.125), pixels(*size, count=2))
    assert {name: each.shape for name, each in found.items()} == {"label": (2, 1, 1, 3), "place": (2, 1, 1, 4)}
    assert all(each.dtype == np.float32 for each in found.values())
    np.testing.assert_allclose(found["label"].sum(axis=-1), 1, atol=1e-5)


def test_the_smallest_window_that_params_allow() -> None:
    least = int(get_type_hints(CropWish, include_extras=True)["size"].__metadata__[0].low)
    found = answers(fcn(look(least, least), filters=0.125), pixels(least, least))
    assert found["label"].shape == (1, 1, 1, 2)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_crop_scores_as_its_place_in_a_picture(size: tuple[int, int]) -> None:
    model = trained(fcn(look(*size), filters=0.125))
    stride = scorers.STRIDES["slide"]
    width, height = size[0] + 2 * stride + 1, size[1] + 3 * stride + 2
    picture = pixels(width, height)
    whole = answers(model, picture)
    rows, columns = whole["label"].shape[1:3]
    assert (rows, columns) >= (4, 3)
    crops = []
    for row, column in np.ndindex(4, 3):
        top, left = row * stride, column * stride
        crops.append(picture[0, top : top + size[1], left : left + size[0]])
    alone = answers(model, np.stack(crops))
    for name, each in alone.items():
        np.testing.assert_allclose(each[:, 0, 0], whole[name][0, :4, :3].reshape(12, -1), atol=2e-5)
        assert np.ptp(each, axis=0).max() > 1e-3  # places do differ


def test_a_window_sees_all_of_itself() -> None:
    """Whatever part of a crop changes, the score does, but for a rest that the strides leave at the edge."""
    model, crop = trained(fcn(look(), filters=0.125)), pixels(75, 22)
    patches = np.repeat(crop, 25, axis=0)
    parts = [(top, left) for top in (0, 4, 9, 13, 18) for left in (0, 17, 35, 53, 70)]
    for patch, (top, left) in zip(patches, parts, strict=True):
        patch[top : top + 4, left : left + 4] = 255 - patch[top : top + 4, left : left + 4]
    changes = np.abs(answers(model, patches)["label"] - answers(model, crop)["label"]).max(axis=(1, 2, 3))
    assert (changes > 0).all()


def test_it_starts_from_nothing_to_be_seen() -> None:
    keras.utils.set_random_seed(1)
    found = answers(fcn(look(classes=4), filters=0.125), pixels(160, 90))
    assert found["label"][..., 0].mean() > 0.8
    assert not found["place"].any()


@pytest.mark.parametrize(
    ("size", "picture"),
    [
        pytest.param((75, 22), (75, 22), id="the window itself"),
        pytest.param((75, 22), (76, 22), id="a pixel more"),
        pytest.param((75, 22), (79, 26), id="a step more"),
        pytest.param((75, 22), (192, 88), id="a slab"),
        pytest.param((48, 32), (100, 61), id="another window"),
        pytest.param((64, 64), (131, 70), id="a square window"),
    ],
)
def test_grid(size: tuple[int, int], picture: tuple[int, int]) -> None:
    found = answers(fcn(look(*size), filters=0.125), pixels(*picture))
    assert output_grid(*size, picture) == found["label"].shape[1:3] == found["place"].shape[1:3]


@pytest.mark.parametrize("knobs", [{}, {"l1": 0.1}, {"l2": 0.1}], ids=["none", "l1", "l2"])
@pytest.mark.parametrize(("name", "layers"), [("slide", 6), ("talk", 10)])
def test_penalties(name: str, layers: int, knobs: dict[str, float]) -> None:
    """On the weights of every layer but the answering ones."""
    losses = [float(loss) for loss in NETWORKS[name](look(48, 32), filters=0.125, **knobs).losses]
    assert len(losses) == (layers if knobs else 0)
    assert all(loss > 0 for loss in losses)


def test_filters_scale_the_network() -> None:
    small, large = (fcn(look(), filters=filters).count_params() for filters in (0.25, 0.5))
    assert 2 < large / small < 4


# Preprocessing


@pytest.mark.parametrize("name", NETWORKS)
def test_pixels_are_standardised_inside(name: str) -> None:
    model = NETWORKS[name](look(), filters=0.125)
    inside = keras.Model(model.input, model.get_layer("standardise").output)
    picture = pixels(75, 22)
    assert model.input.dtype == "uint8"
    np.testing.assert_allclose(inside(picture), (picture / 255 - MEAN) / DEVIATION, atol=1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_saved_network_answers_as_before(name: str, tmp_path: Path) -> None:
    """Preprocessing included: the file holds all."""
    model = trained(NETWORKS[name](look(), filters=0.125))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    pictures = pixels(75, 22, count=3)
    for output, expected in answers(model, pictures).items():
        np.testing.assert_allclose(answers(again, pictures)[output], expected, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_fit_whatever_the_training_pictures_were(name: str, tmp_path: Path) -> None:
    """Weights alone carry mean and deviation, too."""
    model = trained(NETWORKS[name](look(), filters=0.125))
    model.save_weights(tmp_path / "model.weights.h5")
    other = NETWORKS[name](replace(look(), mean=np.zeros(3), deviation=np.ones(3)), filters=0.125)
    other.load_weights(tmp_path / "model.weights.h5")
    pictures = pixels(75, 22, count=3)
    np.testing.assert_allclose(answers(other, pictures)["label"], answers(model, pictures)["label"], atol=1e-6)


# talk


def test_talk_is_the_network_of_the_talk() -> None:
    model = snowdon(look())
    assert round(model.count_params() / 1e6, 1) == 25.6
    layers = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layers.append((layer.filters, layer.kernel_size[0], layer.padding))
        elif isinstance(layer, keras.layers.Dense):
            layers.append(layer.units)
        elif isinstance(layer, keras.layers.MaxPooling2D | keras.layers.Flatten | keras.layers.Dropout):
            layers.append(type(layer).__name__)
    assert layers == [
        *((64, 4, "same"),) * 2, "MaxPooling2D",
        *((96, 4, "same"),) * 2, *((128, 3, "same"),) * 2, *((256, 2, "same"),) * 2, "MaxPooling2D",
        "Flatten", 1024, "Dropout", 1024, "Dropout", 2,
    ]  # fmt: skip


def test_talk_looks_at_one_window() -> None:
    found = answers(snowdon(look(classes=3), filters=0.125), pixels(75, 22, count=2))
    assert {name: each.shape for name, each in found.items()} == {"label": (2, 1, 1, 3)}
    np.testing.assert_allclose(found["label"].sum(axis=-1), 1, atol=1e-5)


def test_every_network_has_a_stride() -> None:
    assert set(scorers.STRIDES) == set(NETWORKS)


# twin


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_twin_answers_in_float32(name: str, policy: str) -> None:
    def build() -> keras.Model:
        return NETWORKS[name](look(), filters=0.125)

    reference = trained(build())
    keras.config.set_dtype_policy(policy)
    model = build()
    model.set_weights(reference.get_weights())
    copy = float32_copy(model, build)
    assert keras.config.dtype_policy().name == policy
    assert {layer.compute_dtype for layer in copy.layers if layer.weights} == {"float32"}
    pictures = pixels(75, 22, count=4)
    expected = answers(reference, pictures)
    for output, found in answers(copy, pictures).items():
        np.testing.assert_array_equal(found, expected[output])
        assert found.dtype == np.float32


def test_a_twin_has_weights_of_its_own() -> None:
    model = fcn(look(48, 32), filters=0.125)
    copy = float32_copy(model, lambda: fcn(look(48, 32), filters=0.125))
    before = copy.get_weights()
    trained(model)
    for old, now in zip(before, copy.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)


def broken() -> keras.Model:
    raise ValueError("no such network")


def test_a_twin_that_cannot_be_built_leaves_the_number_format() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    with pytest.raises(ValueError, match="no such network"):
        float32_copy(fcn(look(48, 32), filters=0.125), broken)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
