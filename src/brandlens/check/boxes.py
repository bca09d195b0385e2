"""Boxes that are outside their picture, stick out of it, or are drawn twice."""

from collections.abc import Iterator
from dataclasses import replace

from brandlens.annotations import Picture
from brandlens.annotations.issues import Issue
from brandlens.boxes import Box, iou, to_xyxy

SAME = 0.9  # intersection over union from which two boxes of a label are one


def check(picture: Picture, width: int, height: int) -> tuple[list[Issue], Picture]:
    """What is wrong with the boxes of a picture of this size, and the picture without it.

    Boxes outside are left out, those that stick out cut off at the edge, and of two that are one the first is kept.
    """
    findings: list[Issue] = []
    kept: list[tuple[Box, str]] = []
    for box, place in zip(picture.boxes, _places(picture), strict=True):
        inside = _inside(box, width, height)
        if inside is None:
            what = f"{_named(box)} lies outside the {width}x{height} picture"
            findings.append(Issue(place, what, "remove it", safe=True))
            continue
        if inside != box:
            what = f"{_named(box)} sticks out of the {width}x{height} picture"
            findings.append(Issue(place, what, "cut it off at the edge", hint=True, safe=True))
        twin = next(_twins(inside, [other for other, _ in kept]), None)
        same = twin is not None and twin.ignore == box.ignore
        if twin:
            findings.append(Issue(place, f"{_named(box)} is drawn twice", "remove one", safe=same))
        if not same:
            kept.append((inside, place))
    boxes, places = ([each[at] for each in kept] for at in (0, 1))
    return findings, replace(picture, boxes=tuple(boxes), places=(*picture.places[:1], *places))


def _places(picture: Picture) -> tuple[str, ...]:
    return picture.places[1:] if picture.places else (str(picture.path),) * len(picture.boxes)


def _named(box: Box) -> str:
    return f'box of label "{box.label}" at {box.left},{box.top} {box.width}x{box.height}'


def _inside(box: Box, width: int, height: int) -> Box | None:
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(width, box.left + box.width), min(height, box.top + box.height)
    if right <= left or bottom <= top:
        return None
    return replace(box, left=left, top=top, width=right - left, height=bottom - top)


def _twins(box: Box, others: list[Box]) -> Iterator[Box]:
    """Those of the others that are this box."""
    overlaps = iou(to_xyxy([box]), to_xyxy(others))[0]
    return (
        other for other, overlap in zip(others, overlaps, strict=True) if other.label == box.label and overlap > SAME
    )
