"""Logos followed from look to look: what goes on, what begins anew, and what it all comes to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.boxes import Detection
from brandlens.logo.tracker import GAP, Track, Tracker, covered, on_screen

WIDE, HIGH = 400, 200


def at(left: int, top: int = 50, width: int = 40, height: int = 20, label: str = "cola", score: float = 0.9):
    return Detection(label, score, left, top, width, height)


def followed(*looks: list[Detection], step: float = 0.25) -> tuple[list[list[int]], list[Track]]:
    """The tracks of each look's detections, and all tracks; the clip ends one step after the last look."""
    tracker = Tracker()
    numbers = [tracker.look(number * step, found, WIDE, HIGH) for number, found in enumerate(looks)]
    return numbers, tracker.close(len(looks) * step)


@pytest.mark.parametrize(
    ("looks", "numbers"),
    [
        pytest.param([], [], id="no looks"),
        pytest.param([[], []], [[], []], id="nothing found"),
        pytest.param([[at(10)], [at(12)]], [[1], [1]], id="one that hardly moves"),
        pytest.param([[at(10)], [at(55)]], [[1], [1]], id="one that moves by its own width"),
        pytest.param([[at(10)], [at(90)]], [[1], [2]], id="one that jumps by twice its width"),
        pytest.param([[at(10)], [at(10, label="fizz")]], [[1], [2]], id="another label in its place"),
        pytest.param([[at(10)], [], [at(14)]], [[1], [], [1]], id="a look without it"),
        pytest.param([[at(10)], *[[]] * 4, [at(10)]], [[1], *[[]] * 4, [1]], id="gone for a second"),
        pytest.param([[at(10)], *[[]] * 5, [at(10)]], [[1], *[[]] * 5, [2]], id="gone for longer"),
        pytest.param([[at(10), at(200)], [at(203), at(12)]], [[1, 2], [2, 1]], id="two, told in another order"),
        pytest.param([[at(10)], [at(40), at(14)]], [[1], [2, 1]], id="the nearer of two goes on"),
        pytest.param([[at(10), at(10)], [at(10)]], [[1, 2], [1]], id="twice in a place"),
        pytest.param([[at(10, score=0.6), at(200, score=0.8)]], [[2, 1]], id="numbered by score"),
    ],
)
def test_tracks(looks: list[list[Detection]], numbers: list[list[int]]) -> None:
    assert followed(*looks)[0] == numbers


def test_a_track_says_when_where_and_how_sure() -> None:
    _, (track,) = followed([], [at(10, score=0.7)], [at(12, width=80, score=0.95)], [])
    assert (track.track, track.label, track.start, track.end) == (1, "cola", 0.25, 0.75)
    assert (track.score, track.looks) == (0.95, 2)
    assert track.share == pytest.approx((40 + 80) / 2 * 20 / (WIDE * HIGH))


def test_a_track_ends_with_the_clip_and_counts_what_it_bridged() -> None:
    _, (track,) = followed([at(10)], [], [at(10)])
    assert (track.start, track.end) == (0.0, 0.75)


def test_looks_far_apart_are_neighbours_all_the_same() -> None:
    numbers, _ = followed([at(10)], [at(10)], step=20 * GAP)
    assert numbers == [[1], [1]]


def test_totals() -> None:
    tracker = Tracker()
    tracker.look(0, [at(10), at(200), at(300, label="fizz")], WIDE, HIGH)
    tracker.look(1, [at(10)], WIDE, HIGH)
    tracks = tracker.close(2)
    cola, fizz = tracker.totals(tracks)
    assert (cola.label, cola.seconds, cola.appearances) == ("cola", 2, 2)
    assert cola.share == pytest.approx((2 + 1) / 2 * 800 / (WIDE * HIGH))
    assert (fizz.label, fizz.seconds, fizz.appearances) == ("fizz", 1, 1)


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
    assert covered(np.array(sides, np.float32).reshape(-1, 4)) == mask.sum()


finds = st.builds(
    Detection,
    st.sampled_from(["cola", "fizz"]),
    st.sampled_from([0.5, 0.7, 0.9]),
    st.integers(0, 360),
    st.integers(0, 160),
    st.integers(1, 40),
    st.integers(1, 40),
)
clips = st.lists(st.lists(finds, max_size=5, unique_by=lambda each: (each.label, each.left, each.top)), max_size=8)


@settings(max_examples=30)
@given(clips)
def test_every_detection_is_in_one_track_of_its_label(looks: list[list[Detection]]) -> None:
    numbers, tracks = followed(*looks)
    by_number = {track.track: track for track in tracks}
    assert sorted(by_number) == list(range(1, len(tracks) + 1))
    assert sum(track.looks for track in tracks) == sum(map(len, looks))
    for at_look, (found, own) in enumerate(zip(looks, numbers, strict=True)):
        assert len(set(own)) == len(own) == len(found)
        for each, number in zip(found, own, strict=True):
            track = by_number[number]
            assert each.label == track.label
            assert track.start <= at_look * 0.25 < track.end
            assert each.score <= track.score


@settings(max_examples=30)
@given(clips, st.randoms(use_true_random=False))
def test_the_order_within_a_look_does_not_matter(looks: list[list[Detection]], shuffler) -> None:
    numbers, tracks = followed(*looks)
    shuffled = [shuffler.sample(found, len(found)) for found in looks]
    others, again = followed(*shuffled)
    assert again == tracks
    for found, own, mixed, other in zip(looks, numbers, shuffled, others, strict=True):
        assert dict(zip(found, own, strict=True)) == dict(zip(mixed, other, strict=True))


@settings(max_examples=30)
@given(clips)
def test_a_label_is_on_screen_no_longer_than_the_clip(looks: list[list[Detection]]) -> None:
    tracker = Tracker()
    for number, found in enumerate(looks):
        tracker.look(number * 0.25, found, WIDE, HIGH)
    tracks = tracker.close(len(looks) * 0.25)
    totals = tracker.totals(tracks)
    assert {each.label for each in totals} == {each.label for found in looks for each in found}
    for each in totals:
        own = [track for track in tracks if track.label == each.label]
        assert 0 < each.seconds <= len(looks) * 0.25
        assert each.seconds <= sum(track.end - track.start for track in own) + 1e-9
        assert 0 < each.share <= 1
        assert each.appearances == len(own)
