"""Whole pictures through an exported network: sizes, places, merging; here a network that finds colours, by hand."""

import numpy as np
import pytest

from brandlens.boxes import iou
from brandlens.logo.detectors.one_stage import predict
from brandlens.logo.detectors.one_stage.letterbox import MULTIPLE
from brandlens.logo.detectors.one_stage.predict import FLOOR, ImageSizes, OneStageModel

MAGENTA, CYAN = (255, 0, 255), (0, 255, 255)


class ByColour(OneStageModel):
    """Frames what is magenta (label 0) or cyan (label 1); one place each, and one that finds nothing."""

    def __init__(self, score: float = 0.9) -> None:
        self.score, self.seen = score, []

    def __call__(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert picture.shape[0] % MULTIPLE == picture.shape[1] % MULTIPLE == 0
        self.seen.append(picture.shape[1::-1])
        boxes, label = [np.float32([0, 0, 8, 8])], [np.float32([FLOOR / 2, 0])]
        for at, colour in enumerate((MAGENTA, CYAN)):
            rows, columns = np.nonzero((np.abs(picture.astype(int) - colour) < 60).all(axis=-1))
            if len(rows):
                boxes.append(np.float32([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]))
                label.append(np.float32([self.score, 0][:: 1 - 2 * at]))
        return np.stack(boxes), np.stack(label)


def picture(size: tuple[int, int], **boxes: tuple[int, int, int, int]) -> np.ndarray:
    pixels = np.full((size[1], size[0], 3), 70, np.uint8)
    for name, (left, top, right, bottom) in boxes.items():
        pixels[top:bottom, left:right] = {"magenta": MAGENTA, "cyan": CYAN}[name]
    return pixels


@pytest.mark.parametrize("longest", [(64,), (320,), (100, 320, 448)])
@pytest.mark.parametrize("size", [(300, 200), (97, 211), (640, 480), (320, 32)])
def test_boxes_are_in_pixels_of_the_picture(size: tuple[int, int], longest: tuple[int, ...]) -> None:
    truth = np.float32([size[0] * 0.25, size[1] * 0.25, size[0] * 0.75, size[1] * 0.75]).round()
    shot = ByColour()
    finds = predict.detect(picture(size, magenta=tuple(truth.astype(int))), shot, ImageSizes(longest, 0.5), 0.5)
    assert finds.labels.tolist() == [0]
    assert iou(finds.boxes, truth[None])[0, 0] > 0.6
    assert [max(seen) for seen in shot.seen] == [-(-each // MULTIPLE) * MULTIPLE for each in longest]


def test_labels_are_told_apart_and_scores_fall() -> None:
    shown = picture((300, 200), magenta=(20, 20, 80, 60), cyan=(30, 25, 85, 62))
    finds = predict.detect(shown, ByColour(), ImageSizes((320,), 0.5), 0.0)
    assert sorted(finds.labels.tolist()) == [0, 1]
    assert finds.scores.min() >= FLOOR


def test_the_threshold_only_leaves_out() -> None:
    shown = picture((300, 200), magenta=(20, 20, 80, 60))
    assert len(predict.detect(shown, ByColour(0.4), ImageSizes((320,), 0.5), 0.41).scores) == 0
    for threshold in (0.0, 0.2, 0.4):
        finds = predict.detect(shown, ByColour(0.4), ImageSizes((320, 200), 0.5), threshold)
        np.testing.assert_allclose(finds.scores, [0.4])


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (33, 500)])
def test_odd_pictures(size: tuple[int, int]) -> None:
    assert len(predict.detect(picture(size), ByColour(), ImageSizes((320,), 0.5), 0.0).scores) == 0
