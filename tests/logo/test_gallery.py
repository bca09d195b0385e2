"""Which pictures a report shows, and the small copies of them."""

import csv
from pathlib import Path

import numpy as np
import pytest
from brandlens.logo.evaluate import Predictions

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo import gallery

LABELS = ("cola",)


def box(ignore: bool = False) -> Box:
    return Box(0, 0, 10, 10, "cola", ignore)


def find(score: float, left: int = 0) -> Detection:
    return Detection("cola", score, left, 0, 10, 10)


@pytest.fixture
def album(tmp_path: Path) -> Predictions:
    """Right, missed, two alarms, an alarm with a low score, an ignored find, right but unsure."""
    truth = [[box()], [box()], [], [], [box(ignore=True)], [box()]]
    finds = [[find(0.9)], [], [find(0.9), find(0.6, 40)], [find(0.3)], [find(0.9)], [find(0.6)]]
    pictures = []
    for at, boxes in enumerate(truth):
        images.write(tmp_path / "pictures" / f"{at}.png", np.full((60, 80 * (1 + 9 * at), 3), 40 * at, np.uint8))
        pictures.append(Picture(tmp_path / "pictures" / f"{at}.png", tuple(boxes)))
    return Predictions(pictures, finds, np.zeros(len(truth)))


@pytest.mark.parametrize(
    ("threshold", "most", "shown"),
    [
        pytest.param(0.5, 0, [], id="none"),
        pytest.param(0.5, 1, [1, 2, 5], id="one of each kind, of the right ones the least sure"),
        pytest.param(0.5, 9, [0, 1, 2, 5], id="those in which nothing is to be seen are left out"),
        pytest.param(0.2, 9, [0, 1, 2, 3, 5], id="a lower threshold makes another alarm"),
        pytest.param(0.95, 1, [0], id="a higher one makes misses of hits"),
    ],
)
def test_chosen(album: Predictions, threshold: float, most: int, shown: list[int]) -> None:
    assert gallery.chosen(album, LABELS, threshold, most) == shown


def test_chosen_of_nothing() -> None:
    assert gallery.chosen(Predictions([], [], np.zeros(0)), LABELS, 0.5, 5) == []


@pytest.mark.parametrize("which", [pytest.param([], id="none"), pytest.param([0, 5], id="a small and a large one")])
def test_write(tmp_path: Path, album: Predictions, which: list[int]) -> None:
    gallery.write(album, which, tmp_path / "gallery")
    with (tmp_path / "gallery" / gallery.INDEX).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["picture"] for row in rows] == [f"{at}.png" for at in which]
    for row, at in zip(rows, which, strict=True):
        small = images.read(tmp_path / "gallery" / row["file"])
        assert (int(row["width"]), int(row["height"])) == (80 * (1 + 9 * at), 60)
        assert max(small.shape) == min(int(row["width"]), gallery.SIDE)
