"""Find boxes that are outside their picture, stick out of it, or are drawn twice."""

from dataclasses import replace

from brandlens.annotations import Picture
from brandlens.annotations.issues import Issue
from brandlens.boxes import Box, clip_box, iou, to_xyxy

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


def _describe(box: Box) -> str:
    return f'box of label "{box.label}" at {box.left},{box.top} {box.width}x{box.height}'


def _duplicate(box: Box, others: list[Box]) -> Box | None:
    """Return the first of the other boxes that is this one."""
    overlaps = iou(to_xyxy([box]), to_xyxy(others))[0]
    pairs = zip(others, overlaps, strict=True)
    return next((other for other, overlap in pairs if other.label == box.label and overlap > MIN_IOU), None)
