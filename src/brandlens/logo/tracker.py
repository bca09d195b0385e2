"""Detections in the sampled frames of a video → tracks: the same logo followed from frame to frame.

Plain on purpose, and numpy alone: libraries of trackers bring motion models and SciPy for what a few frames a second do
not need. A detection continues the track of its label that it overlaps most, the best pair first. Boxes are grown by
half their size on every side before, so that a logo that moved by its own width is still the same one ("buffered IoU",
Yang et al. 2023).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from brandlens.boxes import Detection, area, clip, iou, to_xyxy

MAX_GAP = 1.0  # seconds that a logo may be out of sight and still be on the same track
BUFFER = 0.5  # fraction of a box's sides added on every side before boxes are compared
MIN_IOU = 0.1  # of grown boxes that make them one logo: moved by 1.6 times its width at most


@dataclass(frozen=True)
class Track:
    """One appearance of a logo.

    start, end: seconds in the video, from the first sampled frame that shows it to the one after the last that does.
    score: the best. area_fraction: of the picture's area, 0 to 1, the mean over the frames that show it. num_frames:
    how many those are.
    """

    track_id: int
    label: str
    start: float
    end: float
    score: float
    area_fraction: float
    num_frames: int


@dataclass(frozen=True)
class LabelTotal:
    """All tracks of a label.

    seconds: on screen, once or more often. area_fraction: of the picture's area that its logos cover together, the mean
    over the frames that show any.
    """

    label: str
    seconds: float
    area_fraction: float
    num_tracks: int


@dataclass(eq=False)
class _OpenTrack:
    """A track as it grows; visible: whether the last frame shows it."""

    track_id: int
    label: str
    start: float
    end: float
    box: np.ndarray
    scores: list[float] = field(default_factory=list)
    area_fractions: list[float] = field(default_factory=list)
    visible: bool = True


class Tracker:
    """Follows logos through the sampled frames of one video, in the order of time."""

    def __init__(self, max_gap: float = MAX_GAP) -> None:
        """max_gap: seconds out of sight that are bridged; they count as on screen."""
        self.max_gap = max_gap
        self._tracks: list[_OpenTrack] = []
        self._open: list[_OpenTrack] = []
        self._covered: dict[str, list[float]] = defaultdict(list)

    def update(self, seconds: float, detections: Sequence[Detection], width: int, height: int) -> list[int]:
        """Return the track id of each detection, from 1, in a frame of width x height pixels at this time.

        The order of detections does not matter: tracks that begin together are numbered by falling score.
        """
        self._extend(seconds)
        self._open = [track for track in self._open if seconds - track.end <= self.max_gap]
        order = sorted(range(len(detections)), key=lambda index: _rank(detections[index]))
        ranked = [detections[index] for index in order]
        boxes = clip(to_xyxy(ranked), width, height)
        matches = self._match(ranked, boxes)
        for track in self._open:
            track.visible = False
        track_ids = [0] * len(detections)
        for index, detection, box, match in zip(order, ranked, boxes, matches, strict=True):
            track = match or self._begin(detection.label, seconds)
            track.box, track.visible = box, True
            track.scores.append(detection.score)
            track.area_fractions.append(float(area(box[None])[0]) / (width * height))
            track_ids[index] = track.track_id
        for label in {detection.label for detection in ranked}:
            label_boxes = boxes[[detection.label == label for detection in ranked]]
            self._covered[label].append(covered_area(label_boxes) / (width * height))
        return track_ids

    def close(self, end: float) -> list[Track]:
        """Return all tracks, by their start. end: seconds, when the last frame leaves the screen."""
        self._extend(end)
        return [
            Track(
                track.track_id, track.label, track.start, track.end, max(track.scores), _mean(track.area_fractions),
                len(track.scores),
            )
            for track in self._tracks
        ]  # fmt: skip

    def totals(self, tracks: Sequence[Track]) -> list[LabelTotal]:
        """Return what the tracks of each label add up to, the longest on screen first."""
        totals = [
            LabelTotal(label, on_screen(label_tracks), _mean(fractions), len(label_tracks))
            for label, fractions in self._covered.items()
            for label_tracks in [[track for track in tracks if track.label == label]]
        ]
        return sorted(totals, key=lambda total: (-total.seconds, total.label))

    def _extend(self, seconds: float) -> None:
        """Keep what the frame before showed on screen until now."""
        for track in self._open:
            if track.visible:
                track.end = max(track.end, seconds)

    def _begin(self, label: str, seconds: float) -> _OpenTrack:
        track = _OpenTrack(len(self._tracks) + 1, label, seconds, seconds, np.zeros(4, np.float32))
        self._tracks.append(track)
        self._open.append(track)
        return track

    def _match(self, detections: Sequence[Detection], boxes: np.ndarray) -> list[_OpenTrack | None]:
        """Return the open track that each detection continues: greedy by falling overlap, each taken once."""
        matches: list[_OpenTrack | None] = [None] * len(detections)
        if not detections or not self._open:
            return matches
        overlap = iou(_grow(boxes), _grow(np.stack([track.box for track in self._open])))
        same_label = np.array([[detection.label == track.label for track in self._open] for detection in detections])
        overlap = np.where(same_label, overlap, 0)
        for flat_index in np.argsort(-overlap, axis=None, kind="stable"):
            row, column = np.unravel_index(flat_index, overlap.shape)
            if overlap[row, column] < MIN_IOU:
                break
            if matches[row] is None and self._open[column] not in matches:
                matches[row] = self._open[column]
        return matches


def _rank(detection: Detection) -> tuple[object, ...]:
    return (
        -detection.score, detection.label, detection.left, detection.top, detection.width, detection.height,
    )  # fmt: skip


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _grow(boxes: np.ndarray) -> np.ndarray:
    """Return (n, 4) boxes (left, top, right, bottom), larger by BUFFER of their sides on every side."""
    reach = (boxes[:, 2:] - boxes[:, :2]) * BUFFER
    return np.concatenate([boxes[:, :2] - reach, boxes[:, 2:] + reach], axis=1)


def covered_area(boxes: np.ndarray) -> float:
    """Return the area that (n, 4) boxes (left, top, right, bottom) cover together, in square pixels; twice is once."""
    if not len(boxes):
        return 0.0
    x, y = np.unique(boxes[:, ::2]), np.unique(boxes[:, 1::2])
    across = (boxes[:, :1] <= x[:-1]) & (x[1:] <= boxes[:, 2:3])  # (n, columns)
    down = (boxes[:, 1:2] <= y[:-1]) & (y[1:] <= boxes[:, 3:4])  # (n, rows)
    inside = (down[:, :, None] & across[:, None, :]).any(axis=0)
    return float((inside * np.outer(np.diff(y), np.diff(x))).sum())


def on_screen(tracks: Sequence[Track]) -> float:
    """Return the seconds in which at least one of the tracks is on screen."""
    total, counted_until = 0.0, -np.inf
    for track in sorted(tracks, key=lambda track: track.start):
        total += max(0.0, track.end - max(track.start, counted_until))
        counted_until = max(counted_until, track.end)
    return float(total)
