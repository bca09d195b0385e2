"""What stands in the columns of YOLO's label files, decided from data.yaml and all lines together.

A line is a class and, of what Ultralytics reads and what its `Results.save_txt` writes:
- 4 values: a box's centre x and y, width and height;
- 6 values or more: the corners of a polygon, an oriented box among them;
- 4 values and keypoints of 2 or 3 values each, as many as `kpt_shape` in data.yaml says;
- any of these and, of a prediction, a confidence, a track's number, or both.
One line of 6 values or more may be several of these, and only one of them has the right box. Where data.yaml and all
lines together leave it open, the lines are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from brandlens.annotations.issues import InvalidValueError

Edges = tuple[float, float, float, float]
MAX_LINES = 10_000  # that are looked at
MAX_OUTSIDE = 0.5  # fraction of the picture by which an edge may lie outside of it
MIN_LINES = 3  # from which on a last column of 0 and 1 alone is of tracks, and not of triangles at the picture's edge
MIN_KEYPOINTS = 0.7  # of the lines may be boxes with keypoints: from which on all may be
MAX_POLYGONS = 0.5  # of the lines can be polygons alone: from which on all are
MIN_NEAR = 0.9  # of the lines end with what may be a corner: from which on all do
PARALLEL = 0.02  # fraction of its extent by which a corner of an oriented box may be off
MIN_REACH = 0.35  # of half a box, by which at least one of several keypoints lies away from its centre
MAX_REACH = 1.2  # of half a box, by which no keypoint lies farther away from its centre
SLACK = 0.02  # fraction of the picture by which a box with keypoints may stick out of it
POLYGONS = "put kpt_shape: [0, 0] into data.yaml"


@dataclass(frozen=True)
class Columns:
    """How lines of more than a class and four values are read.

    num_keypoint_values: after a box, as data.yaml says; None where it does not.
    sixth: whether a class and five values are a box and a confidence, or a track's number.
    long: what starts a class and six values or more, by which `num_keypoint_values` is not 0.
    tracks: whether a confidence and a track's number end lines of an even number of values.
    predicted: whether lines hold a confidence or a track's number.
    fix: what to do where `long` is unknown.
    """

    num_keypoint_values: int | None = None
    sixth: bool = True
    long: Literal["box", "polygon", "unknown"] = "polygon"
    tracks: bool = False
    predicted: bool = False
    fix: str = ""

    def edges(self, values: Sequence[float]) -> Edges:
        """Return left, top, right and bottom of a line's upright box, as fractions of the picture.

        values: what follows the class. Raises InvalidValueError for a line that holds no box, or one of several.
        """
        num_values = len(values)
        given = f"{num_values + 1} values"
        if num_values < 4:
            raise InvalidValueError(given, "write class, centre x, centre y, width, height")
        if num_values == 4:
            return _box(values)
        if self.num_keypoint_values:
            if num_values - 4 - self.num_keypoint_values in (0, 1, 2):
                return _box(values)
            wanted = 5 + self.num_keypoint_values
            raise InvalidValueError(f"{given}, where kpt_shape asks for {wanted}", "correct them, or kpt_shape")
        if num_values == 5 and not self.sixth:
            raise InvalidValueError(f"{given}, the last no confidence and no track's number", "delete the last")
        if num_values > 5 and self.long == "unknown":
            raise InvalidValueError(f"{given}, a polygon's corners or a box and more", self.fix)
        if num_values == 5 or self.long == "box":
            return _box(values)
        if num_values % 2 and self.num_keypoint_values == 0:
            raise InvalidValueError(f"{given}, a corner without its y", "correct them")
        corners = np.reshape(values[: num_values - _num_extra(num_values, self.tracks)], (-1, 2))
        (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
        return left, top, right, bottom


def decide(lines: Sequence[Sequence[float]], num_keypoint_values: int | None = None) -> Columns:
    """Return what the columns are from lines, each without its class, of more than four values.

    num_keypoint_values: as data.yaml says; 0 also says that the labels are for training, with nothing at the end.
    """
    by_length: dict[int, list[Sequence[float]]] = {}
    for line in lines:
        by_length.setdefault(len(line), []).append(line)
    groups = {length: np.array(by_length[length], np.float64) for length in sorted(by_length)}
    last_of_five = groups.pop(5, np.zeros((0, 5)))[:, 4]
    sixth = bool(_is_confidence(last_of_five).all() or _is_track(last_of_five).all())
    predicted = (sixth and last_of_five.size > 0) or any(length % 2 for length in groups)
    if num_keypoint_values is not None:
        return Columns(num_keypoint_values, sixth)
    tracks = _has_tracks(groups)
    if tracks is None:
        fix = f"delete the last two if they are a confidence and a track's number; if not, {POLYGONS}"
        return Columns(sixth=sixth, long="unknown", fix=fix)
    if tracks and set(groups) == {6}:
        return Columns(sixth=sixth, long="box", predicted=True)
    shape = _keypoint_shape(groups, tracks)
    if shape:
        fix = f"put kpt_shape: {list(shape)} into data.yaml if keypoints follow a box; if not, {POLYGONS}"
        return Columns(sixth=sixth, long="unknown", fix=fix)
    return Columns(sixth=sixth, tracks=tracks, predicted=predicted or tracks)


def _box(values: Sequence[float]) -> Edges:
    x, y, width, height = values[:4]
    if width < 0 or height < 0:
        raise InvalidValueError(f"box of width {width:g} and height {height:g}", "correct it, or delete the line")
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _num_extra(num_values: int, tracks: bool) -> int:
    """Return how many values follow a polygon's corners: a confidence or a track's number, or both."""
    return 1 if num_values % 2 else 2 if tracks else 0


def _is_confidence(column: np.ndarray) -> np.ndarray:
    return (column >= 0) & (column <= 1)


def _is_track(column: np.ndarray) -> np.ndarray:
    return (column >= 0) & (column == np.floor(column))


def _has_tracks(groups: Mapping[int, np.ndarray]) -> bool | None:
    """Return whether lines of an even number of values end with a confidence and a track's number; None if open."""
    even = [group for length, group in groups.items() if length % 2 == 0]
    if not all((_is_confidence(group[:, -2]) & _is_track(group[:, -1])).all() for group in even):
        return False
    numbers = np.concatenate([group[:, -1] for group in even]) if even else np.zeros(0)
    if not numbers.size or (set(groups) == {8} and _is_oriented(groups)):
        return False
    if (numbers > 1 + MAX_OUTSIDE).any() or _is_oriented(groups):
        return True
    if set(groups) == {6}:
        return True if len(numbers) >= MIN_LINES else None
    near = np.concatenate([_is_near(group, -1) for group in even])  # as the last corner of a polygon is to the others
    return True if near.mean() < MIN_NEAR else None


