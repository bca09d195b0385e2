"""Rectangles: areas, overlaps, clipping and non-maximum suppression, on examples and on arbitrary boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brandlens.boxes import Box, Detection, area, clip, clip_box, intersection, iou, nms, to_xyxy

sides = st.integers(-40, 40).map(lambda quarters: quarters / 4)


@st.composite
def rectangles(draw, max_size=8, min_side=0):
    lengths = st.integers(min_side, 20)
    rows = draw(st.lists(st.tuples(sides, sides, lengths, lengths), max_size=max_size))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in rows], np.float32).reshape(-1, 4)


@st.composite
def scored(draw):
    boxes = draw(rectangles(max_size=12, min_side=1))
    scores = draw(arrays(np.float32, len(boxes), elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])))
    return boxes, scores, draw(arrays(np.int64, len(boxes), elements=st.integers(0, 2)))


@pytest.mark.parametrize(
    ("rectangles", "expected"),
    [
        pytest.param([], np.zeros((0, 4)), id="none"),
        pytest.param([Box(1, 2, 3, 4, "cola")], [[1, 2, 4, 6]], id="a box"),
        pytest.param([Detection("cola", 0.5, -1, 0, 3, 4)], [[-1, 0, 2, 4]], id="a detection that sticks out"),
    ],
)
def test_to_xyxy(rectangles, expected):
    result = to_xyxy(rectangles)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, expected)


def test_the_area_of_an_inverted_box_is_zero():
    assert area(np.array([[0, 0, 2, 3], [5, 0, 2, 3], [5, 5, 2, 3]], np.float32)).tolist() == [6, 0, 0]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param([0, 0, 10, 10], [0, 0, 10, 10], 1, id="the same"),
        pytest.param([0, 0, 10, 10], [10, 0, 20, 10], 0, id="side by side"),
        pytest.param([0, 0, 10, 10], [0, 0, 10, 5], 0.5, id="one in the other"),
        pytest.param([0, 0, 10, 10], [5, 5, 15, 15], 25 / 175, id="corner on corner"),
        pytest.param([3, 3, 3, 3], [3, 3, 3, 3], 0, id="both empty"),
    ],
)
def test_iou(first, second, expected):
    assert iou(np.float32([first]), np.float32([second])).tolist() == [[pytest.approx(expected)]]


@given(rectangles(), rectangles())
def test_iou_is_symmetric_and_a_fraction(first, second):
    table = iou(first, second)
    assert table.shape == (len(first), len(second))
    assert ((table >= 0) & (table <= 1)).all()
    np.testing.assert_array_equal(table, iou(second, first).T)
    assert (intersection(first, second) <= np.minimum(area(first)[:, None], area(second)[None, :])).all()


@given(rectangles())
def test_clipped_boxes_lie_in_the_picture(boxes):
    clipped = clip(boxes, 7, 5)
    assert clipped.dtype == boxes.dtype
    assert (clipped >= 0).all()
    assert (clipped <= (7, 5, 7, 5)).all()


@pytest.mark.parametrize(
    ("boxes", "scores", "labels", "kept"),
    [
        pytest.param([], [], [], [], id="none"),
        pytest.param([[0, 0, 9, 9]], [0.0], [0], [0], id="one, score 0"),
        pytest.param([[0, 0, 9, 9]] * 3, [0.2, 0.9, 0.5], [0, 0, 0], [1], id="the best of three"),
        pytest.param([[0, 0, 9, 9]] * 3, [0.5, 0.5, 0.5], [0, 0, 1], [0, 2], id="ties: the first of each label"),
        pytest.param([[0, 0, 9, 9]] * 2, [0.2, 0.9], [0, 1], [1, 0], id="labels are independent"),
        pytest.param([[0, 0, 10, 10], [0, 0, 10, 5]], [0.9, 0.8], [0, 0], [0, 1], id="IoU at the threshold: both stay"),
        pytest.param([[0, 0, 0.9, 0.9], [0.1, 0, 1, 0.9]], [0.9, 0.8], [0, 0], [0], id="parts of a pixel count"),
        pytest.param([[0, 0, 9, 9], [0, 0, 9, 9]], [-3.0, -2.0], [0, 0], [1], id="logits for scores"),
        pytest.param([[-10, 0, -1, 9], [90, 90, 99, 99], [-111, -101, -1, 9]], [0.9, 0.8, 0.7], [1, 0, 0], [0, 1, 2],
                     id="labels stay apart left of the picture"),
    ],
)  # fmt: skip
def test_nms(boxes, scores, labels, kept):
    indices = nms(np.float32(boxes).reshape(-1, 4), np.float32(scores), np.array(labels, int), 0.5)
    assert indices.tolist() == kept


@given(scored(), st.sampled_from([0.1, 0.5, 0.9]))
def test_nms_keeps_the_best_and_no_overlapping_pair(detections, iou_threshold):
    boxes, scores, labels = detections
    kept = nms(boxes, scores, labels, iou_threshold)
    assert (np.diff(scores[kept]) <= 0).all()
    duplicates = (iou(boxes, boxes) > iou_threshold + 1e-6) & (labels[:, None] == labels[None, :])
    np.fill_diagonal(duplicates, False)
    assert not duplicates[np.ix_(kept, kept)].any()
    dropped = np.setdiff1d(np.arange(len(boxes)), kept)
    better = scores[None, kept] >= scores[dropped, None]
    close = iou(boxes[dropped], boxes[kept]) > iou_threshold - 1e-6
    close &= labels[dropped, None] == labels[None, kept]
    assert (better & close).any(axis=1).all()


def test_nms_of_each_label_is_the_same_alone_and_together():
    random = np.random.default_rng(5)
    left_top = random.uniform(-300, 300, (3000, 2))
    boxes = np.hstack([left_top, left_top + random.uniform(5, 60, (3000, 2))]).astype(np.float32)
    scores, labels = random.random(3000).astype(np.float32), random.integers(0, 5, 3000)
    together = nms(boxes, scores, labels, 0.4)
    for label in range(5):
        own = np.flatnonzero(labels == label)
        alone = own[nms(boxes[own], scores[own], labels[own] * 0, 0.4)]
        assert together[labels[together] == label].tolist() == alone.tolist()


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        pytest.param(Box(0, 0, 30, 20, "cola"), Box(0, 0, 30, 20, "cola"), id="all of the picture"),
        pytest.param(Box(-5, -5, 99, 10, "cola", True), Box(0, 0, 30, 5, "cola", True), id="over three edges, ignore"),
        pytest.param(Box(29, 19, 9, 9, "cola"), Box(29, 19, 1, 1, "cola"), id="one pixel inside"),
        pytest.param(Box(30, 0, 9, 9, "cola"), None, id="beside the picture"),
        pytest.param(Box(0, -9, 9, 9, "cola"), None, id="above the picture"),
    ],
)
def test_clip_box(box, clipped):
    assert clip_box(box, 30, 20) == clipped
