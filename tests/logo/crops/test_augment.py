"""Training crops and their many variants: what is drawn, how strongly it is changed, and that its place follows."""

from dataclasses import fields, replace
from typing import get_type_hints

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brandlens.config.logo import Augmentation
from brandlens.logo.crops import augment, extract, windows
from brandlens.logo.crops.augment import Recipe
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.crop_set import CropSet

HALO = 0.2
X, Y = 15, 4  # pixels of the halo
SHAPE = (22 + 2 * Y, 75 + 2 * X)
WINDOW = np.float32([[X, Y, X + 75, Y + 22]])

OFF = Recipe(
    rotation=0, translation=0, zoom=0, perspective=0, brightness=0, contrast=0, saturation=0, hue=0, blur=0, noise=0,
    jpeg=100, seed=1,
)  # fmt: skip
BENDING = {"rotation": 6.0, "translation": 0.04, "zoom": 0.06, "perspective": 0.1}
LIGHTING = {
    "brightness": 0.25,
    "contrast": 0.35,
    "saturation": 0.35,
    "hue": 0.03,
    "blur": 1.0,
    "noise": 8.0,
    "jpeg": 40,
}
FULL = replace(OFF, **BENDING, **LIGHTING)


def grounds(count: int, seed: int = 1) -> np.ndarray:
    """(count, ...) uint8 smooth coloured pictures of a crop with its halo."""
    small = np.random.default_rng(seed).integers(60, 200, (count, 3, 6, 3)).astype(np.uint8)
    wide, tall = SHAPE[1], SHAPE[0]
    return np.stack([cv2.resize(each, (wide, tall), interpolation=cv2.INTER_LINEAR) for each in small])


