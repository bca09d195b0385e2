"""Detection by a sliding window: which windows there are, how duplicates are merged, and that every logo is found."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brandlens.boxes import Box, iou, to_xyxy
from brandlens.config.logo import SlidingWindowDetect
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.base import Detections
from brandlens.logo.detectors.sliding_window.scan import (
    OVERHANG,
    Proposals,
    pad_level,
    propose,
    rescore,
    scan,
    vote_boxes,
    window_sizes,
)
from brandlens.logo.detectors.sliding_window.scorers import WindowScorer

Scene = Callable[..., np.ndarray]
SIZE = (200, 150)  # width, height of most pictures here


class Fixed:
    """A scorer that gives one window, in row 2 and column 3, the same answer whatever it shows; others background."""

    stride, dense = 4, True

    def __init__(self, window: WindowSpec, first: list[float], *again: list[float], box_deltas: object = None) -> None:
        """first: probabilities of the window; again: of the crops, one a call; box_deltas: of all windows."""
        self.size, self.first, self.again, self.box_deltas = (window.height, window.width), first, again, box_deltas
        self.calls = 0

    def score_windows(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        grid = [(have - need) // self.stride + 1 for have, need in zip(level.shape, self.size, strict=False)]
        label = np.tile(np.float32([1, 0, 0]), (*grid, 1))
        label[2, 3] = self.first
        return label, None if self.box_deltas is None else np.tile(np.float32(self.box_deltas), (*grid, 1))

    def score_crops(self, crops: np.ndarray) -> np.ndarray:
        assert crops.shape[1:] == (*self.size, 3)
        assert crops.dtype == np.uint8
        self.calls += 1
        return np.tile(np.float32(self.again[(self.calls - 1) % len(self.again)]), (len(crops), 1))


class Chance:
    """A scorer that gives every window some score, by its pixels alone."""

    stride, dense = 3, True

    def __init__(self, window: WindowSpec) -> None:
        self.size = window.height, window.width

    def score_windows(self, level: np.ndarray) -> tuple[np.ndarray, None]:
        crops = np.lib.stride_tricks.sliding_window_view(level, self.size, axis=(0, 1))[:: self.stride, :: self.stride]
        rows, columns = crops.shape[:2]
        flat = crops.transpose(0, 1, 3, 4, 2).reshape(rows * columns, *self.size, 3)
        return self.score_crops(flat).reshape(rows, columns, -1), None

    def score_crops(self, crops: np.ndarray) -> np.ndarray:
        total = crops.reshape(len(crops), -1).astype(np.int64) @ np.arange(1, crops[0].size + 1)
        parts = np.stack([total * prime % 101 + 1 for prime in (7, 31, 57)], axis=1)
        return (parts / parts.sum(axis=1, keepdims=True)).astype(np.float32)


def proposals(*rows: tuple[list[float], float, int]) -> Proposals:
    """Proposals of (box, score, label); the windows are the boxes, moved by 1000."""
    boxes = np.float32([row[0] for row in rows]).reshape(-1, 4)
    scores, labels = np.float32([row[1] for row in rows]), np.array([row[2] for row in rows], np.int64)
    return Proposals(boxes, labels, scores, boxes + 1000)


def listed(found: Detections) -> list[tuple[list[float], float, int]]:
    return [
        ([round(float(side), 3) for side in box], round(float(score), 4), int(label))
        for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True)
    ]


# Which windows


@pytest.mark.parametrize(
    ("size", "aspects", "expected"),
    [
        pytest.param((1, 1), (1.0,), [(36, 36)], id="one pixel: one pass"),
        pytest.param((36, 90), (1.0,), [(36, 36)], id="a window as wide as the picture covers it"),
        pytest.param((37, 90), (1.0,), [(36, 36), (72, 72)], id="a little wider"),
        pytest.param((300, 150), (1.0,), [(36, 36), (72, 72), (144, 144), (288, 288)], id="until it is covered"),
        pytest.param((100, 60), (4.0,), [(72, 18), (144, 36)], id="a wide shape covers the width"),
        pytest.param((37, 40), (1.0, 4.0), [(36, 36), (72, 72), (72, 18)], id="shape by shape"),
    ],
)  # fmt: skip
def test_window_sizes(
    window: WindowSpec,
    scan_cfg: SlidingWindowDetect,
    size: tuple[int, int],
    aspects: tuple[float, ...],
    expected: object,
) -> None:
    window = replace(window, margin=0.1, aspect_ratios=aspects)
    assert window_sizes(*size, window, replace(scan_cfg, scale_factor=2)) == [
        pytest.approx(window) for window in expected
    ]


@given(
    st.tuples(st.integers(1, 2000), st.integers(1, 2000)), st.floats(4, 90), st.floats(1.05, 3), st.floats(0, 0.5),
    st.lists(st.floats(0.2, 5), min_size=1, max_size=3),
)  # fmt: skip
def test_windows_grow_by_the_scale_factor_from_the_smallest_logo_to_the_whole_picture(
    window: WindowSpec,
    scan_cfg: SlidingWindowDetect,
    size: tuple[int, int],
    smallest: float,
    step: float,
    margin: float,
    aspects: list[float],
) -> None:
    cfg, window = (
        replace(scan_cfg, min_size=smallest, scale_factor=step),
        replace(window, margin=margin, aspect_ratios=tuple(aspects)),
    )
    passes = window_sizes(*size, window, cfg)
    for aspect in aspects:
        mine = window_sizes(*size, replace(window, aspect_ratios=(aspect,)), cfg)
        width, height = np.array(mine).T
        np.testing.assert_allclose(width / height, aspect)
        np.testing.assert_allclose(np.sqrt(width * height), smallest * (1 + 2 * margin) * step ** np.arange(len(mine)))
        covers = (width >= size[0]) | (height >= size[1])
        assert covers.tolist() == [False] * (len(mine) - 1) + [True]
        assert passes[: len(mine)] == mine
        passes = passes[len(mine) :]
    assert passes == []


@given(st.integers(1, 70), st.integers(1, 70))
def test_padding_makes_room_for_a_window_and_repeats_the_edge(window: WindowSpec, width: int, height: int) -> None:
    level = np.random.default_rng([width, height]).integers(0, 256, (height, width, 3)).astype(np.uint8)
    found, left, top = pad_level(level, window)
    np.testing.assert_array_equal(found[top : top + height, left : left + width], level)
    assert found.shape[1] - width == 2 * left
    assert found.shape[0] - height == 2 * top
    assert left >= round(OVERHANG * window.width)
    assert top >= round(OVERHANG * window.height)
    assert found.shape[1] >= window.width
    assert found.shape[0] >= window.height
    assert (found[: top + 1, : left + 1] == level[0, 0]).all()
    assert (found[top + height - 1 :, left + width - 1 :] == level[-1, -1]).all()


# Duplicates


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([([0, 0, 10, 10], 0.9, 1)], [([0, 0, 10, 10], 0.9, 1)], id="one"),
        pytest.param([([0, 0, 10, 10], 0.0, 0)], [([0, 0, 10, 10], 0.0, 0)], id="one, score 0"),
        pytest.param([([0, 0, 10, 10], 0.2, 0), ([30, 0, 40, 10], 0.9, 0)],
                     [([30, 0, 40, 10], 0.9, 0), ([0, 0, 10, 10], 0.2, 0)], id="two places, best first"),
        pytest.param([([0, 0, 10, 10], 0.6, 0), ([1, 0, 11, 10], 0.3, 0)], [([1 / 3, 0, 10 + 1 / 3, 10], 0.6, 0)],
                     id="a duplicate: the mean weighted by score, the best score"),
        pytest.param([([2, 0, 12, 10], 0.25, 0), ([0, 0, 10, 10], 0.5, 0), ([0, 2, 10, 12], 0.25, 0)],
                     [([0.5, 0.5, 10.5, 10.5], 0.5, 0)], id="a triple"),
        pytest.param([([0, 0, 10, 10], 0.6, 0), ([1, 0, 11, 10], 0.6, 1)],
                     [([0, 0, 10, 10], 0.6, 0), ([1, 0, 11, 10], 0.6, 1)], id="labels are kept apart"),
        pytest.param([([0, 0, 10, 10], 0.6, 0), ([4, 0, 14, 10], 0.5, 0)], [([0, 0, 10, 10], 0.6, 0)],
                     id="an overlap of 0.43 goes, but has no vote"),
        pytest.param([([0, 0, 10, 10], 0.6, 0), ([5, 0, 15, 10], 0.5, 0)],
                     [([0, 0, 10, 10], 0.6, 0), ([5, 0, 15, 10], 0.5, 0)], id="an overlap of 0.33 stays"),
        pytest.param([([0, 0, 10, 10], 0.5, 0), ([1, 0, 11, 10], 0.5, 0)], [([0.5, 0, 10.5, 10], 0.5, 0)],
                     id="of equal scores the first"),
    ],
)  # fmt: skip
def test_vote_boxes(found: list[tuple[list[float], float, int]], expected: object) -> None:
    assert listed(vote_boxes(proposals(*found), 0.4)) == [
        (pytest.approx(box, abs=1e-3), score, label) for box, score, label in expected
    ]


def test_a_merged_proposal_keeps_the_window_of_the_best() -> None:
    found = vote_boxes(proposals(([0, 0, 10, 10], 0.3, 0), ([1, 0, 11, 10], 0.6, 0)), 0.4)
    assert found.windows.tolist() == [[1001, 1000, 1011, 1010]]


def test_no_more_proposals_than_are_scored_again() -> None:
    """Of more than five thousand the best hundred."""
    at = np.arange(6000, dtype=np.float32)
    boxes = np.stack([at * 20, at * 0, at * 20 + 10, at * 0 + 10], axis=1)
    found = vote_boxes(Proposals(boxes, np.zeros(6000, np.int64), at / 6000, boxes), 0.4)
    assert found.boxes[:, 0].tolist() == [at * 20 for at in range(5999, 5899, -1)]


rows = st.lists(
    st.tuples(
        st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 20)] * 2).map(
            lambda at: [at[0], at[1], at[0] + at[2], at[1] + at[3]]
        ),
        st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
        st.integers(0, 2),
    ),
    max_size=12,
)


@given(rows, st.sampled_from([0.2, 0.5, 0.8]))
def test_merged_proposals_stand_for_all(found: list[tuple[list[float], float, int]], overlap: float) -> None:
    before = proposals(*found)
    after = vote_boxes(before, overlap)
    assert (np.diff(after.scores) <= 0).all()
    assert sorted(set(after.labels)) == sorted(set(before.labels))
    assert after.scores.max(initial=0) == before.scores.max(initial=0)
    for box, view, label, score in zip(after.boxes, after.windows, after.labels, after.scores, strict=True):
        its = (before.windows == view).all(axis=1) & (before.labels == label)
        assert score in before.scores[its]
        near = iou(view[None] - 1000, before.boxes)[0] >= 0.5
        voters = before.boxes[near & (before.labels == label)]
        assert (box >= voters.min(axis=0) - 1e-3).all()
        assert (box <= voters.max(axis=0) + 1e-3).all()


# What is detected


@st.composite
def logos(draw: st.DrawFn) -> Box:
    """A logo of one of the window's shapes, anywhere in a picture of SIZE, often at its edge."""
    side, aspect = draw(st.integers(30, 90)), draw(st.sampled_from([1.0, 2.0]))
    width, height = round(side * np.sqrt(aspect)), round(side / np.sqrt(aspect))
    left, top = (
        draw(st.one_of(st.just(0), st.just(room), st.integers(0, room))) for room in (SIZE[0] - width, SIZE[1] - height)
    )
    return Box(left, top, width, height, draw(st.sampled_from(["cola", "fizz"])))


