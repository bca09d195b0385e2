"""Does a picture show a brand: the metrics of such decisions."""

import numpy as np
import pytest

from brandlens.boxes import Box, Detection
from brandlens.metrics.pictures import PICTURE_METRICS, accuracy, decide_pictures
from brandlens.metrics.registry import compute

LABELS = ["cola", "Dr. Pepper"]


def box(left=0, label="cola", ignore=False, width=10):
    return Box(left, 0, width, 10, label, ignore)


def detect(left=0, score=0.9, label="cola", width=10):
    return Detection(label, score, left, 0, width, 10)


@pytest.mark.parametrize(
    ("y_true", "detections", "precision", "recall", "accuracy"),
    [
        pytest.param([], [], 0, 0, 0, id="no pictures"),
        pytest.param([[]], [[]], 0, 0, 1, id="an empty picture without a detection"),
        pytest.param([[]], [[detect()]], 0, 0, 0, id="an false positive on an empty picture"),
        pytest.param([[]], [[detect(score=0.4)]], 0, 0, 1, id="a false positive under the threshold"),
        pytest.param([[box()]], [[]], 0, 0, 0, id="false negative"),
        pytest.param([[box()]], [[detect(500)]], 1, 1, 1, id="right, wherever it is"),
        pytest.param([[box(), box(50)]], [[detect(), detect(), detect()]], 1, 1, 1, id="numbers do not matter"),
        pytest.param([[box(), box(50, LABELS[1])]], [[detect()]], 1, 0.5, 0, id="one of two labels"),
        pytest.param([[box()], []], [[detect()], [detect()]], 0.5, 1, 0.5, id="a true and a false positive"),
        pytest.param([[box(ignore=True)]], [[detect()]], 0, 0, 1, id="detected on an ignore box only"),
        pytest.param([[box(ignore=True)]], [[]], 0, 0, 1, id="not detected on an ignore box only"),
        pytest.param([[box(ignore=True)]], [[detect(label=LABELS[1])]], 0, 0, 0, id="the other label is decided"),
        pytest.param([[box(ignore=True), box(50)]], [[detect()]], 1, 1, 1, id="an ignore box and a counted one"),
        pytest.param(
            [[box(label="another brand")]], [[detect(label="another brand")]], 0, 0, 1, id="a label not asked for"
        ),
    ],
)
def test_picture_metrics(y_true, detections, precision, recall, accuracy):
    total = precision + recall
    assert compute(decide_pictures(y_true, detections, LABELS, 0.5)) == pytest.approx(
        {
            "precision": precision, "recall": recall, "f1": 2 * precision * recall / total if total else 0,
            "accuracy": accuracy,
        }
    )  # fmt: skip


def test_labels_and_detections_are_of_the_same_pictures():
    with pytest.raises(ValueError, match="zip"):
        decide_pictures([[]], [], LABELS, 0.5)


def test_resampled_pictures():
    decisions = decide_pictures([[box()], []], [[detect()], [detect()]], LABELS, 0.5)
    weights = np.array([[1, 1], [2, 1], [0, 2]], np.float32)
    assert accuracy(decisions, weights) == pytest.approx([1 / 2, 2 / 3, 0])
    assert PICTURE_METRICS["precision"].function(decisions, weights) == pytest.approx([1 / 2, 2 / 3, 0])


def test_a_pictures_number_is_not_its_place():
    decisions = decide_pictures([[box()], []], [[], []], LABELS, 0.5, units=[1, 0])
    assert decisions.y_true.tolist() == [[False, False], [True, False]]
