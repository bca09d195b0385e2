"""A path → the tables behind it: parts in a folder, and what is packed, recognized by content and not by name."""

import importlib
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO, NamedTuple, cast

from brandlens.errors import UserError, printable
from brandlens.sniff import content, encoding

PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zip")
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
COMPRESSIONS = (  # and the module of Python that opens them
    (re.compile(rb"\x1f\x8b\x08"), "gzip"),
    (re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"), "bz2"),
    (re.compile(rb"\xfd7zXZ\0"), "lzma"),
)
OFFICE = (
    ("xl/", "an Excel workbook; save it as CSV UTF-8"),
    ("word/", "a Word document; save it as plain text, UTF-8"),
    ("ppt/", "a presentation"),
)


class Content(NamedTuple):
    """What a file holds, unpacked. raw: the file as it lies on the disk. suffix: of the name without packing."""

    file: BinaryIO
    raw: BinaryIO
    suffix: str


def list_parts(path: Path) -> list[Path]:
    """Return the files of a table: the path itself, or of a folder, as Spark and Dask write it, the files in it.

    They come in the order of their numbers; hidden files (._) and empty ones are no parts. Raises UserError for a
    folder with others in it, and for parts of several formats.
    """
    if not path.is_dir():
        return [path]
    files = sorted((file for file in path.iterdir() if file.name[0] not in "._"), key=_by_numbers)
    if folders := [file.name for file in files if file.is_dir()]:
        raise UserError(f"{path}: a folder with the folder {folders[0]} in it; name one folder of parts")
    parts = [file for file in files if file.stat().st_size]
    if not parts:
        raise UserError(f"{path}: a folder without parts of a table")
    if len(suffixes := sorted({suffix_of(part) for part in parts})) > 1:
        raise UserError(f"{path}: a folder with parts of several formats ({', '.join(suffixes)}); name one file")
    return parts


def _by_numbers(path: Path) -> list[tuple[int, str]]:
    """Return a key that sorts part.2 before part.10."""
    return [(int(digits or 0), other) for digits, other in re.findall(r"(\d+)|(\D+)", path.name)]


def suffix_of(path: PurePath) -> str:
    """Return the suffix that tells a table's format, in lower case: ".csv" of reviews.csv.gz."""
    return PurePath(path.stem).suffix.lower() if path.suffix.lower() in PACKED_SUFFIXES else path.suffix.lower()


@contextmanager
def open_content(path: Path, is_named: bool = False) -> Iterator[Content]:
    """Open a file, unpacked where its content is gzip, bzip2, xz or a zip archive of one file.

    is_named: whether the user names the encoding, so that any bytes may be text.
    Raises UserError for other archives, and for pictures, workbooks and what else is no table.
    """
    with path.open("rb") as raw:
        start = _peek(raw)
        module = next((module for signature, module in COMPRESSIONS if signature.match(start)), None)
        if start.startswith(ZIP):
            with zipfile.ZipFile(raw) as archive:
                member = _only_member(path, archive)
                inner = suffix_of(PurePath(member.filename))
                with archive.open(member) as file:
                    yield _checked(path, Content(cast(BinaryIO, file), raw, inner or suffix_of(path)), is_named)
        elif module:
            try:
                unpacked = importlib.import_module(module).open(raw)
            except ImportError:
                raise UserError(f"{path}: compressed, and this Python lacks the module {module}; unpack it") from None
            with unpacked as file:
                yield _checked(path, Content(file, raw, suffix_of(path)), is_named)
        else:
            yield _checked(path, Content(raw, raw, suffix_of(path)), is_named)


def damage_errors() -> tuple[type[Exception], ...]:
    """Return the errors that a damaged or encrypted archive raises while it is read."""
    lzma_error = getattr(sys.modules.get("lzma"), "LZMAError", EOFError)
    return (EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, lzma_error)


def _peek(file: BinaryIO) -> bytes:
    start = file.read(content.START)
    file.seek(0)
    return start


def _checked(path: Path, opened: Content, is_named: bool) -> Content:
    """Return the content, as Parquet where it is. Raises UserError where it is no table."""
    start = _peek(opened.file)
    if start.startswith(content.PARQUET):
        return opened._replace(suffix=".parquet")
    if start.startswith(ZIP) or any(signature.match(start) for signature, _ in COMPRESSIONS):
        kind: str | None = "packed twice" + content.UNPACK
    else:
        kind = content.describe(start)
        if kind is None and not is_named and encoding.of_start(start) in (None, "utf-8-sig"):
            kind = content.describe_binary(start)
    if kind:
        raise UserError(f"{path}: not a table, but {kind}")
    return opened


def _only_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the only file in a zip archive. Raises UserError for none, several, and documents of an office."""
    names = archive.namelist()
    if "[Content_Types].xml" in names:
        kind = next((kind for folder, kind in OFFICE if any(name.startswith(folder) for name in names)), "a document")
        raise UserError(f"{path}: not a table, but {kind}")
    if names[:1] == ["mimetype"]:
        raise UserError(f"{path}: not a table, but a document of LibreOffice; save it as CSV, UTF-8")
    members = [info for info in archive.infolist() if not info.is_dir() and not _is_hidden(info.filename)]
    if len(members) != 1:
        first: Sequence[str] = [printable(info.filename[:60]) for info in members[:5]]
        raise UserError(
            f"{path}: a zip archive of {len(members)} files ({', '.join(first)}); unpack it and name a table"
        )
    if members[0].flag_bits & 1:
        raise UserError(f"{path}: an encrypted zip archive; unpack it first")
    return members[0]


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePath(name).name.startswith(".")
