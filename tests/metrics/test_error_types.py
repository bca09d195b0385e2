"""Why a detection is a false positive."""

import pytest

from brandlens.boxes import Box, Detection
from brandlens.metrics.error_types import ERROR_TYPES, error_types


def box(left: int = 0, label: str = "cola", ignore: bool = False) -> Box:
    return Box(left, 0, 20, 20, label, ignore)


def detect(left: int = 0, score: float = 0.9, label: str = "cola", side: int = 20) -> Detection:
    return Detection(label, score, left, 0, side, side)


@pytest.mark.parametrize(
    ("y_true", "detections", "expected"),
    [
        pytest.param([], [], [], id="nothing there, nothing detected"),
        pytest.param([], [detect()], ["background"], id="nothing labelled there"),
        pytest.param([box()], [detect()], [""], id="a true positive has none"),
        pytest.param([box(ignore=True)], [detect()], [""], id="nor has a detection on an ignore box"),
        pytest.param([box()], [detect(score=0.8), detect(1)], ["duplicate", ""], id="a duplicate is the less sure one"),
        pytest.param([box()], [detect(), detect(1, 0.8)], ["", "duplicate"], id="whatever their order"),
        pytest.param([box()], [detect(5, side=8)], ["partial"], id="inside a logo"),
        pytest.param([box()], [detect(12)], ["localization"], id="beside it"),
        pytest.param([box()], [detect(60)], ["background"], id="far from it"),
        pytest.param([box(label="fizz")], [detect()], ["classification"], id="on another brand"),
        pytest.param(
            [box(label="fizz"), box(14)], [detect(2), detect(14)], ["localization", ""], id="the own brand comes first"
        ),
    ],
)
def test_error_types(y_true: list[Box], detections: list[Detection], expected: list[str]) -> None:
    types = error_types(y_true, detections)
    assert types == expected
    assert {*types} <= {"", *ERROR_TYPES}
