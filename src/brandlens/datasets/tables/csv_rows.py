"""Rows of a CSV or TSV file; a quote in the wrong place costs its own row and none of those after it."""

import csv
import io
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain

from tqdm import tqdm

from brandlens.datasets.tables.decoding import decode, lines
from brandlens.datasets.tables.source import STRIDE, BadRow, ParsedRow, Source
from brandlens.errors import UserError
from brandlens.sniff import csv_dialect

MAX_FIELD = 10_000_000  # characters of a field; more means a quote that is never closed
NUMBER = re.compile(r"\s*[-+]?\d+([.,]\d+)?\s*")


def read_csv(source: Source) -> Iterator[ParsedRow]:
    """Yield the rows. Raises UserError for a header that is no CSV or lacks a column."""
    text, escaped = decode(source)
    if escaped:
        tqdm.write(rf"{source.path}: quotes are escaped as \", and read so", file=sys.stderr)
    records = Records(source, text, escaped)
    try:
        names = [name.strip() for name in records.read() or []]
    except csv.Error as error:
        raise UserError(
            f"{source.path}: the header is not CSV: {error}; save the table anew, separated by commas"
        ) from None
    if not names and records.lines:
        raise UserError(f"{source.path}: the first line is empty; write the names of the columns there")
    yield from _rows(source, records, names)  # not `return`, which would close the text


class Records:
    """The records of a CSV file; the lines of the last one can be put back, to be read anew.

    lines: of the last record. first: the number of their first line, from 1.
    """

    def __init__(self, source: Source, text: io.TextIOWrapper, escaped: bool) -> None:
        self.lines: list[str] = []
        self.first = 1
        self._rest = lines(source, text, self.lines.append)
        self._waiting: deque[str] = deque()
        self._escaped = escaped
        header = next(self._rest, "")
        delimiter = csv_dialect.named_delimiter(header)
        is_row = delimiter is None
        if delimiter is None:
            preferred = "\t" if source.suffix == ".tsv" else ","
            delimiter = csv_dialect.find_delimiter(header, source.required, preferred)
        self.delimiter = delimiter
        self.put_back(0 if is_row else 1)

    def read(self) -> list[str] | None:
        """Return the fields of the next record, None at the end. Raises csv.Error, with the lines read in `lines`."""
        self.first += len(self.lines)
        self.lines.clear()
        try:
            return next(self._reader, None)
        except csv.Error as error:
            if "field limit" not in str(error):
                raise
        # csv's limit holds for all readers of the process, so that it is put back at once
        self.put_back(0)
        limit = csv.field_size_limit(MAX_FIELD)
        try:
            return next(self._reader, None)
        finally:
            csv.field_size_limit(limit)

    def put_back(self, kept: int) -> None:
        """Keep the first lines of the last record, and read the others again."""
        self._waiting.extendleft(reversed(self.lines[kept:]))
        del self.lines[kept:]
        texts = chain(self._again(), self._rest)
        # strict: a quote in the wrong place is an error, and does not swallow what comes up to the next quote
        self._reader = csv.reader(
            map(csv_dialect.protect_backslashes, texts) if self._escaped else texts,
            delimiter=self.delimiter, strict=True, escapechar="\\" if self._escaped else None,
        )  # fmt: skip

    def _again(self) -> Iterator[str]:
        while self._waiting:
            self.lines.append(line := self._waiting.popleft())
            yield line

    def is_like(self, line: str, previous: Sequence[str]) -> bool:
        """Return whether a line would be a row as the `previous` one was: as many fields, numbers where it has them."""
        fields = line.rstrip("\r\n").split(self.delimiter)
        return len(fields) == len(previous) > 1 and all(map(_is_like, fields, previous))

    def has_swallowed(self, previous: Sequence[str]) -> bool:
        """Return whether the last record looks like several, with a quote that was opened and not closed at first.

        So it does where all of its lines, but the first and the last, are like the row before.
        """
        if len(self.lines) < 2 or not previous:
            return False
        between = self.lines[1:-1] or self.lines[:1]
        return all(self.is_like(line, previous) for line in (*between, self.lines[-1]))

    def opening(self) -> int:
        """Return the number of the line in which the quote opens that is open at the end of the last record's lines."""
        is_open, opened = False, 0
        for index, line in enumerate(self.lines[:-1] or self.lines):
            if (line.count('"') - line.count('\\"') * self._escaped) % 2:
                is_open = not is_open
                opened = index if is_open else opened
        return self.first + opened


