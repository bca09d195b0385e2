"""A first look at a file or folder, from which each format tells whether it is its own."""

import itertools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from brandlens import image_headers
from brandlens.annotations import text_files, xml_reader
from brandlens.annotations.issues import InvalidValueError

START = 1 << 16  # bytes of a file that are looked at
MAX_LOOKED_AT = 20  # XML files in a folder that are looked at, until one is well-formed
SPACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # byte order marks and white space


@dataclass(frozen=True)
class Sample:
    """A path and the first bytes of its file (none of a folder)."""

    path: Path
    start: bytes = b""

    @classmethod
    def of(cls, path: Path) -> "Sample":
        """Look at the path. Raises InvalidValueError for what cannot be read."""
        return cls(path, b"" if path.is_dir() else text_files.read_bytes(path, START))

    @cached_property
    def kind(self) -> Literal["folder", "xml", "json", "picture", "text"]:
        """What it is by its first bytes; "text" is all that is nothing else, which may be binary."""
        if self.path.is_dir():
            return "folder"
        if image_headers.parse(self.start):
            return "picture"
        first = self.start.lstrip(SPACE)[:1]
        return "xml" if first == b"<" else "json" if first in (b"{", b"[") else "text"

    @cached_property
    def text(self) -> str | None:
        """The first characters of a text file; None of all other kinds, and of text that is not UTF-8 or UTF-16."""
        try:
            return text_files.decode(self.start, truncated=True) if self.kind == "text" else None
        except InvalidValueError:
            return None

    @cached_property
    def xml_file(self) -> Path | None:
        """The XML file itself, or one of those in the folder: first those in `Annotations`, where Pascal VOC is.

        It is well-formed up to its outermost element, if any of the first MAX_LOOKED_AT is.
        """
        if self.kind != "folder":
            return self.path if self.kind == "xml" else None
        folders = (self.path / "Annotations", self.path)
        files = (file for folder in folders for file in xml_reader.files_below(folder))
        looked_at = list(itertools.islice(files, MAX_LOOKED_AT))
        return next(filter(_is_well_formed, looked_at), looked_at[0] if looked_at else None)

    @cached_property
    def xml_tag(self) -> str | None:
        """The outermost element's tag in `xml_file`, "" where it has none yet; None where there is no XML.

        Raises InvalidValueError for a file that is not well-formed.
        """
        if self.xml_file is None:
            return None
        if self.kind == "xml":
            return xml_reader.outermost_tag(self.start)
        try:
            return _tag_of(self.xml_file)
        except InvalidValueError as error:
            raise InvalidValueError(
                f"{self.xml_file.relative_to(self.path)} in it: {error.message}", error.fix
            ) from None


def _tag_of(file: Path) -> str:
    return xml_reader.outermost_tag(text_files.read_bytes(file, START))


def _is_well_formed(file: Path) -> bool:
    try:
        return bool(_tag_of(file))
    except InvalidValueError:
        return False
