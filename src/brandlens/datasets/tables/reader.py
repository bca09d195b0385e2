"""A path → the rows of its table."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from numbers import Number
from pathlib import Path
from typing import Any

from brandlens import filesystems
from brandlens.datasets.tables import containers
from brandlens.datasets.tables.csv_rows import read_csv
from brandlens.datasets.tables.decoding import decode, lines
from brandlens.datasets.tables.json_rows import read_json
from brandlens.datasets.tables.parquet_rows import read_parquet
from brandlens.datasets.tables.source import STRIDE, BadRow, MissingColumnError, ParsedRow, Row, Source, has_surrogates
from brandlens.errors import UserError


def read_rows(
    path: Path,
    text_column: str,
    required: Sequence[str] = (),
    optional: Sequence[str] = (),
    *,
    encoding: str | None = None,
    hint: str = "",
    encoding_option: str = "encoding",
) -> Iterator[Row]:
    r"""Yield the rows of a table in their order, every one: one that cannot be read has a `problem` and no text.

    The name's suffix tells the format; what is packed is known by its content, and a folder is read part by part. Blank
    lines are no rows, but for TXT, where every line is a text. A number in the text column is read as its digits.
    CSV may be separated by commas, semicolons, tabs, pipes, or what a first line `sep=` says, with quotes doubled or
    escaped as \". A quote that is misplaced or never closed costs its own row, not those up to the next quote.

    text_column: name of the column with the texts; of a TXT file its only one. required, optional: other columns.
    encoding: of CSV, TSV, JSON and TXT; None: UTF-16 where the first bytes say so, UTF-8, or Windows-1252 where more
    bytes speak against UTF-8 than for it. Another one than UTF-8 is reported on stderr; a few bytes that do not fit
    cost the rows they are in. hint: end of the message about a column that is missing. encoding_option: where the
    user can name an encoding, for messages.
    Raises UserError, one line, for a file that is missing, of another kind, without these columns, damaged, or in an
    encoding that must be named.
    """
    parts = containers.list_parts(path)
    for index, part in enumerate(parts):
        try:
            if not part.is_file() and part.exists():
                raise UserError(f"{part}: a pipe or a device; save it as a file first")
            errors = filesystems.reported(part) if filesystems.is_url(part) else nullcontext()
            with errors, containers.open_content(part, encoding is not None) as (file, raw, suffix):
                if suffix not in READERS:
                    raise UserError(f"{part}: not a table; the name must end in {', '.join(READERS)}")
                source = Source(
                    part, file, raw, part.stat().st_size, suffix, [text_column, *required], optional, encoding, hint,
                    encoding_option, index / len(parts), 1 / len(parts),
                )  # fmt: skip
                yield from _rows(source)
        except UnicodeError as error:
            name = getattr(error, "encoding", encoding)
            raise UserError(f"{part}: not {name}: {getattr(error, 'reason', error)}") from None
        except OSError as error:
            raise UserError(f"{part}: cannot be read: {error.strerror or error}") from None
        except containers.damage_errors() as error:
            raise UserError(f"{part}: damaged: {error}") from None


def column_names(path: Path, *, encoding: str | None = None, encoding_option: str = "encoding") -> list[str]:
    """Return the names of a table's columns, in their order; a TXT file's only one is "text".

    Of JSON they are those of the first rows; a file without a row has none. Raises UserError as `read_rows` does.
    """
    unused = "\0"  # no column has this name
    try:
        next(read_rows(path, unused, encoding=encoding, encoding_option=encoding_option), None)
    except MissingColumnError as error:
        return error.names
    return ["text"] if containers.suffix_of(path) == ".txt" else []


def _rows(source: Source) -> Iterator[Row]:
    column, path = source.text_column, source.path
    for number, values, progress in READERS[source.suffix](source):
        if isinstance(values, BadRow):
            problem, num_lines = values
        else:
            num_lines = 1
            text, bad = cell_text(values[column], column)
            if bad is None:
                yield Row(number, text, values, None, progress, 1, path)
                continue
            problem = bad
        yield Row(number, "", {}, f"{path}, row {number}: {problem}", progress, num_lines, path)


def cell_text(value: Any, column: str) -> tuple[str, str | None]:
    """Return a cell of the text column as text, and what is wrong with it or None; an empty cell is ""."""
    if isinstance(value, str):
        if not has_surrogates(value):
            return value, None
        return "", f'bytes that are no text in this encoding, or half of a surrogate pair, in column "{column}"'
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "", None
    if isinstance(value, Number) and not isinstance(value, bool):
        return str(value), None
    return "", f'no text in column "{column}", but a value of type {type(value).__name__}'


def _read_txt(source: Source) -> Iterator[ParsedRow]:
    text, _ = decode(source)
    source.select([source.text_column])
    column, progress = source.text_column, source.start
    for number, line in enumerate(lines(source, text), 1):
        if number % STRIDE == 1:
            progress = source.progress()
        yield number, {column: line.rstrip("\r\n")}, progress


READERS: dict[str, Callable[[Source], Iterator[ParsedRow]]] = {
    ".csv": read_csv, ".tsv": read_csv, ".jsonl": read_json, ".ndjson": read_json, ".json": read_json,
    ".parquet": read_parquet, ".txt": _read_txt,
}  # fmt: skip
