"""Find what a dataset as a whole lacks: pictures, boxes, boxes large enough, boxes in enough of its pictures."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from brandlens.annotations import Picture
from brandlens.annotations.issues import Issue

MAX_BACKGROUND = 0.5  # of the pictures without a box; more are worth a look
MIN_SIDE = 8  # pixels of a box's shorter side; a smaller one shows hardly anything


def check(path: Path, pictures: Sequence[Picture], *, others_have_boxes: bool) -> Iterator[Issue]:
    """Yield what is wrong with the pictures of an annotation file, taken together.

    others_have_boxes: another file of the dataset has boxes, so that this one may hold background on purpose.
    """
    place = str(path)
    if not pictures:
        yield Issue(place, "no pictures", "name a file or folder that has some")
        return
    background = sum(all(box.ignore for box in picture.boxes) for picture in pictures)
    if background == len(pictures):
        message = "no boxes at all: every picture would be background"
        yield Issue(place, message, "draw boxes, or name the file that holds them", hint=others_have_boxes)
    elif background > MAX_BACKGROUND * len(pictures):
        message = f"{background:,} of {len(pictures):,} pictures have no box, and would be background"
        yield Issue(place, message, "draw their boxes if they show logos", hint=True)
    small = [
        place
        for picture in pictures
        for box, place in zip(picture.boxes, picture.box_places, strict=True)
        if min(box.width, box.height) < MIN_SIDE and not box.ignore
    ]
    if small:
        more = f", and so have {len(small) - 1:,} more" if len(small) > 1 else ""
        yield Issue(small[0], f"box has a side of less than {MIN_SIDE} pixels{more}", "mark it as ignore", hint=True)
