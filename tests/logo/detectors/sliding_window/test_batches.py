"""Batches: which crops and patches are in them, their targets, and how much each counts."""

import keras
import numpy as np
import pytest

from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.detectors.sliding_window.batches import CropBatches, class_weights, training_model
from brandlens.logo.detectors.sliding_window.dense_patches import PatchSet
from brandlens.logo.detectors.sliding_window.network import BuildNetwork, InputSpec, fcn, snowdon

EQUAL = np.ones(3, np.float32)


def numbered(count: int) -> CropSet:
    """Crops, and box deltas, that show their own number; class ids 0, 1, 2, 0, ...."""
    at = np.arange(count)
    box_deltas = np.where(at % 3 > 0, at, 0).astype(np.float32)
    return CropSet(
        np.broadcast_to(at[:, None, None, None], (count, 22, 23, 3)).astype(np.uint8),
        (at % 3).astype(np.int64),
        np.repeat(box_deltas[:, None], 4, axis=1),
    )


def numbered_patches(count: int) -> PatchSet:
    """Patches of 2 x 3 windows that show their own number."""
    classes = np.tile(np.array([[0, -1, 1], [2, 0, 0]], np.int64), (count, 1, 1))
    pixels = np.broadcast_to(np.arange(count)[:, None, None, None], (count, 26, 31, 3)).astype(np.uint8)
    return PatchSet(pixels, classes, np.where(classes[..., None] > 0, np.float32(0.5), np.float32(0)).repeat(4, axis=3))


def made(count: int, patches: int | None = None, batch: int = 4, per_class: np.ndarray = EQUAL, **knobs) -> CropBatches:
    more = None if patches is None else numbered_patches(patches)
    return CropBatches(
        numbered(count), more, per_class, batch_size=batch, **{"with_box_deltas": True, "seed": 1, **knobs}
    )


def epoch(batches: CropBatches, kind: str = "crop") -> list[list[int]]:
    """The numbers of the crops (or patches) of every batch."""
    return [batches[at][0][kind][:, 0, 0, 0].tolist() for at in range(len(batches))]


# Order


@pytest.mark.parametrize("patches", [None, 0, 3], ids=["no patches asked for", "no patches", "patches"])
def test_no_crops(patches: int | None) -> None:
    """As of a split without pictures."""
    batches = made(0, patches)
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
        assert [len(batch_numbers) for batch_numbers in numbers] == [batch] * expected
        flat = [number for batch_numbers in numbers for number in batch_numbers]
        assert sorted(flat[:count]) == list(range(count))
        assert set(flat[count:]) <= set(range(count))
        batches.on_epoch_end()


def test_each_epoch_has_another_order() -> None:
    batches = made(40, 12)
    first, first_patches = epoch(batches), epoch(batches, "patch")
    assert epoch(batches) == first
    batches.on_epoch_end()
    assert epoch(batches) != first
    assert epoch(batches, "patch") != first_patches


def test_an_epoch_has_its_order_whatever_came_before() -> None:
    batches, resumed = made(40, 12), made(40, 12)
    for _ in range(4):  # Keras ends one before the first
        batches.on_epoch_end()
    resumed.start_epoch(3)
    assert (epoch(resumed), epoch(resumed, "patch")) == (epoch(batches), epoch(batches, "patch"))


def test_the_seed_decides_the_order() -> None:
    assert epoch(made(40, seed=1)) == epoch(made(40, seed=1))
    assert epoch(made(40, seed=1)) != epoch(made(40, seed=2))


@pytest.mark.parametrize(
    ("batch", "patches", "patch_batch_size"),
    [
        pytest.param(4, 5, 1, id="at least one"),
        pytest.param(16, 5, 2, id="an eighth"),
        pytest.param(16, 1, 2, id="fewer patches than a batch takes"),
        pytest.param(16, 500, 2, id="more patches than an epoch takes"),
    ],
)
def test_patches_beside_the_crops(batch: int, patches: int, patch_batch_size: int) -> None:
    batches = made(40, patches, batch)
    numbers = [number for numbers_ in epoch(batches, "patch") for number in numbers_]
    assert len(numbers) == patch_batch_size * len(batches)
    times = np.bincount(numbers, minlength=patches)
    assert times.max() - times.min() <= 1  # each as often as the others


def test_over_the_epochs_every_patch_is_seen() -> None:
    batches, seen = made(8, 6), set()
    for _ in range(20):
        seen |= {number for batch in epoch(batches, "patch") for number in batch}
        batches.on_epoch_end()
    assert seen == set(range(6))


# What is in a batch


@pytest.mark.parametrize("patches", [None, 3], ids=["crops", "crops and patches"])
def test_shapes(patches: int | None) -> None:
    batches = made(10, patches, batch=8)
    inputs, targets, weights = batches[0]
    expected = {"crop": (8, 22, 23, 3)} | ({"patch": (1, 26, 31, 3)} if patches else {})
    assert batches.shapes == {kind: shape[1:] for kind, shape in expected.items()}
    assert {kind: pixels.shape for kind, pixels in inputs.items()} == expected
    assert all(pixels.dtype == np.uint8 for pixels in inputs.values())
    grids = {"crop": (8, 1, 1), "patch": (1, 2, 3)}
    assert {name: array.shape for name, array in weights.items()} == {
        f"{kind}.{name}": grids[kind] for kind in expected for name in ("label", "box_deltas")
    }
    assert {name: array.shape for name, array in targets.items()} == {
        f"{kind}.{name}": (*grids[kind], size) for kind in expected for name, size in (("label", 3), ("box_deltas", 4))
    }
    assert {array.dtype for array in (*targets.values(), *weights.values())} == {np.dtype(np.float32)}


