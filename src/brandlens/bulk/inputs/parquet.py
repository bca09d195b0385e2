"""Parquet files: blocks that name rows of a row group, so that whichever worker reads them itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from brandlens import filesystems
from brandlens.bulk.blocks import InputRow, Limits, Piece, digest
from brandlens.bulk.inputs.files import File, stat
from brandlens.bulk.inputs.tables import Columns, ToRow, review, row_id_of
from brandlens.bulk.output import arrow
from brandlens.datasets import tables
from brandlens.datasets.tables import parquet_rows
from brandlens.errors import UserError

BATCH_BYTES, TEXTS, PICTURES = 4 << 20, 1024, 32  # read at a time: bytes, and rows at most
BUFFER = 1 << 20  # bytes of a column that are read ahead


@dataclass(frozen=True)
class ParquetRows:
    """Rows `start` to `stop`, from 0, of row groups, given by the first and the one after the last.

    first: number of the first group's first row in the file, from 1.
    """

    file: File
    groups: tuple[int, int]
    start: int
    stop: int
    first: int
    columns: Columns
    to_row: ToRow

    @property
    def key(self) -> str:
        """A digest of the file's name, size and version, the rows and the columns."""
        return digest(self.file, self.groups, self.start, self.stop, self.columns)

    def read(self) -> Iterator[InputRow]:
        """Yield the rows."""
        name, column, is_text = self.file.name, self.columns.value, self.to_row is review
        with _reported(name):
            for number, values in _rows(self.file, self.groups, self.columns, self.to_row, self.start, self.stop):
                value, row_number = values[0], self.first + number
                row_id = row_id_of(values[-1] if self.columns.id else None, name, row_number)
                value, problem = tables.cell_text(value, column) if is_text else (value, None)
                if problem:
                    yield InputRow(row_id, None, f"{name}, row {row_number}: {problem}")
                else:
                    yield self.to_row(row_id, value, name)


def pieces_of_parquet(table: str, columns: Columns, limits: Limits, to_row: ToRow) -> Iterator[Piece]:
    """Yield the rows of a file in blocks; a row group behind a URL is never cut, so that none is fetched twice.

    Raises UserError for a file that is damaged, lacks a column, or has one of another type.
    """
    file = stat(table)
    with _reported(table), _opened(table) as opened:
        _check(opened, table, columns, to_row)
        metadata = opened.metadata
        total, first = metadata.num_rows, 1
        sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        for groups, num_rows in _join_small(sizes, limits):
            step = num_rows if filesystems.is_url(table) else limits.block_rows
            for start in range(0, num_rows, max(1, step)):
                stop = min(num_rows, start + step)
                reader = ParquetRows(file, groups, start, stop, first, columns, to_row)
                yield Piece(reader, (first - 1 + stop) / total)
            first += num_rows


def _join_small(sizes: Sequence[int], limits: Limits) -> Iterator[tuple[tuple[int, int], int]]:
    """Yield row groups, the first and the one after the last, that make a block at most or are one, and their rows."""
    first = total = 0
    for group, size in enumerate(sizes):
        if group > first and total + size > limits.block_rows:
            yield (first, group), total
            first, total = group, 0
        total += size
    if sizes:
        yield (first, len(sizes)), total


def _check(opened: Any, table: str, columns: Columns, to_row: ToRow) -> None:
    """Raise UserError where the table lacks a column, or has no texts or pictures in it."""
    pa, schema = arrow(), opened.schema_arrow
    for name in columns.names:
        if name not in schema.names:
            known = ", ".join(schema.names[:20]) or "none"
            raise UserError(f'{table}: no column "{name}"; there are: {known}; choose one with --column')
    kind = schema.field(columns.value).type
    is_picture = to_row is not review
    if is_picture and pa.types.is_struct(kind) and {field.name for field in kind} & {"bytes", "path"}:
        return
    if not parquet_rows.may_be_text(pa, kind):
        what = "paths, URLs or bytes" if is_picture else "text"
        raise UserError(f'{table}: column "{columns.value}" is of type {kind}, not {what}; choose one with --column')


class _Cursor:
    """The rows of row groups, read from the first to the last; going back means to begin anew."""

    def __init__(self, file: File, groups: tuple[int, int], columns: Columns, to_row: ToRow) -> None:
        self._begin = partial(_read, file, groups, columns, to_row)  # no method: in a cycle its buffers would stay
        self._position, self._rows = 0, self._begin()

    def rows(self, start: int, stop: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Yield the rows from `start` to `stop` with their numbers: value, and id if there is such a column."""
        if start < self._position:
            self._position, self._rows = 0, self._begin()
        while self._position < stop:
            values, number = next(self._rows, None), self._position
            if values is None:
                raise ValueError("fewer rows than it says")
            self._position += 1
            if number >= start:
                yield number, values


def _read(file: File, groups: tuple[int, int], columns: Columns, to_row: ToRow) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each row of row groups."""
    pa, most = arrow(), TEXTS if to_row is review else PICTURES
    with _opened(file.name) as opened:
        found = [opened.metadata.row_group(group) for group in range(*groups)]
        mean = max(group.total_byte_size / max(1, group.num_rows) for group in found)
        size = max(1, min(most, int(BATCH_BYTES / max(1.0, mean))))
        for batch in opened.iter_batches(size, row_groups=list(range(*groups)), columns=columns.names):
            lists = [_values(pa, batch.column(name), to_row) for name in columns.names]
            yield from zip(*lists, strict=True)


_IDLE: dict[tuple[File, tuple[int, int], Columns, ToRow], _Cursor] = {}  # of this process: where its last block ended


def _rows(
    file: File, groups: tuple[int, int], columns: Columns, to_row: ToRow, start: int, stop: int
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield rows of row groups with their numbers; the cursor is the reader's alone until they are all read."""
    key = (file, groups, columns, to_row)
    cursor = _IDLE.pop(key, None) or _Cursor(*key)
    yield from cursor.rows(start, stop)
    _IDLE.clear()
    _IDLE[key] = cursor


def _values(pa: Any, column: Any, to_row: ToRow) -> list[Any]:
    """Return the values of an array: bytes are those of a picture, or else of a text."""
    return parquet_rows.cells(pa, column) if to_row is review else list(column.to_pylist())


@contextmanager
def _opened(name: str) -> Iterator[Any]:
    with filesystems.to_path(name).open("rb") as file, arrow().parquet.ParquetFile(file, buffer_size=BUFFER) as opened:
        yield opened


@contextmanager
def _reported(name: str) -> Iterator[None]:
    """Turn what Arrow raises for a damaged file, and what is raised while it is read, into a UserError."""
    pa = arrow()
    try:
        with filesystems.reported(name):
            yield
    except (pa.ArrowException, ValueError) as error:
        raise UserError(f"{name}: damaged: {(str(error).splitlines() or ['?'])[0]}") from None
