"""Boxes in a picture as its file stores it ↔ in the picture as it is shown, turned by EXIF's orientation, 1 to 8.

imglab shows pictures as stored; browsers, and with them most labelling tools, turn them.
"""

from dataclasses import replace
from pathlib import Path

from brandlens import image_headers
from brandlens.annotations import text_files
from brandlens.annotations.issues import InvalidValueError
from brandlens.boxes import Box
from brandlens.image_headers import Header

START = 1 << 20  # bytes of a picture in which its header stands, mostly
LYING = range(5, 9)  # orientations that swap width and height


def header_of(file: Path) -> Header:
    """The size of the picture as stored, and how it is turned. Raises UnfitError where the file does not say it.

    A TIFF counts as stored as it is shown, for OpenCV never reads it otherwise.
    """
    header = image_headers.parse(text_files.content(file, START)) or image_headers.parse(text_files.content(file))
    if header is None or header.width <= 0 or header.height <= 0:
        raise InvalidValueError(f"{file.name} is no picture whose size can be read", "fetch it again")
    return Header("TIFF", *shown_size(header)) if header.format == "TIFF" else header


def shown_size(header: Header) -> tuple[int, int]:
    """Width and height of the picture as shown."""
    return (header.height, header.width) if header.orientation in LYING else (header.width, header.height)


def to_shown(box: Box, header: Header) -> Box:
    """The box in the picture as shown, of one in the picture as stored."""
    if header.orientation in LYING:
        box = _swapped(box)
    return _mirrored(box, header)


def to_stored(box: Box, header: Header) -> Box:
    """The box in the picture as stored, of one in the picture as shown."""
    box = _mirrored(box, header)
    return _swapped(box) if header.orientation in LYING else box


def _swapped(box: Box) -> Box:
    return Box(box.top, box.left, box.height, box.width, box.label, box.ignore)


def _mirrored(box: Box, header: Header) -> Box:
    """The box flipped as the orientation says, in the picture as shown; flipping twice changes nothing."""
    width, height = shown_size(header)
    if header.orientation in (2, 3, 6, 7):
        box = replace(box, left=width - box.left - box.width)
    if header.orientation in (3, 4, 7, 8):
        box = replace(box, top=height - box.top - box.height)
    return box
