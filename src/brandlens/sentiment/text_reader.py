"""The texts of a file, a chunk at a time: a file of any length needs the memory of one chunk."""

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from brandlens.errors import UserError

LONGEST = 10_000_000  # characters of a CSV field; more means a quote that is never closed
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Chunk:
    """Neighbouring rows of a file: their texts, what is wrong with some, and the share of the file read so far."""

    texts: list[str]
    problems: list[str]
    share: float


@dataclass(frozen=True)
class Stream:
    """A file being read. rows: texts, each with what is wrong with its row or None; share: how much of it is read."""

    rows: Iterator[tuple[str, str | None]]
    share: Callable[[], float]


def chunks(path: Path, column: str, size: int) -> Iterator[Chunk]:
    """The texts in a column of a .csv, .tsv, .jsonl or .parquet file, `size` rows at a time; of a .txt file its lines.

    The n-th text is that of the n-th row; blank lines of tables are no rows. Where there is none, or a row cannot be
    read, it is "". Text files may be UTF-8, UTF-16 with its mark or, failing these, Windows-1252.
    Raises UserError for a file that is missing, of another kind, without such a column, or damaged.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path}: not a table; the name must end in {', '.join(READERS)}")
    try:
        with path.open("rb") as file:
            stream = reader(path, file, column)
            while some := list(islice(stream.rows, size)):
                problems = [f"{path}, {problem}" for _, problem in some if problem]
                yield Chunk([text for text, _ in some], problems, stream.share())
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None


def _csv(path: Path, file: BinaryIO, column: str) -> Stream:
    text = _decoded(file)
    header = text.readline(LONGEST)
    text.seek(0)
    sign = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(text, delimiter="\t" if path.suffix.lower() == ".tsv" else sign)

    def rows() -> Iterator[tuple[str, str | None]]:
        was = csv.field_size_limit(LONGEST)
        try:
            at = _place(path, column, [name.strip() for name in next(reader, [])])
            for row in reader:
                if len(row) > at:
                    yield row[at], None
                elif row:
                    yield "", f'line {reader.line_num}: a row of {len(row)} fields has no "{column}"'
        except csv.Error as error:
            raise UserError(f"{path}, line {reader.line_num}: {error}; is a quote before it never closed?") from None
        finally:
            csv.field_size_limit(was)

    return Stream(rows(), _share(path, text))


def _txt(path: Path, file: BinaryIO, column: str) -> Stream:
    del column  # a line is a text
    text = _decoded(file)
    return Stream(((line.rstrip("\r\n"), None) for line in text), _share(path, text))


def _jsonl(path: Path, file: BinaryIO, column: str) -> Stream:
    text = _decoded(file)

    def row(line: str, number: int) -> tuple[str, str | None]:
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            return "", f"line {number}: not JSON"
        if not isinstance(values, dict) or column not in values:
            return "", f'line {number}: no "{column}"'
        return _text(values[column]), None

    def rows() -> Iterator[tuple[str, str | None]]:
        some = False
        for number, line in enumerate(text, 1):
            if line.strip():
                found, problem = row(line, number)
                if problem and not some:  # of a file of another kind or with other keys
                    raise UserError(f"{path}, {problem}; every line must be an object with that key, see --column")
                some = True
                yield found, problem

    return Stream(rows(), _share(path, text))


def _parquet(path: Path, file: BinaryIO, column: str) -> Stream:
    arrow = pyarrow(path)
    done = 0

    def rows() -> Iterator[tuple[str, str | None]]:
        nonlocal done
        try:
            for batch in table.iter_batches(columns=[column], batch_size=4096):
                for value in batch.column(0).to_pylist():
                    done += 1
                    yield _text(value), None
        except arrow.ArrowException as error:
            raise UserError(f"{path}: damaged: {str(error).splitlines()[0]}") from None

    try:
        table = arrow.parquet.ParquetFile(file)
    except arrow.ArrowException as error:
        raise UserError(f"{path}: not a Parquet file: {str(error).splitlines()[0]}") from None
    _place(path, column, table.schema_arrow.names)
    return Stream(rows(), lambda: done / max(table.metadata.num_rows, 1))


def pyarrow(path: Path) -> Any:
    """The module, which a Parquet file needs and nothing else does. Raises UserError where it is not installed."""
    try:
        import pyarrow.parquet  # noqa: PLC0415
    except ModuleNotFoundError:
        raise UserError(f'{path}: Parquet files need pyarrow; run: pip install "brandlens[train]"') from None
    return pyarrow


def _place(path: Path, column: str, names: Sequence[str]) -> int:
    if column not in names:
        raise UserError(f'{path}: no column "{column}"; there are: {", ".join(names) or "none"}; name one by --column')
    return names.index(column)


def _text(value: object) -> str:
    """A text that can be written again: nothing is "", half a surrogate pair, which JSON allows, a question mark."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def decoded(line: bytes) -> str:
    """A line on its own, as UTF-8 or else as Windows-1252."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("windows-1252", "replace")


def _share(path: Path, text: io.TextIOWrapper) -> Callable[[], float]:
    whole = max(path.stat().st_size, 1)
    return lambda: text.buffer.tell() / whole  # `text.tell` is forbidden while its lines are read


def _decoded(file: BinaryIO) -> io.TextIOWrapper:
    """The file as text, in the first encoding that fits all of it."""
    head = file.read(3)
    file.seek(0)
    encoding = next((name for mark, name in MARKS.items() if head.startswith(mark)), None) or _fitting(file)
    file.seek(0)
    return io.TextIOWrapper(file, encoding, errors="replace", newline="")


def _fitting(file: BinaryIO) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(1 << 20):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


READERS: dict[str, Callable[[Path, BinaryIO, str], Stream]] = {
    ".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl, ".parquet": _parquet, ".txt": _txt,
}  # fmt: skip
