"""Windows: where they lie around logos, deltas of boxes in them, and what is cut out."""

import json
from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.boxes import iou
from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec

WINDOW = WindowSpec(("cola",), 75, 22, 0.1, (1.0, 3.0))


@st.composite
def rectangles(draw: st.DrawFn, fewest: int = 0, most: int = 8) -> np.ndarray:
    """Draw (n, 4) boxes with sides of 1 to 400 pixels, in and around a picture."""
    corner, side = st.floats(-200, 800, width=32), st.floats(1, 400, width=32)
    rows = draw(st.lists(st.tuples(corner, corner, side, side), min_size=fewest, max_size=most))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in rows], np.float32).reshape(-1, 4)


def sides(boxes: np.ndarray) -> np.ndarray:
    return boxes[:, 2:] - boxes[:, :2]


def centers(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def sized(*sizes: tuple[float, float]) -> np.ndarray:
    return np.array([(5, 7, 5 + width, 7 + height) for width, height in sizes], np.float32)


# WindowSpec


def test_a_window_survives_json() -> None:
    window = WindowSpec(("cola", "Dr. Pepper"), 75, 22, 0.1, (0.8, 3.4))
    again = WindowSpec.from_dict(json.loads(json.dumps(window.to_dict())))
    assert again == window
    assert hash(again) == hash(window)  # no list is left in it


# Aspect ratios


@pytest.mark.parametrize(
    ("boxes", "num_ratios", "expected"),
    [
        pytest.param([(30, 10)], 1, (3.0,), id="one box"),
        pytest.param([(30, 10)], 3, (3.0,), id="more shapes than boxes"),
        pytest.param([(30, 10), (30, 10)], 2, (3.0,), id="all alike"),
        pytest.param([(40, 10), (10, 10), (41, 10), (10, 10)], 2, (1.0, 4.05), id="two kinds, rising"),
        pytest.param([(10, 40), (40, 10)], 1, (1.0,), id="two kinds, one shape: between them"),
        pytest.param([(10, 20), (10, 10), (20, 10)], 3, (0.5, 1.0, 2.0), id="three kinds"),
        pytest.param([(0, 10)], 1, (0.1,), id="no width counts as a pixel"),
    ],
)
def test_cluster_aspect_ratios(boxes: list[tuple[float, float]], num_ratios: int, expected: tuple[float, ...]) -> None:
    assert windows.cluster_aspect_ratios(sized(*boxes), num_ratios) == pytest.approx(expected, abs=2e-3)


def test_boxes_nearly_alike_share_a_shape() -> None:
    (shape,) = windows.cluster_aspect_ratios(sized((10, 10), (11, 10)), 2)
    assert 1 <= shape <= 1.1


@given(rectangles(fewest=1, most=20), st.integers(1, 5), st.randoms())
def test_shapes_are_few_distinct_and_within_those_of_the_boxes(
    boxes: np.ndarray, num_ratios: int, random: Random
) -> None:
    found = windows.cluster_aspect_ratios(boxes, num_ratios)
    own = sides(boxes)[:, 0] / sides(boxes)[:, 1]
    assert 1 <= len(found) <= num_ratios
    assert all(own.min() * 0.99 - 1e-3 <= shape <= own.max() * 1.01 + 1e-3 for shape in found)
    assert all(wider > 1.15 * shape - 2e-3 for shape, wider in pairwise(found))
    order = random.sample(range(len(boxes)), len(boxes))
    assert windows.cluster_aspect_ratios(boxes[order], num_ratios) == found


# Windows around boxes


@pytest.mark.parametrize(
    ("box", "margin", "shapes", "expected"),
    [
        pytest.param([10, 10, 40, 20], 0.0, (3.0,), [10, 10, 40, 20], id="of the shape, no margin"),
        pytest.param([10, 10, 40, 20], 0.1, (3.0,), [7, 9, 43, 21], id="a margin on every side"),
        pytest.param([10, 10, 40, 20], 0.0, (2.0,), [10, 7.5, 40, 22.5], id="heightened"),
        pytest.param([10, 10, 40, 20], 0.0, (4.0,), [5, 10, 45, 20], id="widened"),
        pytest.param([10, 10, 40, 20], 0.0, (1.0, 2.5, 8.0), [10, 9, 40, 21], id="the nearest shape"),
        pytest.param([10, 10, 10, 10], 0.0, (2.0,), [9, 9.5, 11, 10.5], id="an empty box counts as a pixel"),
        pytest.param([-30, -10, 0, 0], 0.0, (3.0,), [-30, -10, 0, 0], id="outside the picture"),
    ],
)
def test_window_around(box: list[float], margin: float, shapes: tuple[float, ...], expected: list[float]) -> None:
    found = windows.window_around(np.float32([box]), replace(WINDOW, margin=margin, aspect_ratios=shapes))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [expected], atol=1e-4)


