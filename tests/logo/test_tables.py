"""Tables of an evaluation: rows of pictures, boxes and crops."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo import evaluation, tables
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.predictions import Predictions

LABELS = ("cola", "fizz")
Pictures = list[tuple[list[Box], list[Detection]]]


def box(left: int = 0, label: str = "cola", ignore: bool = False) -> Box:
    return Box(left, 0, 10, 10, label, ignore)


def detection(left: int = 0, score: float = 0.9, label: str = "cola") -> Detection:
    return Detection(label, score, left, 0, 10, 10)


def predictions(*pictures: tuple[list[Box], list[Detection]]) -> Predictions:
    records = [Picture(Path(f"{index}.jpg"), tuple(boxes)) for index, (boxes, _) in enumerate(pictures)]
    return Predictions(records, [detections for _, detections in pictures], np.full(len(pictures), 0.01))


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([([], [])], [("0.jpg", "cola", 0, 0), ("0.jpg", "fizz", 0, 0)], id="an empty one"),
        pytest.param([([box()], [detection(0, 0.3), detection(50, 0.87654321)])],
                     [("0.jpg", "cola", 1, 0.8765), ("0.jpg", "fizz", 0, 0)], id="the best score, wherever it is"),
        pytest.param([([box(ignore=True)], [detection(label="fizz")]), ([box(label="fizz"), box(20, "soda")], [])],
                     [("0.jpg", "fizz", 0, 0.9), ("1.jpg", "cola", 0, 0), ("1.jpg", "fizz", 1, 0)],
                     id="an ignore box leaves its label out, another brand shows nothing"),
        pytest.param([([box(ignore=True), box(20)], [])], [("0.jpg", "cola", 1, 0), ("0.jpg", "fizz", 0, 0)],
                     id="an ignore box beside a counted one"),
        pytest.param([([box(ignore=True, label="unlabelled")], [])], [("0.jpg", "cola", 0, 0), ("0.jpg", "fizz", 0, 0)],
                     id="an ignore box of no label"),
    ],
)  # fmt: skip
def test_picture_rows(pictures: Pictures, expected: list[tuple[object, ...]]) -> None:
    rows = tables.picture_rows(predictions(*pictures), LABELS)
    assert [tuple(row.values()) for row in rows] == expected
    assert all(tuple(row) == tables.PICTURE_COLUMNS for row in rows)


TP, FP, FN = "true_positive", "false_positive", "false_negative"


@pytest.mark.parametrize(
    ("boxes", "detections", "expected"),
    [
        pytest.param([], [], [], id="nothing labelled, nothing detected"),
        pytest.param([], [detection(3)], [(FP, 0.9, 3)], id="a false positive"),
        pytest.param([box(7)], [], [(FN, 0.0, 7)], id="a false negative"),
        pytest.param(
            [box()], [detection(1, 0.87654321)], [(TP, 0.8765, 1)], id="a true positive, where it was detected"
        ),
        pytest.param([box()], [detection(0, 0.6), detection(1, 0.7)], [(FP, 0.6, 0), (TP, 0.7, 1)], id="a duplicate"),
        pytest.param([box()], [detection(label="fizz")], [(FP, 0.9, 0), (FN, 0.0, 0)], id="the other label"),
        pytest.param([box(ignore=True)], [], [], id="an ignore box is no false negative"),
        pytest.param([box(ignore=True)], [detection()], [("ignored", 0.9, 0)], id="a detection on an ignore box"),
        pytest.param([box(label="soda")], [], [], id="nor is another brand"),
        pytest.param([box(label="soda")], [detection()], [(FP, 0.9, 0)], id="a detection on another brand"),
    ],
)
def test_box_rows(boxes: list[Box], detections: list[Detection], expected: list[tuple[str, float, int]]) -> None:
    rows = tables.box_rows(predictions((boxes, detections)), LABELS)
    assert [(row["outcome"], row["score"], row["left"]) for row in rows] == expected
    for row in rows:
        assert tuple(row) == tables.BOX_COLUMNS
        assert (row["picture"], row["top"], row["width"], row["height"]) == ("0.jpg", 0, 10, 10)


any_box = st.builds(box, st.sampled_from([0, 20]), st.sampled_from([*LABELS, "soda"]), st.booleans())
any_detection = st.builds(
    detection, st.sampled_from([0, 20, 40]), st.sampled_from([0.25, 0.5, 0.9]), st.sampled_from(LABELS)
)
any_pictures = st.lists(st.tuples(st.lists(any_box, max_size=2), st.lists(any_detection, max_size=3)), max_size=4)


@given(any_pictures)
def test_box_rows_agree_with_the_metrics(pictures: Pictures) -> None:
    result = predictions(*pictures)
    outcomes = [row["outcome"] for row in tables.box_rows(result, LABELS)]
    metrics = evaluation.box_metrics(result, LABELS, 0.0)
    counts = [metrics[name] for name in ("true_positives", "false_positives", "false_negatives")]
    assert [outcomes.count(TP), outcomes.count(FP), outcomes.count(FN)] == counts


def test_box_rows_give_the_error_type_and_the_size() -> None:
    soda = Box(40, 0, 20, 20, "soda")
    detections = [
        detection(1), detection(0, 0.8), Detection("cola", 0.7, 40, 0, 20, 20), Detection("cola", 0.6, 100, 0, 30, 30),
    ]  # fmt: skip
    rows = tables.box_rows(predictions(([box(), soda, box(200, "fizz")], detections)), LABELS)
    assert [row["size"] for row in rows] == [10.0, 10.0, 20.0, 30.0, 10.0]
    assert [row["error_type"] for row in rows] == ["", "duplicate", "classification", "background", ""]


def test_crop_rows() -> None:
    records = [
        CropRecord(f"{index}.png", "test", label, "labelled", "a.jpg", 0, 5, 9, 8)
        for index, label in enumerate(["background", "fizz"])
    ]
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.0, 0.9]])
    rows = tables.crop_rows(records, probabilities, 0.5, LABELS, {"sift": np.array([1, 2])})
    assert [tuple(row) for row in rows] == [(*tables.CROP_COLUMNS, "sift")] * 2
    assert [tuple(row.values()) for row in rows] == [
        ("0.png", "a.jpg", "background", "background", "cola", 0.3, 0, 5, 9, 8, "cola"),
        ("1.png", "a.jpg", "fizz", "fizz", "fizz", 0.9, 0, 5, 9, 8, "fizz"),
    ]
    assert tables.crop_rows([], np.zeros((0, 3)), 0.5, LABELS, {}) == []
