"""What detections in whole pictures say of crops."""

import numpy as np
import pytest

from brandlens.boxes import Detection
from brandlens.logo import windows
from brandlens.logo.crops import OTHER, Crop
from brandlens.logo.shot.crops import scored
from brandlens.logo.windows import Geometry

GEOMETRY = Geometry(("cola", "fizz"), 48, 32, 0.1, (1.5,))
BOX = np.float32([[100, 50, 160, 90]])


def crop(label: str, box: np.ndarray = BOX) -> Crop:
    window = windows.around(box, GEOMETRY)
    place = windows.places(window, box)[0] if label != OTHER else np.zeros(4)
    return Crop("1.png", "test", label, "box", "one.jpg", *map(float, window[0]), *map(float, place))


@pytest.mark.parametrize(
    ("label", "found", "expected"),
    [
        pytest.param("cola", [], [1, 0, 0], id="nothing found"),
        pytest.param("cola", [("cola", 0.9, 100, 50, 60, 40)], [0.1, 0.9, 0], id="found where it is"),
        pytest.param("cola", [("cola", 0.9, 0, 0, 60, 40)], [1, 0, 0], id="found elsewhere"),
        pytest.param("cola", [("cola", 0.9, 100, 50, 30, 19)], [1, 0, 0], id="less than half of it found"),
        pytest.param(
            "cola",
            [("fizz", 0.8, 102, 50, 60, 40), ("cola", 0.3, 100, 50, 60, 40), ("cola", 0.6, 98, 50, 60, 40)],
            [0.2, 0.6, 0.8],
            id="the best of each label",
        ),
        pytest.param(OTHER, [("fizz", 0.7, 96, 46, 68, 48)], [0.3, 0, 0.7], id="an alarm on background"),
    ],
)
def test_a_crop_is_scored_by_what_overlaps_its_box(
    label: str, found: list[tuple[str, float, int, int, int, int]], expected: list[float]
) -> None:
    detections = [Detection(*each) for each in found]
    scores = scored([crop(label)], {"one.jpg": detections, "two.jpg": []}, GEOMETRY)
    np.testing.assert_allclose(scores, [expected], atol=1e-6)


def test_no_crops() -> None:
    assert scored([], {}, GEOMETRY).shape == (0, 3)
