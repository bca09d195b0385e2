"""Boxes in a picture as its file stores it ↔ in the picture as it is displayed, turned by EXIF's orientation, 1 to 8.

imglab shows pictures as stored; browsers, and with them most labelling tools, turn them.
"""

from dataclasses import replace
from pathlib import Path

from brandlens import image_headers
from brandlens.annotations import text_files
from brandlens.annotations.issues import InvalidValueError
from brandlens.boxes import Box
from brandlens.image_headers import Header

START = 1 << 20  # bytes of a picture that hold its header, in most files
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


def is_labelled_as_stored(stated: tuple[int | None, int | None], header: Header) -> bool | None:
    """Return whether boxes are in the picture as stored (True) or as displayed (False), by the size stated beside them.

    stated: width, height; None stands for any. They refer to the picture as stored unless the stated size is that of
    the picture as displayed alone. Returns None where it is the size of neither.
    """
    for size, stored in (((header.width, header.height), True), (shown_size(header), False)):
        if all(side in (None, length) for side, length in zip(stated, size, strict=True)):
            return stored
    return None


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