def test_window_around_no_box() -> None:
    assert windows.window_around(np.zeros((0, 4), np.float32), WINDOW).shape == (0, 4)


@given(rectangles(), st.floats(0, 1), st.lists(st.floats(0.2, 8), min_size=1, max_size=3, unique=True))
def test_a_window_holds_its_box_and_margin_and_no_more(boxes: np.ndarray, margin: float, shapes: list[float]) -> None:
    found = windows.window_around(boxes, replace(WINDOW, margin=margin, aspect_ratios=tuple(shapes)))
    wanted = sides(boxes) * (1 + 2 * margin)
    np.testing.assert_allclose(centers(found), centers(boxes), atol=1e-2)
    assert (sides(found) >= wanted * (1 - 1e-3) - 1e-2).all()
    assert (np.abs(sides(found) / wanted - 1).min(axis=1) < 5e-2).all()  # one side is just long enough
    for width, height in sides(found):
        assert min(abs(width / height / shape - 1) for shape in shapes) < 5e-2


# Boxes in windows


@pytest.mark.parametrize(
    ("window", "box", "deltas"),
    [
        pytest.param([0, 0, 40, 20], [0, 0, 40, 20], [0, 0, 0, 0], id="the window itself"),
        pytest.param([0, 0, 40, 20], [10, 5, 30, 15], [0, 0, np.log(0.5), np.log(0.5)], id="half of it, in the middle"),
        pytest.param([0, 0, 40, 20], [20, 0, 40, 20], [0.25, 0, np.log(0.5), 0], id="the right half"),
        pytest.param([100, 50, 140, 70], [100, 50, 140, 55], [0, -0.375, 0, np.log(0.25)], id="the top quarter"),
        pytest.param([0, 0, 40, 20], [-20, -10, 60, 30], [0, 0, np.log(2), np.log(2)], id="twice as large"),
    ],
)
def test_encode_and_decode(window: list[float], box: list[float], deltas: list[float]) -> None:
    found = windows.encode_boxes(np.float32([window]), np.float32([box]))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [deltas], atol=1e-6)
    np.testing.assert_allclose(windows.decode_boxes(np.float32([window]), found), [box], atol=1e-4)


def test_encode_and_decode_nothing() -> None:
    nothing = np.zeros((0, 4), np.float32)
    assert windows.encode_boxes(nothing, nothing).shape == (0, 4)
    assert windows.decode_boxes(nothing, nothing).shape == (0, 4)


@given(st.data())
def test_decode_boxes_inverts_encode_boxes(data: st.DataObject) -> None:
    boxes = data.draw(rectangles())
    share = st.floats(-0.5, 0.5, width=32)
    ratio = st.floats(0.375, 50, width=32)  # windows from 2.7 times smaller than the box up
    rows = data.draw(
        st.lists(st.tuples(share, share, ratio, ratio), min_size=len(boxes), max_size=len(boxes)), label="windows"
    )
    moves = np.array(rows, np.float32).reshape(-1, 4)
    window_sides = sides(boxes) * moves[:, 2:]
    around = windows.from_centers(centers(boxes) + moves[:, :2] * window_sides, window_sides)
    found = windows.decode_boxes(around, windows.encode_boxes(around, boxes))
    np.testing.assert_allclose(found, boxes, atol=0.05, rtol=1e-4)