@settings(max_examples=40)
@given(logos())
@example(Box(0, 0, 60, 60, "cola"))
@example(Box(200 - 128, 150 - 64, 128, 64, "fizz"))
@example(Box(30, 5, 140, 140, "cola"))
def test_a_logo_is_found_wherever_it_is(
    window: WindowSpec, scan_cfg: SlidingWindowDetect, scene: Scene, color_scorer: WindowScorer, logo: Box
) -> None:
    pixels = scene(SIZE, logo)
    for found in (
        propose(pixels, color_scorer, window, scan_cfg, 0.3),
        scan(pixels, color_scorer, window, scan_cfg, 0.3),
    ):
        assert window.labels[found.labels[0]] == logo.label
        assert iou(found.boxes[:1], to_xyxy([logo])) >= 0.5
    assert len(found.scores) == 1  # the second score leaves no duplicate
    assert (found.boxes >= -1e-3).all()
    assert (found.boxes <= np.array([*SIZE, *SIZE]) + 1e-3).all()


@pytest.mark.parametrize(
    ("size", "boxes"),
    [
        pytest.param(SIZE, [], id="nothing there"),
        pytest.param((1, 1), [], id="one pixel"),
        pytest.param((20, 9), [], id="smaller than the window"),
        pytest.param((2000, 1), [], id="a line"),
        pytest.param(SIZE, [Box(10, 10, 50, 50, "cola"), Box(90, 60, 100, 50, "fizz")], id="one of each label"),
        pytest.param(SIZE, [Box(10, 10, 50, 50, "cola"), Box(110, 70, 70, 70, "cola")], id="two of a label"),
        pytest.param((56, 56), [Box(8, 8, 40, 40, "cola")], id="nearly the whole picture"),
    ],
)
def test_everything_is_found_once(
    window: WindowSpec,
    scan_cfg: SlidingWindowDetect,
    scene: Scene,
    color_scorer: WindowScorer,
    size: tuple[int, int],
    boxes: list[Box],
) -> None:
    found = scan(scene(size, *boxes), color_scorer, window, scan_cfg, 0.2)
    assert found.boxes.shape == (len(boxes), 4)
    overlap = iou(to_xyxy(boxes), found.boxes)
    for at, box in enumerate(boxes):
        best = overlap[at].argmax()
        assert overlap[at, best] >= 0.5
        assert window.labels[found.labels[best]] == box.label


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (20, 9), (1, 300), (90, 61)], ids=str)
def test_boxes_lie_in_the_picture_whatever_fires(
    window: WindowSpec, scan_cfg: SlidingWindowDetect, size: tuple[int, int]
) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    found = scan(pixels, Chance(window), window, scan_cfg, 0.0)
    assert len(found.scores)
    assert (found.boxes[:, 2:] >= found.boxes[:, :2]).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes <= np.array([*size, *size]) + 1e-3).all()


