"""Finds of several passes become one list: who is one with whom, and what is left of box and score."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from brandlens.boxes import iou
from brandlens.logo.detectors.one_stage.box_fusion import MOST, Part, weighted_boxes_fusion


def part(*found: tuple[float, int, float]) -> Part:
    """(left, label, score) of boxes of 10 x 10 pixels."""
    left = np.array([row[0] for row in found], np.float32)
    boxes = np.stack([left, 0 * left, left + 10, 0 * left + 10], axis=1)
    return boxes, np.array([row[1] for row in found], np.int64), np.array([row[2] for row in found], np.float32)


NOTHING = part()


def test_nothing() -> None:
    assert weighted_boxes_fusion([], 0.5).boxes.shape == (0, 4)
    assert weighted_boxes_fusion([NOTHING, NOTHING], 0.5).boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([part((0, 0, 0.8))], [(0, 0, 0.8)], id="one pass"),
        pytest.param([part((0, 0, 0.8)), part((0, 0, 0.4))], [(0, 0, 0.6)], id="seen twice"),
        pytest.param([part((0, 0, 0.6)), part((2, 0, 0.2))], [(0.5, 0, 0.4)], id="the surer place counts for more"),
        pytest.param([part((0, 0, 0.8)), NOTHING], [(0, 0, 0.4)], id="seen once of two"),
        pytest.param([NOTHING, part((0, 0, 0.8))], [(0, 0, 0.4)], id="whichever of two"),
        pytest.param([part((0, 0, 0.8), (1, 0, 0.6)), NOTHING], [(0, 0, 0.4)], id="doubles of a pass do not add up"),
        pytest.param([part((0, 0, 0.8)), part((0, 1, 0.6))], [(0, 0, 0.4), (0, 1, 0.3)], id="labels are kept apart"),
        pytest.param(
            [part((0, 0, 0.4)), part((8, 0, 0.6))], [(8, 0, 0.3), (0, 0, 0.2)], id="too far apart; best first"
        ),
        pytest.param(
            [part((0, 0, 0.8), (20, 0, 0.6)), part((20, 0, 0.6), (0, 0, 0.2))],
            [(20, 0, 0.6), (0, 0, 0.5)],
            id="two logos",
        ),
    ],
)
def test_fused(parts: list[Part], expected: list[tuple[float, int, float]]) -> None:
    finds = weighted_boxes_fusion(parts, 0.5)
    assert [
        (pytest.approx(left, abs=1e-5), label, pytest.approx(score))
        for left, label, score in zip(finds.boxes[:, 0], finds.labels, finds.scores, strict=True)
    ] == expected


found = st.lists(
    st.tuples(st.floats(0, 40, width=32), st.integers(0, 1), st.floats(0.015625, 1, width=32)), max_size=8
).map(lambda rows: part(*rows))


@given(st.lists(found, min_size=1, max_size=4))
def test_what_always_holds(parts: list[Part]) -> None:
    finds = weighted_boxes_fusion(parts, 0.5)
    assert len(finds.scores) <= MOST
    assert (np.diff(finds.scores) <= 0).all()
    same = (finds.labels[:, None] == finds.labels) & ~np.eye(len(finds.labels), dtype=bool)
    assert (iou(finds.boxes, finds.boxes)[same] <= 0.5 + 1e-5).all()
    best = max((float(each[2].max(initial=0)) for each in parts), default=0)
    assert finds.scores.max(initial=0) <= best + 1e-6


@given(st.lists(found, min_size=1, max_size=4))
def test_the_order_of_the_passes_is_no_matter(parts: list[Part]) -> None:
    scores = np.concatenate([part[2] for part in parts])
    assume(len(set(scores.tolist())) == len(scores))
    forth, back = weighted_boxes_fusion(parts, 0.5), weighted_boxes_fusion(parts[::-1], 0.5)
    assume(len(set(forth.scores.tolist())) == len(forth.scores))
    np.testing.assert_allclose(forth.boxes, back.boxes, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(forth.labels, back.labels)
    np.testing.assert_allclose(forth.scores, back.scores, rtol=1e-5)


def test_labels_are_kept_apart_even_where_any_overlap_will_do() -> None:
    assert weighted_boxes_fusion([part((0, 0, 0.8)), part((50, 1, 0.6))], 0.0).labels.tolist() == [0, 1]
