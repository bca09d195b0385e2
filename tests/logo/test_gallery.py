"""Which pictures a report shows, and the small copies of them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo import gallery
from brandlens.logo.predictions import Predictions

LABELS = ("cola",)


def box(ignore: bool = False) -> Box:
    return Box(0, 0, 10, 10, "cola", ignore)


def found(score: float, left: int = 0) -> Detection:
    return Detection("cola", score, left, 0, 10, 10)


@pytest.fixture
def predictions(tmp_path: Path) -> Predictions:
    """Pictures with: a true positive, a false negative, two false positives, one of a low score, an ignored detection,
    a true positive of a low score."""
    boxes = [[box()], [box()], [], [], [box(ignore=True)], [box()]]
    detections = [[found(0.9)], [], [found(0.9), found(0.6, 40)], [found(0.3)], [found(0.9)], [found(0.6)]]
    pictures = []
    for index, own in enumerate(boxes):
        path = tmp_path / "pictures" / f"{index}.png"
        images.write(path, np.full((60, 80 * (1 + 9 * index), 3), 40 * index, np.uint8))
        pictures.append(Picture(path, tuple(own)))
    return Predictions(pictures, detections, np.zeros(len(boxes)))


@pytest.mark.parametrize(
    ("threshold", "max_images", "expected"),
    [
        pytest.param(0.5, 0, [], id="none"),
        pytest.param(0.5, 1, [1, 2, 5], id="one of each outcome, of the faultless the lowest score"),
        pytest.param(0.5, 9, [0, 1, 2, 5], id="those in which nothing is to be seen are left out"),
        pytest.param(0.2, 9, [0, 1, 2, 3, 5], id="a lower threshold makes another false positive"),
        pytest.param(0.95, 1, [0], id="a higher one makes false negatives of true positives"),
    ],
)
def test_select(predictions: Predictions, threshold: float, max_images: int, expected: list[int]) -> None:
    assert gallery.select(predictions, LABELS, threshold, max_images) == expected


def test_select_from_nothing() -> None:
    assert gallery.select(Predictions([], [], np.zeros(0)), LABELS, 0.5, 5) == []


def written(folder: Path) -> list[dict[str, str]]:
    with (folder / gallery.INDEX).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("max_images", "expected"), [pytest.param(0, [], id="none"), pytest.param(9, [0, 1, 2, 5])])
def test_write(tmp_path: Path, predictions: Predictions, max_images: int, expected: list[int]) -> None:
    gallery.write(predictions, LABELS, 0.5, max_images, tmp_path / "gallery")
    rows = written(tmp_path / "gallery")
    assert [row["picture"] for row in rows] == [f"{index}.png" for index in expected]
    for row, index in zip(rows, expected, strict=True):
        small = images.read(tmp_path / "gallery" / row["file"])
        assert (int(row["width"]), int(row["height"])) == (80 * (1 + 9 * index), 60)
        assert max(small.shape) == min(int(row["width"]), gallery.SIDE)
        assert not row["heatmap"]


@pytest.mark.parametrize("has_heatmap", [True, False])
def test_some_pictures_get_a_heatmap(
    tmp_path: Path, predictions: Predictions, monkeypatch: pytest.MonkeyPatch, has_heatmap: bool
) -> None:
    monkeypatch.setattr(gallery, "MAX_HEATMAPS", 1)
    heatmap = lambda pixels: pixels[..., 0] / np.float32(255) if has_heatmap else None  # noqa: E731
    gallery.write(predictions, LABELS, 0.5, 9, tmp_path / "gallery", heatmap)
    rows = written(tmp_path / "gallery")
    assert [bool(row["heatmap"]) for row in rows] == [has_heatmap and row["picture"] != "0.png" for row in rows]
    for row in rows:
        if row["heatmap"]:
            sizes = [images.read(tmp_path / "gallery" / row[column]).shape for column in ("file", "heatmap")]
            assert sizes[0] == sizes[1]
