"""Patches of training pictures, and the labels of the windows in them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box, iou
from brandlens.config.logo import Augmentation, DensePatches
from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.dense_patches import PatchSet, sample_patches

Painter = Callable[..., Picture]

SIZE = (180, 80)
STRIDE = 2
GRID = ((80 - 22) // STRIDE + 1, (180 - 75) // STRIDE + 1)
COLA = Box(150, 90, 75, 25, "cola")


DEGRADED = Augmentation(
    samples_per_class=1, background_ratio=1.0, rotation=0.0, translation=0.0, zoom=0.0, perspective=0.0,
    brightness=0.25, contrast=0.35, saturation=0.0, hue=0.0, blur_sigma=1.0, noise_std=8.0, jpeg_min_quality=40,
)  # fmt: skip


def sample(
    pictures: Sequence[Picture],
    window: WindowSpec,
    num_patches: int,
    *,
    scale_jitter: float = 1.0,
    ratio_jitter: float = 1.0,
    seed: int = 1,
    augmentation: Augmentation | None = None,
) -> PatchSet:
    cfg = DensePatches(num_patches, SIZE, scale_jitter, ratio_jitter)
    return sample_patches(
        pictures, window, cfg, grid=GRID, stride=STRIDE, min_size=24, seed=seed, augmentation=augmentation
    )


def all_windows() -> np.ndarray:
    """(windows, 4) every window of a patch, in its pixels, row by row."""
    y, x = np.mgrid[: GRID[0], : GRID[1]].reshape(2, -1) * STRIDE
    return np.stack([x, y, x + 75, y + 22], axis=1).astype(np.float32)


def colored(patch: np.ndarray) -> np.ndarray | None:
    """(4,) the part of a patch that is magenta, None where nothing is; edges are half a pixel off at most."""
    rows, columns = np.nonzero(patch[..., 0] > patch[..., 1] + 60.0)
    if not len(rows):
        return None
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)


def uncut(patch: np.ndarray) -> np.ndarray | None:
    """As `colored`, but None also where the patch's edge may cut it off."""
    box = colored(patch)
    return box if box is not None and (box > 0).all() and (box[2:] < SIZE).all() else None


def window_of(box: np.ndarray, window: WindowSpec) -> np.ndarray:
    """(1, 4) the window around a logo of the window's own shape, in a patch."""
    return windows.pad_boxes(box[None], window.margin, window.margin)


@pytest.mark.parametrize("count", [0, 5])
def test_no_pictures(cola_window: WindowSpec, count: int) -> None:
    patch_set = sample([], cola_window, count)
    assert (patch_set.patches.shape, patch_set.class_ids.shape, patch_set.box_deltas.shape) == (
        (0, 80, 180, 3),
        (0, *GRID),
        (0, *GRID, 4),
    )
    assert (patch_set.patches.dtype, patch_set.class_ids.dtype, patch_set.box_deltas.dtype) == (
        np.uint8,
        np.int64,
        np.float32,
    )


def test_no_patches_asked_for(paint: Painter, cola_window: WindowSpec) -> None:
    assert len(sample([paint("shop", COLA)], cola_window, 0).patches) == 0


