"""The input of a run, cut into blocks: the unit that a worker takes, that becomes one part, and that a rerun skips."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

Columns = dict[str, list[Any]]


class InputRow(NamedTuple):
    """One picture or one review.

    id: unique in a run. input: what the result names: the picture's path or URL, or the review itself. error: why it
    cannot be read, or None. data: a picture's bytes, or None where they are to be read from `location`.
    """

    id: str
    input: Any
    error: str | None = None
    data: bytes | None = None
    location: str | None = None


class Reader(Protocol):
    """Reads the rows of a block, on whatever machine; picklable, and small unless the rows themselves are in it."""

    @property
    def key(self) -> str:
        """A digest of what the block is made of: another one means another block."""

    def read(self) -> Iterator[InputRow]:
        """Yield the rows, always the same in the same order. Raises UserError where the file is gone or damaged."""


@dataclass(frozen=True)
class Block:
    """A piece of the input. index: its place, from 0. progress: share of the input up to its end, 0 to 1."""

    index: int
    reader: Reader
    progress: float = 0.0

    @property
    def name(self) -> str:
        """The name of its part: of the same index and the same content only."""
        return f"part-{self.index:08}-{self.reader.key}.parquet"


class Piece(NamedTuple):
    """A block before it is numbered."""

    reader: Reader
    progress: float


def number(pieces: Iterable[Piece]) -> Iterator[Block]:
    """Yield the blocks, numbered in their order."""
    for index, piece in enumerate(pieces):
        yield Block(index, piece.reader, piece.progress)


@dataclass(frozen=True)
class Limits:
    """How large blocks and batches are.

    block_rows: of a block. block_bytes: of the rows that a block carries itself. batch_rows, batch_bytes: of what a
    predictor gets at a time; a row that is larger alone is a batch.
    """

    block_rows: int
    batch_rows: int
    block_bytes: int = 32 << 20
    batch_bytes: int = 16 << 20


def digest(*values: object) -> str:
    """Return twelve hexadecimal digits of a SHA-256 of the values as Python writes them."""
    sha = hashlib.sha256()
    for value in values:
        sha.update(value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass"))
        sha.update(b"\0")
    return sha.hexdigest()[:12]


def size_of(row: InputRow) -> int:
    """Return about how many bytes a row takes."""
    return 100 + len(row.data or b"") + (len(row.input) if isinstance(row.input, str) else 0)


def group(rows: Iterable[InputRow], max_rows: int, max_bytes: int) -> Iterator[list[InputRow]]:
    """Yield lists of rows, each of at most so many rows and bytes; a row that is larger than that stands alone."""
    rows_of_group, size = list[InputRow](), 0
    for row in rows:
        size_of_row = size_of(row)
        if rows_of_group and (len(rows_of_group) >= max_rows or size + size_of_row > max_bytes):
            yield rows_of_group
            rows_of_group, size = [], 0
        rows_of_group.append(row)
        size += size_of_row
    if rows_of_group:
        yield rows_of_group


@dataclass(frozen=True)
class Rows:
    """A block that carries its rows, as those of a CSV file, which only one process can read."""

    rows: tuple[InputRow, ...]

    @cached_property
    def key(self) -> str:
        """A digest of all values."""
        return digest(*(value for row in self.rows for value in row))

    def read(self) -> Iterator[InputRow]:
        """Yield the rows."""
        return iter(self.rows)
