"""Detections in labelled pictures: in order, timed, and beside the boxes that count."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo import predictions
from brandlens.logo.predictions import Predictions

LABELS = ("cola", "fizz")


class ByBrightness:
    """A detector that finds one logo in a picture, scored by its brightness."""

    def detect(self, picture: np.ndarray, threshold: float) -> list[Detection]:
        score = float(picture.mean()) / 255
        return [Detection("cola", score, 0, 0, 5, 5)] if score >= threshold else []


def test_every_picture_is_predicted_in_order(tmp_path: Path) -> None:
    pictures = []
    for level in (0, 51, 204):
        path = tmp_path / f"{level}.png"
        images.write(path, np.full((20, 30, 3), level, np.uint8))
        pictures.append(Picture(path))
    shown: list[Picture] = []

    def progress(own: Sequence[Picture]) -> Sequence[Picture]:
        shown.extend(own)
        return own

    result = predictions.predict(ByBrightness(), pictures, 0.2, progress)
    assert shown == list(result.pictures) == pictures
    assert [[found.score for found in row] for row in result.detections] == [[], [0.2], [0.8]]
    assert result.seconds.shape == (3,)
    assert (result.seconds > 0).all()
    assert result.by_picture() == {"0.png": [], "51.png": result.detections[1], "204.png": result.detections[2]}


def test_no_pictures() -> None:
    result = predictions.predict(ByBrightness(), [], 0.3)
    assert (result.detections, result.seconds.shape, result.by_picture()) == ([], (0,), {})


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param([], 0.0, id="no pictures"),
        pytest.param([0.5], 500.0, id="one"),
        pytest.param([0.01, 0.0123456, 9], 12.35, id="the median: a slow first picture is no matter"),
    ],
)
def test_median_ms(seconds: list[float], expected: float) -> None:
    assert Predictions([], [], np.array(seconds)).median_ms == expected


def box(left: int = 0, label: str = "cola", ignore: bool = False) -> Box:
    return Box(left, 0, 10, 10, label, ignore)


@pytest.mark.parametrize(
    ("boxes", "kept"),
    [
        pytest.param([], [], id="none"),
        pytest.param([box(), box(20, "fizz")], [0, 1], id="both labels"),
        pytest.param([box(), box(20, "soda")], [0], id="another brand is not looked for"),
        pytest.param([box(ignore=True)], [0], id="an ignore box"),
        pytest.param([box(ignore=True, label="unlabelled")], [0], id="an ignore box of any label"),
    ],
)
def test_labelled_boxes_are_those_that_count(boxes: list[Box], kept: list[int]) -> None:
    result = Predictions([Picture(Path("a.png"), tuple(boxes))], [[]], np.zeros(1))
    assert result.labelled(LABELS) == [[boxes[index] for index in kept]]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([[0.9, 0.1, 0]], [0], id="background"),
        pytest.param([[0.4, 0.5, 0.1]], [1], id="at the threshold"),
        pytest.param([[0.5, 0.49, 0.01]], [0], id="under it"),
        pytest.param([[0.3, 0.1, 0.6]], [2], id="the likelier brand"),
        pytest.param([[0.1, 0.45, 0.45]], [0], id="torn between two brands"),
    ],
)
def test_predict_class(rows: list[list[float]], expected: list[int]) -> None:
    class_ids = predictions.predict_class(np.float32(rows).reshape(-1, 3), 0.5)
    assert class_ids.dtype == np.int64
    assert class_ids.tolist() == expected


def test_a_brand_may_win_over_a_likelier_background() -> None:
    assert predictions.predict_class(np.float32([[0.6, 0.3, 0.1]]), 0.3).tolist() == [1]
