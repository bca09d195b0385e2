"""Tracks of logos through the frames of a video: which continue, which begin, and their totals."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.boxes import Detection
from brandlens.logo.tracker import MAX_GAP, Track, Tracker, covered_area, on_screen

WIDTH, HEIGHT = 400, 200


def logo(
    left: int, top: int = 50, width: int = 40, height: int = 20, label: str = "cola", score: float = 0.9
) -> Detection:
    return Detection(label, score, left, top, width, height)


def track(*frames: list[Detection], step: float = 0.25) -> tuple[list[list[int]], list[Track]]:
    """Return the track ids of each frame's detections, and all tracks; the video ends a step after the last frame."""
    tracker = Tracker()
    ids = [tracker.update(index * step, detections, WIDTH, HEIGHT) for index, detections in enumerate(frames)]
    return ids, tracker.close(len(frames) * step)


@pytest.mark.parametrize(
    ("frames", "ids"),
    [
        pytest.param([], [], id="no frames"),
        pytest.param([[], []], [[], []], id="no detections"),
        pytest.param([[logo(10)], [logo(12)]], [[1], [1]], id="one that hardly moves"),
        pytest.param([[logo(10)], [logo(55)]], [[1], [1]], id="one that moves by its own width"),
        pytest.param([[logo(10)], [logo(90)]], [[1], [2]], id="one that jumps by twice its width"),
        pytest.param([[logo(10)], [logo(10, label="fizz")]], [[1], [2]], id="another label in its place"),
        pytest.param([[logo(10)], [], [logo(14)]], [[1], [], [1]], id="a frame without it"),
        pytest.param([[logo(10)], *[[]] * 4, [logo(10)]], [[1], *[[]] * 4, [1]], id="gone for a second"),
        pytest.param([[logo(10)], *[[]] * 5, [logo(10)]], [[1], *[[]] * 5, [2]], id="gone for longer"),
        pytest.param([[logo(10), logo(200)], [logo(203), logo(12)]], [[1, 2], [2, 1]], id="two, in another order"),
        pytest.param([[logo(10)], [logo(40), logo(14)]], [[1], [2, 1]], id="the nearer of two continues"),
        pytest.param([[logo(10), logo(10)], [logo(10)]], [[1, 2], [1]], id="twice in one place"),
        pytest.param([[logo(10, score=0.6), logo(200, score=0.8)]], [[2, 1]], id="numbered by score"),
    ],
)
def test_track_ids(frames: list[list[Detection]], ids: list[list[int]]) -> None:
    assert track(*frames)[0] == ids


def test_a_track_has_times_the_best_score_and_the_mean_area() -> None:
    _, (only,) = track([], [logo(10, score=0.7)], [logo(12, width=80, score=0.95)], [])
    assert (only.track_id, only.label, only.start, only.end) == (1, "cola", 0.25, 0.75)
    assert (only.score, only.num_frames) == (0.95, 2)
    assert only.area_fraction == pytest.approx((40 + 80) / 2 * 20 / (WIDTH * HEIGHT))


def test_a_track_ends_with_the_video_and_counts_the_gaps_it_bridged() -> None:
    _, (only,) = track([logo(10)], [], [logo(10)])
    assert (only.start, only.end) == (0.0, 0.75)


def test_frames_far_apart_are_neighbours_all_the_same() -> None:
    ids, _ = track([logo(10)], [logo(10)], step=20 * MAX_GAP)
    assert ids == [[1], [1]]


def test_totals() -> None:
    tracker = Tracker()
    tracker.update(0, [logo(10), logo(200), logo(300, label="fizz")], WIDTH, HEIGHT)
    tracker.update(1, [logo(10)], WIDTH, HEIGHT)
    tracks = tracker.close(2)
    cola, fizz = tracker.totals(tracks)
    assert (cola.label, cola.seconds, cola.num_tracks) == ("cola", 2, 2)
    assert cola.area_fraction == pytest.approx((2 + 1) / 2 * 800 / (WIDTH * HEIGHT))
    assert (fizz.label, fizz.seconds, fizz.num_tracks) == ("fizz", 1, 1)


