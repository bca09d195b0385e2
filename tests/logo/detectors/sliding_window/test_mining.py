"""Mining: which proposals on labelled pictures are false positives, and which of them are kept."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.config.logo import HardNegatives, SlidingWindowDetect
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.mining import mine_hard_negatives, sample
from brandlens.logo.detectors.sliding_window.scorers import WindowScorer

SIZE = (200, 150)
COLA = Box(20, 30, 60, 60, "cola")
FIZZ = Box(110, 80, 80, 40, "fizz")

Mine = Callable[..., np.ndarray]


@pytest.fixture
def write_picture(tmp_path: Path, scene: Callable[..., np.ndarray]) -> Callable[..., Picture]:
    """A function of (name, logos painted, boxes labelled, strength=) that writes a picture."""

    def written(name: str, logos: Sequence[Box], labelled: Sequence[Box] = (), strength: float = 1.0) -> Picture:
        images.write(tmp_path / f"{name}.png", scene(SIZE, *logos, strength=strength))
        return Picture(tmp_path / f"{name}.png", tuple(labelled))

    return written


@pytest.fixture
def mine(color_scorer: WindowScorer, window: WindowSpec, scan_cfg: SlidingWindowDetect) -> Mine:
    def mined(pictures: Sequence[Picture], min_score: float = 0.5, max_crops: int = 10, **more: object) -> np.ndarray:
        cfg = HardNegatives(max_images=60, max_crops=max_crops, epochs=1, min_score=min_score)
        return mine_hard_negatives(pictures, color_scorer, window, scan_cfg, cfg, **more)

    return mined


def test_no_pictures(mine: Mine, window: WindowSpec) -> None:
    crops = mine([])
    assert crops.shape == (0, window.height, window.width, 3)
    assert crops.dtype == np.uint8


@pytest.mark.parametrize(
    ("labelled", "count"),
    [
        pytest.param([], 1, id="no boxes: a false positive"),
        pytest.param([COLA], 0, id="a logo"),
        pytest.param([Box(20, 30, 60, 60, "fizz")], 0, id="a logo of another label"),
        pytest.param([Box(26, 38, 60, 60, "cola")], 0, id="a box loosely drawn"),
        pytest.param([Box(10, 15, 100, 90, "cola")], 0, id="a box much larger, overlap 0.4"),
        pytest.param([Box(5, 5, 150, 120, "cola")], 1, id="a box larger still, overlap 0.2"),
        pytest.param([Box(65, 75, 60, 60, "cola")], 1, id="a box at its corner"),
        pytest.param([FIZZ], 1, id="a box elsewhere"),
        pytest.param([Box(20, 30, 60, 60, "zest")], 1, id="a box of another brand is background"),
        pytest.param([Box(20, 30, 60, 60, "cola", ignore=True)], 0, id="an ignore box"),
        pytest.param([Box(20, 30, 60, 60, "zest", ignore=True)], 0, id="an ignore box of another brand"),
        pytest.param([Box(20, 30, 60, 60, "unlabelled", ignore=True)], 0, id="an ignore box of any label"),
        pytest.param([Box(5, 5, 150, 120, "unlabelled", ignore=True)], 0, id="in a large ignore box"),
        pytest.param([Box(60, 70, 12, 12, "unlabelled", ignore=True)], 0, id="over a small ignore box"),
        pytest.param([Box(90, 30, 60, 60, "unlabelled", ignore=True)], 1, id="beside an ignore box"),
        pytest.param([Box(20, 30, 60, 60, "zest"), COLA], 0, id="a box of another brand on a logo's"),
    ],
)
def test_a_proposal_is_a_false_positive_where_no_box_is_near(
    mine: Mine, write_picture: Callable[..., Picture], labelled: list[Box], count: int
) -> None:
    assert len(mine([write_picture("one", [COLA], labelled)])) == count


def test_nothing_proposed(mine: Mine, write_picture: Callable[..., Picture], window: WindowSpec) -> None:
    assert mine([write_picture("empty", [])]).shape == (0, window.height, window.width, 3)
    assert mine([write_picture("faint", [COLA], strength=0.3)]).shape == (0, window.height, window.width, 3)


def test_a_crop_shows_what_was_taken_for_a_logo(
    mine: Mine, write_picture: Callable[..., Picture], color_scorer: WindowScorer, window: WindowSpec
) -> None:
    crops = mine([write_picture("one", [FIZZ], [COLA])])
    assert crops.shape == (1, window.height, window.width, 3)
    assert crops.dtype == np.uint8
    assert color_scorer.score_crops(crops)[0, 2] > 0.9


@pytest.mark.parametrize("max_crops", [1, 3, 4, 99])
def test_the_highest_scores_of_all_pictures_come_first(
    mine: Mine, write_picture: Callable[..., Picture], color_scorer: WindowScorer, window: WindowSpec, max_crops: int
) -> None:
    strengths = (0.65, 1.0, 0.8)
    pictures = [write_picture(f"{strength}", [COLA], strength=strength) for strength in strengths]
    crops = mine(
        [*pictures, write_picture("both", [COLA, FIZZ], [COLA], strength=0.7)], min_score=0.9, max_crops=max_crops
    )
    assert crops.shape == (min(max_crops, 4), window.height, window.width, 3)
    scores = color_scorer.score_crops(crops)[:, 1:].max(axis=1)
    assert (np.diff(scores) < 0).all()


def test_progress_goes_through_every_picture(mine: Mine, write_picture: Callable[..., Picture]) -> None:
    seen = []

    def progress(pictures: Sequence[Picture]) -> Sequence[Picture]:
        seen.extend(pictures)
        return pictures

    pictures = [write_picture("one", [COLA]), write_picture("two", [])]
    mine(pictures, progress=progress)
    assert seen == pictures


@given(st.integers(0, 12), st.integers(0, 15), st.integers(0, 3))
def test_a_sample_of_the_pictures_in_their_order(count: int, max_images: int, seed: int) -> None:
    pictures = [Picture(Path(f"{index:02}.jpg")) for index in range(count)]
    chosen = sample(pictures, max_images, seed)
    assert len(chosen) == min(max_images, count)
    assert chosen == sorted(set(chosen), key=lambda picture: picture.path)
    assert set(chosen) <= set(pictures)
    assert sample(pictures, max_images, seed) == chosen


def test_the_seed_chooses() -> None:
    pictures = [Picture(Path(f"{index:02}.jpg")) for index in range(30)]
    assert sample(pictures, 10, 1) != sample(pictures, 10, 2)
    assert {picture for seed in range(30) for picture in sample(pictures, 10, seed)} == set(pictures)
