"""The heatmap of a one-stage network: high where its anchor points score."""

import numpy as np
import pytest

from brandlens.config.logo import OneStageDetect
from brandlens.logo.detectors.one_stage.heatmap import heatmap
from brandlens.logo.detectors.one_stage.letterbox import STRIDES
from brandlens.logo.detectors.one_stage.predict import OneStageModel


class ByWhite(OneStageModel):
    """An anchor point scores where the pixel in its middle is white; the coarser its stride, the less."""

    def __init__(self) -> None:
        pass

    def __call__(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        middles = [pixels[stride // 2 :: stride, stride // 2 :: stride, 0].ravel() for stride in STRIDES]
        levels = [(middle > 200) * STRIDES[0] / stride for middle, stride in zip(middles, STRIDES, strict=True)]
        scores = np.concatenate(levels).astype(np.float32)
        return np.zeros((len(scores), 4), np.float32), np.stack([scores / 2, scores], axis=1)


@pytest.mark.parametrize("sizes", [pytest.param((320,), id="one size"), pytest.param((160, 320), id="two sizes")])
@pytest.mark.parametrize("image_wh", [pytest.param((200, 150), id="wide"), pytest.param((90, 170), id="tall")])
def test_it_is_high_where_points_score(image_wh: tuple[int, int], sizes: tuple[int, ...]) -> None:
    pixels = np.zeros((image_wh[1], image_wh[0], 3), np.uint8)
    pixels[image_wh[1] // 2 :, : image_wh[0] // 2] = 255
    scores = heatmap(pixels, ByWhite(), OneStageDetect(sizes, 0.5))
    assert scores.dtype == np.float32
    assert max(scores.shape) == 320
    height, width = scores.shape
    assert scores[int(0.6 * height) : int(0.9 * height), int(0.1 * width) : int(0.4 * width)].min() > 0.95
    assert scores[: int(0.3 * height)].max() < 0.05
    assert scores[:, int(0.7 * width) :].max() < 0.05


@pytest.mark.parametrize("image_wh", [(1, 1), (2000, 3), (33, 500)])
def test_odd_pictures(image_wh: tuple[int, int]) -> None:
    scores = heatmap(np.zeros((image_wh[1], image_wh[0], 3), np.uint8), ByWhite(), OneStageDetect((96, 64), 0.5))
    assert max(scores.shape) == 96
    assert scores.max() == 0
