"""The user's own reviews: rows of CSV, TSV, JSONL and Parquet files, told apart by the end of the file's name."""

import csv
import io
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from brandlens.config.sentiment import Columns, Files
from brandlens.datasets.review import NEGATIVE, POSITIVE, UNLABELLED, Review
from brandlens.errors import UserError

SPLITS = ("train", "val", "test", "unlabelled")
SHOWN = 10  # odd rows named one by one
LONGEST = 10_000_000  # characters of a CSV field
Numbered = Iterator[tuple[int, Mapping[str, Any] | str]]  # a row's number, and its values or what is wrong with it


class OddRowError(Exception):
    """A row that cannot be used, and why."""


def read_tables(wish: Files) -> list[Review]:
    """All usable rows of the files for train, val, test and unlabelled, in their order.

    Rows that cannot be used are named on stderr with their number, and counted: in CSV and TSV as a spreadsheet counts
    (the header is row 1), in JSONL by line, in Parquet from 1. Raises UserError when their share is above `table.odd`,
    and for files that cannot be read or have not the columns that `table` names.
    """
    found: list[Review] = []
    odd: list[str] = []
    between = 0
    for split in SPLITS:
        for path in map(Path, getattr(wish, split)):
            for number, values in tqdm(rows(path, wish.table, split), desc=path.name, unit="row", file=sys.stderr):
                try:
                    review = _review(values, wish.table, f"{path.name}:{number}", split)
                except OddRowError as error:
                    odd.append(f"{path}, row {number}: {error}")
                    continue
                between += review is None
                found += [review] if review else []
    _judge(odd, len(found) + between + len(odd), wish.table.odd)
    if between:
        low, high = wish.table.cuts
        print(f"left out: {between:,} reviews with stars between {low:g} and {high:g}", file=sys.stderr)
    return found


