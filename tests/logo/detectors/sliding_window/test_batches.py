"""Batches: which crops and slabs are in them, what is wished of them, and how much each counts."""

import keras
import numpy as np
import pytest

from brandlens.logo.detectors.sliding_window import network
from brandlens.logo.detectors.sliding_window.batches import CropBatches, class_weights, training_model
from brandlens.logo.detectors.sliding_window.crop_set import CropSet
from brandlens.logo.detectors.sliding_window.dense_patches import DensePatches

EQUAL = np.ones(3, np.float32)


def numbered(count: int) -> CropSet:
    """Crops that show their own number; classes 0, 1, 2, 0, ...; places that tell it, too."""
    at = np.arange(count)
    places = np.where(at % 3 > 0, at, 0).astype(np.float32)
    return CropSet(
        np.broadcast_to(at[:, None, None, None], (count, 22, 23, 3)).astype(np.uint8),
        (at % 3).astype(np.int64),
        np.repeat(places[:, None], 4, axis=1),
    )


def numbered_slabs(count: int) -> DensePatches:
    """Slabs of 2 x 3 windows that show their own number."""
    classes = np.tile(np.array([[0, -1, 1], [2, 0, 0]], np.int64), (count, 1, 1))
    pixels = np.broadcast_to(np.arange(count)[:, None, None, None], (count, 26, 31, 3)).astype(np.uint8)
    return DensePatches(
        pixels, classes, np.where(classes[..., None] > 0, np.float32(0.5), np.float32(0)).repeat(4, axis=3)
    )


def made(count: int, slabs: int | None = None, batch: int = 4, weigh: np.ndarray = EQUAL, **knobs) -> CropBatches:
    more = None if slabs is None else numbered_slabs(slabs)
    return CropBatches(numbered(count), more, weigh, batch=batch, **{"places": True, "seed": 1, **knobs})


def epoch(batches: CropBatches, kind: str = "crop") -> list[list[int]]:
    """The numbers of the crops (or slabs) of every batch."""
    return [batches[at][0][kind][:, 0, 0, 0].tolist() for at in range(len(batches))]


# Order


@pytest.mark.parametrize("slabs", [None, 0, 3], ids=["no slabs asked for", "no slabs", "slabs"])
def test_no_crops(slabs: int | None) -> None:
    """As of a split without pictures."""
    batches = made(0, slabs)
    assert len(batches) == 0
    batches.on_epoch_end()


@pytest.mark.parametrize(
    ("count", "batch", "expected"),
    [
        pytest.param(1, 4, 1, id="a crop"),
        pytest.param(3, 4, 1, id="fewer than a batch"),
        pytest.param(8, 4, 2, id="two whole batches"),
        pytest.param(10, 4, 3, id="two and a half"),
        pytest.param(9, 1, 9, id="one by one"),
    ],
)
def test_every_crop_once_an_epoch_in_full_batches(count: int, batch: int, expected: int) -> None:
    batches = made(count, batch=batch)
    assert len(batches) == expected
    for _ in range(3):
        numbers = epoch(batches)
        assert [len(each) for each in numbers] == [batch] * expected
        flat = [number for each in numbers for number in each]
        assert sorted(flat[:count]) == list(range(count))
        assert set(flat[count:]) <= set(range(count))
        batches.on_epoch_end()


def test_each_epoch_has_another_order() -> None:
    batches = made(40, 12)
    first, first_slabs = epoch(batches), epoch(batches, "slab")
    assert epoch(batches) == first
    batches.on_epoch_end()
    assert epoch(batches) != first
    assert epoch(batches, "slab") != first_slabs


def test_the_seed_decides_the_order() -> None:
    assert epoch(made(40, seed=1)) == epoch(made(40, seed=1))
    assert epoch(made(40, seed=1)) != epoch(made(40, seed=2))


@pytest.mark.parametrize(
    ("batch", "slabs", "some"),
    [
        pytest.param(4, 5, 1, id="at least one"),
        pytest.param(16, 5, 2, id="an eighth"),
        pytest.param(16, 1, 2, id="fewer slabs than a batch takes"),
        pytest.param(16, 500, 2, id="more slabs than an epoch takes"),
    ],
)
def test_slabs_beside_the_crops(batch: int, slabs: int, some: int) -> None:
    batches = made(40, slabs, batch)
    numbers = [number for each in epoch(batches, "slab") for number in each]
    assert len(numbers) == some * len(batches)
    times = np.bincount(numbers, minlength=slabs)
    assert times.max() - times.min() <= 1  # each as often as the others


def test_over_the_epochs_every_slab_is_seen() -> None:
    batches, seen = made(8, 6), set()
    for _ in range(20):
        seen |= {number for each in epoch(batches, "slab") for number in each}
        batches.on_epoch_end()
    assert seen == set(range(6))


# What is in a batch


@pytest.mark.parametrize("slabs", [None, 3], ids=["crops", "crops and slabs"])
def test_shapes(slabs: int | None) -> None:
    batches = made(10, slabs, batch=8)
    inputs, wished, weights = batches[0]
    expected = {"crop": (8, 22, 23, 3)} | ({"slab": (1, 26, 31, 3)} if slabs else {})
    assert batches.shapes == {kind: shape[1:] for kind, shape in expected.items()}
    assert {kind: pixels.shape for kind, pixels in inputs.items()} == expected
    assert all(pixels.dtype == np.uint8 for pixels in inputs.values())
    grids = {"crop": (8, 1, 1), "slab": (1, 2, 3)}
    assert {name: each.shape for name, each in weights.items()} == {
        f"{kind}.{name}": grids[kind] for kind in expected for name in ("label", "place")
    }
    assert {name: each.shape for name, each in wished.items()} == {
        f"{kind}.{name}": (*grids[kind], size) for kind in expected for name, size in (("label", 3), ("place", 4))
    }
    assert {each.dtype for each in (*wished.values(), *weights.values())} == {np.dtype(np.float32)}


