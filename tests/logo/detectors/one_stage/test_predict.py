"""Whole pictures through an exported network: sizes, boxes, fusion; here a network that finds colors, by hand."""

import numpy as np
import pytest

from brandlens.boxes import iou
from brandlens.config.logo import OneStageDetect
from brandlens.logo.detectors.one_stage.letterbox import MULTIPLE
from brandlens.logo.detectors.one_stage.predict import MIN_SCORE, OneStageModel, detect

MAGENTA, CYAN = (255, 0, 255), (0, 255, 255)


class ByColor(OneStageModel):
    """Frames what is magenta (label 0) or cyan (label 1); one anchor point each, and one that finds nothing."""

    def __init__(self, score: float = 0.9) -> None:
        self.score, self.input_sizes = score, []

    def __call__(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert pixels.shape[0] % MULTIPLE == pixels.shape[1] % MULTIPLE == 0
        self.input_sizes.append(pixels.shape[1::-1])
        boxes, label = [np.float32([0, 0, 8, 8])], [np.float32([MIN_SCORE / 2, 0])]
        for index, color in enumerate((MAGENTA, CYAN)):
            rows, columns = np.nonzero((np.abs(pixels.astype(int) - color) < 60).all(axis=-1))
            if len(rows):
                boxes.append(np.float32([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]))
                label.append(np.float32([self.score, 0][:: 1 - 2 * index]))
        return np.stack(boxes), np.stack(label)


def picture(size: tuple[int, int], **boxes: tuple[int, int, int, int]) -> np.ndarray:
    pixels = np.full((size[1], size[0], 3), 70, np.uint8)
    for name, (left, top, right, bottom) in boxes.items():
        pixels[top:bottom, left:right] = {"magenta": MAGENTA, "cyan": CYAN}[name]
    return pixels


@pytest.mark.parametrize("sizes", [(64,), (320,), (100, 320, 448)])
@pytest.mark.parametrize("image_wh", [(300, 200), (97, 211), (640, 480), (320, 32)])
def test_boxes_are_in_pixels_of_the_picture(image_wh: tuple[int, int], sizes: tuple[int, ...]) -> None:
    box = np.float32([image_wh[0] * 0.25, image_wh[1] * 0.25, image_wh[0] * 0.75, image_wh[1] * 0.75]).round()
    model = ByColor()
    detections = detect(picture(image_wh, magenta=tuple(box.astype(int))), model, OneStageDetect(sizes, 0.5), 0.5)
    assert detections.labels.tolist() == [0]
    assert iou(detections.boxes, box[None])[0, 0] > 0.6
    assert [max(input_wh) for input_wh in model.input_sizes] == [-(-size // MULTIPLE) * MULTIPLE for size in sizes]


def test_labels_are_kept_apart() -> None:
    pixels = picture((300, 200), magenta=(20, 20, 80, 60), cyan=(30, 25, 85, 62))
    detections = detect(pixels, ByColor(), OneStageDetect((320,), 0.5), 0.0)
    assert sorted(detections.labels.tolist()) == [0, 1]
    assert detections.scores.min() >= MIN_SCORE


def test_the_threshold_changes_no_score() -> None:
    pixels = picture((300, 200), magenta=(20, 20, 80, 60))
    assert len(detect(pixels, ByColor(0.4), OneStageDetect((320,), 0.5), 0.41).scores) == 0
    for threshold in (0.0, 0.2, 0.4):
        detections = detect(pixels, ByColor(0.4), OneStageDetect((320, 200), 0.5), threshold)
        np.testing.assert_allclose(detections.scores, [0.4])


@pytest.mark.parametrize("image_wh", [(1, 1), (2000, 3), (33, 500)])
def test_odd_pictures(image_wh: tuple[int, int]) -> None:
    assert len(detect(picture(image_wh), ByColor(), OneStageDetect((320,), 0.5), 0.0).scores) == 0
