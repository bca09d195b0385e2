"""Parts of training pictures, and what each of the windows in them is said to show."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box, iou
from brandlens.logo import slabs, windows
from brandlens.logo.slabs import Slabs
from brandlens.logo.windows import Geometry

Painter = Callable[..., Picture]

SIZE = (180, 80)
STRIDE = 2
GRID = ((80 - 22) // STRIDE + 1, (180 - 75) // STRIDE + 1)
COLA = Box(150, 90, 75, 25, "cola")


def cut(pictures: Sequence[Picture], geometry: Geometry, count: int, zoom: float = 1.0, seed: int = 1) -> Slabs:
    return slabs.slabs(
        pictures, geometry, count=count, size=SIZE, grid=GRID, stride=STRIDE, smallest=24, zoom=zoom, seed=seed
    )


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


def framed(box: np.ndarray, geometry: Geometry) -> np.ndarray:
    """(1, 4) the window around a logo in a slab: in the network's pixels every window has the network's shape."""
    return windows.around(box[None], replace(geometry, aspects=(geometry.width / geometry.height,)))


@pytest.mark.parametrize("count", [0, 5])
def test_no_pictures(geometry: Geometry, count: int) -> None:
    found = cut([], geometry, count)
    assert (found.pictures.shape, found.classes.shape, found.places.shape) == (
        (0, 80, 180, 3),
        (0, *GRID),
        (0, *GRID, 4),
    )
    assert (found.pictures.dtype, found.classes.dtype, found.places.dtype) == (np.uint8, np.int64, np.float32)


def test_no_slabs_asked_for(paint: Painter, geometry: Geometry) -> None:
    assert len(cut([paint("shop", COLA)], geometry, 0).pictures) == 0


@pytest.mark.parametrize("count", [1, 3, 7])
def test_slabs_are_spread_over_the_pictures(paint: Painter, geometry: Geometry, count: int) -> None:
    """Each picture has a colour of its own, and the brightness of a slab changes less than that."""
    pictures = [paint(str(at), ground=tuple(np.eye(3, dtype=int)[at] * 150 + 40)) for at in range(3)]
    found = cut(pictures, geometry, count)
    assert (found.pictures.shape, found.pictures.dtype) == ((count, 80, 180, 3), np.uint8)
    assert (found.classes.shape, found.classes.dtype) == ((count, *GRID), np.int64)
    assert (found.places.shape, found.places.dtype) == ((count, *GRID, 4), np.float32)
    shown = found.pictures.mean(axis=(1, 2)).argmax(axis=1)
    assert np.bincount(shown, minlength=3).tolist() == [count // 3 + (at < count % 3) for at in range(3)]


def test_pictures_without_a_logo_show_none(paint: Painter, geometry: Geometry) -> None:
    found = cut([paint("street"), paint("shop", Box(150, 90, 75, 25, "fizz"))], geometry, 12)
    assert not found.classes.any()
    assert not found.places.any()


def test_windows_on_a_logo_show_it_and_those_far_from_it_do_not(paint: Painter, geometry: Geometry) -> None:
    """1 where a window lies on the logo, 0 where it is far, -1 between: all against what the slab's pixels show."""
    found = cut([paint("shop", COLA)], geometry, 30)
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


def test_two_of_three_slabs_show_a_logo_that_fits_the_window(paint: Painter, geometry: Geometry) -> None:
    found = cut([paint("shop", COLA)], geometry, 60)
    shows = (found.classes > 0).any(axis=(1, 2))
    assert 0.5 < shows.mean() < 0.95
    assert (found.classes == 0).mean() > 0.5


@pytest.mark.parametrize("zoom", [1.0, 1.25])
def test_a_logo_is_near_the_windows_size(paint: Painter, geometry: Geometry, zoom: float) -> None:
    found = cut([paint("shop", COLA)], geometry, 30, zoom)
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


def test_places_recover_the_box(paint: Painter, geometry: Geometry) -> None:
    found = cut([paint("shop", COLA)], geometry, 30, zoom=1.2)
    compared = 0
    for slab, classes, places in zip(found.pictures, found.classes, found.places, strict=True):
        shows = classes.ravel() > 0
        assert not places.reshape(-1, 4)[~shows].any()
        logo = whole(slab)
        if logo is not None and shows.any():
            boxes = windows.placed(looked_at()[shows], places.reshape(-1, 4)[shows])
            assert np.abs(boxes - logo).max() <= 1.6
            compared += shows.sum()
    assert compared > 100


def test_several_brands_have_their_own_numbers(paint: Painter) -> None:
    geometry = Geometry(("fizz", "cola", "juice"), 75, 22, 0.1, (3.0,))
    boxes = [Box(20, 20, 75, 25, "cola"), Box(200, 150, 75, 25, "fizz"), Box(200, 20, 75, 25, "soda")]
    found = cut([paint("shop", *boxes)], geometry, 30)
    assert set(np.unique(found.classes)) == {-1, 0, 1, 2}
    for label, others in ((2, boxes[1:]), (1, [boxes[0], boxes[2]])):
        alone = cut([paint("shop", *others)], geometry, 30)
        assert label not in alone.classes


def test_ignored_boxes_are_neither_logo_nor_background(paint: Painter, geometry: Geometry) -> None:
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


def test_a_logo_beside_an_ignored_box_is_still_shown(paint: Painter, geometry: Geometry) -> None:
    ignored = Box(COLA.left, COLA.top + 20, 75, 25, "cola", ignore=True)
    found = cut([paint("shop", COLA, ignored)], geometry, 12)
    assert (found.classes == 1).any()


def test_the_seed_decides(paint: Painter, geometry: Geometry) -> None:
    pictures = [paint("shop", COLA), paint("street")]
    one, same, other = (cut(pictures, geometry, 6, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.pictures, same.pictures)
    np.testing.assert_array_equal(one.classes, same.classes)
    np.testing.assert_array_equal(one.places, same.places)
    assert (one.pictures != other.pictures).any()


def test_slabs_differ_in_light_and_place(paint: Painter, geometry: Geometry) -> None:
    found = cut([paint("shop", COLA)], geometry, 12)
    assert all((one != two).any() for one, two in pairwise(found.pictures))
    assert np.ptp(np.median(found.pictures, axis=(1, 2, 3))) > 10


@pytest.mark.parametrize(
    "size", [pytest.param((40, 30), id="smaller than a slab"), pytest.param((75, 300), id="a narrow one")]
)
def test_small_pictures_are_cut_as_well(paint: Painter, geometry: Geometry, size: tuple[int, int]) -> None:
    found = cut([paint("thumb", Box(5, 5, 30, 10, "cola"), size=size), paint("empty", size=size)], geometry, 6)
    assert found.pictures.shape == (6, 80, 180, 3)
    assert (found.classes > 0).any()
