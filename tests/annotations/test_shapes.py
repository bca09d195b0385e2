"""Upright boxes around rotated ones and polygons; what is no pixels; swapped corners."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.annotations import shapes
from brandlens.annotations.issues import InvalidValueError

BOX = (50, 20, 110, 50)
sides = st.floats(1, 500)


@pytest.mark.parametrize(
    ("degrees", "around"),
    [
        pytest.param(0, BOX, id="not rotated"),
        pytest.param(90, (65, 5, 95, 65), id="a quarter"),
        pytest.param(-90, (65, 5, 95, 65), id="a quarter back"),
        pytest.param(450, (65, 5, 95, 65), id="more than once around"),
        pytest.param(180, BOX, id="half"),
        pytest.param(360, BOX, id="once around"),
    ],
)
def test_around_rotated(degrees, around):
    assert shapes.around_rotated(BOX, degrees) == around


@settings(max_examples=30)
@given(st.floats(-100, 100), st.floats(-100, 100), sides, sides, st.floats(-720, 720))
def test_as_opencv(left, top, width, height, degrees):
    corners = cv2.boxPoints(((left + width / 2, top + height / 2), (width, height), degrees))
    around = shapes.around_rotated((left, top, left + width, top + height), degrees)
    np.testing.assert_allclose(around, (*corners.min(axis=0), *corners.max(axis=0)), atol=0.01)


def test_a_line_is_not_rotated():
    assert shapes.around_rotated((1, 2, 1, 9), 45) == (1, 2, 1, 9)


def test_around_points():
    assert shapes.around_points([5, 1, 2, 8, 3, 3]) == (2, 1, 5, 8)


@pytest.mark.parametrize(
    ("edges", "pixels"),
    [
        pytest.param((0.25, 0.2, 0.55, 0.5), False, id="fractions"),
        pytest.param((0, 0, 1, 0.5), False, id="the upper half"),
        pytest.param((0.6, 0.6, 1.1, 1.1), False, id="sticking out"),
        pytest.param((-0.01, 0.2, 0.5, 0.5), False, id="sticking out before"),
        pytest.param((0, 0, 1, 1), True, id="the first pixel"),
        pytest.param((1, 1, 2, 2), True, id="the pixel after"),
        pytest.param((0.5, 0.5, 30.5, 20.5), True, id="at the corner"),
        pytest.param((12.2, 3.1, 12.9, 3.8), True, id="less than a pixel elsewhere"),
    ],
)
def test_check_pixels(edges, pixels):
    if pixels:
        shapes.check_pixels(edges)
    else:
        with pytest.raises(InvalidValueError, match="fractions"):
            shapes.check_pixels(edges)


@pytest.mark.parametrize("edges", [(50, 20, 110, 50), (110, 20, 50, 50), (50, 50, 110, 20), (110, 50, 50, 20)])
def test_in_order(edges):
    hints = []
    assert shapes.in_order(edges, "cola", "x.xml, line 3", hints.append) == BOX
    assert [str(hint) for hint in hints] == (
        []
        if edges == BOX
        else ['x.xml, line 3: box of label "cola" has its corners swapped; read with them swapped back']
    )
    assert all(hint.hint and hint.safe for hint in hints)