def test_extreme_deltas_are_clipped() -> None:
    """Whatever a network predicts, a box is neither larger than a few windows nor empty."""
    window = np.float32([[0, 0, 40, 20]] * 2)
    large, small = sides(windows.decode_boxes(window, np.float32([[0, 0, 99, 99], [0, 0, -99, -99]])))
    assert (large < 3 * sides(window)[0]).all()
    assert (small > 0).all()


# Jitter


def test_jitter_no_windows() -> None:
    nothing = np.zeros((0, 4), np.float32)
    assert windows.jitter(nothing, translate=0.1, scale=1.3, ratio=1.2, rng=np.random.default_rng(1)).shape == (0, 4)


def test_jitter_without_strength_changes_nothing() -> None:
    around = sized((30, 10), (10, 30))
    found = windows.jitter(around, translate=0.0, scale=1.0, ratio=1.0, rng=np.random.default_rng(1))
    np.testing.assert_allclose(found, around, atol=1e-4)


@pytest.mark.parametrize(
    ("translate", "scale", "ratio"),
    [
        pytest.param(0.2, 1.0, 1.0, id="translate"),
        pytest.param(0.0, 1.5, 1.0, id="scale"),
        pytest.param(0.0, 1.0, 1.4, id="ratio"),
        pytest.param(0.12, 1.3, 1.2, id="all"),
    ],
)
def test_jitter_reaches_its_limits_and_no_farther(translate: float, scale: float, ratio: float) -> None:
    around = np.tile(sized((30, 10)), (4000, 1))
    found = windows.jitter(around, translate=translate, scale=scale, ratio=ratio, rng=np.random.default_rng(1))
    moved = (centers(found) - centers(around)) / sides(around)
    scaled = np.sqrt(np.prod(sides(found) / sides(around), axis=1))
    stretched = sides(found)[:, 0] / sides(found)[:, 1] / 3
    for values, low, high in (
        (moved, -translate, translate),
        (scaled, 1 / scale, scale),
        (stretched, 1 / ratio, ratio),
    ):
        room = 0.02 * (high - low)
        assert low - 1e-5 <= values.min() <= low + room + 1e-5
        assert high - room - 1e-5 <= values.max() <= high + 1e-5


def test_each_window_is_jittered_by_itself() -> None:
    around = np.tile(sized((30, 10)), (50, 1))
    found = windows.jitter(around, translate=0.1, scale=1.3, ratio=1.2, rng=np.random.default_rng(1))
    assert len(np.unique(found, axis=0)) == 50


# Cropping