@pytest.fixture
def one_window(window: WindowSpec, scan_cfg: SlidingWindowDetect) -> tuple[np.ndarray, WindowSpec, SlidingWindowDetect]:
    """A picture of 96 x 64 pixels that the only window, of 48 x 32, covers; that of `Fixed` lies at -4, -4 in it."""
    window = replace(window, margin=0.25, aspect_ratios=(1.5,))
    return (
        np.zeros((64, 96, 3), np.uint8),
        window,
        replace(scan_cfg, min_size=64 / np.sqrt(1.5), proposal_threshold=0.2),
    )


@pytest.mark.parametrize(
    ("box_deltas", "expected"),
    [
        pytest.param(None, [12, 28 - 64 / 3, 76, 28 + 64 / 3], id="no box deltas: the window without its margin"),
        pytest.param([0, 0, 0, 0], [0, 0, 92, 60], id="the whole window, cut off at the picture's edge"),
        pytest.param([0.1, -0.05, np.log(0.5), np.log(0.4)], [29.6, 12, 77.6, 37.6], id="a part of it"),
        pytest.param([-0.5, 0, 0, 0], [0, 0, 44, 60], id="half of it lies outside"),
    ],
)
def test_box_deltas_move_the_box_in_the_window(
    one_window: tuple[np.ndarray, WindowSpec, SlidingWindowDetect],
    box_deltas: list[float] | None,
    expected: list[float],
) -> None:
    pixels, window, scan_cfg = one_window
    found = propose(pixels, Fixed(window, [0.1, 0.9, 0], box_deltas=box_deltas), window, scan_cfg, 0.5)
    np.testing.assert_allclose(found.windows, [[-4, -4, 92, 60]], atol=1e-4)
    np.testing.assert_allclose(found.boxes, [expected], atol=1e-4)
    assert found.labels.tolist() == [0]
    np.testing.assert_allclose(found.scores, [0.9])


