"""Headers of picture files: format, size and orientation, read from the bytes before any pixel is decoded."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from brandlens import heif
from brandlens.media_files import AVIF, HEIC, RAW, START, identify
from brandlens.tiff import Tiff

PNG = b"\x89PNG\r\n\x1a\n"
TAGS = ORIENTATION, WIDTH, HEIGHT, SUBFILE = 274, 256, 257, 254  # of TIFF, which EXIF uses too
PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")  # of a PNG; the other chunks change no pixel


@dataclass(frozen=True)
class Header:
    """A picture's format (its usual name), width and height in pixels as stored, and orientation, 1 to 8 as in EXIF."""

    format: str
    width: int
    height: int
    orientation: int = 1


def parse(data: bytes) -> Header | None:
    """Read the header of a JPEG, PNG, GIF, BMP, WebP, TIFF, AVIF, HEIC or JPEG 2000; None for another or broken file.

    A TIFF that opens with the preview of another picture is camera RAW.
    """
    try:
        for signature, read in READERS:
            if data.startswith(signature):
                return read(data)
        return _heif(data) if data[4:8] == b"ftyp" else None
    except (struct.error, LookupError, ValueError, OverflowError):
        return None


def strip_png_metadata(data: bytes) -> bytes:
    """Return the PNG with nothing but the chunks that hold its pixels.

    What is left out (color profiles, texts, further frames) changes no pixel that OpenCV reads, but libpng prints
    warnings about it to standard error and may inflate it. Raises ValueError when the file is cut short or a checksum
    is wrong.
    """
    chunks = [PNG]
    for kind, start, end in _png_chunks(data):
        if end + 4 > len(data):
            break
        if kind in PIXEL_CHUNKS:
            if zlib.crc32(memoryview(data)[start - 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
                break
            chunks.append(data[start - 8 : end + 4])
        if kind == b"IEND":
            return b"".join(chunks)
    raise ValueError("a PNG cut short or damaged")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, and where its content starts and ends."""
    offset = len(PNG)
    while offset + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        yield data[offset + 4 : offset + 8], offset + 8, offset + 8 + length
        offset += 12 + length


def _png(data: bytes) -> Header:
    width, height = struct.unpack_from(">II", data, 16)
    exif = next((data[start:end] for kind, start, end in _png_chunks(data) if kind == b"eXIf"), b"")
    return Header("PNG", width, height, _orientation(exif))


def _jpeg(data: bytes) -> Header:
    orientation, offset = 1, 2
    while True:
        offset = data.index(b"\xff", offset)
        while data[offset] == 0xFF:
            offset += 1
        marker = data[offset]
        offset += 1
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:
            continue
        (length,) = struct.unpack_from(">H", data, offset)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, offset + 3)
            return Header("JPEG", width, height, orientation)
        if marker in (0xD9, 0xDA):
            raise ValueError("no frame before the scan")
        if marker == 0xE1 and data[offset + 2 : offset + 8] == b"Exif\0\0":
            orientation = _orientation(data[offset + 8 : offset + length])
        offset += length


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
    width, height = (int.from_bytes(data[start : start + 3], "little") + 1 for start in (24, 27))
    orientation, offset = 1, 12
    while offset + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, offset + 4)
        if data[offset : offset + 4] == b"EXIF":
            orientation = _orientation(data[offset + 8 : offset + 8 + length].removeprefix(b"Exif\0\0"))
        offset += 8 + length + length % 2
    return Header("WebP", width, height, orientation)


def _tiff(data: bytes) -> Header:
    tags = _numbers(data)
    name = RAW.name if tags.get(SUBFILE, 0) & 1 else "TIFF"
    return Header(name, tags[WIDTH], tags[HEIGHT], _valid_orientation(tags))


def _jpeg2000(data: bytes) -> Header:
    height, width = struct.unpack_from(">II", data, data.index(b"ihdr") + 4)
    return Header("JPEG 2000", width, height)


def _heif(data: bytes) -> Header | None:
    kind = identify(data[:START])
    if kind not in (AVIF, HEIC):
        return None
    shape = heif.read_shape(data)
    cropped = shape.clean_aperture if kind is HEIC else None  # which OpenCV does not cut out of an AVIF
    width, height = cropped or (shape.width, shape.height)
    return Header(kind.name, width, height, shape.orientation)


def _orientation(exif: bytes) -> int:
    """Read the EXIF orientation; 1 where there is none or it is invalid."""
    try:
        return _valid_orientation(_numbers(exif))
    except (struct.error, KeyError, ValueError):
        return 1


def _valid_orientation(tags: dict[int, int]) -> int:
    orientation = tags.get(ORIENTATION, 1)
    return orientation if 1 <= orientation <= 8 else 1


def _numbers(data: bytes) -> dict[int, int]:
    """Read the tags in a TIFF's (or EXIF's) first directory that hold whole numbers, and the first of these."""
    tiff = Tiff.of(data)
    values = {tag: tiff.number(entry) for tag, entry in tiff.directory().items() if tag in TAGS}
    return {tag: value for tag, value in values.items() if value is not None}


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
