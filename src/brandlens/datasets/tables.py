"""Rows of CSV, TSV, JSONL, Parquet and TXT files: one reader for training and for scoring, in bounded memory."""

import codecs
import csv
import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tqdm import tqdm

from brandlens.errors import UserError
from brandlens.io import import_pyarrow

MAX_FIELD = 10_000_000  # characters of a CSV field; more means a quote that is never closed
MAX_LINE = 100_000_000  # characters of a line
BATCH = 4096  # rows of Parquet in memory at a time
BLOCK = 1 << 20  # bytes read at a time while the encoding is detected
SURROGATES = re.compile("[\ud800-\udfff]")  # bytes that do not fit the encoding, or half of a pair that JSON spells out

ParsedRow = tuple[int, Mapping[str, Any] | str, float]  # number, values or what is wrong with the row, progress


class MissingColumnError(UserError):
    """A table without a column that it should have; `names` are those of the columns that it has."""

    def __init__(self, message: str, names: Sequence[str]) -> None:
        super().__init__(message)
        self.names = list(names)


class Row(NamedTuple):
    """One row of a table.

    number: as a spreadsheet counts in CSV and TSV (the header is row 1), the line in JSONL and TXT, from 1 in Parquet.
    text: as it stands in the file; "" for none, and where there is a problem.
    values: the columns that were asked for, the text's too, as the format gives them; empty where there is a problem.
    problem: why the row cannot be read, with its place ("reviews.csv, row 12: not JSON: ..."); None for a good row.
    progress: share of the file read so far, from 0 to 1.
    """

    number: int
    text: str
    values: Mapping[str, Any]
    problem: str | None
    progress: float


@dataclass(frozen=True)
class Source:
    """An open table: what to read of it, and how. hint: end of the message about a column that is missing."""

    path: Path
    file: BinaryIO
    size: int  # bytes
    required: Sequence[str]  # columns, the text's first
    optional: Sequence[str]  # columns to read where there are any
    encoding: str | None
    hint: str

    def progress(self) -> float:
        """Return the share of the file's bytes that is read."""
        return min(1.0, self.file.tell() / max(self.size, 1))

    def select(self, names: Sequence[str]) -> list[str]:
        """Return which of the file's columns, given by `names`, to read.

        Raises UserError where a required one is missing, or one that is to be read stands there twice.
        """
        for name in self.required:
            if name not in names:
                known = ", ".join(names) or "none"
                message = f'{self.path}: no column "{name}"; there are: {known}{self.hint}'
                raise MissingColumnError(message, names)
        selected = [name for name in dict.fromkeys([*self.required, *self.optional]) if name in names]
        for name in selected:
            if list(names).count(name) > 1:
                raise UserError(f'{self.path}: two columns are named "{name}"; rename one')
        return selected


def read_rows(
    path: Path,
    text_column: str,
    required: Sequence[str] = (),
    optional: Sequence[str] = (),
    *,
    encoding: str | None = None,
    hint: str = "",
) -> Iterator[Row]:
    """Yield the rows of a file in their order, every one: one that cannot be read has a `problem` and no text.

    The name's suffix tells the format. Blank lines are no rows, but for TXT, where every line is a text. A number in
    the text column is read as its digits.

    text_column: name of the column with the texts; of a TXT file its only one. required, optional: other columns.
    encoding: of CSV, TSV, JSONL and TXT; None: UTF-16 where its byte order mark says so, UTF-8, or Windows-1252 where
    more bytes speak against UTF-8 than for it. Another one than UTF-8 is reported on stderr; a few bytes that do not
    fit cost the rows they are in. hint: end of the message about a column that is missing.
    Raises UserError, one line, for a file that is missing, of another kind, without these columns, or damaged.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path}: not a table; the name must end in {', '.join(READERS)}")
    try:
        with path.open("rb") as file:
            source = Source(path, file, path.stat().st_size, [text_column, *required], optional, encoding, hint)
            for number, values, progress in reader(source):
                text, problem = ("", values) if isinstance(values, str) else _text(values[text_column], text_column)
                if problem is not None or isinstance(values, str):
                    yield Row(number, "", {}, f"{path}, row {number}: {problem}", progress)
                else:
                    yield Row(number, text, values, None, progress)
    except UnicodeError as error:
        name = getattr(error, "encoding", encoding)
        raise UserError(f"{path}: not {name}: {getattr(error, 'reason', error)}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None


def column_names(path: Path, *, encoding: str | None = None) -> list[str]:
    """Return the names of a table's columns, in their order; a TXT file's only one is "text".

    Of JSONL they are those of the first row; a file without a row has none. Raises UserError as `read_rows` does.
    """
    unused = "\0"  # no column has this name
    try:
        next(read_rows(path, unused, encoding=encoding), None)
    except MissingColumnError as error:
        return error.names
    return ["text"] if path.suffix.lower() == ".txt" else []


def _text(value: Any, column: str) -> tuple[str, str | None]:
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


def has_surrogates(text: str) -> bool:
    """Return whether a text holds bytes that do not fit its encoding, or half of a surrogate pair."""
    try:
        text.encode()  # the quickest way to tell
    except UnicodeEncodeError:
        return True
    return False


def _read_csv(source: Source) -> Iterator[ParsedRow]:
    text = _decode(source)
    header = text.readline(MAX_FIELD)
    text.seek(0)
    separator = ";" if header.count(";") > header.count(",") else ","
    # strict: a quote in the wrong place is an error, and does not swallow what comes up to the next quote
    reader = csv.reader(
        _lines(source, text), delimiter="\t" if source.path.suffix.lower() == ".tsv" else separator, strict=True
    )
    try:
        names = [name.strip() for name in _next_fields(source, reader) or []]
    except csv.Error as error:
        raise UserError(f"{source.path}: the header is not CSV: {error}") from None
    indices = [(name, names.index(name)) for name in source.select(names)]
    number = 1
    while True:
        number, first = number + 1, reader.line_num + 1
        try:
            fields = _next_fields(source, reader)
        except csv.Error as error:
            yield number, f"not CSV: {error}{_place(first, reader.line_num)}", source.progress()
            continue
        if fields is None:
            return
        if len(fields) == len(names):
            yield number, {name: fields[index] for name, index in indices}, source.progress()
        elif fields:  # an empty line is no row
            place = _place(first, reader.line_num)
            yield number, f"field count {len(fields)}, not {len(names)}{place}", source.progress()


def _next_fields(source: Source, reader: Any) -> list[str] | None:
    """Return the fields of the next row of a csv.reader, None at the end.

    Raises csv.Error, and UserError for a field of more than MAX_FIELD characters. csv's limit holds for all readers of
    the process, so that it is put back at once.
    """
    limit = csv.field_size_limit(MAX_FIELD)
    try:
        return next(reader, None)
    except csv.Error as error:
        if "field limit" in str(error):
            raise UserError(
                f"{source.path}, line {reader.line_num}: {error}; is a quote before it never closed?"
            ) from None
        raise
    finally:
        csv.field_size_limit(limit)


def _place(first: int, last: int) -> str:
    return f" (line {first})" if last <= first else f" (lines {first} to {last})"


def _read_jsonl(source: Source) -> Iterator[ParsedRow]:
    selected: list[str] = []
    for number, line in enumerate(_lines(source, _decode(source)), 1):
        if not line.strip():
            continue
        values = _json_object(line)
        if not selected:
            if isinstance(values, str):
                raise UserError(f"{source.path}, row {number}: {values}; every line must be a JSON object")
            selected = source.select(list(values))
        if not isinstance(values, str) and (missing := [name for name in source.required if name not in values]):
            values = f'no "{missing[0]}"'
        yield number, values, source.progress()


def _json_object(line: str) -> dict[str, Any] | str:
    """Return the object that a line holds, or what is wrong with it."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return values if isinstance(values, dict) else "not a JSON object"


