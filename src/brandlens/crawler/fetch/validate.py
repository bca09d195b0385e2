"""Validation of a fetched file: its format from its bytes, its size from its header, then decoded once."""

from dataclasses import dataclass
from pathlib import Path

import cv2

from brandlens import image_headers, images
from brandlens.crawler.fetch.reasons import FetchError
from brandlens.datasets import image_dedup
from brandlens.errors import PictureError
from brandlens.media_files import START, identify

SUFFIXES = {
    "JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "BMP": ".bmp", "WebP": ".webp", "TIFF": ".tif", "AVIF": ".avif",
    "JPEG 2000": ".jp2",
    "HEIC": ".heic",
}  # fmt: skip


@dataclass(frozen=True)
class ImageInfo:
    """suffix: of the file's format. width, height: pixels as stored. phash: 64 bits, see `datasets.image_dedup`."""

    suffix: str
    width: int
    height: int
    phash: int


def validate(path: Path, min_side: int, max_pixels: int) -> ImageInfo:
    """Decode a file, if its header says that this is safe.

    min_side: pixels that the shorter side must have. max_pixels: that the picture may have in all. Raises FetchError.
    """
    data = path.read_bytes()
    header = image_headers.parse(data)
    kind = identify(data[:START])
    if kind and kind.fix:
        raise FetchError("no-picture", f"{kind.name}; {kind.fix}")
    if header is None or header.format not in SUFFIXES:
        what = "a page or XML" if data.lstrip()[:1] == b"<" else "empty" if not data else "of an unknown format"
        raise FetchError("no-picture", what)
    size = f"{header.width}x{header.height} pixels"
    if header.width * header.height > max_pixels:
        raise FetchError("pixels", f"{size} are more than {max_pixels:,}")
    if min(header.width, header.height) < min_side:
        raise FetchError("small", f"{size}; the shorter side must have {min_side}")
    try:
        phash = image_dedup.phash(images.read(path, max_pixels))
    except PictureError as error:
        raise FetchError("damaged", str(error).removeprefix(f"{path}: ")) from None
    except (cv2.error, MemoryError, ValueError) as error:
        raise FetchError("damaged", f"cannot be decoded: {type(error).__name__}") from None
    return ImageInfo(SUFFIXES[header.format], header.width, header.height, phash)
