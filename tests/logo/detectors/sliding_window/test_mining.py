"""Mining: which finds on labelled pictures are false alarms, and which of them are kept."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window.mining import mine_hard_negatives, sample
from brandlens.logo.detectors.sliding_window.scan import ScanConfig, WindowScorer

SIZE = (200, 150)
HERE = Box(20, 30, 60, 60, "cola")
THERE = Box(110, 80, 80, 40, "fizz")

Mine = Callable[..., np.ndarray]


@pytest.fixture
def shown(tmp_path: Path, scene: Callable[..., np.ndarray]) -> Callable[..., Picture]:
    """A function of (name, logos painted, boxes labelled, strength=) that writes a picture."""

    def written(name: str, logos: Sequence[Box], labelled: Sequence[Box] = (), strength: float = 1.0) -> Picture:
        images.write(tmp_path / f"{name}.png", scene(SIZE, *logos, strength=strength))
        return Picture(tmp_path / f"{name}.png", tuple(labelled))

    return written


@pytest.fixture
def mine(looker: WindowScorer, wide: WindowSpec, plan: ScanConfig) -> Mine:
    def mined(pictures: Sequence[Picture], score: float = 0.5, most: int = 10, **knobs: object) -> np.ndarray:
        return mine_hard_negatives(pictures, looker, wide, plan, score=score, most=most, **knobs)

    return mined


def test_no_pictures(mine: Mine, wide: WindowSpec) -> None:
    found = mine([])
    assert found.shape == (0, wide.height, wide.width, 3)
    assert found.dtype == np.uint8


@pytest.mark.parametrize(
    ("labelled", "count"),
    [
        pytest.param([], 1, id="no boxes: a false alarm"),
        pytest.param([HERE], 0, id="a logo"),
        pytest.param([Box(20, 30, 60, 60, "fizz")], 0, id="another wished logo"),
        pytest.param([Box(26, 38, 60, 60, "cola")], 0, id="a box loosely drawn"),
        pytest.param([Box(10, 15, 100, 90, "cola")], 0, id="a box much larger, overlap 0.4"),
        pytest.param([Box(5, 5, 150, 120, "cola")], 1, id="a box larger still, overlap 0.2"),
        pytest.param([Box(65, 75, 60, 60, "cola")], 1, id="a box at its corner"),
        pytest.param([THERE], 1, id="a box elsewhere"),
        pytest.param([Box(20, 30, 60, 60, "rival")], 1, id="a rival's box is no shelter"),
        pytest.param([Box(20, 30, 60, 60, "cola", ignore=True)], 0, id="an ignore box"),
        pytest.param([Box(20, 30, 60, 60, "rival", ignore=True)], 0, id="a rival's ignore box"),
        pytest.param([Box(20, 30, 60, 60, "unlabelled", ignore=True)], 0, id="an ignore box of any label"),
        pytest.param([Box(5, 5, 150, 120, "unlabelled", ignore=True)], 0, id="in a large ignore box"),
        pytest.param([Box(60, 70, 12, 12, "unlabelled", ignore=True)], 0, id="over a small ignore box"),
        pytest.param([Box(90, 30, 60, 60, "unlabelled", ignore=True)], 1, id="beside an ignore box"),
        pytest.param([Box(20, 30, 60, 60, "rival"), HERE], 0, id="a rival's box on a logo's"),
    ],
)
def test_a_find_is_a_false_alarm_where_no_box_is_near(
    mine: Mine, shown: Callable[..., Picture], labelled: list[Box], count: int
) -> None:
    assert len(mine([shown("one", [HERE], labelled)])) == count


def test_nothing_found(mine: Mine, shown: Callable[..., Picture], wide: WindowSpec) -> None:
    assert mine([shown("empty", [])]).shape == (0, wide.height, wide.width, 3)
    assert mine([shown("faint", [HERE], strength=0.3)]).shape == (0, wide.height, wide.width, 3)


def test_a_crop_shows_what_was_taken_for_a_logo(
    mine: Mine, shown: Callable[..., Picture], looker: WindowScorer, wide: WindowSpec
) -> None:
    found = mine([shown("one", [THERE], [HERE])])
    assert found.shape == (1, wide.height, wide.width, 3)
    assert found.dtype == np.uint8
    assert looker.crops(found)[0, 2] > 0.9


@pytest.mark.parametrize("most", [1, 3, 4, 99])
def test_the_worst_of_all_pictures_come_first(
    mine: Mine, shown: Callable[..., Picture], looker: WindowScorer, wide: WindowSpec, most: int
) -> None:
    strengths = (0.65, 1.0, 0.8)
    pictures = [shown(f"{strength}", [HERE], strength=strength) for strength in strengths]
    found = mine([*pictures, shown("both", [HERE, THERE], [HERE], strength=0.7)], score=0.9, most=most)
    assert found.shape == (min(most, 4), wide.height, wide.width, 3)
    scores = looker.crops(found)[:, 1:].max(axis=1)
    assert (np.diff(scores) < 0).all()


def test_progress_is_told_of_every_picture(mine: Mine, shown: Callable[..., Picture]) -> None:
    told = []

    def progress(pictures: Sequence[Picture]) -> Sequence[Picture]:
        told.extend(pictures)
        return pictures

    pictures = [shown("one", [HERE]), shown("two", [])]
    mine(pictures, progress=progress)
    assert told == pictures


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(0, 15), st.integers(0, 3))
def test_some_of_the_pictures_in_their_order(count: int, most: int, seed: int) -> None:
    pictures = [Picture(Path(f"{at:02}.jpg")) for at in range(count)]
    chosen = sample(pictures, most, seed)
    assert len(chosen) == min(most, count)
    assert chosen == sorted(set(chosen), key=lambda picture: picture.path)
    assert set(chosen) <= set(pictures)
    assert sample(pictures, most, seed) == chosen


def test_the_seed_chooses() -> None:
    pictures = [Picture(Path(f"{at:02}.jpg")) for at in range(30)]
    assert sample(pictures, 10, 1) != sample(pictures, 10, 2)
    assert {picture for seed in range(30) for picture in sample(pictures, 10, seed)} == set(pictures)