def test_a_network_without_places_is_wished_none() -> None:
    _, wished, weights = made(10, 3, places=False)[0]
    assert set(wished) == set(weights) == {"crop.label", "slab.label"}


def test_what_is_wished_belongs_to_the_crop() -> None:
    weigh = np.array([0.5, 2.0, 3.0], np.float32)
    batches = made(10, batch=5, weigh=weigh)
    for at in range(len(batches)):
        inputs, wished, weights = batches[at]
        numbers = inputs["crop"][:, 0, 0, 0].astype(int)
        np.testing.assert_array_equal(wished["crop.label"][:, 0, 0], np.eye(3)[numbers % 3])
        np.testing.assert_array_equal(weights["crop.label"][:, 0, 0], weigh[numbers % 3])
        brand = numbers % 3 > 0
        np.testing.assert_array_equal(wished["crop.place"][:, 0, 0, 0], np.where(brand, numbers, 0))
        np.testing.assert_array_equal(weights["crop.place"][:, 0, 0], np.where(brand, weigh[numbers % 3], 0))


def test_what_is_wished_of_a_slab() -> None:
    """Windows that are neither one nor the other weigh nothing, the others half a crop each."""
    _, wished, weights = made(10, 3, batch=4)[0]
    classes = np.array([[0, -1, 1], [2, 0, 0]])
    np.testing.assert_array_equal(wished["slab.label"][0][classes >= 0], np.eye(3)[classes[classes >= 0]])
    # Keras takes the mean over 6 windows, and over 4 crops: 6 / 4 / 2 makes a window half a crop
    np.testing.assert_allclose(weights["slab.label"][0], np.where(classes >= 0, 0.75, 0))
    np.testing.assert_allclose(weights["slab.place"][0], np.where(classes > 0, 0.75, 0))
    np.testing.assert_array_equal(wished["slab.place"][0][classes > 0], 0.5)


@pytest.mark.parametrize(
    ("classes", "choice", "expected"),
    [
        pytest.param([], "equal", [1, 1, 1], id="none, equal"),
        pytest.param([], "balanced", [0, 0, 0], id="none, balanced"),
        pytest.param([0, 0, 0, 1], "equal", [1, 1, 1], id="equal"),
        pytest.param([0, 0, 1, 1, 2, 2], "balanced", [1, 1, 1], id="balanced already"),
        pytest.param([0, 0, 0, 0, 1, 2], "balanced", [0.5, 2, 2], id="balanced"),
    ],
)
def test_class_weights(classes: list[int], choice: str, expected: list[float]) -> None:
    found = class_weights(np.array(classes, np.int64), 3, choice)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected)


def test_a_class_without_crops_does_no_harm() -> None:
    found = class_weights(np.array([0, 0, 2]), 3, "balanced")
    assert np.isfinite(found).all()
    assert found[0] * 2 == pytest.approx(found[2])


# The trainer


def tiny(name: str) -> keras.Model:
    look = network.InputSpec(22, 23, 3, np.full(3, 0.5), np.full(3, 0.25))
    return network.NETWORKS[name](look, filters=0.125, dropout=0.0)


@pytest.mark.parametrize(
    ("name", "slabs", "outputs"),
    [
        pytest.param("talk", None, {"crop.label"}, id="talk"),
        pytest.param("slide", None, {"crop.label", "crop.place"}, id="slide, crops"),
        pytest.param("slide", 3, {"crop.label", "crop.place", "slab.label", "slab.place"}, id="slide, slabs too"),
    ],
)
def test_the_trainer_shares_the_networks_weights(name: str, slabs: int | None, outputs: set[str]) -> None:
    model = tiny(name)
    batches = made(8, slabs)
    both = training_model(model, batches.shapes)
    assert {id(weight) for weight in both.weights} == {id(weight) for weight in model.weights}
    inputs, *_ = batches[0]
    found = both(inputs)
    assert set(found) == outputs
    for kind, pixels in inputs.items():
        for answer, expected in model(pixels).items():
            np.testing.assert_allclose(found[f"{kind}.{answer}"], expected, atol=1e-5)


def test_training_it_trains_the_network_and_leaves_its_preprocessing() -> None:
    keras.utils.set_random_seed(1)
    model = tiny("slide")
    before = {weight.path: keras.ops.convert_to_numpy(weight).copy() for weight in model.weights}
    batches = made(8, 6)
    both = training_model(model, batches.shapes)
    losses = {name: "mse" if name.endswith("place") else "categorical_crossentropy" for name in both.output}
    both.compile("adam", loss=losses, run_eagerly=True)
    both.fit(batches, epochs=1, verbose=0)
    same = {path for path, old in before.items() if (keras.ops.convert_to_numpy(weight_at(model, path)) == old).all()}
    assert {path.split("/")[0] for path in same} == {"standardise"}


def weight_at(model: keras.Model, path: str) -> keras.Variable:
    return next(weight for weight in model.weights if weight.path == path)
