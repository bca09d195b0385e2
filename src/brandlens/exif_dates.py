"""The date on which a picture was taken, from the EXIF of a JPEG, PNG, WebP, TIFF, HEIC or AVIF."""

import re
import struct
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from brandlens.tiff import Tiff

READ = 1 << 20  # bytes of a file that are searched; EXIF stands before the pixels, but in some PNG and WebP
EXIF_DIRECTORY, DATE_TIME_ORIGINAL, DATE_TIME_DIGITIZED, DATE_TIME = 0x8769, 0x9003, 0x9004, 0x0132
START = re.compile(rb"(?:Exif\0\0|eXIf|EXIF....)(II\*\0|MM\0\*)", re.DOTALL)


def read_date(path: Path) -> date | None:
    """Return when a picture was taken: EXIF's DateTimeOriginal, else its other dates; None where there is none.

    Raises OSError for a file that cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(READ)
    starts = [0] if data[:4] in (b"II*\0", b"MM\0*") else [match.start(1) for match in START.finditer(data)]
    for start in starts:
        with suppress(struct.error, ValueError, OverflowError):
            if taken := _of_tiff(data[start:]):
                return taken
    return None


def _of_tiff(data: bytes) -> date | None:
    tiff = Tiff.of(data)
    first = tiff.directory()
    pointer = tiff.number(first.get(EXIF_DIRECTORY))
    tags = tiff.directory(pointer) if pointer else {}
    for entry in (tags.get(DATE_TIME_ORIGINAL), tags.get(DATE_TIME_DIGITIZED), first.get(DATE_TIME)):
        if entry is not None:
            with suppress(ValueError):
                text = data[entry.offset : entry.offset + 10].decode("latin-1")
                return datetime.strptime(text, "%Y:%m:%d").date()
    return None
