"""Labelled pictures on disk: one module a format, all reading and writing the same records."""

from collections.abc import Sequence
from pathlib import Path

from brandlens.annotations import imglab
from brandlens.annotations.records import Picture
from brandlens.errors import AnnotationError

__all__ = ["Picture", "read", "write"]


def read(path: Path) -> list[Picture]:
    """The labelled pictures of an annotation file, in its order; the format is told by content.

    Raises AnnotationError: one line with the file, the place in it and the mend.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4096).lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")  # byte order marks and space
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read: {error.strerror}") from None
    if not start.startswith(b"<"):
        raise AnnotationError(f"{path}: not an imglab XML file")
    return imglab.read(path)


def write(path: Path, pictures: Sequence[Picture]) -> None:
    """Write labelled pictures as imglab XML, whole or not at all."""
    imglab.write(path, pictures)
