"""What a picture's file says of itself before any pixel is decoded: pure functions on its bytes."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
ORIENTATION, WIDTH, HEIGHT = 274, 256, 257  # TIFF tags, which EXIF uses too
SHOWN = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")  # PNG chunks that make up the pixels


@dataclass(frozen=True)
class Header:
    """format: its usual name. width, height: pixels as stored. orientation: EXIF's, 1 (as stored) to 8."""

    format: str
    width: int
    height: int
    orientation: int = 1


def parse(data: bytes) -> Header | None:
    """The header of a JPEG, PNG, GIF, BMP, WebP, TIFF, AVIF or JPEG 2000 file; None for another or a broken one."""
    for signature, read in READERS:
        if data.startswith(signature):
            try:
                return read(data)
            except (struct.error, LookupError, ValueError):
                return None
    return _avif(data) if data[4:8] == b"ftyp" else None


def bare_png(data: bytes) -> bytes:
    """The PNG with nothing in it but its pixels. Raises ValueError when it is cut short or a checksum is wrong.

    What is left out (colour profiles, texts, further frames) changes no pixel that OpenCV reads, but libpng complains
    of it on standard error and may inflate it.
    """
    kept = [PNG]
    for kind, start, end in _png_chunks(data):
        if end + 4 > len(data):
            break
        if kind in SHOWN:
            if zlib.crc32(memoryview(data)[start - 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
                break
            kept.append(data[start - 8 : end + 4])
        if kind == b"IEND":
            return b"".join(kept)
    raise ValueError("a PNG cut short or damaged")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk's content."""
    at = len(PNG)
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], at + 8, at + 8 + length
        at += 12 + length


def _png(data: bytes) -> Header:
    width, height = struct.unpack_from(">II", data, 16)
    exif = next((data[start:end] for kind, start, end in _png_chunks(data) if kind == b"eXIf"), b"")
    return Header("PNG", width, height, _orientation(exif))


def _jpeg(data: bytes) -> Header:
    orientation, at = 1, 2
    while True:
        at = data.index(b"\xff", at)
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        at += 1
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 3)
            return Header("JPEG", width, height, orientation)
        if marker in (0xD9, 0xDA):
            raise ValueError("no frame before the scan")
        if marker == 0xE1 and data[at + 2 : at + 8] == b"Exif\0\0":
            orientation = _orientation(data[at + 8 : at + length])
        at += length


def _gif(data: bytes) -> Header:
    return Header("GIF", *struct.unpack_from("<HH", data, 6))


def _bmp(data: bytes) -> Header:
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return Header("BMP", abs(width), abs(height))  # a negative height: rows from the top


def _webp(data: bytes) -> Header:
    if data[8:12] != b"WEBP":
        raise ValueError("another RIFF file")
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("WebP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind != b"VP8X" or len(data) < 30:
        raise ValueError("no picture in it")
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    orientation, at = 1, 12
    while at + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        if data[at : at + 4] == b"EXIF":
            orientation = _orientation(data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    return Header("WebP", width, height, orientation)


def _tiff(data: bytes) -> Header:
    tags = _tags(data)
    return Header("TIFF", tags[WIDTH], tags[HEIGHT], _one_to_eight(tags))


def _jpeg2000(data: bytes) -> Header:
    height, width = struct.unpack_from(">II", data, data.index(b"ihdr") + 4)
    return Header("JPEG 2000", width, height)


def _avif(data: bytes) -> Header | None:
    """The largest picture in the file; its turning (irot, imir) is not read, as OpenCV does not read it either."""
    sizes, at = [], data.find(b"ispe", 0, 1 << 16)
    while at >= 0 and at + 16 <= len(data):
        sizes.append(struct.unpack_from(">II", data, at + 8))
        at = data.find(b"ispe", at + 4, 1 << 16)
    return Header("AVIF", *max(sizes, key=lambda size: size[0] * size[1])) if sizes else None


def _orientation(exif: bytes) -> int:
    """EXIF's orientation; 1 where there is none or it makes no sense."""
    try:
        return _one_to_eight(_tags(exif))
    except (struct.error, KeyError, ValueError):
        return 1


def _one_to_eight(tags: dict[int, int]) -> int:
    found = tags.get(ORIENTATION, 1)
    return found if 1 <= found <= 8 else 1


def _tags(data: bytes) -> dict[int, int]:
    """The tags in a TIFF's (or EXIF's) first directory that hold one whole number."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise ValueError("no TIFF")
    big = struct.unpack_from(order + "H", data, 2)[0] == 43  # BigTIFF
    (start,) = struct.unpack_from(order + "Q", data, 8) if big else struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, start)
    step, head, place = (20, 8, 12) if big else (12, 2, 8)
    tags = {}
    for at in range(start + head, start + head + step * min(count, 4096), step):
        tag, kind = struct.unpack_from(order + "HH", data, at)
        form = {3: "H", 4: "I", 16: "Q"}.get(kind)
        if form and tag not in tags:
            (tags[tag],) = struct.unpack_from(order + form, data, at + place)
    return tags


READERS = (
    (PNG, _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"GIF8", _gif),
    (b"BM", _bmp),
    (b"RIFF", _webp),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"II+\0", _tiff),
    (b"MM\0+", _tiff),
    (b"\0\0\0\x0cjP  ", _jpeg2000),
)