def rows(path: Path, table: Columns, split: str) -> Numbered:
    """The rows of a file with their numbers. Raises UserError, see `files`; an unlabelled file needs only the text."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path}: the name must end in {', '.join(READERS)}")
    needed = [table.text]
    if split != "unlabelled":
        needed += [name for name in (table.label, table.stars, table.id, table.group, table.split) if name]
    try:
        yield from reader(path, table, needed)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; mend sentiment.collect.files.{split}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None


def _csv(path: Path, table: Columns, needed: Sequence[str]) -> Numbered:
    text = _decoded(path, table.encoding)
    header = text.partition("\n")[0]
    sign = "\t" if path.suffix.lower() == ".tsv" else ";" if header.count(";") > header.count(",") else ","
    was = csv.field_size_limit(LONGEST)
    try:
        # strict: a quote in the wrong place is an error there, and does not swallow the rows up to the next quote
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=sign != "\t")
        columns = [name.strip() for name in next(reader, [])]
        _check(path, columns, needed)
        number = 1
        while True:
            number += 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, f"not CSV: {error} (line {reader.line_num})"
                continue
            if len(fields) == len(columns):
                yield number, dict(zip(columns, fields, strict=True))
            elif fields:  # an empty line is no row
                yield number, f"{len(fields)} fields, not {len(columns)} (line {reader.line_num})"
    except csv.Error as error:
        raise UserError(f"{path}: the header is not CSV: {error}") from None
    finally:
        csv.field_size_limit(was)


def _jsonl(path: Path, table: Columns, needed: Sequence[str]) -> Numbered:
    some = False
    for number, line in enumerate(_decoded(path, table.encoding).split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"
            continue
        if not isinstance(values, dict):
            yield number, "not a JSON object"
            continue
        if not some:
            _check(path, list(values), needed)
        some = True
        missing = [name for name in needed if name not in values]
        yield number, f'no "{missing[0]}"' if missing else values


def _parquet(path: Path, table: Columns, needed: Sequence[str]) -> Numbered:
    try:
        import pyarrow  # noqa: PLC0415, the other formats do without
        import pyarrow.parquet  # noqa: PLC0415
    except ModuleNotFoundError:
        raise UserError(f'{path}: Parquet files need pyarrow; run: pip install "brandlens[train]"') from None
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            _check(path, file.schema_arrow.names, needed)
            wanted = {table.text, table.label, table.stars, table.id, table.group, table.split}
            columns = [name for name in file.schema_arrow.names if name in wanted]
            number = 0
            for batch in file.iter_batches(columns=columns):
                for values in batch.to_pylist():
                    number += 1
                    yield number, values
    except pyarrow.ArrowException as error:
        raise UserError(f"{path}: not a Parquet file: {str(error).splitlines()[0]}") from None


READERS: dict[str, Callable[[Path, Columns, Sequence[str]], Numbered]] = {
    ".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl, ".parquet": _parquet,
}  # fmt: skip


def _check(path: Path, columns: Sequence[str], needed: Sequence[str]) -> None:
    for name in needed:
        if name not in columns:
            there = ", ".join(columns) or "none"
            raise UserError(f'{path}: no column "{name}", there are: {there}; mend sentiment.collect.files.table')
    if twice := [name for name, times in Counter(columns).items() if times > 1 and name in needed]:
        raise UserError(f'{path}: two columns are named "{twice[0]}"; rename one')


def _decoded(path: Path, encoding: str | None) -> str:
    """The file's text; bytes that do not fit the encoding become surrogates, which make their row odd.

    Without an encoding: UTF-16 by its mark, or UTF-8, or Windows-1252 where more bytes speak against UTF-8 than for it.
    """
    content = path.read_bytes()
    if encoding is None:
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        if encoding == "utf-8-sig" and not content.isascii():
            text = content.decode(encoding, "surrogateescape")
            against = len(re.findall("[\udc80-\udcff]", text))
            fitting = sum(map(len, re.findall("[^\x00-\x7f\udc80-\udcff]+", text)))
            if against <= fitting:
                return text
            print(f"{path}: not UTF-8, read as Windows-1252; table.encoding may name another", file=sys.stderr)
            encoding = "cp1252"
    try:
        return content.decode(encoding, "strict" if "16" in encoding or "32" in encoding else "surrogateescape")
    except LookupError:
        raise UserError(f"{path}: sentiment.collect.files.table.encoding: no encoding is named {encoding!r}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not {encoding}: {error.reason} at byte {error.start}") from None


def _review(values: Mapping[str, Any] | str, table: Columns, name: str, split: str) -> Review | None:
    """The review in a row; None when its stars are neither good nor bad. Raises OddRowError."""
    if isinstance(values, str):
        raise OddRowError(values)
    text = values[table.text]
    if not isinstance(text, str) or not text.strip():
        raise OddRowError(f'no text in column "{table.text}"')
    _clean(text)
    if table.split and split != "unlabelled":
        split = _words(values[table.split])
        if split not in SPLITS:
            raise OddRowError(f'{table.split} is "{split}", not {", ".join(SPLITS)}')
    label, rating = UNLABELLED, math.nan
    if split != "unlabelled" and table.label:
        label = _label(values[table.label], table)
    elif split != "unlabelled":
        rating = _stars(values[table.stars], table.stars)
        if table.cuts[0] < rating < table.cuts[1]:
            return None
        label = NEGATIVE if rating <= table.cuts[0] else POSITIVE
    own, group = (_clean(_plain(values.get(column))) if column else "" for column in (table.id, table.group))
    return Review(own or name, text.strip(), label, rating, group, split)


def _label(value: Any, table: Columns) -> int:
    said = _words(value)
    for label, words in ((POSITIVE, table.positive), (NEGATIVE, table.negative)):
        if said in map(str.lower, words):
            return label
    known = ", ".join((*table.positive, *table.negative))
    raise OddRowError(f'{table.label} is "{said[:40]}", which is none of {known}')


def _stars(value: Any, column: str) -> float:
    try:
        stars = float(_plain(value).replace(",", "."))
    except ValueError:
        stars = math.nan
    if not math.isfinite(stars):
        raise OddRowError(f'{column} is "{_plain(value)[:40]}", not a number')
    return stars


def _plain(value: Any) -> str:
    """A cell as text: nothing for None, whole numbers without a point."""
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(value: Any) -> str:
    """A cell as a word to look up, whatever its case; "1.0" is 1."""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", _plain(value).strip().lower())


def _clean(text: str) -> str:
    """The text, if it can be written as UTF-8; raises OddRowError if not."""
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        raise OddRowError("bytes that are no text in this encoding")
    return text


def _judge(odd: Sequence[str], total: int, most: float) -> None:
    for line in odd[:SHOWN]:
        print(f"left out: {line}", file=sys.stderr)
    if len(odd) > SHOWN:
        print(f"left out: {len(odd) - SHOWN:,} rows more", file=sys.stderr)
    if not total:
        raise UserError("sentiment.collect.files: no rows in these files")
    if len(odd) > most * total:
        raise UserError(
            f"{len(odd):,} of {total:,} rows cannot be used, more than sentiment.collect.files.table.odd allows; "
            f"the first: {odd[0]}"
        )
