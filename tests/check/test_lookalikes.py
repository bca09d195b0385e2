import cv2
import numpy as np
import pytest

from brandlens.boxes import Box, Detection, iou, to_xyxy
from brandlens.check import lookalikes

PLACES = [(20, 30), (150, 40), (60, 120)]


def shelf(scale: float = 1.0) -> np.ndarray:
    """Draw three copies of a soft pattern, 40 x 30, on another one, 240 x 180."""
    random = np.random.default_rng(3)
    pixels = cv2.resize(random.integers(90, 160, (12, 16, 3), np.uint8), (240, 180), interpolation=cv2.INTER_CUBIC)
    logo = cv2.resize(random.integers(0, 256, (5, 7, 3), np.uint8), (40, 30), interpolation=cv2.INTER_CUBIC)
    for left, top in PLACES:
        pixels[top : top + 30, left : left + 40] = logo
    return cv2.resize(pixels, None, fx=scale, fy=scale)


def box(index: int, scale: int = 1, **rest: bool) -> Box:
    left, top = PLACES[index]
    return Box(left * scale, top * scale, 40 * scale, 30 * scale, "cola", **rest)


@pytest.mark.parametrize(
    ("labelled", "missing"),
    [
        pytest.param([], [], id="nothing labelled"),
        pytest.param([box(0)], [box(1), box(2)], id="one of three"),
        pytest.param([box(0), box(1)], [box(2)], id="two of three"),
        pytest.param([box(0), box(1), box(2)], [], id="all"),
        pytest.param([box(0), box(1, ignore=True)], [box(2)], id="one to ignore"),
        pytest.param([box(0, ignore=True)], [], id="only one to ignore"),
        pytest.param([Box(200, 2, 8, 8, "cola")], [], id="one too small to tell"),
        pytest.param([Box(0, 0, 240, 180, "cola")], [], id="one as large as the picture"),
    ],
)
def test_find_lookalikes(labelled, missing):
    found = lookalikes.find_lookalikes(shelf(), labelled)
    assert sorted(found, key=lambda box: box.top) == sorted(missing, key=lambda box: box.top)


def test_a_flat_box_looks_like_nothing():
    assert lookalikes.find_lookalikes(np.full((90, 120, 3), 99, np.uint8), [Box(10, 10, 30, 30, "cola")]) == []


def test_a_large_picture_is_shrunk_first():
    found = lookalikes.find_lookalikes(shelf(5), [box(0, 5)])
    assert len(found) == 2
    assert (iou(to_xyxy(found), to_xyxy([box(1, 5), box(2, 5)])).max(axis=1) > 0.9).all()


@pytest.mark.parametrize(
    ("candidates", "boxes", "kept"),
    [
        pytest.param([], [box(0)], 0, id="nothing found"),
        pytest.param([Detection("cola", 0.9, 0, 0, 9, 9)], [], 1, id="no box there"),
        pytest.param([Detection("cola", 0.9, 22, 33, 9, 9)], [box(0)], 0, id="inside a box"),
        pytest.param([Detection("cola", 0.9, 0, 0, 200, 170)], [box(0)], 0, id="around a box"),
        pytest.param([Detection("cola", 0.9, 55, 30, 40, 30)], [box(0)], 1, id="beside a box, touching it"),
    ],
)
def test_non_overlapping(candidates, boxes, kept):
    assert len(lookalikes.non_overlapping(candidates, boxes)) == kept
