"""Scores of crops from detections in whole pictures."""

import numpy as np
import pytest

from brandlens.boxes import Detection
from brandlens.logo.crops import windows
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.one_stage.crop_scores import crop_scores
from brandlens.logo.labels import BACKGROUND

WINDOW = WindowSpec(("cola", "fizz"), 48, 32, 0.1, (1.5,))
BOX = np.float32([[100, 50, 160, 90]])


def crop(label: str, box: np.ndarray = BOX) -> CropRecord:
    window = windows.window_around(box, WINDOW)
    box_deltas = windows.encode_boxes(window, box)[0] if label != BACKGROUND else np.zeros(4)
    return CropRecord("1.png", "test", label, "box", "one.jpg", *map(float, window[0]), *map(float, box_deltas))


@pytest.mark.parametrize(
    ("label", "rows", "expected"),
    [
        pytest.param("cola", [], [1, 0, 0], id="no detection"),
        pytest.param("cola", [("cola", 0.9, 100, 50, 60, 40)], [0.1, 0.9, 0], id="detected"),
        pytest.param("cola", [("cola", 0.9, 0, 0, 60, 40)], [1, 0, 0], id="a detection elsewhere"),
        pytest.param("cola", [("cola", 0.9, 100, 50, 30, 19)], [1, 0, 0], id="a detection of less than half of it"),
        pytest.param(
            "cola",
            [("fizz", 0.8, 102, 50, 60, 40), ("cola", 0.3, 100, 50, 60, 40), ("cola", 0.6, 98, 50, 60, 40)],
            [0.2, 0.6, 0.8],
            id="the best of each label",
        ),
        pytest.param(BACKGROUND, [("fizz", 0.7, 96, 46, 68, 48)], [0.3, 0, 0.7], id="a false positive on background"),
    ],
)
def test_a_crop_is_scored_by_what_overlaps_its_box(
    label: str, rows: list[tuple[str, float, int, int, int, int]], expected: list[float]
) -> None:
    detections = [Detection(*row) for row in rows]
    scores = crop_scores([crop(label)], {"one.jpg": detections, "two.jpg": []}, WINDOW.labels)
    np.testing.assert_allclose(scores, [expected], atol=1e-6)


def test_no_crops() -> None:
    assert crop_scores([], {}, WINDOW.labels).shape == (0, 3)
