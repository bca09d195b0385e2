"""Why a find is a false alarm."""

import pytest

from brandlens.boxes import Box, Detection
from brandlens.metrics.error_types import ERROR_TYPES, error_types


def box(left: int = 0, label: str = "cola", ignore: bool = False) -> Box:
    return Box(left, 0, 20, 20, label, ignore)


def find(left: int = 0, score: float = 0.9, label: str = "cola", side: int = 20) -> Detection:
    return Detection(label, score, left, 0, side, side)


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        pytest.param([], [], [], id="nothing there, nothing found"),
        pytest.param([], [find()], ["background"], id="nothing labelled there"),
        pytest.param([box()], [find()], [""], id="a hit has none"),
        pytest.param([box(ignore=True)], [find()], [""], id="nor has a find on an ignore box"),
        pytest.param([box()], [find(score=0.8), find(1)], ["double", ""], id="a double is the less sure one"),
        pytest.param([box()], [find(), find(1, 0.8)], ["", "double"], id="whatever their order"),
        pytest.param([box()], [find(5, side=8)], ["part"], id="inside a logo"),
        pytest.param([box()], [find(12)], ["loose"], id="beside it"),
        pytest.param([box()], [find(60)], ["background"], id="far from it"),
        pytest.param([box(label="fizz")], [find()], ["other brand"], id="on another brand"),
        pytest.param([box(label="fizz"), box(14)], [find(2), find(14)], ["loose", ""], id="the own brand comes first"),
    ],
)
def test_causes(truth: list[Box], found: list[Detection], expected: list[str]) -> None:
    told = error_types(truth, found)
    assert told == expected
    assert {*told} <= {"", *ERROR_TYPES}
