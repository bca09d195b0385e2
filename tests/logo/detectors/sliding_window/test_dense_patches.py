"""Parts of training pictures, and what each of the windows in them is said to show."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box, iou
from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window import dense_patches
from brandlens.logo.detectors.sliding_window.dense_patches import DensePatches, Wear

Painter = Callable[..., Picture]

SIZE = (180, 80)
STRIDE = 2
GRID = ((80 - 22) // STRIDE + 1, (180 - 75) // STRIDE + 1)
COLA = Box(150, 90, 75, 25, "cola")


NEW = Wear(brightness=0.0, contrast=0.0, blur=0.0, noise=0.0, jpeg=100)
OLD = Wear(brightness=0.25, contrast=0.35, blur=1.0, noise=8.0, jpeg=40)


def cut(
    pictures: Sequence[Picture], geometry: WindowSpec, count: int, *, zoom: float = 1.0, stretch: float = 1.0,
    seed: int = 1, wear: Wear | None = None,
) -> DensePatches:  # fmt: skip
    return dense_patches.sample_patches(
        pictures, geometry, count=count, size=SIZE, grid=GRID, stride=STRIDE, smallest=24, zoom=zoom, stretch=stretch,
        seed=seed, wear=wear,
    )  # fmt: skip


def looked_at() -> np.ndarray:
    """(windows, 4) every window of a slab, in its pixels, row by row."""
    y, x = np.mgrid[: GRID[0], : GRID[1]].reshape(2, -1) * STRIDE
    return np.stack([x, y, x + 75, y + 22], axis=1).astype(np.float32)


def coloured(slab: np.ndarray) -> np.ndarray | None:
    """(4,) the part of a slab that is magenta, None where nothing is; edges are half a pixel off at most."""
    rows, columns = np.nonzero(slab[..., 0] > slab[..., 1] + 60.0)
    if not len(rows):
        return None
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)


def whole(slab: np.ndarray) -> np.ndarray | None:
    """As `coloured`, but None also where the slab's edge may cut it off."""
    found = coloured(slab)
    return found if found is not None and (found > 0).all() and (found[2:] < SIZE).all() else None


def framed(box: np.ndarray, geometry: WindowSpec) -> np.ndarray:
    """(1, 4) the window around a logo of the window's own shape, in a slab."""
    return windows.pad_boxes(box[None], geometry.margin, geometry.margin)


@pytest.mark.parametrize("count", [0, 5])
def test_no_pictures(geometry: WindowSpec, count: int) -> None:
    found = cut([], geometry, count)
    assert (found.pictures.shape, found.classes.shape, found.places.shape) == (
        (0, 80, 180, 3),
        (0, *GRID),
        (0, *GRID, 4),
    )
    assert (found.pictures.dtype, found.classes.dtype, found.places.dtype) == (np.uint8, np.int64, np.float32)


def test_no_slabs_asked_for(paint: Painter, geometry: WindowSpec) -> None:
    assert len(cut([paint("shop", COLA)], geometry, 0).pictures) == 0


