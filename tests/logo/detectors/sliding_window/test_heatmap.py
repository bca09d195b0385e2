"""Where the network looks: hot where a logo is, at its size, and nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brandlens import onnx_runtime
from brandlens.boxes import Box
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.one_stage.letterbox import STRIDES
from brandlens.logo.detectors.one_stage.predict import ImageSizes, OneStageModel
from brandlens.logo.detectors.sliding_window import heatmap
from brandlens.logo.detectors.sliding_window.scan import ScanConfig, WindowScorer
from brandlens.logo.detectors.sliding_window.scorers import PatchScorer

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
@pytest.mark.parametrize("longest", [pytest.param(1024, id="as it is"), pytest.param(120, id="shrunk")])
def test_it_is_hottest_in_the_middle_of_a_logo(
    scene: Scene, looker: WindowScorer, wide: WindowSpec, plan: ScanConfig, box: Box, longest: int
) -> None:
    found = heatmap.heatmap(scene(SIZE, box), looker, wide, replace(plan, longest=longest, smallest=20))
    assert found.dtype == np.float32
    assert found.shape == (min(150, round(150 * longest / 200)), min(200, longest))
    assert 0.6 < found.max() <= 1
    rows, columns = np.nonzero(found > 0.9 * found.max())
    scale = found.shape[1] / SIZE[0]
    assert columns.mean() / scale == pytest.approx(box.left + box.width / 2, abs=0.1 * box.width + 2)
    assert rows.mean() / scale == pytest.approx(box.top + box.height / 2, abs=0.1 * box.height + 2)


@pytest.mark.parametrize("size", [pytest.param(SIZE, id="usual"), pytest.param((9, 5), id="smaller than a window")])
def test_a_picture_without_a_logo_is_cold(
    scene: Scene, looker: WindowScorer, wide: WindowSpec, plan: ScanConfig, size: tuple[int, int]
) -> None:
    found = heatmap.heatmap(scene(size), looker, wide, plan)
    assert found.shape == size[::-1]
    assert found.max() < 0.05


def test_a_network_of_one_window_has_none(model_folder: Path, window_network: bytes) -> None:
    detector = LogoDetector.load(model_folder, threads=1)
    assert heatmap.heatmap_of(detector) is not None
    scorer = PatchScorer(onnx_runtime.session(window_network, 1), 2, detector.geometry)
    assert heatmap.heatmap_of(replace(detector, scorer=scorer)) is None


def test_a_network_of_whole_pictures_has_one(model_folder: Path) -> None:
    class Everywhere(OneStageModel):
        def __init__(self) -> None:
            pass

        def __call__(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            places = sum((picture.shape[0] // stride) * (picture.shape[1] // stride) for stride in STRIDES)
            return np.zeros((places, 4), np.float32), np.full((places, 2), 0.7, np.float32)

    detector = replace(LogoDetector.load(model_folder, threads=1), scorer=Everywhere(), plan=ImageSizes((64,), 0.5))
    np.testing.assert_allclose(
        heatmap.heatmap_of(detector)(np.zeros((30, 60, 3), np.uint8)), np.full((32, 64), 0.7, np.float32)
    )


def test_overlay() -> None:
    picture = np.full((40, 60, 3), (200, 100, 0), np.uint8)
    scores = np.zeros((80, 120), np.float32)
    scores[:40] = 1
    drawn = heatmap.overlay(picture, scores)
    assert (drawn.shape, drawn.dtype) == (picture.shape, np.uint8)
    assert drawn[5, 5].min() > 100  # light yellow
    assert len({*drawn[35, 5].tolist()}) <= 2  # grey, but for inferno's own black
    assert drawn[35, 5].max() < 100
