"""A fetched file → proof that it is a picture: its kind from its bytes, its size from its header, then decoded once."""

from dataclasses import dataclass
from pathlib import Path

import cv2

from brandlens import image_headers, images
from brandlens.crawler.fetch.reasons import FetchError
from brandlens.datasets import image_dedup
from brandlens.errors import PictureError

SUFFIXES = {
    "JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "BMP": ".bmp", "WebP": ".webp", "TIFF": ".tif", "AVIF": ".avif",
    "JPEG 2000": ".jp2",
}  # fmt: skip


@dataclass(frozen=True)
class ImageInfo:
    """suffix: of its kind. width, height: pixels as stored. fingerprint: 64 bits, see `duplicates`."""

    suffix: str
    width: int
    height: int
    fingerprint: int


def validate(path: Path, smallest: int, largest: int) -> ImageInfo:
    """Decode a file, if its header says that this is safe.

    smallest: pixels that the shorter side must have; largest: pixels in all that it may have. Raises Refused.
    """
    data = path.read_bytes()
    header = image_headers.parse(data)
    if header is None:
        what = "a page or XML" if data.lstrip()[:1] == b"<" else "empty" if not data else "of no kind that is known"
        raise FetchError("no-picture", what)
    size = f"{header.width}x{header.height} pixels"
    if header.width * header.height > largest:
        raise FetchError("pixels", f"{size} are more than {largest:,}")
    if min(header.width, header.height) < smallest:
        raise FetchError("small", f"{size}; the shorter side must have {smallest}")
    try:
        picture = images.read(path, largest)
        fingerprint = image_dedup.phash(picture)
    except PictureError as error:
        raise FetchError("damaged", str(error).removeprefix(f"{path}: ")) from None
    except (cv2.error, MemoryError, ValueError) as error:
        raise FetchError("damaged", f"cannot be decoded: {type(error).__name__}") from None
    return ImageInfo(SUFFIXES[header.format], header.width, header.height, fingerprint)
