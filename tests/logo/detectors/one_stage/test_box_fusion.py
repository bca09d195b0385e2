"""Detections of several passes become one list: which are one, and their fused box and score."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from brandlens.boxes import iou
from brandlens.logo.detectors.one_stage.box_fusion import MAX_DETECTIONS, Pass, weighted_boxes_fusion


def one_pass(*rows: tuple[float, int, float]) -> Pass:
    """(left, label, score) of boxes of 10 x 10 pixels."""
    left = np.array([row[0] for row in rows], np.float32)
    boxes = np.stack([left, 0 * left, left + 10, 0 * left + 10], axis=1)
    return boxes, np.array([row[1] for row in rows], np.int64), np.array([row[2] for row in rows], np.float32)


NO_DETECTIONS = one_pass()


def test_nothing() -> None:
    assert weighted_boxes_fusion([], 0.5).boxes.shape == (0, 4)
    assert weighted_boxes_fusion([NO_DETECTIONS, NO_DETECTIONS], 0.5).boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("passes", "expected"),
    [
        pytest.param([one_pass((0, 0, 0.8))], [(0, 0, 0.8)], id="one pass"),
        pytest.param([one_pass((0, 0, 0.8)), one_pass((0, 0, 0.4))], [(0, 0, 0.6)], id="detected twice"),
        pytest.param(
            [one_pass((0, 0, 0.6)), one_pass((2, 0, 0.2))], [(0.5, 0, 0.4)], id="the higher score weighs more"
        ),
        pytest.param([one_pass((0, 0, 0.8)), NO_DETECTIONS], [(0, 0, 0.4)], id="detected by one of two"),
        pytest.param([NO_DETECTIONS, one_pass((0, 0, 0.8))], [(0, 0, 0.4)], id="whichever of two"),
        pytest.param(
            [one_pass((0, 0, 0.8), (1, 0, 0.6)), NO_DETECTIONS], [(0, 0, 0.4)], id="duplicates in a pass do not add up"
        ),
        pytest.param(
            [one_pass((0, 0, 0.8)), one_pass((0, 1, 0.6))], [(0, 0, 0.4), (0, 1, 0.3)], id="labels are kept apart"
        ),
        pytest.param(
            [one_pass((0, 0, 0.4)), one_pass((8, 0, 0.6))], [(8, 0, 0.3), (0, 0, 0.2)], id="too far apart; best first"
        ),
        pytest.param(
            [one_pass((0, 0, 0.8), (20, 0, 0.6)), one_pass((20, 0, 0.6), (0, 0, 0.2))],
            [(20, 0, 0.6), (0, 0, 0.5)],
            id="two logos",
        ),
    ],
)
def test_fused(passes: list[Pass], expected: list[tuple[float, int, float]]) -> None:
    detections = weighted_boxes_fusion(passes, 0.5)
    assert [
        (pytest.approx(left, abs=1e-5), label, pytest.approx(score))
        for left, label, score in zip(detections.boxes[:, 0], detections.labels, detections.scores, strict=True)
    ] == expected


random_passes = st.lists(
    st.tuples(st.floats(0, 40, width=32), st.integers(0, 1), st.floats(0.015625, 1, width=32)), max_size=8
).map(lambda rows: one_pass(*rows))


@given(st.lists(random_passes, min_size=1, max_size=4))
def test_what_always_holds(passes: list[Pass]) -> None:
    detections = weighted_boxes_fusion(passes, 0.5)
    assert len(detections.scores) <= MAX_DETECTIONS
    assert (np.diff(detections.scores) <= 0).all()
    same = (detections.labels[:, None] == detections.labels) & ~np.eye(len(detections.labels), dtype=bool)
    assert (iou(detections.boxes, detections.boxes)[same] <= 0.5 + 1e-5).all()
    best = max((float(scores.max(initial=0)) for _, _, scores in passes), default=0)
    assert detections.scores.max(initial=0) <= best + 1e-6


@given(st.lists(random_passes, min_size=1, max_size=4))
def test_the_order_of_the_passes_does_not_matter(passes: list[Pass]) -> None:
    scores = np.concatenate([one[2] for one in passes])
    assume(len(set(scores.tolist())) == len(scores))
    forth, back = weighted_boxes_fusion(passes, 0.5), weighted_boxes_fusion(passes[::-1], 0.5)
    assume(len(set(forth.scores.tolist())) == len(forth.scores))
    np.testing.assert_allclose(forth.boxes, back.boxes, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(forth.labels, back.labels)
    np.testing.assert_allclose(forth.scores, back.scores, rtol=1e-5)


def test_labels_are_kept_apart_even_where_any_overlap_will_do() -> None:
    assert weighted_boxes_fusion([one_pass((0, 0, 0.8)), one_pass((50, 1, 0.6))], 0.0).labels.tolist() == [0, 1]