@pytest.mark.parametrize("count", [1, 3, 7])
def test_patches_are_spread_over_the_pictures(paint: Painter, cola_window: WindowSpec, count: int) -> None:
    """Each picture has a color of its own."""
    pictures = [paint(str(at), ground=tuple(np.eye(3, dtype=int)[at] * 150 + 40)) for at in range(3)]
    patch_set = sample(pictures, cola_window, count)
    assert (patch_set.patches.shape, patch_set.patches.dtype) == ((count, 80, 180, 3), np.uint8)
    assert (patch_set.class_ids.shape, patch_set.class_ids.dtype) == ((count, *GRID), np.int64)
    assert (patch_set.box_deltas.shape, patch_set.box_deltas.dtype) == ((count, *GRID, 4), np.float32)
    shown = patch_set.patches.mean(axis=(1, 2)).argmax(axis=1)
    assert np.bincount(shown, minlength=3).tolist() == [count // 3 + (at < count % 3) for at in range(3)]


def test_pictures_without_a_logo_show_none(paint: Painter, cola_window: WindowSpec) -> None:
    patch_set = sample([paint("street"), paint("shop", Box(150, 90, 75, 25, "fizz"))], cola_window, 12)
    assert not patch_set.class_ids.any()
    assert not patch_set.box_deltas.any()


@pytest.mark.parametrize("ratio_jitter", [1.0, 1.2])
def test_windows_on_a_logo_show_it_and_those_far_from_it_do_not(
    paint: Painter, cola_window: WindowSpec, ratio_jitter: float
) -> None:
    """1 where a window lies on the logo, 0 where it is far, -1 between: all against what the patch's pixels show."""
    patch_set = sample([paint("shop", COLA)], cola_window, 30, ratio_jitter=ratio_jitter)
    seen = 0
    for patch, class_ids in zip(patch_set.patches, patch_set.class_ids, strict=True):
        if colored(patch) is None:
            assert not class_ids.any()
        logo = uncut(patch)
        if logo is None:
            continue
        seen += 1
        share = iou(all_windows(), window_of(logo, cola_window))[:, 0].reshape(GRID)
        assert (class_ids[share > 0.65] == 1).all()
        assert (class_ids[(share > 0.4) & (share < 0.55)] == -1).all()
        assert (class_ids[share < 0.3] == 0).all()
    assert seen >= 10


def test_two_of_three_patches_show_a_logo_that_fits_the_window(paint: Painter, cola_window: WindowSpec) -> None:
    patch_set = sample([paint("shop", COLA)], cola_window, 60)
    shows = (patch_set.class_ids > 0).any(axis=(1, 2))
    assert 0.5 < shows.mean() < 0.95
    assert (patch_set.class_ids == 0).mean() > 0.5


@pytest.mark.parametrize("scale_jitter", [1.0, 1.25])
def test_a_logo_is_near_the_windows_size(paint: Painter, cola_window: WindowSpec, scale_jitter: float) -> None:
    patch_set = sample([paint("shop", COLA)], cola_window, 30, scale_jitter=scale_jitter)
    fit = 75 / (1 + 2 * cola_window.margin)
    widths = []
    for patch, class_ids in zip(patch_set.patches, patch_set.class_ids, strict=True):
        logo = uncut(patch)
        if logo is not None and (class_ids > 0).any():
            widths.append((logo[2] - logo[0]) / fit)
    assert len(widths) >= 10
    near = [width for width in widths if 1 / scale_jitter - 0.03 < width < scale_jitter + 0.03]
    assert len(near) >= 0.8 * len(widths)
    assert max(near) - min(near) <= scale_jitter - 1 / scale_jitter + 0.06


@pytest.mark.parametrize("ratio_jitter", [1.0, 1.4])
def test_a_logo_has_nearly_the_windows_shape(paint: Painter, cola_window: WindowSpec, ratio_jitter: float) -> None:
    patch_set = sample([paint("shop", COLA)], cola_window, 40, ratio_jitter=ratio_jitter)
    shapes = []
    for patch, class_ids in zip(patch_set.patches, patch_set.class_ids, strict=True):
        logo = uncut(patch)
        if logo is not None and (class_ids > 0).any():
            shapes.append((logo[2] - logo[0]) / (logo[3] - logo[1]) / (75 / 22))
    assert len(shapes) >= 10
    room = 0.12  # whole pixels tell the shape of so small a box no better
    assert 1 / ratio_jitter - room < min(shapes) <= max(shapes) < ratio_jitter + room
    assert max(shapes) / min(shapes) >= ratio_jitter**2 * 0.8


def test_box_deltas_recover_the_box(paint: Painter, cola_window: WindowSpec) -> None:
    patch_set = sample([paint("shop", COLA)], cola_window, 30, scale_jitter=1.2, ratio_jitter=1.2)
    compared = 0
    for patch, class_ids, box_deltas in zip(patch_set.patches, patch_set.class_ids, patch_set.box_deltas, strict=True):
        shows = class_ids.ravel() > 0
        assert not box_deltas.reshape(-1, 4)[~shows].any()
        logo = uncut(patch)
        if logo is not None and shows.any():
            boxes = windows.decode_boxes(all_windows()[shows], box_deltas.reshape(-1, 4)[shows])
            assert np.abs(boxes - logo).max() <= 1.6
            compared += shows.sum()
    assert compared > 100


def test_every_label_has_its_own_class_id(paint: Painter) -> None:
    window = WindowSpec(("fizz", "cola", "juice"), 75, 22, 0.1, (3.0,))
    boxes = [Box(20, 20, 75, 25, "cola"), Box(200, 150, 75, 25, "fizz"), Box(200, 20, 75, 25, "soda")]
    patch_set = sample([paint("shop", *boxes)], window, 30)
    assert set(np.unique(patch_set.class_ids)) == {-1, 0, 1, 2}
    for label, others in ((2, boxes[1:]), (1, [boxes[0], boxes[2]])):
        alone = sample([paint("shop", *others)], window, 30)
        assert label not in alone.class_ids


def test_ignored_boxes_are_neither_logo_nor_background(paint: Painter, cola_window: WindowSpec) -> None:
    patch_set = sample([paint("shop", replace(COLA, ignore=True))], cola_window, 30)
    assert set(np.unique(patch_set.class_ids)) == {-1, 0}
    assert not patch_set.box_deltas.any()
    compared = 0
    for patch, class_ids in zip(patch_set.patches, patch_set.class_ids, strict=True):
        region = colored(patch)
        if region is None:
            continue
        overlap = np.prod(
            np.clip(
                np.minimum(all_windows()[:, 2:], region[2:]) - np.maximum(all_windows()[:, :2], region[:2]), 0, None
            ),
            axis=1,
        ).reshape(GRID)
        assert (class_ids[overlap == 0] == 0).all() or uncut(patch) is None
        assert (class_ids[overlap > 0.3 * 75 * 22] == -1).all()
        compared += 1
    assert compared >= 5


def test_a_logo_beside_an_ignored_box_is_still_shown(paint: Painter, cola_window: WindowSpec) -> None:
    ignored = Box(COLA.left, COLA.top + 10, 75, 25, "cola", ignore=True)
    patch_set, alone = (
        sample([paint("shop", COLA, ignored)], cola_window, 12),
        sample([paint("shop", COLA)], cola_window, 12),
    )
    np.testing.assert_array_equal(patch_set.class_ids > 0, alone.class_ids > 0)
    np.testing.assert_array_equal(patch_set.box_deltas, alone.box_deltas)
    assert (patch_set.class_ids == -1).sum() > (alone.class_ids == -1).sum()


def test_the_seed_decides(paint: Painter, cola_window: WindowSpec) -> None:
    pictures = [paint("shop", COLA), paint("street")]
    one, same, other = (
        sample(pictures, cola_window, 6, scale_jitter=1.2, seed=seed, augmentation=DEGRADED) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.patches, same.patches)
    np.testing.assert_array_equal(one.class_ids, same.class_ids)
    np.testing.assert_array_equal(one.box_deltas, same.box_deltas)
    assert (one.patches != other.patches).any()


def test_patches_show_different_regions(paint: Painter, cola_window: WindowSpec) -> None:
    patch_set = sample([paint("shop", COLA)], cola_window, 12)
    assert all((one != two).any() for one, two in pairwise(patch_set.patches))


def test_patches_without_augmentation_have_the_colours_of_the_picture(paint: Painter, cola_window: WindowSpec) -> None:
    patch_set = sample([paint("street", ground=(70, 90, 200))], cola_window, 6)
    assert (patch_set.patches == (70, 90, 200)).all()


def test_augmentation_leaves_labels_and_boxes(paint: Painter, cola_window: WindowSpec) -> None:
    pictures = [paint("shop", COLA)]
    degraded = sample(pictures, cola_window, 1, augmentation=DEGRADED)
    plain = sample(pictures, cola_window, 1)
    np.testing.assert_array_equal(degraded.class_ids, plain.class_ids)
    np.testing.assert_array_equal(degraded.box_deltas, plain.box_deltas)
    assert (degraded.patches != plain.patches).any()


# Pictures of any size


@pytest.mark.parametrize(
    "size", [pytest.param((40, 30), id="smaller than a patch"), pytest.param((75, 300), id="a narrow one")]
)
def test_small_pictures_give_patches_as_well(paint: Painter, cola_window: WindowSpec, size: tuple[int, int]) -> None:
    patch_set = sample(
        [paint("thumb", Box(5, 5, 30, 10, "cola"), size=size), paint("empty", size=size)], cola_window, 6
    )
    assert patch_set.patches.shape == (6, 80, 180, 3)
    assert (patch_set.class_ids > 0).any()
