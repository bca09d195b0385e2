"""HEIF files, as AVIF and HEIC are: size and rotation from their boxes (ISO/IEC 23008-12), and the pixels of HEIC."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# A picture that is displayed with EXIF's orientation o is, turned or mirrored once more, displayed with table[o].
ROTATED = {1: 8, 8: 3, 3: 6, 6: 1, 2: 5, 5: 4, 4: 7, 7: 2}  # by 90 degrees, anticlockwise
MIRRORED_TOP_BOTTOM = {1: 4, 4: 1, 2: 3, 3: 2, 5: 8, 8: 5, 6: 7, 7: 6}
MIRRORED_LEFT_RIGHT = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}
UNDONE = {6: 8, 8: 6}  # the orientations that are not their own inverse


@dataclass(frozen=True)
class Shape:
    """Size of the primary picture in pixels as stored, and how to display it, as an EXIF orientation, 1 to 8.

    clean_aperture: width and height of the part that is to be displayed, as stored; None for all of it.
    """

    width: int
    height: int
    orientation: int
    clean_aperture: tuple[int, int] | None


def read_shape(data: bytes) -> Shape:
    """Read the shape of a file's primary picture. Raises ValueError or struct.error where there is none.

    The properties irot and imir say how it is turned. EXIF's orientation says it once more and counts for nothing
    (MIAF, ISO/IEC 23000-22, 7.3.6.5).
    """
    meta = dict(_boxes(data[slice(*_find(data, b"meta"))], 4))
    start = 4 if meta[b"pitm"][0] else 2
    primary = int.from_bytes(meta[b"pitm"][4 : 4 + start], "big")
    properties = dict(_boxes(meta[b"iprp"]))
    known = list(_boxes(properties[b"ipco"]))
    width = height = 0
    orientation, clean_aperture = 1, None
    for index in _associations(properties[b"ipma"], primary):
        kind, content = known[index - 1] if 0 < index <= len(known) else (b"", b"")
        if kind == b"ispe":
            width, height = struct.unpack_from(">II", content, 4)
        elif kind == b"irot":
            for _ in range(content[0] & 3):
                orientation = ROTATED[orientation]
        elif kind == b"imir":
            orientation = (MIRRORED_LEFT_RIGHT if content[0] & 1 else MIRRORED_TOP_BOTTOM)[orientation]
        elif kind == b"clap":
            numbers = struct.unpack_from(">IIII", content)
            clean_aperture = numbers[0] // max(1, numbers[1]), numbers[2] // max(1, numbers[3])
    if not width or not height:
        raise ValueError("no size")
    return Shape(width, height, orientation, clean_aperture)


def _find(data: bytes, kind: bytes) -> tuple[int, int]:
    """Return where the content of the first outermost box of a kind starts and ends."""
    for found, start, end in _ranges(data, 0):
        if found == kind and end <= len(data):
            return start, end
    raise ValueError(f"no {kind.decode()} in it")


def _boxes(data: bytes, offset: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the content of each box, from an offset on."""
    for kind, start, end in _ranges(data, offset):
        yield kind, data[start:end]


def _ranges(data: bytes, offset: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each box, and where its content starts and ends."""
    while offset + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        start = offset + 8
        if length == 1:  # too large for four bytes
            (length,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = offset + length if length else len(data)  # 0: to the end
        if end < start:
            raise ValueError("a box smaller than its head")
        yield data[offset + 4 : offset + 8], start, end
        offset = end


def _associations(content: bytes, item: int) -> list[int]:
    """Return the numbers, from 1, of an item's properties in their order."""
    id_code = "I" if content[0] else "H"
    wide = content[3] & 1  # two bytes a property; the highest bit tells only whether it is essential
    (count,) = struct.unpack_from(">I", content, 4)
    offset = 8
    for _ in range(count):
        (found,) = struct.unpack_from(">" + id_code, content, offset)
        offset += struct.calcsize(">" + id_code)
        number = content[offset]
        code = f">{number}{'H' if wide else 'B'}"
        if found == item:
            return [value & (0x7FFF if wide else 0x7F) for value in struct.unpack_from(code, content, offset + 1)]
        offset += 1 + struct.calcsize(code)
    raise ValueError("no properties of the primary picture")


def decode(data: bytes, orientation: int) -> np.ndarray:
    """Decode a HEIC as stored: (h, w, 3 or 4) uint8, blue first.

    orientation: as `read_shape` tells it, for libheif turns the picture, which is undone here. Needs pi-heif. Raises
    ValueError for a file that it does not take.
    """
    import pi_heif  # noqa: PLC0415 - an extra, for these files alone

    try:
        file = pi_heif.open_heif(data, bgr_mode=True)
        pixels = np.array(file)  # a copy, for the file owns its memory
    except Exception as error:  # of a damaged file errors of many classes, IndexError too
        raise ValueError(str(error)) from None
    return rotate(pixels, UNDONE.get(orientation, orientation))


def rotate(picture: np.ndarray, orientation: int) -> np.ndarray:
    """Rotate and mirror a stored (h, w, ...) picture to how its orientation, 1 to 8 as in EXIF, says to display it."""
    if orientation >= 5:
        picture = picture.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    if orientation in (3, 4, 7, 8):
        picture = picture[::-1]
    return picture
