"""Batches of encoded pictures: a row a picture, whatever else is in the batch; a bad row costs itself alone."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens.boxes import Box
from brandlens.errors import PictureError
from brandlens.logo.detector import LogoDetector
from brandlens.logo.predictor import LogoPredictor, picture_row

COLUMNS = ["id", "input", "width", "height", "detections", "error", "seconds"]


@pytest.fixture(scope="module")
def predictor(model_folder: Path) -> LogoPredictor:
    return LogoPredictor.load(model_folder, threads=2)


@pytest.fixture(scope="module")
def png(scene: Callable[..., np.ndarray]) -> bytes:
    pixels = scene((200, 150), Box(20, 30, 60, 60, "cola"))
    return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()


def test_a_batch_of_nothing(predictor: LogoPredictor) -> None:
    assert predictor({"id": [], "input": [], "data": []}) == {name: [] for name in COLUMNS}


def test_a_picture(predictor: LogoPredictor, png: bytes) -> None:
    pixels, detections = predictor.predict(png, "a.png")
    assert detections == predictor.detector.detect(pixels) != []
    row = picture_row("a.png", pixels, detections)
    assert json.loads(json.dumps(row)) == row
    assert [row["picture"], row["width"], row["height"]] == ["a.png", 200, 150]
    assert set(row["detections"][0]) == {"label", "score", "left", "top", "width", "height"}


def test_a_bad_row_costs_itself_alone(predictor: LogoPredictor, png: bytes) -> None:
    data = [png, b"", b"no picture", None, memoryview(png), None, png[:100]]
    errors = [None, None, None, None, None, "f.png: HTTP 404", None]
    names = [f"{letter}.png" for letter in "abcdefg"]
    result = predictor({"id": range(7), "input": names, "data": data, "error": errors})
    assert list(result) == COLUMNS
    assert result["id"] == list(range(7))
    assert result["input"] == names
    assert [error is None for error in result["error"]] == [True, False, False, False, True, False, False]
    assert result["error"][3] == "d.png: no picture"
    assert result["error"][5] == "f.png: HTTP 404"
    assert all(error.startswith(name) for name, error in zip(names, result["error"], strict=True) if error)
    assert result["width"] == [200, None, None, None, 200, None, None]
    assert result["detections"][0] == result["detections"][4] != []
    assert result["detections"][1] == []


def test_a_row_does_not_depend_on_the_others(predictor: LogoPredictor, png: bytes) -> None:
    alone = predictor({"id": [1], "input": ["a"], "data": [png]})
    among = predictor({"id": [0, 1, 2], "input": ["x", "a", "y"], "data": [b"x", png, png]})
    assert alone["detections"][0] == among["detections"][1] == among["detections"][2]


def test_a_failure_that_nobody_expected_is_an_error_of_the_row(
    predictor: LogoPredictor, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("8 GB")

    monkeypatch.setattr(LogoDetector, "detect", fail)
    assert predictor({"id": [1], "input": ["a.png"], "data": [png]})["error"] == ["a.png: MemoryError: 8 GB"]


def test_a_picture_that_is_too_large_is_refused(predictor: LogoPredictor, png: bytes) -> None:
    small = LogoPredictor(predictor.detector, max_pixels=1000)
    with pytest.raises(PictureError, match=r"a.png: 200x150 pixels are more than 1,000"):
        small.predict(png, "a.png")
