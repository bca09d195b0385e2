"""Large pictures in tiles: all of the picture is covered, every logo detected once, away from seams as if untiled."""

import itertools
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.boxes import Box, intersection, iou, to_xyxy
from brandlens.logo import tiling
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.base import Detections

Scene = Callable[..., np.ndarray]
SIDE = 64
EMPTY = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))


def bright(pixels: np.ndarray) -> Detections:
    """Detect every bright rectangle, and nothing in a picture larger than a tile: all is too small in that."""
    if max(pixels.shape) > SIDE:
        return EMPTY
    stats = cv2.connectedComponentsWithStats((pixels[..., 0] > 0).astype(np.uint8))[2][1:, :4].astype(np.float32)
    boxes = np.concatenate([stats[:, :2], stats[:, :2] + stats[:, 2:]], axis=1)
    return Detections(boxes, np.zeros(len(boxes), np.int64), np.full(len(boxes), 0.9, np.float32))


@pytest.mark.parametrize(("length", "count"), [(1, 1), (64, 1), (65, 2), (112, 2), (113, 3), (1000, 21)])
def test_how_many_tiles(length: int, count: int) -> None:
    assert len(tiling.tiles(length, 10, 64)) == len(tiling.tiles(10, length, 64)) == count


def test_tiles_are_no_larger_than_it_takes() -> None:
    assert [right - left for left, _, right, _ in tiling.tiles(4097, 3000, 4096)] == [2342, 2342]


@given(st.integers(1, 400), st.integers(1, 400), st.integers(16, 100))
def test_tiles_cover_all_and_overlap(width: int, height: int, side: int) -> None:
    tiles = tiling.tiles(width, height, side)
    covered = np.zeros((height, width), bool)
    for left, top, right, bottom in tiles:
        assert right - left <= side
        assert bottom - top <= side
        covered[top:bottom, left:right] = True
    assert covered.all()
    columns = sorted({(left, right) for left, _, right, _ in tiles})
    overlap = tiling.OVERLAP * (columns[0][1] - columns[0][0])
    assert all(before[1] - after[0] >= overlap - 1 for before, after in itertools.pairwise(columns))  # to whole pixels


@given(
    st.integers(1, 300), st.integers(1, 300), st.lists(st.tuples(*[st.integers(0, 299)] * 2, *[st.integers(2, 7)] * 2))
)
def test_what_is_smaller_than_the_overlap_is_detected_once(
    width: int, height: int, rectangles: list[tuple[int, int, int, int]]
) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    kept = np.zeros((0, 4), np.float32)
    for left, top, box_width, box_height in rectangles:
        box = np.array([[left, top, left + box_width, top + box_height]], np.float32)
        apart = not intersection(box + np.array([-1, -1, 1, 1], np.float32), kept).any()
        if apart and left + box_width <= width and top + box_height <= height:
            picture[top : top + box_height, left : left + box_width] = 255
            kept = np.concatenate([kept, box])
    found = tiling.detect_tiled(picture, SIDE, 0.4, bright)
    assert sorted(found.boxes.tolist()) == sorted(kept.tolist())
    assert (np.diff(found.scores) <= 0).all()


def test_a_logo_larger_than_the_overlap_is_taken_from_the_whole_picture() -> None:
    whole = np.array([[10, 10, 110, 50]], np.float32)

    def detect(pixels: np.ndarray) -> Detections:
        if pixels.shape[1] > SIDE:
            return Detections(whole, np.zeros(1, np.int64), np.full(1, 0.6, np.float32))
        return bright(pixels)

    picture = np.zeros((60, 120, 3), np.uint8)
    picture[10:50, 10:110] = 255
    assert tiling.detect_tiled(picture, SIDE, 0.4, detect).boxes.tolist() == whole.tolist()


def test_a_picture_no_larger_than_a_tile_is_searched_once() -> None:
    calls = []

    def detect(pixels: np.ndarray) -> Detections:
        calls.append(pixels.shape)
        return EMPTY

    assert not len(tiling.detect_tiled(np.zeros((64, 64, 3), np.uint8), SIDE, 0.4, detect).scores)
    assert calls == [(64, 64, 3)]


def with_max_size(detector: LogoDetector, max_size: int) -> LogoDetector:
    """The same detector with another size that larger pictures are shrunk to."""
    return replace(detector, detector=replace(detector.detector, cfg=replace(detector.detector.cfg, max_size=max_size)))


def test_the_same_as_untiled_away_from_the_seams(model_folder: Path, scene: Scene) -> None:
    """A tall panorama: shrunk as a whole its logos are lost; in tiles they are what they are at full size."""
    logos = [
        Box(40, 60 + 230 * row, 60, 60, "cola") if row % 2 else Box(70, 70 + 230 * row, 80, 40, "fizz")
        for row in range(7)
    ]
    pixels = scene((200, 1700), *logos)
    detector = LogoDetector.load(model_folder, threads=1)
    full = with_max_size(detector, 1700).detect(pixels)
    shrunk = with_max_size(detector, 400)
    assert len(full) == len(logos) > len(shrunk.detect(pixels))
    tiled = shrunk.detect(pixels, tile=400)
    seams = {edge for _, top, _, bottom in tiling.tiles(200, 1700, 400) for edge in (top, bottom)} - {0, 1700}
    away = 0
    for logo in full:
        near = [found for found in tiled if intersection(to_xyxy([found]), to_xyxy([logo])).any()]
        assert [found.label for found in near] == [logo.label]
        assert iou(to_xyxy(near), to_xyxy([logo])) >= 0.7
        if all(seam < logo.top - 20 or seam > logo.top + logo.height + 20 for seam in seams):
            away += 1
            assert np.abs(to_xyxy(near) - to_xyxy([logo])).max() <= 1
            assert abs(near[0].score - logo.score) < 0.02
    assert away >= 3
    assert len(tiled) == len(logos)


def test_detection_in_a_hundred_megapixels_needs_little_memory_beside_them(model_folder: Path) -> None:
    pixels = np.zeros((10_000, 10_000, 3), np.uint8)
    detector = LogoDetector.load(model_folder, threads=1)
    detector = with_max_size(detector, 200)
    tracemalloc.start()
    detector.detect(pixels, tile=4096)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6  # bytes; a tile has 50 million