def test_a_network_without_box_deltas_has_no_targets_for_them() -> None:
    _, targets, weights = made(10, 3, with_box_deltas=False)[0]
    assert set(targets) == set(weights) == {"crop.label", "patch.label"}


def test_targets_belong_to_the_crop() -> None:
    per_class = np.array([0.5, 2.0, 3.0], np.float32)
    batches = made(10, batch=5, per_class=per_class)
    for at in range(len(batches)):
        inputs, targets, weights = batches[at]
        numbers = inputs["crop"][:, 0, 0, 0].astype(int)
        np.testing.assert_array_equal(targets["crop.label"][:, 0, 0], np.eye(3)[numbers % 3])
        np.testing.assert_array_equal(weights["crop.label"][:, 0, 0], per_class[numbers % 3])
        brand = numbers % 3 > 0
        np.testing.assert_array_equal(targets["crop.box_deltas"][:, 0, 0, 0], np.where(brand, numbers, 0))
        np.testing.assert_array_equal(weights["crop.box_deltas"][:, 0, 0], np.where(brand, per_class[numbers % 3], 0))


def test_targets_of_a_patch() -> None:
    """Windows that may show a logo or not weigh nothing, the others half a crop each."""
    _, targets, weights = made(10, 3, batch=4)[0]
    classes = np.array([[0, -1, 1], [2, 0, 0]])
    np.testing.assert_array_equal(targets["patch.label"][0][classes >= 0], np.eye(3)[classes[classes >= 0]])
    # Keras takes the mean over 6 windows, and over 4 crops: 6 / 4 / 2 makes a window half a crop
    np.testing.assert_allclose(weights["patch.label"][0], np.where(classes >= 0, 0.75, 0))
    np.testing.assert_allclose(weights["patch.box_deltas"][0], np.where(classes > 0, 0.75, 0))
    np.testing.assert_array_equal(targets["patch.box_deltas"][0][classes > 0], 0.5)


@pytest.mark.parametrize(
    ("classes", "choice", "expected"),
    [
        pytest.param([], "none", [1, 1, 1], id="none, none"),
        pytest.param([], "balanced", [0, 0, 0], id="none, balanced"),
        pytest.param([0, 0, 0, 1], "none", [1, 1, 1], id="none"),
        pytest.param([0, 0, 1, 1, 2, 2], "balanced", [1, 1, 1], id="balanced already"),
        pytest.param([0, 0, 0, 0, 1, 2], "balanced", [0.5, 2, 2], id="balanced"),
    ],
)
def test_class_weights(classes: list[int], choice: str, expected: list[float]) -> None:
    result = class_weights(np.array(classes, np.int64), 3, choice)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected)


def test_a_class_without_crops_does_no_harm() -> None:
    result = class_weights(np.array([0, 0, 2]), 3, "balanced")
    assert np.isfinite(result).all()
    assert result[0] * 2 == pytest.approx(result[2])


# The training model


def tiny(build: BuildNetwork) -> keras.Model:
    return build(InputSpec(22, 23, 3, np.full(3, 0.5), np.full(3, 0.25)), width_multiplier=0.125, dropout=0.0)


@pytest.mark.parametrize(
    ("build", "patches", "outputs"),
    [
        pytest.param(snowdon, None, {"crop.label"}, id="snowdon"),
        pytest.param(fcn, None, {"crop.label", "crop.box_deltas"}, id="fcn, crops"),
        pytest.param(
            fcn, 3, {"crop.label", "crop.box_deltas", "patch.label", "patch.box_deltas"}, id="fcn, patches too"
        ),
    ],
)
def test_it_shares_the_networks_weights(build: BuildNetwork, patches: int | None, outputs: set[str]) -> None:
    model = tiny(build)
    batches = made(8, patches)
    both = training_model(model, batches.shapes)
    assert {id(weight) for weight in both.weights} == {id(weight) for weight in model.weights}
    inputs, *_ = batches[0]
    result = both(inputs)
    assert set(result) == outputs
    for kind, pixels in inputs.items():
        for answer, expected in model(pixels).items():
            np.testing.assert_allclose(result[f"{kind}.{answer}"], expected, atol=1e-5)


def test_training_it_trains_the_network_and_leaves_its_preprocessing() -> None:
    keras.utils.set_random_seed(1)
    model = tiny(fcn)
    before = {weight.path: keras.ops.convert_to_numpy(weight).copy() for weight in model.weights}
    batches = made(8, 6)
    both = training_model(model, batches.shapes)
    losses = {name: "mse" if name.endswith("box_deltas") else "categorical_crossentropy" for name in both.output}
    both.compile("adam", loss=losses, run_eagerly=True)
    both.fit(batches, epochs=1, verbose=0)
    same = {path for path, old in before.items() if (keras.ops.convert_to_numpy(weight_at(model, path)) == old).all()}
    assert {path.split("/")[0] for path in same} == {"normalize"}


def weight_at(model: keras.Model, path: str) -> keras.Variable:
    return next(weight for weight in model.weights if weight.path == path)