def painted(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Dark crops with halo, a bright rectangle in each, and the rectangles' places."""
    random = np.random.default_rng(3)
    pictures = np.full((count, *SHAPE, 3), 40, np.uint8)
    corner = np.stack([random.integers(4, 14, count), random.integers(2, 6, count)], axis=1)
    end = np.stack([random.integers(58, 72, count), random.integers(15, 20, count)], axis=1)
    boxes = (np.concatenate([corner, end], axis=1) + WINDOW[:, [0, 1, 0, 1]]).astype(np.float32)
    for picture, (left, top, right, bottom) in zip(pictures, boxes.astype(int), strict=True):
        picture[top:bottom, left:right] = 230
    return pictures, windows.encode_boxes(np.tile(WINDOW, (count, 1)), boxes)


def changed(geometry: WindowSpec, pictures: np.ndarray, recipe: Recipe, label: int = 0) -> np.ndarray:
    """The augmented crops of one class."""
    classes, places = np.full(len(pictures), label, np.int64), np.zeros((len(pictures), 4), np.float32)
    return augment.augment(pictures, classes, places, geometry, recipe).crops


# All changes together


def test_no_crops(geometry: WindowSpec) -> None:
    nothing = np.zeros((0, *SHAPE, 3), np.uint8)
    found = augment.augment(nothing, np.zeros(0, np.int64), np.zeros((0, 4), np.float32), geometry, FULL)
    assert (found.crops.shape, found.classes.shape, found.places.shape) == ((0, 22, 75, 3), (0,), (0, 4))
    assert found.crops.dtype == np.uint8


@pytest.mark.parametrize("count", [1, 3, augment.BATCH + 1])
def test_shapes(geometry: WindowSpec, count: int) -> None:
    classes = np.arange(count) % 2
    batches = []

    def progress(starts: range) -> range:
        batches.append(len(starts))
        return starts

    places = np.full((count, 4), -0.2, np.float32)
    found = augment.augment(grounds(count), classes, places, geometry, FULL, progress)
    assert (found.crops.shape, found.places.shape) == ((count, 22, 75, 3), (count, 4))
    assert (found.crops.dtype, found.classes.dtype, found.places.dtype) == (np.uint8, np.int64, np.float32)
    np.testing.assert_array_equal(found.classes, classes)
    assert np.isfinite(found.places).all()
    assert batches == [-(-count // augment.BATCH)]


def test_the_seed_decides(geometry: WindowSpec) -> None:
    pictures, places = painted(20)
    classes = np.ones(20, np.int64)

    def made(seed: int) -> CropSet:
        return augment.augment(pictures, classes, places, geometry, replace(FULL, seed=seed))

    one, same, other = made(1), made(1), made(2)
    np.testing.assert_array_equal(one.crops, same.crops)
    np.testing.assert_array_equal(one.places, same.places)
    assert (one.crops != other.crops).any(axis=(1, 2, 3)).all()
    assert (one.places != other.places).any(axis=1).all()


def test_equal_crops_become_different_ones(geometry: WindowSpec) -> None:
    pictures = np.repeat(grounds(1), 20, axis=0)
    assert len(np.unique(changed(geometry, pictures, FULL), axis=0)) == 20


def test_the_crops_given_are_left_alone(geometry: WindowSpec) -> None:
    pictures, places = painted(5)
    before, places_before = pictures.copy(), places.copy()
    augment.augment(pictures, np.ones(5, np.int64), places, geometry, FULL)
    np.testing.assert_array_equal(pictures, before)
    np.testing.assert_array_equal(places, places_before)


def test_nothing_on_changes_nothing(geometry: WindowSpec) -> None:
    pictures, places = painted(20)
    found = augment.augment(pictures, np.ones(20, np.int64), places, geometry, OFF)
    np.testing.assert_allclose(found.crops, extract.center_crop(pictures, geometry), atol=2)  # JPEG rounds
    np.testing.assert_allclose(found.places, places, atol=1e-5)


@pytest.fixture(scope="module")
def plain(geometry: WindowSpec) -> np.ndarray:
    return changed(geometry, grounds(12), OFF)


@pytest.mark.parametrize(("knob", "strength"), (BENDING | LIGHTING).items(), ids=str)
def test_each_knob_changes_pictures(geometry: WindowSpec, plain: np.ndarray, knob: str, strength: float) -> None:
    found = changed(geometry, grounds(12), replace(OFF, **{knob: strength}))
    assert (found != plain).any(axis=(1, 2, 3)).mean() > 0.1


@pytest.mark.parametrize("knob", [field.name for field in fields(Recipe) if field.name != "seed"])
def test_the_strongest_that_params_allow(geometry: WindowSpec, knob: str) -> None:
    allowed = get_type_hints(Augmentation, include_extras=True)[knob].__metadata__[0]
    extreme = allowed.low if knob == "jpeg" else allowed.high
    found = changed(geometry, grounds(2), replace(OFF, **{knob: extreme}))
    assert found.shape == (2, 22, 75, 3)


# Places


@pytest.mark.parametrize(
    "knobs",
    [*({knob: 2 * strength} for knob, strength in BENDING.items()), BENDING],
    ids=", ".join,
)
def test_a_place_follows_its_picture(geometry: WindowSpec, knobs: dict[str, float]) -> None:
    """A rectangle painted at the box is still in it, and nearly fills it, wherever it was moved."""
    count = 60
    pictures, places = painted(count)
    found = augment.augment(pictures, np.ones(count, np.int64), places, geometry, replace(OFF, **knobs))
    assert np.abs(found.places - places).max() > 0.01  # it did move
    moved = windows.decode_boxes(np.tile(np.float32([[0, 0, 75, 22]]), (count, 1)), found.places)
    for crop, box in zip(found.crops, moved, strict=True):
        rows, columns = np.nonzero(crop.mean(axis=2) > 135)
        shown = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        inside = np.clip(box, 0, (75, 22, 75, 22))
        assert (shown[:2] >= inside[:2] - 1).all()
        assert (shown[2:] <= inside[2:] + 1).all()
        assert (np.abs(shown - inside) <= 5).all()  # the box around a turned rectangle is a little larger


def test_other_has_no_place(geometry: WindowSpec) -> None:
    pictures, places = painted(6)
    found = augment.augment(pictures, np.array([0, 1, 0, 2, 0, 1]), places, geometry, FULL)
    assert not found.places[[0, 2, 4]].any()
    assert found.places[[1, 3, 5]].any(axis=1).all()


@pytest.mark.parametrize(
    ("translation", "farthest"), [pytest.param(0.04, 0.04, id="a little"), pytest.param(0.15, 0.15, id="far")]
)
def test_translation_is_a_share_of_the_window(geometry: WindowSpec, translation: float, farthest: float) -> None:
    pictures, places = painted(200)
    found = augment.augment(pictures, np.ones(200, np.int64), places, geometry, replace(OFF, translation=translation))
    moved = np.abs(found.places - places)[:, :2].max(axis=0)
    assert (moved <= farthest + 1e-4).all()
    assert (moved > 0.9 * farthest).all()


def test_rotation_is_in_degrees(geometry: WindowSpec) -> None:
    """A line across the crop turns by as many degrees as the knob says, at most."""
    pictures = np.full((60, *SHAPE, 3), 40, np.uint8)
    pictures[:, SHAPE[0] // 2 - 1 : SHAPE[0] // 2 + 1] = 255
    angles = []
    for crop in changed(geometry, pictures, replace(OFF, rotation=12.0)):
        light = crop[..., 0].astype(float) - 40
        middle = (light * np.arange(22)[:, None]).sum(axis=0) / light.sum(axis=0)
        angles.append(np.degrees(np.arctan(np.polyfit(np.arange(75), middle, 1)[0])))
    assert -12.5 < min(angles) < -9
    assert 9 < max(angles) < 12.5


# Light, noise and compression


def flat(level: int, count: int = 200) -> np.ndarray:
    return np.full((count, *SHAPE, 3), level, np.uint8)


def test_brightness_is_a_share_of_full_scale(geometry: WindowSpec) -> None:
    levels = changed(geometry, flat(128), replace(OFF, brightness=0.25)).mean(axis=(1, 2, 3))
    assert 128 - 65 < levels.min() < 128 - 58
    assert 128 + 58 < levels.max() < 128 + 65


def test_contrast_is_a_share(geometry: WindowSpec) -> None:
    pictures = flat(100)
    pictures[:, :, ::2] = 140
    found = changed(geometry, pictures, replace(OFF, contrast=0.4)).astype(float)
    ratio = found.std(axis=(1, 2, 3)) / 20
    assert 0.55 < ratio.min() < 0.68
    assert 1.32 < ratio.max() < 1.45


def test_colour_knobs_leave_grey_alone(geometry: WindowSpec) -> None:
    found = changed(geometry, flat(128, 20), replace(OFF, saturation=0.5, hue=0.5))
    assert np.abs(found.astype(int) - 128).max() <= 1


def test_saturation_is_a_share(geometry: WindowSpec) -> None:
    rosy = np.full((100, *SHAPE, 3), (200, 150, 150), np.uint8)
    found = changed(geometry, rosy, replace(OFF, saturation=0.4)).astype(float).mean(axis=(1, 2))
    times = (1 - found[:, 1:].mean(axis=1) / found[:, 0]) / 0.25
    assert 0.55 < times.min() < 0.7
    assert 1.3 < times.max() < 1.45


def test_hue_is_a_share_of_the_colour_circle(geometry: WindowSpec) -> None:
    red = np.zeros((100, *SHAPE, 3), np.uint8)
    red[..., 0] = 200
    found = changed(geometry, red, replace(OFF, hue=0.1))
    turns = np.array([cv2.cvtColor(crop, cv2.COLOR_RGB2HSV_FULL)[11, 37, 0] / 255 for crop in found])
    turns = np.where(turns > 0.5, turns - 1, turns)
    assert -0.11 < turns.min() < -0.08
    assert 0.08 < turns.max() < 0.11


def test_blur_softens_some(geometry: WindowSpec) -> None:
    pictures = flat(60, 60)
    pictures[:, :, ::2] = 180
    contrast = changed(geometry, pictures, replace(OFF, blur=1.0)).astype(float).std(axis=(1, 2, 3))
    softened = contrast < 50
    assert softened.any()
    assert not softened.all()


def test_bright_crops_are_blurred_no_more_than_dark_ones(geometry: WindowSpec) -> None:
    pictures = flat(100, 400)
    pictures[:, :, ::2] = 150
    found = changed(geometry, pictures, replace(OFF, brightness=0.2, blur=1.0)).astype(float)
    blurred = found.std(axis=(1, 2, 3)) < 24
    assert 0.1 < blurred.mean() < 0.9
    assert abs(np.corrcoef(found.mean(axis=(1, 2, 3)), blurred)[0, 1]) < 0.15


@pytest.mark.parametrize("strongest", [pytest.param(0.0, id="none"), pytest.param(12.0, id="up to 12 levels")])
def test_noisy(strongest: float) -> None:
    pictures = np.full((300, 8, 8, 3), 127.4, np.float32)
    found = augment.add_noise(pictures, strongest, np.random.default_rng(1))
    assert found.dtype == np.uint8
    spread = (found - 127.0).std(axis=(1, 2, 3))
    assert abs(found.mean() - 127.4) <= 0.5
    assert spread.max() <= strongest * 1.3
    assert spread.max() >= strongest * 0.8
    assert spread.min() <= 0.5


@pytest.mark.parametrize(("level", "mean"), [(-60.0, 0), (-3.0, 0), (0.4, 0), (0.6, 1), (300.0, 255)])
def test_noisy_stays_in_range(level: float, mean: int) -> None:
    found = augment.add_noise(np.full((2, 4, 4, 3), level, np.float32), 0.0, np.random.default_rng(1))
    assert (found == mean).all()


def test_noise_of_no_pictures() -> None:
    nothing = np.zeros((0, 4, 4, 3), np.float32)
    assert augment.add_noise(nothing, 8.0, np.random.default_rng(1)).shape == nothing.shape
    assert augment.jpeg_compress(nothing.astype(np.uint8), 40, np.random.default_rng(1)).shape == nothing.shape


def test_compressed() -> None:
    """Colours keep their order; the lower the quality the more is lost, and each picture has its own."""
    picture = extract.center_crop(grounds(1), WindowSpec(("cola",), 75, 22, 0.1, (3.0,)))
    picture = np.clip(picture + np.random.default_rng(1).normal(0, 20, picture.shape), 0, 255).astype(np.uint8)
    pictures = np.repeat(picture, 40, axis=0)
    lost = {}
    for lowest in (100, 60, 5):
        found = augment.jpeg_compress(pictures, lowest, np.random.default_rng(1))
        assert (found.shape, found.dtype) == (pictures.shape, np.uint8)
        lost[lowest] = np.abs(found.astype(int) - pictures).mean(axis=(1, 2, 3))
    assert lost[100].mean() < lost[60].mean() < lost[5].mean()
    assert len(np.unique(lost[100])) == 1
    assert len(np.unique(lost[5])) > 10
    red = np.full((1, 16, 16, 3), (250, 10, 10), np.uint8)
    assert np.abs(augment.jpeg_compress(red, 100, np.random.default_rng(1)).astype(int) - red).max() <= 4


# Which crops are augmented


@pytest.mark.parametrize(
    ("classes", "each", "other", "counts"),
    [
        pytest.param([], 5, 2.0, {}, id="none"),
        pytest.param([1], 3, 2.0, {1: 3}, id="one crop"),
        pytest.param([0, 0, 0, 1, 2, 2], 4, 1.0, {0: 4, 1: 4, 2: 4}, id="as many of each"),
        pytest.param([0, 1, 1], 4, 2.5, {0: 10, 1: 4}, id="more without the logo"),
        pytest.param([0] * 50 + [1] * 9, 6, 0.5, {0: 3, 1: 6}, id="fewer than there are"),
    ],
)
def test_balance(classes: list[int], each: int, other: float, counts: dict[int, int]) -> None:
    numbers = np.array(classes, np.int64)
    chosen = augment.balanced_indices(numbers, each, other, np.random.default_rng(1))
    found, times = np.unique(numbers[chosen], return_counts=True)
    assert dict(zip(found.tolist(), times.tolist(), strict=True)) == counts


@given(
    arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 3)),
    st.integers(1, 30),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.integers(0, 3),
)
def test_every_crop_is_taken_as_often(classes: np.ndarray, each: int, other: float, seed: int) -> None:
    chosen = augment.balanced_indices(classes, each, other, np.random.default_rng(seed))
    times = np.bincount(chosen, minlength=len(classes))
    for number in np.unique(classes):
        mine = times[classes == number]
        assert mine.max() - mine.min() <= 1
        assert mine.sum() == round(each * (other if number == 0 else 1))
    again = augment.balanced_indices(classes, each, other, np.random.default_rng(seed))
    np.testing.assert_array_equal(chosen, again)


def test_the_choice_is_shuffled() -> None:
    chosen = augment.balanced_indices(np.repeat([0, 1], 100), 100, 1.0, np.random.default_rng(1))
    assert 20 < (chosen[:100] < 100).sum() < 80