@pytest.mark.parametrize("count", [1, 3, 7])
def test_slabs_are_spread_over_the_pictures(paint: Painter, geometry: WindowSpec, count: int) -> None:
    """Each picture has a colour of its own."""
    pictures = [paint(str(at), ground=tuple(np.eye(3, dtype=int)[at] * 150 + 40)) for at in range(3)]
    found = cut(pictures, geometry, count)
    assert (found.pictures.shape, found.pictures.dtype) == ((count, 80, 180, 3), np.uint8)
    assert (found.classes.shape, found.classes.dtype) == ((count, *GRID), np.int64)
    assert (found.places.shape, found.places.dtype) == ((count, *GRID, 4), np.float32)
    shown = found.pictures.mean(axis=(1, 2)).argmax(axis=1)
    assert np.bincount(shown, minlength=3).tolist() == [count // 3 + (at < count % 3) for at in range(3)]


def test_pictures_without_a_logo_show_none(paint: Painter, geometry: WindowSpec) -> None:
    found = cut([paint("street"), paint("shop", Box(150, 90, 75, 25, "fizz"))], geometry, 12)
    assert not found.classes.any()
    assert not found.places.any()


@pytest.mark.parametrize("stretch", [1.0, 1.2])
def test_windows_on_a_logo_show_it_and_those_far_from_it_do_not(
    paint: Painter, geometry: WindowSpec, stretch: float
) -> None:
    """1 where a window lies on the logo, 0 where it is far, -1 between: all against what the slab's pixels show."""
    found = cut([paint("shop", COLA)], geometry, 30, stretch=stretch)
    seen = 0
    for slab, classes in zip(found.pictures, found.classes, strict=True):
        if coloured(slab) is None:
            assert not classes.any()
        logo = whole(slab)
        if logo is None:
            continue
        seen += 1
        share = iou(looked_at(), framed(logo, geometry))[:, 0].reshape(GRID)
        assert (classes[share > 0.65] == 1).all()
        assert (classes[(share > 0.4) & (share < 0.55)] == -1).all()
        assert (classes[share < 0.3] == 0).all()
    assert seen >= 10


def test_two_of_three_slabs_show_a_logo_that_fits_the_window(paint: Painter, geometry: WindowSpec) -> None:
    found = cut([paint("shop", COLA)], geometry, 60)
    shows = (found.classes > 0).any(axis=(1, 2))
    assert 0.5 < shows.mean() < 0.95
    assert (found.classes == 0).mean() > 0.5


@pytest.mark.parametrize("zoom", [1.0, 1.25])
def test_a_logo_is_near_the_windows_size(paint: Painter, geometry: WindowSpec, zoom: float) -> None:
    found = cut([paint("shop", COLA)], geometry, 30, zoom=zoom)
    fit = 75 / (1 + 2 * geometry.margin)
    widths = []
    for slab, classes in zip(found.pictures, found.classes, strict=True):
        logo = whole(slab)
        if logo is not None and (classes > 0).any():
            widths.append((logo[2] - logo[0]) / fit)
    assert len(widths) >= 10
    near = [width for width in widths if 1 / zoom - 0.03 < width < zoom + 0.03]
    assert len(near) >= 0.8 * len(widths)
    assert max(near) - min(near) <= zoom - 1 / zoom + 0.06


@pytest.mark.parametrize("stretch", [1.0, 1.4])
def test_a_logo_has_nearly_the_windows_shape(paint: Painter, geometry: WindowSpec, stretch: float) -> None:
    found = cut([paint("shop", COLA)], geometry, 40, stretch=stretch)
    shapes = []
    for slab, classes in zip(found.pictures, found.classes, strict=True):
        logo = whole(slab)
        if logo is not None and (classes > 0).any():
            shapes.append((logo[2] - logo[0]) / (logo[3] - logo[1]) / (75 / 22))
    assert len(shapes) >= 10
    room = 0.12  # whole pixels tell the shape of so small a box no better
    assert 1 / stretch - room < min(shapes) <= max(shapes) < stretch + room
    assert max(shapes) / min(shapes) >= stretch**2 * 0.8


def test_places_recover_the_box(paint: Painter, geometry: WindowSpec) -> None:
    found = cut([paint("shop", COLA)], geometry, 30, zoom=1.2, stretch=1.2)
    compared = 0
    for slab, classes, places in zip(found.pictures, found.classes, found.places, strict=True):
        shows = classes.ravel() > 0
        assert not places.reshape(-1, 4)[~shows].any()
        logo = whole(slab)
        if logo is not None and shows.any():
            boxes = windows.decode_boxes(looked_at()[shows], places.reshape(-1, 4)[shows])
            assert np.abs(boxes - logo).max() <= 1.6
            compared += shows.sum()
    assert compared > 100


def test_several_brands_have_their_own_numbers(paint: Painter) -> None:
    geometry = WindowSpec(("fizz", "cola", "juice"), 75, 22, 0.1, (3.0,))
    boxes = [Box(20, 20, 75, 25, "cola"), Box(200, 150, 75, 25, "fizz"), Box(200, 20, 75, 25, "soda")]
    found = cut([paint("shop", *boxes)], geometry, 30)
    assert set(np.unique(found.classes)) == {-1, 0, 1, 2}
    for label, others in ((2, boxes[1:]), (1, [boxes[0], boxes[2]])):
        alone = cut([paint("shop", *others)], geometry, 30)
        assert label not in alone.classes


def test_ignored_boxes_are_neither_logo_nor_background(paint: Painter, geometry: WindowSpec) -> None:
    found = cut([paint("shop", replace(COLA, ignore=True))], geometry, 30)
    assert set(np.unique(found.classes)) == {-1, 0}
    assert not found.places.any()
    compared = 0
    for slab, classes in zip(found.pictures, found.classes, strict=True):
        region = coloured(slab)
        if region is None:
            continue
        overlap = np.prod(
            np.clip(np.minimum(looked_at()[:, 2:], region[2:]) - np.maximum(looked_at()[:, :2], region[:2]), 0, None),
            axis=1,
        ).reshape(GRID)
        assert (classes[overlap == 0] == 0).all() or whole(slab) is None
        assert (classes[overlap > 0.3 * 75 * 22] == -1).all()
        compared += 1
    assert compared >= 5


def test_a_logo_beside_an_ignored_box_is_still_shown(paint: Painter, geometry: WindowSpec) -> None:
    ignored = Box(COLA.left, COLA.top + 10, 75, 25, "cola", ignore=True)
    found, alone = cut([paint("shop", COLA, ignored)], geometry, 12), cut([paint("shop", COLA)], geometry, 12)
    np.testing.assert_array_equal(found.classes > 0, alone.classes > 0)
    np.testing.assert_array_equal(found.places, alone.places)
    assert (found.classes == -1).sum() > (alone.classes == -1).sum()


def test_the_seed_decides(paint: Painter, geometry: WindowSpec) -> None:
    pictures = [paint("shop", COLA), paint("street")]
    one, same, other = (cut(pictures, geometry, 6, zoom=1.2, seed=seed, wear=OLD) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.pictures, same.pictures)
    np.testing.assert_array_equal(one.classes, same.classes)
    np.testing.assert_array_equal(one.places, same.places)
    assert (one.pictures != other.pictures).any()


def test_slabs_show_different_parts(paint: Painter, geometry: WindowSpec) -> None:
    found = cut([paint("shop", COLA)], geometry, 12)
    assert all((one != two).any() for one, two in pairwise(found.pictures))


def test_unworn_slabs_have_the_colours_of_the_picture(paint: Painter, geometry: WindowSpec) -> None:
    found = cut([paint("street", ground=(70, 90, 200))], geometry, 6)
    assert (found.pictures == (70, 90, 200)).all()


# Wear


BARS = np.where(np.arange(180) // 6 % 2, 160, 100).astype(np.uint8)
LUMA = np.array([0.299, 0.587, 0.114])  # what of a colour JPEG keeps pixel by pixel
SLAB = np.broadcast_to(BARS[None, :, None], (80, 180, 3))  # grey, so that JPEG has no colour to lose


def times_worn(count: int, **knobs: float) -> list[np.ndarray]:
    """A slab worn again and again by these knobs alone."""
    random = np.random.default_rng(1)
    return [dense_patches.jitter_colors(SLAB, replace(NEW, **knobs), random).astype(float) for _ in range(count)]


def test_wear_leaves_places_and_classes(paint: Painter, geometry: WindowSpec) -> None:
    pictures = [paint("shop", COLA)]
    worn = cut(pictures, geometry, 1, wear=OLD)
    plain = cut(pictures, geometry, 1)
    np.testing.assert_array_equal(worn.classes, plain.classes)
    np.testing.assert_array_equal(worn.places, plain.places)
    assert (worn.pictures != plain.pictures).any()


def test_what_is_not_worn_has_only_a_tint() -> None:
    """Each colour is a few percent stronger or weaker."""
    found = dense_patches.jitter_colors(SLAB, NEW, np.random.default_rng(1))
    assert (found.shape, found.dtype) == ((80, 180, 3), np.uint8)
    assert np.abs(found.astype(int) - SLAB).max() <= 4


@pytest.mark.parametrize(
    ("knobs", "measure", "low", "high"),
    [
        pytest.param({"brightness": 0.2}, lambda shown: shown.mean() - SLAB.mean(), -51, 51, id="brightness"),
        pytest.param({"contrast": 0.4}, lambda shown: np.log(shown.std() / SLAB.std()), -0.4, 0.4, id="contrast"),
        pytest.param(
            {"noise": 12.0}, lambda shown: (shown @ LUMA - BARS).std(), 0, 12 * np.linalg.norm(LUMA), id="noise"
        ),
    ],
)
def test_wear_goes_as_far_as_it_may(
    knobs: dict[str, float], measure: Callable[[np.ndarray], float], low: float, high: float
) -> None:
    found = [measure(shown) for shown in times_worn(80, **knobs)]
    room = 0.2 * (high - low)
    assert low - room < min(found) < low + room
    assert high - room < max(found) < high + room


@pytest.mark.parametrize("knobs", [{"blur": 1.0}, {"jpeg": 5}], ids=["blur", "jpeg"])
def test_wear_takes_detail_from_some(knobs: dict[str, float]) -> None:
    lost = [np.abs(np.diff(shown - SLAB, axis=1)).mean() for shown in times_worn(40, **knobs)]
    assert min(lost) < 1
    assert max(lost) > 2


# Pictures of any size


@pytest.mark.parametrize(
    "size", [pytest.param((40, 30), id="smaller than a slab"), pytest.param((75, 300), id="a narrow one")]
)
def test_small_pictures_are_cut_as_well(paint: Painter, geometry: WindowSpec, size: tuple[int, int]) -> None:
    found = cut([paint("thumb", Box(5, 5, 30, 10, "cola"), size=size), paint("empty", size=size)], geometry, 6)
    assert found.pictures.shape == (6, 80, 180, 3)
    assert (found.classes > 0).any()