def test_totals_of_nothing() -> None:
    tracker = Tracker()
    assert tracker.totals(tracker.close(0)) == []


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([(1, 3)], 2, id="one"),
        pytest.param([(1, 3), (2, 5)], 4, id="two that overlap"),
        pytest.param([(1, 9), (2, 3), (10, 11)], 9, id="one within another, one later"),
    ],
)
def test_on_screen(times: list[tuple[float, float]], seconds: float) -> None:
    assert on_screen([Track(1, "cola", start, end, 1, 1, 1) for start, end in times]) == seconds


boxes = st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 8)] * 2)


@settings(max_examples=30)
@given(st.lists(boxes, max_size=6))
def test_the_area_covered_is_that_of_the_pixels(rectangles: list[tuple[int, int, int, int]]) -> None:
    mask = np.zeros((20, 20), bool)
    for left, top, width, height in rectangles:
        mask[top : top + height, left : left + width] = True
    sides = [(left, top, left + width, top + height) for left, top, width, height in rectangles]
    assert covered_area(np.array(sides, np.float32).reshape(-1, 4)) == mask.sum()


detections = st.builds(
    Detection,
    st.sampled_from(["cola", "fizz"]),
    st.sampled_from([0.5, 0.7, 0.9]),
    st.integers(0, 360),
    st.integers(0, 160),
    st.integers(1, 40),
    st.integers(1, 40),
)
videos = st.lists(
    st.lists(detections, max_size=5, unique_by=lambda found: (found.label, found.left, found.top)), max_size=8
)


@settings(max_examples=30)
@given(videos)
def test_every_detection_is_in_one_track_of_its_label(frames: list[list[Detection]]) -> None:
    ids, tracks = track(*frames)
    by_id = {one.track_id: one for one in tracks}
    assert sorted(by_id) == list(range(1, len(tracks) + 1))
    assert sum(one.num_frames for one in tracks) == sum(map(len, frames))
    for index, (own, own_ids) in enumerate(zip(frames, ids, strict=True)):
        assert len(set(own_ids)) == len(own_ids) == len(own)
        for found, track_id in zip(own, own_ids, strict=True):
            assert found.label == by_id[track_id].label
            assert by_id[track_id].start <= index * 0.25 < by_id[track_id].end
            assert found.score <= by_id[track_id].score


@settings(max_examples=30)
@given(videos, st.randoms(use_true_random=False))
def test_the_order_within_a_frame_does_not_matter(frames: list[list[Detection]], random: Random) -> None:
    ids, tracks = track(*frames)
    shuffled = [random.sample(own, len(own)) for own in frames]
    shuffled_ids, again = track(*shuffled)
    assert again == tracks
    for own, own_ids, mixed, mixed_ids in zip(frames, ids, shuffled, shuffled_ids, strict=True):
        assert dict(zip(own, own_ids, strict=True)) == dict(zip(mixed, mixed_ids, strict=True))


@settings(max_examples=30)
@given(videos)
def test_a_label_is_on_screen_no_longer_than_the_video(frames: list[list[Detection]]) -> None:
    tracker = Tracker()
    for index, own in enumerate(frames):
        tracker.update(index * 0.25, own, WIDTH, HEIGHT)
    tracks = tracker.close(len(frames) * 0.25)
    totals = tracker.totals(tracks)
    assert {total.label for total in totals} == {found.label for own in frames for found in own}
    for total in totals:
        of_label = [one for one in tracks if one.label == total.label]
        assert 0 < total.seconds <= len(frames) * 0.25
        assert total.seconds <= sum(one.end - one.start for one in of_label) + 1e-9
        assert 0 < total.area_fraction <= 1
        assert total.num_tracks == len(of_label)
