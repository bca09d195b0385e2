"""The formats of annotations: a format is one module, and the registry is where all others find it.

Nothing else knows the formats by name: detection, error messages and the command line's help ask the registry.
`register` adds one from outside.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from brandlens.annotations.formats import coco, csv, imglab, voc, yolo
from brandlens.annotations.issues import OnIssue
from brandlens.annotations.orientation import ToolExif
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import Sample


class AnnotationFormat(Protocol):
    """What a format's module, or an object in its place, has.

    NAME: what the API and --format call it.
    DESCRIPTION: what the format is and what `read` takes, for the help.
    PATTERNS: glob patterns of the file names that stand for this format when annotations are written.
    FIXABLE: whether `brandlens logo check --fix` may write it anew in its place: a dataset is one file.
    EXIF, which may be missing: see `exif_of`.
    """

    NAME: str
    DESCRIPTION: str
    PATTERNS: tuple[str, ...]
    FIXABLE: bool

    def sniff(self, sample: Sample) -> bool:
        """Return whether a file or folder is in this format. Raises InvalidValueError for a broken file."""

    def read(self, path: Path, *, allow_outside: bool, on_issue: OnIssue) -> list[Picture]:
        """Return the pictures of a file or folder, in its order.

        allow_outside: allow pictures outside the dataset's folder. on_issue: gets every box and picture left out, and
        a hint where something is read otherwise than written.
        Raises AnnotationError: one line with the file, the place in it and the fix.
        """

    def render(self, path: Path, pictures: Sequence[Picture], *, allow_outside: bool) -> RenderedFiles:
        """Return the files to write. Raises AnnotationError for what `read` would refuse or change."""

    def root_of(self, path: Path) -> Path:
        """Return the dataset's folder, to which the names of pictures are relative."""

    def image_folder(self, path: Path) -> Path:
        """Return the folder in which users of the format expect the pictures of a dataset to be written."""


BUILT_IN: tuple[AnnotationFormat, ...] = (imglab, coco, csv, voc, yolo)  # in the order to ask them in
_formats: list[AnnotationFormat] = [*BUILT_IN]


def register(format: AnnotationFormat) -> None:
    """Add a format, which is asked before all that are there already. Raises ValueError for a name that is taken."""
    if format.NAME in names():
        raise ValueError(f"an annotation format is called {format.NAME!r} already")
    _formats.insert(0, format)


def registered() -> tuple[AnnotationFormat, ...]:
    """Return all formats, in the order to ask them in."""
    return tuple(_formats)


def names() -> tuple[str, ...]:
    """Return the names of all formats."""
    return tuple(format.NAME for format in _formats)


def exif_of(format: AnnotationFormat) -> ToolExif | None:
    """Return whether a format's tools show pictures as EXIF turns them or as stored while boxes are drawn: its EXIF.

    None: `read` returns boxes in pictures as stored, whatever the tools show, and `render` takes them so.
    """
    return getattr(format, "EXIF", None)


def get(name: str) -> AnnotationFormat:
    """Return the format of this name. Raises ValueError for none."""
    for format in _formats:
        if name == format.NAME:
            return format
    raise ValueError(f"no annotation format is called {name!r}; there are: {', '.join(names())}")
