"""The heatmap of a sliding window: high where a logo is, at its size, and nowhere else."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from brandlens.boxes import Box
from brandlens.config.logo import SlidingWindowDetect
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.heatmap import heatmap
from brandlens.logo.detectors.sliding_window.scorers import WindowScorer

Scene = Callable[..., np.ndarray]
SIZE = (200, 150)


@pytest.mark.parametrize(
    "box",
    [
        pytest.param(Box(20, 30, 60, 60, "cola"), id="square"),
        pytest.param(Box(110, 80, 80, 40, "fizz"), id="wide"),
        pytest.param(Box(150, 10, 40, 40, "cola"), id="small, near the edge"),
        pytest.param(Box(30, 10, 130, 130, "cola"), id="large"),
    ],
)
@pytest.mark.parametrize("max_size", [pytest.param(1024, id="as it is"), pytest.param(120, id="shrunk")])
def test_it_is_highest_in_the_middle_of_a_logo(
    scene: Scene, color_scorer: WindowScorer, window: WindowSpec, scan_cfg: SlidingWindowDetect, box: Box, max_size: int
) -> None:
    scores = heatmap(scene(SIZE, box), color_scorer, window, replace(scan_cfg, max_size=max_size, min_size=20))
    assert scores.dtype == np.float32
    assert scores.shape == (min(150, round(150 * max_size / 200)), min(200, max_size))
    assert 0.6 < scores.max() <= 1
    rows, columns = np.nonzero(scores > 0.9 * scores.max())
    scale = scores.shape[1] / SIZE[0]
    assert columns.mean() / scale == pytest.approx(box.left + box.width / 2, abs=0.1 * box.width + 2)
    assert rows.mean() / scale == pytest.approx(box.top + box.height / 2, abs=0.1 * box.height + 2)


@pytest.mark.parametrize("size", [pytest.param(SIZE, id="usual"), pytest.param((9, 5), id="smaller than a window")])
def test_it_is_low_in_a_picture_without_a_logo(
    scene: Scene, color_scorer: WindowScorer, window: WindowSpec, scan_cfg: SlidingWindowDetect, size: tuple[int, int]
) -> None:
    scores = heatmap(scene(size), color_scorer, window, scan_cfg)
    assert scores.shape == size[::-1]
    assert scores.max() < 0.05