@pytest.mark.parametrize(
    ("first", "floor", "count"),
    [
        pytest.param([1, 0, 0], 0.5, 0, id="nothing"),
        pytest.param([0.5, 0.5, 0], 0.5, 1, id="exactly it"),
        pytest.param([0.5, 0.5, 0], 0.51, 0, id="under it"),
        pytest.param([0.2, 0.4, 0.4], 0.5, 0, id="some brand, but none of them surely"),
        pytest.param([0.2, 0.4, 0.4], 0.4, 1, id="of equal brands the first"),
    ],
)
def test_the_lowest_score_of_a_proposal(
    one_window: tuple[np.ndarray, WindowSpec, SlidingWindowDetect], first: list[float], floor: float, count: int
) -> None:
    pixels, window, scan_cfg = one_window
    found = propose(pixels, Fixed(window, first), window, scan_cfg, floor)
    assert found.labels.tolist() == [0] * count


def test_a_large_picture_is_shrunk_first(
    window: WindowSpec, scan_cfg: SlidingWindowDetect, scene: Scene, color_scorer: WindowScorer
) -> None:
    logos = [Box(20, 30, 32, 32, "cola"), Box(400, 100, 200, 100, "cola")]
    pixels = scene((800, 400), *logos)
    seen: dict[int, list[int]] = {200: [], 800: []}
    found = {}
    for longest, sizes in seen.items():

        class Counting:
            """The same scorer, which also notes how large the pictures were that it slid over."""

            dense = True
            stride, score_crops = color_scorer.stride, color_scorer.score_crops

            def score_windows(
                self, level: np.ndarray, sizes: list[int] = sizes
            ) -> tuple[np.ndarray, np.ndarray | None]:
                sizes.append(level.size)
                return color_scorer.score_windows(level)

        found[longest] = propose(pixels, Counting(), window, replace(scan_cfg, max_size=longest), 0.3)
    assert iou(to_xyxy(logos), found[200].boxes).max(axis=1).tolist() == [0, pytest.approx(1, abs=0.4)]
    assert (iou(to_xyxy(logos), found[800].boxes).max(axis=1) >= 0.6).all()
    assert sum(seen[200]) < sum(seen[800]) / 4