def _is_oriented(groups: Mapping[int, np.ndarray]) -> bool:
    """Return whether all lines start with the four corners of a parallelogram and hold at most two values more."""
    if not all(8 <= length <= 10 for length in groups):
        return False
    corners = np.concatenate([group[:, :8] for group in groups.values()]).reshape(-1, 4, 2)
    off = np.abs(corners[:, 0] + corners[:, 2] - corners[:, 1] - corners[:, 3]).max(1)
    return bool((off <= PARALLEL * np.ptp(corners, axis=1).max(1)).all())


def _is_near(lines: np.ndarray, index: int) -> np.ndarray:
    """Return for each (n, 2 m) polygon whether this corner is no farther from the others than they extend."""
    corners = lines.reshape(len(lines), -1, 2)
    others = np.delete(corners, index, axis=1)
    low, high = others.min(1), others.max(1)
    extent = (high - low).max(1, keepdims=True)
    corner = corners[:, index]
    return ((corner >= low - extent) & (corner <= high + extent)).all(1)


def _keypoint_shape(groups: Mapping[int, np.ndarray], tracks: bool) -> tuple[int, int] | None:
    """Return the number of keypoints and of each one's values where all lines may be boxes with keypoints.

    All have the same number of values then, but for what may follow; polygons seldom do.
    """
    if not groups or max(groups) - min(groups) > 1 or _is_oriented(groups):
        return None
    length = min(groups)
    lines = np.concatenate([group[:, :length] for group in groups.values()])
    ends_with_track = bool(_is_track(lines[:, -1]).all())
    shapes = [
        (num_values // size, size)
        for num_values in (length - 4, length - 5, *([length - 6] if ends_with_track else []))
        for size in (2, 3)
        if num_values > 0 and num_values % size == 0
    ]
    corners = lines[:, : length - _num_extra(length, tracks)]
    polygons = (np.abs(corners - 0.5) <= 0.5 + MAX_OUTSIDE).all(1) & _is_near(corners, 1)
    for shape in shapes:
        with_keypoints = _may_have_keypoints(lines, *shape)
        seldom_polygons = (polygons & ~with_keypoints).mean() < MAX_POLYGONS
        if with_keypoints.mean() >= MIN_KEYPOINTS and seldom_polygons:
            return shape
        if with_keypoints.any() and polygons.mean() < MAX_POLYGONS:
            return shape
    return None


def _may_have_keypoints(lines: np.ndarray, number: int, size: int) -> np.ndarray:
    """Return for each line whether a box inside the picture and keypoints inside the box stand in it."""
    centre, sides = lines[:, None, :2], lines[:, None, 2:4]
    inside = ((sides > 0) & (np.abs(centre - 0.5) + sides / 2 <= 0.5 + SLACK)).all((1, 2))
    keypoints = lines[:, 4 : 4 + number * size].reshape(len(lines), number, size)
    seen = np.asarray((keypoints[..., :2] >= 0).all(2) & (keypoints[..., :2] > 0).any(2))
    if size == 3:
        inside &= ((keypoints[..., 2] >= 0) & (keypoints[..., 2] <= 2)).all(1)
        seen &= keypoints[..., 2] > 0
    reach = (np.abs(keypoints[..., :2] - centre) / np.maximum(sides / 2, 1e-9)).max(2)
    farthest = np.where(seen, reach, 0).max(1)
    nearest = 0 if number == 1 else MIN_REACH
    return inside & (~seen.any(1) | ((farthest >= nearest) & (farthest <= MAX_REACH)))
