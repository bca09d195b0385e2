"""Tables whose rows one process reads from the start, such as CSV: blocks that carry their rows."""

import base64
import binascii
import math
import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brandlens import filesystems, media_files
from brandlens.bulk.blocks import InputRow, Limits, Piece, Rows, group
from brandlens.datasets import tables

BASE64 = re.compile(r"(data:[\w/.+-]*(;[\w=-]+)*;base64,)?([A-Za-z0-9+/\s]{60,}={0,2})\s*")


@dataclass(frozen=True)
class Columns:
    """What to read of a table.

    value: the column of reviews, or of pictures: paths, URLs or bytes. id: that of ids, or None for ids of the table's
    name and the row's number. encoding: see `tables.read_rows`.
    """

    value: str
    id: str | None = None
    encoding: str | None = None

    @property
    def names(self) -> list[str]:
        """The columns to be read."""
        return [self.value, *([self.id] if self.id else [])]


ToRow = Callable[[str, Any, str], InputRow]  # id, value and the table's name → row


def pieces_of_rows(table: str, columns: Columns, limits: Limits, to_row: ToRow) -> Iterator[Piece]:
    """Yield the rows of a table in blocks. Raises UserError, see `tables.read_rows`."""
    reached = 0.0

    def rows() -> Iterator[InputRow]:
        nonlocal reached
        read = tables.read_rows(
            filesystems.to_path(table), columns.value, columns.names[1:], encoding=columns.encoding,
            hint="; choose one with --column", encoding_option="--encoding",
        )  # fmt: skip
        for row in read:
            reached = row.progress
            row_id = row_id_of(row.values.get(columns.id) if columns.id else None, str(row.file), row.number)
            yield InputRow(row_id, None, row.problem) if row.problem else to_row(row_id, row.text, table)

    for grouped in group(rows(), limits.block_rows, limits.block_bytes):
        yield Piece(Rows(tuple(grouped)), min(1.0, reached))


def row_id_of(value: object, table: str, number: int) -> str:
    """Return the id of a row: the value of the column of ids, or the table with the row's number."""
    return f"{table}#{number}" if value is None else str(value)


def review(row_id: str, value: Any, _: str) -> InputRow:
    """Return the row of a review."""
    return InputRow(row_id, value)


def picture(row_id: str, value: Any, table: str) -> InputRow:
    """Return the row of a picture: of its bytes, or of a path, which is relative to the table's folder, or a URL.

    value: bytes, text (Base64 too, with or without data: before it), or what Hugging Face's datasets write: an object
    with bytes and path.
    """
    name = None
    if isinstance(value, Mapping):
        name, value = value.get("path"), value.get("bytes") or value.get("path")
    if isinstance(value, bytes | bytearray | memoryview):
        return InputRow(row_id, name or row_id, data=bytes(value))
    if value is None or (isinstance(value, float) and math.isnan(value)) or not str(value).strip():
        return InputRow(row_id, name or row_id, f"{row_id}: no picture, path or URL")
    text = str(value).strip()
    if data := _from_base64(text):
        return InputRow(row_id, name or row_id, data=data)
    return InputRow(row_id, text, location=resolve(text, table))


def resolve(name: str, table: str) -> str:
    """Return where a path in a table leads: itself, or from the table's folder."""
    if filesystems.is_url(name) or os.path.isabs(name):  # noqa: PTH117, a string in and out
        return name
    if filesystems.is_url(table):
        return posixpath.join(posixpath.dirname(table), name)
    path = Path(table)
    return str((path if path.is_dir() else path.parent) / name)


def _from_base64(text: str) -> bytes | None:
    """Return the bytes of a picture in Base64; None for other text, such as a path."""
    match = BASE64.fullmatch(text)
    if not match or not (match[1] or _is_picture(match[3])):
        return None
    try:
        return base64.b64decode(match[3])
    except binascii.Error:
        return None


def _is_picture(encoded: str) -> bool:
    """Return whether Base64 begins as a picture does."""
    start = encoded[: media_files.START // 3 * 4]
    try:
        kind = media_files.identify(base64.b64decode(start[: len(start) // 4 * 4]))
    except binascii.Error:
        return False
    return kind is not None and kind.media == "picture"