# The second score


@pytest.mark.parametrize(
    ("first", "again", "scores"),
    [
        pytest.param([0.9, 0.1, 0], [[0, 1, 0]], [], id="under the proposal threshold: no second score"),
        pytest.param([0.19, 0.81, 0], [[0.36, 0.64, 0]], [0.72], id="the geometric mean of both"),
        pytest.param([0.19, 0.81, 0], [[0, 0.36, 0.64]], [0.54], id="of the proposed label"),
        pytest.param([0.19, 0, 0.81], [[0, 0.36, 0.64]], [0.72], id="of the other label"),
        pytest.param([0.36, 0.64, 0], [[1, 0, 0]] * 3 + [[0.3, 0.7, 0]] * 4, [0.506], id="the mean of seven: 0.4"),
        pytest.param([0.19, 0.81, 0], [[1, 0, 0]], [], id="background at the second score"),
        pytest.param([0.7, 0.3, 0], [[0.5, 0.5, 0]], [], id="both together under the threshold"),
        pytest.param([0.75, 0.25, 0], [[0, 1, 0]], [0.5], id="exactly the threshold"),
    ],
)  # fmt: skip
def test_a_score_is_the_mean_of_both(
    one_window: tuple[np.ndarray, WindowSpec, SlidingWindowDetect],
    first: list[float],
    again: list[list[float]],
    scores: list[float],
) -> None:
    pixels, window, scan_cfg = one_window
    found = scan(pixels, Fixed(window, first, *again), window, scan_cfg, 0.5)
    assert found.scores.tolist() == pytest.approx(scores, abs=1e-4)
    assert found.boxes.dtype == found.scores.dtype == np.float32


