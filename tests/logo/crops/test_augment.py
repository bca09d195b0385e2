"""Augmented training crops: which are drawn, how strongly they change, and that their boxes follow."""

from dataclasses import replace
from typing import get_type_hints

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brandlens.config.logo import Augmentation
from brandlens.logo.crops import augment, extract, windows
from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.crops.windows import WindowSpec

X, Y = 15, 4  # pixels of padding
SHAPE = (22 + 2 * Y, 75 + 2 * X)
INNER = np.float32([[X, Y, X + 75, Y + 22]])

OFF = Augmentation(
    samples_per_class=1, background_ratio=1, rotation=0, translation=0, zoom=0, perspective=0, brightness=0, contrast=0,
    saturation=0, hue=0, blur_sigma=0, noise_std=0, jpeg_min_quality=100,
)  # fmt: skip
GEOMETRIC = {"rotation": 6.0, "translation": 0.04, "zoom": 0.06, "perspective": 0.1}
PHOTOMETRIC = {
    "brightness": 0.25,
    "contrast": 0.35,
    "saturation": 0.35,
    "hue": 0.03,
    "blur_sigma": 1.0,
    "noise_std": 8.0,
    "jpeg_min_quality": 40,
}
FULL = replace(OFF, **GEOMETRIC, **PHOTOMETRIC)


def grounds(count: int, seed: int = 1) -> np.ndarray:
    """Return (count, ...) uint8 smooth colored crops with padding."""
    small = np.random.default_rng(seed).integers(60, 200, (count, 3, 6, 3)).astype(np.uint8)
    return np.stack([cv2.resize(tiny, SHAPE[::-1], interpolation=cv2.INTER_LINEAR) for tiny in small])


