"""Boxes in a picture as its file stores it ↔ in the picture as it is displayed, turned by EXIF's orientation, 1 to 8.

Which of both a tool shows while boxes are drawn: imglab what is stored, as dlib reads no EXIF (davisking/dlib, issue
1706); CVAT from 2.1 on (cvat-ai/cvat, pull request 4529), Label Studio, which browsers display, and LabelImg's current
version what is displayed. The size stated beside the boxes tells, unless both sizes are one: turned by half a turn,
mirrored, or square. Then, and where none is stated, the format's own tools decide, or the user.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from brandlens import image_headers
from brandlens.annotations import text_files
from brandlens.annotations.issues import InvalidValueError
from brandlens.annotations.records import Picture
from brandlens.boxes import Box
from brandlens.image_headers import Header

ToolExif = Literal["applied", "ignored"]  # whether tools show pictures as EXIF turns them, or as stored
Exif = Literal["auto", "applied", "ignored"]  # auto: by the stated size, else as the format's tools do
START = 1 << 17  # bytes of a picture that hold its header, in most files
TRANSPOSED = range(5, 9)  # orientations that swap width and height


def header_of(file: Path) -> Header:
    """Return the size of a picture as stored, and its orientation.

    A TIFF counts as stored as it is displayed, for OpenCV never reads it otherwise. Raises InvalidValueError for a file
    from which no size can be read.
    """
    header = image_headers.parse(text_files.read_bytes(file, START)) or image_headers.parse(text_files.read_bytes(file))
    if header is None or header.width <= 0 or header.height <= 0:
        raise InvalidValueError(f"{file.name} is no picture whose size can be read", "fetch it again")
    return Header("TIFF", *shown_size(header)) if header.format == "TIFF" else header


def shown_size(header: Header) -> tuple[int, int]:
    """Return width and height of the picture as displayed."""
    return (header.height, header.width) if header.orientation in TRANSPOSED else (header.width, header.height)


def is_labelled_as_stored(
    stated: tuple[int | None, int | None], header: Header, exif_applied: bool = False
) -> bool | None:
    """Return whether boxes are in the picture as stored (True) or as displayed (False), by the size stated beside them.

    stated: width, height; None stands for any. exif_applied: what holds where it is the size of both: as displayed.
    Returns None where it is the size of neither.
    """
    if header.orientation == 1:
        return True if _fits(stated, (header.width, header.height)) else None
    as_stored, as_shown = _fits(stated, (header.width, header.height)), _fits(stated, shown_size(header))
    if as_stored and as_shown:
        return not exif_applied
    return as_stored if as_stored or as_shown else None


def _fits(stated: tuple[int | None, int | None], size: tuple[int, int]) -> bool:
    return all(side in (None, length) for side, length in zip(stated, size, strict=True))


def is_ambiguous(picture: Picture, header: Header) -> bool:
    """Return whether EXIF turns the picture, and its stated size does not tell whether its boxes were drawn on that."""
    stated = (picture.width, picture.height)
    return (
        header.orientation != 1 and _fits(stated, (header.width, header.height)) and _fits(stated, shown_size(header))
    )


def turned_header(file: Path) -> Header | None:
    """Return a picture's header if EXIF turns the picture; None for another, and for one that cannot be read."""
    try:
        header = header_of(file)
    except InvalidValueError:
        return None
    return header if header.orientation != 1 else None


def drawn_as(picture: Picture, exif_applied: bool) -> Picture:
    """Return the picture with its boxes, as they are, taken as drawn on the displayed picture, or on the stored one.

    A stated size that says otherwise is replaced by that of the picture which is meant.
    """
    header = turned_header(picture.path)
    if header is None or is_labelled_as_stored((picture.width, picture.height), header) is None:
        return replace(picture, exif_applied=exif_applied)
    width, height = shown_size(header) if exif_applied else (header.width, header.height)
    return replace(picture, width=width, height=height, exif_applied=exif_applied)


def converted(picture: Picture, exif_applied: bool, only_ambiguous: bool = False) -> Picture:
    """Return the picture with its boxes converted to the displayed picture, or to the stored one, and its size with it.

    only_ambiguous: leave boxes be whose stated size tells what they were drawn on.
    """
    header = turned_header(picture.path)
    if header is None or (only_ambiguous and not is_ambiguous(picture, header)):
        return picture
    as_stored = is_labelled_as_stored((picture.width, picture.height), header, picture.exif_applied)
    if as_stored is None or as_stored != exif_applied:
        return replace(picture, exif_applied=exif_applied)
    boxes = tuple((to_shown if exif_applied else to_stored)(box, header) for box in picture.boxes)
    width, height = picture.width, picture.height
    if header.orientation in TRANSPOSED:
        width, height = height, width
    return replace(picture, boxes=boxes, width=width, height=height, exif_applied=exif_applied)


def converted_for(pictures: Sequence[Picture], exif: ToolExif | None, only_ambiguous: bool = False) -> list[Picture]:
    """Return the pictures with their boxes as a format's tools take them. exif: the format's `EXIF`."""
    return [converted(picture, exif == "applied", only_ambiguous) for picture in pictures]


def to_shown(box: Box, header: Header) -> Box:
    """Convert a box in the picture as stored to the picture as displayed."""
    if header.orientation in TRANSPOSED:
        box = _transpose(box)
    return _mirror(box, header)


def to_stored(box: Box, header: Header) -> Box:
    """Convert a box in the picture as displayed to the picture as stored."""
    box = _mirror(box, header)
    return _transpose(box) if header.orientation in TRANSPOSED else box


def _transpose(box: Box) -> Box:
    return Box(box.top, box.left, box.height, box.width, box.label, box.ignore)


def _mirror(box: Box, header: Header) -> Box:
    """Flip a box in the picture as displayed as the orientation says; flipping twice changes nothing."""
    width, height = shown_size(header)
    if header.orientation in (2, 3, 6, 7):
        box = replace(box, left=width - box.left - box.width)
    if header.orientation in (3, 4, 7, 8):
        box = replace(box, top=height - box.top - box.height)
    return box
