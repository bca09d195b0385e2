"""Rows of a JSON file: an object a line, or a list of objects over any number of lines."""

import io
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from brandlens.datasets.tables.decoding import MAX_LINE, decode, lines
from brandlens.datasets.tables.source import STRIDE, BadRow, ParsedRow, Source
from brandlens.errors import UserError

BLOCK = 1 << 16  # characters read at a time of a list of objects
MAX_WAITING = 1000  # rows that are read before one must have all the columns: some writers leave out what is null
BETWEEN = re.compile(r"[\s,]*")

Parsed = tuple[int, dict[str, Any] | BadRow]


def read_json(source: Source) -> Iterator[ParsedRow]:
    """Yield the rows. Raises UserError where the first ones are no objects or lack a column."""
    text, _ = decode(source)
    rest = lines(source, text)
    blank, first = 0, ""
    for first in rest:
        if first.strip():
            break
        blank += 1
    if first.lstrip()[:1] == "[" or first.strip() == "{":
        text.seek(0)
        if text.read(1) != "\ufeff":
            text.seek(0)
        rows = _objects_of_document(source, text)
    else:
        rows = _objects_of_lines(source, chain([first], rest), blank + 1)
    progress = source.progress()
    for number, values in _checked(source, rows):
        if not number % STRIDE:
            progress = source.progress()
        yield number, values, progress


def _checked(source: Source, rows: Iterator[Parsed]) -> Iterator[Parsed]:
    """Yield the rows once the columns are found; one that lacks a column has a problem."""
    waiting: list[Parsed] = []
    names: dict[str, None] = {}
    for number, values in rows:
        waiting.append((number, values))
        if isinstance(values, BadRow):
            if not names:
                raise UserError(f"{source.path}, row {number}: {values.problem}; every row must be a JSON object")
            continue
        names |= dict.fromkeys(values)
        if _missing(source, values) is None or len(waiting) >= MAX_WAITING:
            break
    if not waiting:
        return
    source.select(list(names))
    for number, values in chain(waiting, rows):
        missing = None if isinstance(values, BadRow) else _missing(source, values)
        yield number, values if missing is None else BadRow(f'no "{missing}"')


def _missing(source: Source, values: dict[str, Any]) -> str | None:
    return next((name for name in source.required if name not in values), None)


def _objects_of_lines(source: Source, texts: Iterator[str], first: int) -> Iterator[Parsed]:
    for number, line in enumerate(texts, first):
        if line.strip():
            try:
                yield number, _object(source, line, json.loads(line))
            except (ValueError, RecursionError) as error:
                yield number, BadRow(f"not JSON: {error}")


def _objects_of_document(source: Source, text: io.TextIOWrapper) -> Iterator[Parsed]:
    """Yield the objects of a list, or of objects one after the other, in bounded memory.

    Raises UserError where the file is no JSON: what comes after that place cannot be found.
    """
    decode_at = json.JSONDecoder().raw_decode
    buffer, number, in_list, line, size = text.read(BLOCK), 0, False, 1, BLOCK
    position = 0
    while True:
        position = BETWEEN.match(buffer, position).end()  # type: ignore[union-attr]  # matches always
        if buffer[position : position + 1] == "[" and not in_list and not number:
            in_list, position = True, position + 1
            continue
        if buffer[position : position + 1] == "]" and in_list:
            if (buffer[position + 1 :] + text.read(BLOCK)).strip():
                raise UserError(f"{source.path}: something stands behind the end of the JSON list")
            return
        try:
            values, end = decode_at(buffer, position)
        except (ValueError, RecursionError) as error:
            more = text.read(size) if len(buffer) - position < MAX_LINE else ""
            if more:
                line += buffer.count("\n", 0, position)
                buffer, position, size = buffer[position:] + more, 0, size * 2
                continue
            if position == len(buffer) and not in_list:
                return
            line += buffer.count("\n", 0, position)
            cause = str(error).partition(": line")[0]
            raise UserError(f"{source.path}: not JSON in or after line {line}: {cause}") from None
        number, size = number + 1, BLOCK
        yield number, _object(source, buffer[position:end], values)
        position = end


def _object(source: Source, text: str, values: Any) -> dict[str, Any] | BadRow:
    """Return what was read of a row, or what is wrong with it: it is no object, or has a key twice."""
    if not isinstance(values, dict):
        return BadRow("not a JSON object")
    for name in (*source.required, *source.optional):
        if text.count(f'"{name}"') > 1:  # rarely more than a value of that name
            names: list[str] = []

            def keep(pairs: list[tuple[str, Any]], names: list[str] = names) -> None:
                names[:] = [key for key, _ in pairs]  # those of the outermost object come last

            json.loads(text, object_pairs_hook=keep)
            if names.count(name) > 1:
                return BadRow(f'two keys are named "{name}"')
    return values
