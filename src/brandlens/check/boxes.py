"""Find boxes that are outside their picture, stick out of it, or are drawn twice."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from brandlens.annotations import Picture
from brandlens.annotations.issues import Issue
from brandlens.boxes import Box, clip_box, iou, to_xyxy

MAX_BEYOND = 0.05  # share of a box's side that may well be outside the picture
MIN_IOU = 0.9  # intersection over union above which two boxes of a label are one


def check(picture: Picture, width: int, height: int) -> tuple[list[Issue], Picture]:
    """Return what is wrong with the boxes of a picture of this size in pixels, and the picture with it fixed.

    Boxes outside are left out, those that stick out cut off at the edge, and of two that are one the first is kept.
    """
    issues: list[Issue] = []
    boxes: list[Box] = []
    places: list[str] = []
    for box, place in zip(picture.boxes, picture.box_places, strict=True):
        clipped = clip_box(box, width, height)
        if clipped is None:
            message = f"{_describe(box)} lies outside the {width}x{height} picture"
            issues.append(Issue(place, message, "remove it", safe=True))
            continue
        if clipped != box:
            message = f"{_describe(box)} sticks out of the {width}x{height} picture"
            issues.append(Issue(place, message, "cut it off at the edge", hint=True, safe=True))
        duplicate = _duplicate(clipped, boxes)
        same = duplicate is not None and duplicate.ignore == box.ignore
        if duplicate:
            issues.append(Issue(place, f"{_describe(box)} is drawn twice", "remove one", safe=same))
        if not same:
            boxes.append(clipped)
            places.append(place)
    return issues, replace(picture, boxes=tuple(boxes), places=(*picture.places[:1], *places))


def check_corners(path: Path, sized: Sequence[tuple[Box, int, int]]) -> Iterator[Issue]:
    """Yield an issue where half of a dataset's boxes stick out, and all would fit if their numbers were two corners.

    sized: each box as it was read, with its picture's width and height. What was read as width and height would be
    right and bottom; left and top would be what was read as that, or as the center in YOLO.
    """
    num_out = sum(_sticks_out(*box) for box in sized)
    if num_out and 2 * num_out >= len(sized) and any(all(_fits(*box, at) for box in sized) for at in (0.0, 0.5)):
        message = f"{num_out:,} of {len(sized):,} boxes stick out, and none would if its numbers were two corners"
        yield Issue(str(path), message, "write width and height, not right and bottom")


def _fits(box: Box, width: int, height: int, at: float) -> bool:
    left, top = box.left + at * box.width, box.top + at * box.height
    return 0 <= left < box.width <= width and 0 <= top < box.height <= height


def _sticks_out(box: Box, width: int, height: int) -> bool:
    beyond = max(-box.left, box.left + box.width - width) / box.width
    below = max(-box.top, box.top + box.height - height) / box.height
    return max(beyond, below) > MAX_BEYOND


def _describe(box: Box) -> str:
    return f'box of label "{box.label}" at {box.left},{box.top} {box.width}x{box.height}'


def _duplicate(box: Box, others: list[Box]) -> Box | None:
    """Return the first of the other boxes that is this one."""
    overlaps = iou(to_xyxy([box]), to_xyxy(others))[0]
    pairs = zip(others, overlaps, strict=True)
    return next((other for other, overlap in pairs if other.label == box.label and overlap > MIN_IOU), None)
