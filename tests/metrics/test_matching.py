"""Pairs of detections and labelled boxes in one picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.boxes import Box, Detection
from brandlens.metrics.matching import match

LABELS = ["cola", "Dr. Pepper"]


def box(left=0, label="cola", ignore=False, width=10):
    return Box(left, 0, width, 10, label, ignore)


def detect(left=0, score=0.9, label="cola", width=10):
    return Detection(label, score, left, 0, width, 10)


sides = st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 15)] * 2)
any_box = st.builds(
    lambda sides, label, ignore: Box(*sides, label, ignore), sides, st.sampled_from(LABELS), st.booleans()
)
any_detection = st.builds(
    lambda sides, label, score: Detection(label, score, *sides),
    sides,
    st.sampled_from(LABELS),
    st.sampled_from([0.1, 0.5, 0.9]),
)
some_boxes, some_detections = st.lists(any_box, max_size=5), st.lists(any_detection, max_size=6)


@pytest.mark.parametrize(
    ("y_true", "detections", "matched", "ignored"),
    [
        pytest.param([], [], [], [], id="nothing there, nothing detected"),
        pytest.param([], [detect()], [-1], [0], id="false positive on an empty picture"),
        pytest.param([box()], [], [], [], id="false negative"),
        pytest.param([box()], [detect()], [0], [0], id="true positive"),
        pytest.param(
            [box()], [detect(score=0.5), detect(score=0.6)], [-1, 0], [0, 0], id="a duplicate is a false positive"
        ),
        pytest.param([box()], [detect(), detect()], [0, -1], [0, 0], id="of equal scores the first is right"),
        pytest.param([box()], [detect(label="Dr. Pepper")], [-1], [0], id="another label"),
        pytest.param([box(width=20)], [detect()], [0], [0], id="an overlap of exactly one half"),
        pytest.param([box(width=21)], [detect()], [-1], [0], id="a little less"),
        pytest.param([box(3), box(1)], [detect()], [1], [0], id="the box that fits best"),
        pytest.param(
            [box(0), box(3)], [detect(1, 0.9), detect(0, 0.8)], [0, 1], [0, 0], id="the second takes what is left"
        ),
        pytest.param([box(ignore=True)], [detect()], [-1], [1], id="on an ignore box"),
        pytest.param(
            [box(ignore=True, label="?")], [detect(), detect()], [-1, -1], [1, 1], id="of any label, any number"
        ),
        pytest.param(
            [box(ignore=True, width=90)], [detect(40)], [-1], [1], id="a small detection in a large ignore box"
        ),
        pytest.param([box(ignore=True)], [detect(6)], [-1], [0], id="mostly beside an ignore box"),
        pytest.param([box(), box(ignore=True)], [detect(), detect()], [0, -1], [0, 1], id="a labelled box comes first"),
        pytest.param([box()], [detect(width=0)], [-1], [0], id="a detection without area"),
    ],
)
def test_match(y_true, detections, matched, ignored):
    matches = match(y_true, detections)
    assert matches.matched.tolist() == matched
    assert matches.ignored.tolist() == [bool(value) for value in ignored]
    assert matches.true_positive.tolist() == [index >= 0 for index in matched]
    assert matches.detected.tolist() == [index in matched for index in range(len(y_true))]


@given(some_boxes, some_detections, st.sampled_from([0.3, 0.5, 0.75]))
def test_match_takes_every_box_once(y_true, detections, iou):
    matches = match(y_true, detections, iou)
    taken = matches.matched[matches.true_positive]
    assert len(set(taken)) == len(taken) == matches.detected.sum() <= sum(not box.ignore for box in y_true)
    assert all(y_true[index].label == detections[i].label for i, index in enumerate(matches.matched) if index >= 0)
    assert not (matches.true_positive & matches.ignored).any()