def test_only_what_can_reach_the_threshold_is_scored_again(
    one_window: tuple[np.ndarray, WindowSpec, SlidingWindowDetect],
) -> None:
    """A proposal of 0.3 can make 0.55 at most."""
    pixels, window, scan_cfg = one_window
    calls = {}
    for threshold in (0.5, 0.6):
        scorer = Fixed(window, [0.7, 0.3, 0], [0, 1, 0])
        found = scan(pixels, scorer, window, scan_cfg, threshold)
        calls[threshold] = scorer.calls, len(found.scores)
    assert calls == {0.5: (7, 1), 0.6: (0, 0)}


def test_the_second_score_is_of_windows_around_the_box(
    window: WindowSpec, scene: Scene, color_scorer: WindowScorer
) -> None:
    boxes = np.float32([[60, 40, 140, 80], [69, 40, 149, 80], [60, 34, 140, 74], [48, 34, 152, 86]])
    found = Detections(boxes, np.array([0, 0, 0, 0]), np.full(4, 0.9, np.float32))
    pixels = scene(SIZE, Box(60, 40, 80, 40, "cola"))
    scores = rescore(pixels, found, color_scorer, window)
    assert scores[0] > 0.8
    assert (scores[1:] < scores[0] - 0.05).all()
    assert rescore(pixels, replace(found, labels=found.labels + 1), color_scorer, window).max() < 0.01
    assert rescore(pixels, found.where(np.zeros(4, bool)), color_scorer, window).shape == (0,)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(logos(), st.sampled_from([0.3, 0.45, 0.5, 0.6, 1.0])), max_size=3),
    st.sampled_from([0.0, 0.1, 0.3, 0.5]),
    st.sampled_from([0.5, 0.6, 0.8, 0.9]),
)
def test_the_threshold_changes_no_box_and_no_score(
    window: WindowSpec,
    scan_cfg: SlidingWindowDetect,
    scene: Scene,
    color_scorer: WindowScorer,
    painted: list[tuple[Box, float]],
    low: float,
    high: float,
) -> None:
    pixels = scene(SIZE)
    for logo, strength in painted:
        region = np.s_[logo.top : logo.top + logo.height, logo.left : logo.left + logo.width]
        pixels[region] = scene(SIZE, logo, strength=strength)[region]
    assert_same(pixels, color_scorer, window, scan_cfg, low, high)


@settings(max_examples=15)
@given(st.integers(0, 99), st.sampled_from([0.0, 0.3, 0.4]), st.sampled_from([0.4, 0.45, 0.5, 0.55]))
def test_nor_where_everything_fires(
    window: WindowSpec, scan_cfg: SlidingWindowDetect, seed: int, low: float, high: float
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    assert_same(pixels, Chance(window), window, scan_cfg, low, high)


def assert_same(
    pixels: np.ndarray, scorer: WindowScorer, window: WindowSpec, scan_cfg: SlidingWindowDetect, low: float, high: float
) -> None:
    """What scores `high` is the same, whether `low` or `high` is calls for; by falling score, and nothing less."""
    all_, best = (scan(pixels, scorer, window, scan_cfg, threshold) for threshold in (low, high))
    assert (np.diff(all_.scores) <= 0).all()
    assert (best.scores >= np.float32(high)).all()
    assert listed(all_.where(all_.scores >= high)) == listed(best)