def painted(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return dark padded crops with a bright rectangle in each, and the rectangles' deltas."""
    random = np.random.default_rng(3)
    crops = np.full((count, *SHAPE, 3), 40, np.uint8)
    corner = np.stack([random.integers(4, 14, count), random.integers(2, 6, count)], axis=1)
    end = np.stack([random.integers(58, 72, count), random.integers(15, 20, count)], axis=1)
    boxes = (np.concatenate([corner, end], axis=1) + INNER[:, [0, 1, 0, 1]]).astype(np.float32)
    for picture, (left, top, right, bottom) in zip(crops, boxes.astype(int), strict=True):
        picture[top:bottom, left:right] = 230
    return crops, windows.encode_boxes(np.tile(INNER, (count, 1)), boxes)


def augmented(window: WindowSpec, crops: np.ndarray, cfg: Augmentation) -> np.ndarray:
    """Return the changed crops, all of the background."""
    class_ids, deltas = np.zeros(len(crops), np.int64), np.zeros((len(crops), 4), np.float32)
    return augment.augment(crops, class_ids, deltas, window, cfg, 1).crops


# All changes together


def test_no_crops(window: WindowSpec) -> None:
    nothing = np.zeros((0, *SHAPE, 3), np.uint8)
    changed = augment.augment(nothing, np.zeros(0, np.int64), np.zeros((0, 4), np.float32), window, FULL, 1)
    assert (changed.crops.shape, changed.class_ids.shape, changed.box_deltas.shape) == ((0, 22, 75, 3), (0,), (0, 4))
    assert changed.crops.dtype == np.uint8


@pytest.mark.parametrize("count", [1, 3, augment.BATCH_SIZE + 1])
def test_shapes(window: WindowSpec, count: int) -> None:
    class_ids = np.arange(count) % 2
    batches = []

    def progress(starts: range) -> range:
        batches.append(len(starts))
        return starts

    deltas = np.full((count, 4), -0.2, np.float32)
    changed = augment.augment(grounds(count), class_ids, deltas, window, FULL, 1, progress)
    assert (changed.crops.shape, changed.box_deltas.shape) == ((count, 22, 75, 3), (count, 4))
    assert (changed.crops.dtype, changed.class_ids.dtype, changed.box_deltas.dtype) == (np.uint8, np.int64, np.float32)
    np.testing.assert_array_equal(changed.class_ids, class_ids)
    assert np.isfinite(changed.box_deltas).all()
    assert batches == [-(-count // augment.BATCH_SIZE)]


def test_the_seed_decides(window: WindowSpec) -> None:
    crops, deltas = painted(20)
    class_ids = np.ones(20, np.int64)

    def made(seed: int) -> CropSet:
        return augment.augment(crops, class_ids, deltas, window, FULL, seed)

    one, same, other = made(1), made(1), made(2)
    np.testing.assert_array_equal(one.crops, same.crops)
    np.testing.assert_array_equal(one.box_deltas, same.box_deltas)
    assert (one.crops != other.crops).any(axis=(1, 2, 3)).all()
    assert (one.box_deltas != other.box_deltas).any(axis=1).all()


def test_equal_crops_become_different_ones(window: WindowSpec) -> None:
    crops = np.repeat(grounds(1), 20, axis=0)
    assert len(np.unique(augmented(window, crops, FULL), axis=0)) == 20


def test_the_crops_given_are_left_alone(window: WindowSpec) -> None:
    crops, deltas = painted(5)
    before, deltas_before = crops.copy(), deltas.copy()
    augment.augment(crops, np.ones(5, np.int64), deltas, window, FULL, 1)
    np.testing.assert_array_equal(crops, before)
    np.testing.assert_array_equal(deltas, deltas_before)


def test_nothing_on_changes_nothing(window: WindowSpec) -> None:
    crops, deltas = painted(20)
    changed = augment.augment(crops, np.ones(20, np.int64), deltas, window, OFF, 1)
    np.testing.assert_allclose(changed.crops, extract.center_crop(crops, window), atol=2)  # JPEG rounds
    np.testing.assert_allclose(changed.box_deltas, deltas, atol=1e-5)


@pytest.fixture(scope="module")
def plain(window: WindowSpec) -> np.ndarray:
    return augmented(window, grounds(12), OFF)


@pytest.mark.parametrize(("knob", "strength"), (GEOMETRIC | PHOTOMETRIC).items(), ids=str)
def test_each_knob_changes_pictures(window: WindowSpec, plain: np.ndarray, knob: str, strength: float) -> None:
    changed = augmented(window, grounds(12), replace(OFF, **{knob: strength}))
    assert (changed != plain).any(axis=(1, 2, 3)).mean() > 0.1


@pytest.mark.parametrize("knob", [*GEOMETRIC, *PHOTOMETRIC])
def test_the_strongest_that_params_allow(window: WindowSpec, knob: str) -> None:
    allowed = get_type_hints(Augmentation, include_extras=True)[knob].__metadata__[0]
    extreme = allowed.low if knob == "jpeg_min_quality" else allowed.high
    changed = augmented(window, grounds(2), replace(OFF, **{knob: extreme}))
    assert changed.shape == (2, 22, 75, 3)


# Boxes


@pytest.mark.parametrize(
    "knobs",
    [*({knob: 2 * strength} for knob, strength in GEOMETRIC.items()), GEOMETRIC],
    ids=", ".join,
)
def test_a_box_follows_its_picture(window: WindowSpec, knobs: dict[str, float]) -> None:
    """A rectangle painted at the box is still in it, and nearly fills it, wherever it was moved."""
    count = 60
    crops, deltas = painted(count)
    changed = augment.augment(crops, np.ones(count, np.int64), deltas, window, replace(OFF, **knobs), 1)
    assert np.abs(changed.box_deltas - deltas).max() > 0.01  # it did move
    moved = windows.decode_boxes(np.tile(np.float32([[0, 0, 75, 22]]), (count, 1)), changed.box_deltas)
    for crop, box in zip(changed.crops, moved, strict=True):
        rows, columns = np.nonzero(crop.mean(axis=2) > 135)
        shown = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        inside = np.clip(box, 0, (75, 22, 75, 22))
        assert (shown[:2] >= inside[:2] - 1).all()
        assert (shown[2:] <= inside[2:] + 1).all()
        assert (np.abs(shown - inside) <= 5).all()  # the box around a turned rectangle is a little larger


def test_background_has_no_box(window: WindowSpec) -> None:
    crops, deltas = painted(6)
    changed = augment.augment(crops, np.array([0, 1, 0, 2, 0, 1]), deltas, window, FULL, 1)
    assert not changed.box_deltas[[0, 2, 4]].any()
    assert changed.box_deltas[[1, 3, 5]].any(axis=1).all()


@pytest.mark.parametrize(
    ("translation", "farthest"), [pytest.param(0.04, 0.04, id="a little"), pytest.param(0.15, 0.15, id="far")]
)
def test_translation_is_a_fraction_of_the_window(window: WindowSpec, translation: float, farthest: float) -> None:
    crops, deltas = painted(200)
    changed = augment.augment(crops, np.ones(200, np.int64), deltas, window, replace(OFF, translation=translation), 1)
    moved = np.abs(changed.box_deltas - deltas)[:, :2].max(axis=0)
    assert (moved <= farthest + 1e-4).all()
    assert (moved > 0.9 * farthest).all()


def test_rotation_is_in_degrees(window: WindowSpec) -> None:
    """A line across the crop turns by as many degrees as the knob says, at most."""
    crops = np.full((60, *SHAPE, 3), 40, np.uint8)
    crops[:, SHAPE[0] // 2 - 1 : SHAPE[0] // 2 + 1] = 255
    angles = []
    for crop in augmented(window, crops, replace(OFF, rotation=12.0)):
        light = crop[..., 0].astype(float) - 40
        middle = (light * np.arange(22)[:, None]).sum(axis=0) / light.sum(axis=0)
        angles.append(np.degrees(np.arctan(np.polyfit(np.arange(75), middle, 1)[0])))
    assert -12.5 < min(angles) < -9
    assert 9 < max(angles) < 12.5


# Light, noise and compression


def flat(level: int, count: int = 200) -> np.ndarray:
    return np.full((count, *SHAPE, 3), level, np.uint8)


def test_brightness_is_a_fraction_of_full_scale(window: WindowSpec) -> None:
    levels = augmented(window, flat(128), replace(OFF, brightness=0.25)).mean(axis=(1, 2, 3))
    assert 128 - 65 < levels.min() < 128 - 58
    assert 128 + 58 < levels.max() < 128 + 65


def test_contrast_is_a_fraction(window: WindowSpec) -> None:
    crops = flat(100)
    crops[:, :, ::2] = 140
    changed = augmented(window, crops, replace(OFF, contrast=0.4)).astype(float)
    ratio = changed.std(axis=(1, 2, 3)) / 20
    assert 0.55 < ratio.min() < 0.68
    assert 1.32 < ratio.max() < 1.45


def test_color_knobs_leave_grey_alone(window: WindowSpec) -> None:
    changed = augmented(window, flat(128, 20), replace(OFF, saturation=0.5, hue=0.5))
    assert np.abs(changed.astype(int) - 128).max() <= 1


def test_saturation_is_a_fraction(window: WindowSpec) -> None:
    rosy = np.full((100, *SHAPE, 3), (200, 150, 150), np.uint8)
    changed = augmented(window, rosy, replace(OFF, saturation=0.4)).astype(float).mean(axis=(1, 2))
    times = (1 - changed[:, 1:].mean(axis=1) / changed[:, 0]) / 0.25
    assert 0.55 < times.min() < 0.7
    assert 1.3 < times.max() < 1.45


def test_hue_is_a_fraction_of_the_color_circle(window: WindowSpec) -> None:
    red = np.zeros((100, *SHAPE, 3), np.uint8)
    red[..., 0] = 200
    changed = augmented(window, red, replace(OFF, hue=0.1))
    turns = np.array([cv2.cvtColor(crop, cv2.COLOR_RGB2HSV_FULL)[11, 37, 0] / 255 for crop in changed])
    turns = np.where(turns > 0.5, turns - 1, turns)
    assert -0.11 < turns.min() < -0.08
    assert 0.08 < turns.max() < 0.11


def test_blur_softens_some(window: WindowSpec) -> None:
    crops = flat(60, 60)
    crops[:, :, ::2] = 180
    contrast = augmented(window, crops, replace(OFF, blur_sigma=1.0)).astype(float).std(axis=(1, 2, 3))
    softened = contrast < 50
    assert softened.any()
    assert not softened.all()


def test_bright_crops_are_blurred_no_more_than_dark_ones(window: WindowSpec) -> None:
    crops = flat(100, 400)
    crops[:, :, ::2] = 150
    changed = augmented(window, crops, replace(OFF, brightness=0.2, blur_sigma=1.0)).astype(float)
    blurred = changed.std(axis=(1, 2, 3)) < 24
    assert 0.1 < blurred.mean() < 0.9
    assert abs(np.corrcoef(changed.mean(axis=(1, 2, 3)), blurred)[0, 1]) < 0.15


@pytest.mark.parametrize("max_std", [pytest.param(0.0, id="none"), pytest.param(12.0, id="up to 12 levels")])
def test_add_noise(max_std: float) -> None:
    crops = np.full((300, 8, 8, 3), 127.4, np.float32)
    changed = augment.add_noise(crops, max_std, np.random.default_rng(1))
    assert changed.dtype == np.uint8
    spread = (changed - 127.0).std(axis=(1, 2, 3))
    assert abs(changed.mean() - 127.4) <= 0.5
    assert spread.max() <= max_std * 1.3
    assert spread.max() >= max_std * 0.8
    assert spread.min() <= 0.5


@pytest.mark.parametrize(("level", "mean"), [(-60.0, 0), (-3.0, 0), (0.4, 0), (0.6, 1), (300.0, 255)])
def test_noise_stays_in_range(level: float, mean: int) -> None:
    changed = augment.add_noise(np.full((2, 4, 4, 3), level, np.float32), 0.0, np.random.default_rng(1))
    assert (changed == mean).all()


def test_noise_of_no_pictures() -> None:
    nothing = np.zeros((0, 4, 4, 3), np.float32)
    assert augment.add_noise(nothing, 8.0, np.random.default_rng(1)).shape == nothing.shape
    assert augment.jpeg_compress(nothing.astype(np.uint8), 40, np.random.default_rng(1)).shape == nothing.shape


def test_jpeg_compress() -> None:
    """Colors keep their order; the lower the quality the more is lost, and each picture has its own."""
    picture = extract.center_crop(grounds(1), WindowSpec(("cola",), 75, 22, 0.1, (3.0,)))
    picture = np.clip(picture + np.random.default_rng(1).normal(0, 20, picture.shape), 0, 255).astype(np.uint8)
    crops = np.repeat(picture, 40, axis=0)
    lost = {}
    for quality in (100, 60, 5):
        changed = augment.jpeg_compress(crops, quality, np.random.default_rng(1))
        assert (changed.shape, changed.dtype) == (crops.shape, np.uint8)
        lost[quality] = np.abs(changed.astype(int) - crops).mean(axis=(1, 2, 3))
    assert lost[100].mean() < lost[60].mean() < lost[5].mean()
    assert len(np.unique(lost[100])) == 1
    assert len(np.unique(lost[5])) > 10
    red = np.full((1, 16, 16, 3), (250, 10, 10), np.uint8)
    assert np.abs(augment.jpeg_compress(red, 100, np.random.default_rng(1)).astype(int) - red).max() <= 4


# Which crops are changed


@pytest.mark.parametrize(
    ("class_ids", "samples", "ratio", "counts"),
    [
        pytest.param([], 5, 2.0, {}, id="none"),
        pytest.param([1], 3, 2.0, {1: 3}, id="one crop"),
        pytest.param([0, 0, 0, 1, 2, 2], 4, 1.0, {0: 4, 1: 4, 2: 4}, id="as many of each"),
        pytest.param([0, 1, 1], 4, 2.5, {0: 10, 1: 4}, id="more background"),
        pytest.param([0] * 50 + [1] * 9, 6, 0.5, {0: 3, 1: 6}, id="fewer than there are"),
    ],
)
def test_balanced_indices(class_ids: list[int], samples: int, ratio: float, counts: dict[int, int]) -> None:
    ids = np.array(class_ids, np.int64)
    chosen = augment.balanced_indices(ids, samples, ratio, np.random.default_rng(1))
    changed, times = np.unique(ids[chosen], return_counts=True)
    assert dict(zip(changed.tolist(), times.tolist(), strict=True)) == counts


@given(
    arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 3)),
    st.integers(1, 30),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.integers(0, 3),
)
def test_every_crop_is_taken_equally_often(class_ids: np.ndarray, samples: int, ratio: float, seed: int) -> None:
    chosen = augment.balanced_indices(class_ids, samples, ratio, np.random.default_rng(seed))
    times = np.bincount(chosen, minlength=len(class_ids))
    for class_id in np.unique(class_ids):
        own = times[class_ids == class_id]
        assert own.max() - own.min() <= 1
        assert own.sum() == round(samples * (ratio if class_id == 0 else 1))
    again = augment.balanced_indices(class_ids, samples, ratio, np.random.default_rng(seed))
    np.testing.assert_array_equal(chosen, again)


def test_the_indices_are_shuffled() -> None:
    chosen = augment.balanced_indices(np.repeat([0, 1], 100), 100, 1.0, np.random.default_rng(1))
    assert 20 < (chosen[:100] < 100).sum() < 80
