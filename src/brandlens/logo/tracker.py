"""Detections in the frames of a clip → appearances: the same logo followed from look to look.

Plain on purpose, and numpy alone: libraries of trackers bring motion models and SciPy for what a few looks a second do
not need. A detection goes on with the track of its label that it overlaps most, the best pair first, boxes being grown
by half their size on every side so that a logo that moved by its own width is still the same one ("buffered IoU",
Yang et al. 2023).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from brandlens.boxes import Detection, area, clip, iou, to_xyxy

GAP = 1.0  # seconds that a logo may be out of sight and still be the same appearance
GROWTH = 0.5  # of a box's sides, on every side, before boxes are compared
LEAST = 0.1  # intersection over union of grown boxes that makes them one logo: moved by 1.6 times its width at most


@dataclass(frozen=True)
class Track:
    """One appearance of a logo.

    start, end: seconds in the clip, from the look that first shows it to the one after the last that does. score: its
    best. share: of the picture's area, 0 to 1, the mean of the looks that show it. looks: how many those are.
    """

    track: int
    label: str
    start: float
    end: float
    score: float
    share: float
    looks: int


@dataclass(frozen=True)
class LabelTotal:
    """All appearances of a label. seconds: on screen, once or more often. share: of the picture's area that its logos
    cover together, the mean of the looks that show any."""

    label: str
    seconds: float
    share: float
    appearances: int


@dataclass(eq=False)
class _Trail:
    """A track as it grows; `seen` tells whether the last look shows it."""

    number: int
    label: str
    start: float
    end: float
    box: np.ndarray
    scores: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    seen: bool = True


class Tracker:
    """Follows logos through the looks of one clip, in the order of time."""

    def __init__(self, gap: float = GAP) -> None:
        """gap: seconds out of sight that are bridged; they count as on screen."""
        self.gap = gap
        self._trails: list[_Trail] = []
        self._open: list[_Trail] = []
        self._covered: dict[str, list[float]] = defaultdict(list)

    def look(self, seconds: float, found: Sequence[Detection], width: int, height: int) -> list[int]:
        """The track of each detection, from 1, in a frame of width x height pixels at this time.

        The order of detections does not matter: tracks that begin together are numbered by falling score.
        """
        self._reach(seconds)
        self._open = [trail for trail in self._open if seconds - trail.end <= self.gap]
        order = sorted(range(len(found)), key=lambda at: _rank(found[at]))
        ranked = [found[at] for at in order]
        boxes = clip(to_xyxy(ranked), width, height)
        tracks = [0] * len(found)
        trails = self._matched(ranked, boxes)
        for trail in self._open:
            trail.seen = False
        for at, each, box, known in zip(order, ranked, boxes, trails, strict=True):
            trail = known or self._begun(each.label, seconds)
            trail.box, trail.seen = box, True
            trail.scores.append(each.score)
            trail.shares.append(float(area(box[None])[0]) / (width * height))
            tracks[at] = trail.number
        for label in {each.label for each in ranked}:
            own = boxes[[each.label == label for each in ranked]]
            self._covered[label].append(covered(own) / (width * height))
        return tracks

    def close(self, end: float) -> list[Track]:
        """All tracks, by their start. end: seconds, when the last frame leaves the screen."""
        self._reach(end)
        return [
            Track(each.number, each.label, each.start, each.end, max(each.scores), _mean(each.shares), len(each.scores))
            for each in self._trails
        ]

    def totals(self, tracks: Sequence[Track]) -> list[LabelTotal]:
        """What the tracks of each label come to, the longest on screen first."""
        sums = [
            LabelTotal(label, on_screen(own), _mean(shares), len(own))
            for label, shares in self._covered.items()
            for own in [[each for each in tracks if each.label == label]]
        ]
        return sorted(sums, key=lambda each: (-each.seconds, each.label))

    def _reach(self, seconds: float) -> None:
        """What the look before showed was on screen until now."""
        for trail in self._open:
            if trail.seen:
                trail.end = max(trail.end, seconds)

    def _begun(self, label: str, seconds: float) -> _Trail:
        trail = _Trail(len(self._trails) + 1, label, seconds, seconds, np.zeros(4, np.float32))
        self._trails.append(trail)
        self._open.append(trail)
        return trail

    def _matched(self, found: Sequence[Detection], boxes: np.ndarray) -> list[_Trail | None]:
        """The open track that each detection goes on with: greedy by falling overlap, each taken once."""
        matched: list[_Trail | None] = [None] * len(found)
        if not found or not self._open:
            return matched
        overlap = iou(grown(boxes), grown(np.stack([trail.box for trail in self._open])))
        alike = np.array([[each.label == trail.label for trail in self._open] for each in found])
        overlap = np.where(alike, overlap, 0)
        for place in np.argsort(-overlap, axis=None, kind="stable"):
            at, to = np.unravel_index(place, overlap.shape)
            if overlap[at, to] < LEAST:
                break
            if matched[at] is None and self._open[to] not in matched:
                matched[at] = self._open[to]
        return matched


def _rank(each: Detection) -> tuple[object, ...]:
    return -each.score, each.label, each.left, each.top, each.width, each.height


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def grown(boxes: np.ndarray) -> np.ndarray:
    """(n, 4) boxes (left, top, right, bottom), larger by GROWTH of their sides on every side."""
    sides = (boxes[:, 2:] - boxes[:, :2]) * GROWTH
    return np.concatenate([boxes[:, :2] - sides, boxes[:, 2:] + sides], axis=1)


def covered(boxes: np.ndarray) -> float:
    """The area that (n, 4) boxes (left, top, right, bottom) cover together, in square pixels; twice is once."""
    if not len(boxes):
        return 0.0
    x, y = np.unique(boxes[:, ::2]), np.unique(boxes[:, 1::2])
    across = (boxes[:, :1] <= x[:-1]) & (x[1:] <= boxes[:, 2:3])  # (n, columns)
    down = (boxes[:, 1:2] <= y[:-1]) & (y[1:] <= boxes[:, 3:4])  # (n, rows)
    inside = (down[:, :, None] & across[:, None, :]).any(axis=0)
    return float((inside * np.outer(np.diff(y), np.diff(x))).sum())


def on_screen(tracks: Sequence[Track]) -> float:
    """Seconds in which at least one of the tracks is on screen."""
    total, reached = 0.0, -np.inf
    for each in sorted(tracks, key=lambda each: each.start):
        total += max(0.0, each.end - max(each.start, reached))
        reached = max(reached, each.end)
    return float(total)
