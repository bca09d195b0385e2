"""Where the one-shot network looks: hot where its places score."""

import numpy as np
import pytest

from brandlens.logo.detectors.one_stage.heatmap import heatmap
from brandlens.logo.detectors.one_stage.letterbox import STRIDES
from brandlens.logo.detectors.one_stage.predict import ImageSizes, OneStageModel


class ByWhite(OneStageModel):
    """A place scores where the pixel in its middle is white; the coarser its stride, the less."""

    def __init__(self) -> None:
        pass

    def __call__(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        middles = [picture[each // 2 :: each, each // 2 :: each, 0].ravel() for each in STRIDES]
        seen = [(middle > 200) * STRIDES[0] / each for middle, each in zip(middles, STRIDES, strict=True)]
        scores = np.concatenate(seen).astype(np.float32)
        return np.zeros((len(scores), 4), np.float32), np.stack([scores / 2, scores], axis=1)


@pytest.mark.parametrize("longest", [pytest.param((320,), id="one size"), pytest.param((160, 320), id="two sizes")])
@pytest.mark.parametrize("size", [pytest.param((200, 150), id="wide"), pytest.param((90, 170), id="tall")])
def test_it_is_hot_where_places_score(size: tuple[int, int], longest: tuple[int, ...]) -> None:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[size[1] // 2 :, : size[0] // 2] = 255
    found = heatmap(picture, ByWhite(), ImageSizes(longest, 0.5))
    assert found.dtype == np.float32
    assert max(found.shape) == 320
    high, wide = found.shape
    assert found[int(0.6 * high) : int(0.9 * high), int(0.1 * wide) : int(0.4 * wide)].min() > 0.95
    assert found[: int(0.3 * high)].max() < 0.05
    assert found[:, int(0.7 * wide) :].max() < 0.05


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (33, 500)])
def test_odd_pictures(size: tuple[int, int]) -> None:
    found = heatmap(np.zeros((size[1], size[0], 3), np.uint8), ByWhite(), ImageSizes((96, 64), 0.5))
    assert max(found.shape) == 96
    assert found.max() == 0