def _read_txt(source: Source) -> Iterator[ParsedRow]:
    (column,) = source.select(source.required[:1])
    for number, line in enumerate(_lines(source, _decode(source)), 1):
        yield number, {column: line.rstrip("\r\n")}, source.progress()


def _read_parquet(source: Source) -> Iterator[ParsedRow]:
    arrow = import_pyarrow(f"{source.path}: Parquet files need")
    try:
        table = arrow.parquet.ParquetFile(source.file)
    except arrow.ArrowException as error:
        raise UserError(f"{source.path}: not a Parquet file: {str(error).splitlines()[0]}") from None
    columns = source.select(table.schema_arrow.names)
    number, total = 0, table.metadata.num_rows
    try:
        for batch in table.iter_batches(columns=columns, batch_size=BATCH):
            for values in batch.to_pylist():
                number += 1
                yield number, values, number / total
    except arrow.ArrowException as error:
        raise UserError(f"{source.path}: damaged: {str(error).splitlines()[0]}") from None


READERS: dict[str, Callable[[Source], Iterator[ParsedRow]]] = {
    ".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet, ".txt": _read_txt,
}  # fmt: skip


def _lines(source: Source, text: io.TextIOWrapper) -> Iterator[str]:
    """Yield the lines with their ends. Raises UserError for one of more than MAX_LINE characters."""
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise UserError(f"{source.path}, line {number}: longer than {MAX_LINE:,} characters; is this a table?")
        yield line


def _decode(source: Source) -> io.TextIOWrapper:
    """Return the file as text; bytes that do not fit the encoding become surrogates, but in UTF-16 and UTF-32.

    Raises UserError for an encoding that Python does not know.
    """
    encoding = source.encoding or _detect_encoding(source.file)
    if source.encoding is None and encoding != "utf-8-sig":
        report = {
            "utf-16": "read as UTF-16, as its byte order mark says",
            "cp1252": "not UTF-8, read as Windows-1252; name its encoding if that is wrong",
        }[encoding]
        tqdm.write(f"{source.path}: {report}", file=sys.stderr)
    source.file.seek(0)
    try:
        is_wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
        return io.TextIOWrapper(source.file, encoding, "strict" if is_wide else "surrogateescape", newline="")
    except LookupError:
        raise UserError(f"{source.path}: no encoding is named {encoding!r}") from None


def _detect_encoding(file: BinaryIO) -> str:
    """Return utf-16, utf-8-sig or cp1252: the last where more bytes are invalid UTF-8 than characters are valid."""
    mark = file.read(3)
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if mark == codecs.BOM_UTF8:
        return "utf-8-sig"
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    invalid = valid = 0
    while True:
        block = file.read(BLOCK)
        text = decoder.decode(block, final=not block)
        if not text.isascii():
            bad = len(SURROGATES.findall(text)) if has_surrogates(text) else 0
            invalid += bad
            valid += len(text) - len(text.encode("ascii", "ignore")) - bad
        if not block:
            return "cp1252" if invalid > valid else "utf-8-sig"