def _is_like(field: str, previous: str) -> bool:
    """Return whether a field may stand in the column of another one; prose mostly does not where numbers do."""
    if NUMBER.fullmatch(previous):
        return bool(NUMBER.fullmatch(field))
    if not previous.strip() or not field.strip() or field[:1].isspace() != previous[:1].isspace():
        return previous.strip() == field.strip()
    return " " in previous.strip() or " " not in field.strip()


def _rows(source: Source, records: Records, names: list[str]) -> Iterator[ParsedRow]:
    selected = source.select(names)
    indices = [(name, names.index(name)) for name in selected]
    width, previous, number, progress = len(names), list[str](), 1, source.progress()
    # a delimiter at the end of every row, and not of the header
    surplus = names[-1] != source.text_column
    is_quoted = records.lines[0].startswith('"')
    while True:
        number += 1
        if not number % STRIDE:
            progress = source.progress()
        try:
            fields = records.read()
        except csv.Error as error:
            problem = _explain(records, str(error))
        else:
            if fields is None:
                return
            if not fields:  # an empty line is no row
                continue
            if (
                number == 2
                and is_quoted
                and len(fields) == width + 1
                and _has_row_name(records, fields, names[0] == source.text_column)
            ):
                width, surplus = width + 1, False
                indices = [(name, index + 1) for name, index in indices]
            if len(fields) == width or (surplus and len(fields) == width + 1 and not fields[-1]):
                surplus = surplus and (bool(previous) or len(fields) > width)  # in every row from the first on
                if len(records.lines) == 1 or not records.has_swallowed(previous):
                    yield number, {name: fields[index] for name, index in indices}, progress
                    previous = fields
                    continue
                problem = _explain(records, "")
            else:
                problem = f"field count {len(fields)}, not {width}"
        first, cost = records.first, 1 if len(records.lines) == 1 else _skip(records, width, previous)
        last = first + cost - 1
        place = f" (line {first})" if last == first else f" (lines {first} to {last})"
        yield number, BadRow(f"{problem}{place}", cost), progress


def _has_row_name(records: Records, fields: Sequence[str], is_text_first: bool) -> bool:
    """Return whether the first row begins with its name, for which R's write.table gives the header no column.

    An empty last field is a delimiter too many instead, unless the text would be that name.
    """
    return records.lines[0].startswith(f'"1"{records.delimiter}') and (bool(fields[-1]) or is_text_first)


def _explain(records: Records, error: str) -> str:
    """Return what is wrong with the last record, and what a quote in it would swallow."""
    count = len(records.lines)
    opening, last = records.opening(), records.first + count - 1
    if "unexpected end of data" in error or "field limit" in error:
        swallowed = last - opening + 1
        return f"not CSV: a quote opened in line {opening} is never closed; it would swallow {swallowed:,} lines"
    if count == 1:
        return f"not CSV: {error}"
    closes = "closes in the middle of" if error else "closes only in"
    swallowed = last - opening + 1
    return f"not CSV: a quote opened in line {opening} {closes} line {last}; it would swallow {swallowed:,} lines"


def _skip(records: Records, width: int, previous: Sequence[str]) -> int:
    """Put back the lines of the last record from where a good one begins again, and return how many come before that.

    The row's first line is lost. A line after it begins a good record if that has as many fields as the header, with
    all its quotes in pairs, and looks like the row before.
    """
    records.put_back(1)
    cost = 1
    while True:
        try:
            fields = records.read()
        except csv.Error:
            fields = []
        if fields is None:
            return cost
        num_quotes = sum(line.count('"') for line in records.lines)
        if len(fields) == width and num_quotes % 2 == 0 and _may_follow(fields, previous):
            records.put_back(0)
            return cost
        records.put_back(1)
        cost += 1


def _may_follow(fields: Sequence[str], previous: Sequence[str]) -> bool:
    """Return whether a record may come after another: prose where a number stood, or after a space, is a remainder."""
    return all(
        not (NUMBER.fullmatch(old) and " " in new.strip()) and (new[:1].isspace() <= old[:1].isspace())
        for new, old in zip(fields, previous, strict=False)
    )