def coordinates(width: int, height: int) -> np.ndarray:
    """Return a picture whose red is the column and green the row."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y, np.full_like(x, 200)], axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("region", "columns", "rows"),
    [
        pytest.param([0, 0, 20, 10], range(20), range(10), id="the whole picture"),
        pytest.param([3, 2, 8, 6], range(3, 8), range(2, 6), id="inside"),
        pytest.param([15, 6, 20, 10], range(15, 20), range(6, 10), id="at the right and lower edge"),
        pytest.param([-2, -1, 3, 2], [0, 0, 0, 1, 2], [0, 0, 1], id="over the left and upper edge"),
        pytest.param([17, 8, 23, 12], [17, 18, 19, 19, 19, 19], [8, 9, 9, 9], id="over the right and lower edge"),
        pytest.param([-2, -1, 22, 11], [0, 0, *range(20), 19, 19], [0, *range(10), 9], id="around the picture"),
        pytest.param([30, 20, 33, 22], [19, 19, 19], [9, 9], id="beyond the picture"),
        pytest.param([-9, -9, -5, -7], [0] * 4, [0] * 2, id="before the picture"),
        pytest.param([2.5, 2.5, 5.5, 4.5], range(3, 6), range(3, 5), id="halves are rounded up, both ends alike"),
        pytest.param([2.4, 2.4, 5.4, 4.4], range(2, 5), range(2, 4), id="less is rounded down"),
        pytest.param([4, 4, 4, 4], [4], [4], id="an empty region shows a pixel"),
    ],
)
def test_crop_image(region: list[float], columns: list[int], rows: list[int]) -> None:
    found = windows.crop_image(coordinates(20, 10), np.float32(region), len(columns), len(rows))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found[..., 0], np.tile(np.array(columns), (len(rows), 1)))
    np.testing.assert_array_equal(found[..., 1], np.tile(np.array(rows)[:, None], (1, len(columns))))
    assert (found[..., 2] == 200).all()


@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 40), st.integers(1, 40))
def test_a_crop_is_a_part_of_the_picture_with_its_edge_repeated(left: int, top: int, width: int, height: int) -> None:
    picture = coordinates(20, 10)
    wider = np.pad(picture, ((80, 80), (80, 80), (0, 0)), mode="edge")
    expected = wider[80 + top : 80 + top + height, 80 + left : 80 + left + width]
    found = windows.crop_image(picture, np.float32([left, top, left + width, top + height]), width, height)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("size", "into"),
    [
        pytest.param((150, 44), (75, 22), id="shrunk"),
        pytest.param((30, 9), (75, 22), id="enlarged"),
        pytest.param((150, 11), (75, 22), id="shrunk one way, enlarged the other"),
    ],
)
def test_a_crop_is_resized(size: tuple[int, int], into: tuple[int, int]) -> None:
    found = windows.crop_image(coordinates(200, 100), np.float32([20, 10, 20 + size[0], 10 + size[1]]), *into)
    assert found.shape == (into[1], into[0], 3)
    across = 20 + (np.arange(into[0]) + 0.5) * size[0] / into[0] - 0.5
    down = 10 + (np.arange(into[1]) + 0.5) * size[1] / into[1] - 0.5
    assert np.abs(found[..., 0] - across[None, :]).max() <= 1.5
    assert np.abs(found[..., 1] - down[:, None]).max() <= 1.5


def test_what_shrinks_is_averaged() -> None:
    """Every second row bright: a fifth of the size shows grey, not stripes."""
    stripes = np.zeros((100, 100, 3), np.uint8)
    stripes[::2] = 200
    found = windows.resize(stripes, 20, 20)
    assert 75 < found.min() <= found.max() < 125


# Overlaps


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        pytest.param([], False, id="no boxes"),
        pytest.param([[40, 0, 80, 20]], False, id="side by side"),
        pytest.param([[33, 0, 80, 20]], False, id="less than a fifth of the window"),
        pytest.param([[31, 0, 80, 20]], True, id="more than a fifth of the window"),
        pytest.param([[-500, -500, 500, 500]], True, id="deep in a large box"),
        pytest.param([[10, 5, 13, 7]], True, id="around a small box"),
        pytest.param([[39, 0, 49, 20]], False, id="a tenth of a small box"),
        pytest.param([[90, 0, 99, 9], [0, 0, 40, 20]], True, id="one of two"),
    ],
)
def test_overlaps(boxes: list[list[float]], expected: bool) -> None:
    found = windows.overlaps(np.float32([[0, 0, 40, 20]]), np.float32(boxes).reshape(-1, 4))
    assert found.tolist() == [expected]


# Padding


@pytest.mark.parametrize(
    ("boxes", "x", "y", "expected"),
    [
        pytest.param(np.zeros((0, 4)), 0.5, 0.5, np.zeros((0, 4)), id="none"),
        pytest.param([[0, 0, 20, 10]], 0.0, 0.0, [[0, 0, 20, 10]], id="by nothing"),
        pytest.param([[0, 0, 20, 10]], 0.5, 0.0, [[-10, 0, 30, 10]], id="across"),
        pytest.param([[0, 0, 20, 10], [5, 5, 7, 7]], 0.0, 1.0, [[0, -10, 20, 20], [5, 3, 7, 9]], id="down"),
    ],
)
def test_pad_boxes(boxes: list[list[float]], x: float, y: float, expected: list[list[float]]) -> None:
    found = windows.pad_boxes(np.asarray(boxes, np.float32), x, y)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected)


@given(rectangles(fewest=1), st.floats(0, 1), st.floats(0, 1))
def test_a_padded_box_keeps_its_center(boxes: np.ndarray, x: float, y: float) -> None:
    found = windows.pad_boxes(boxes, x, y)
    np.testing.assert_allclose(centers(found), centers(boxes), atol=1e-2)
    np.testing.assert_allclose(np.diag(iou(boxes, found)), 1 / ((1 + 2 * x) * (1 + 2 * y)), rtol=0.05)
