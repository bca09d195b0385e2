"""Records → the parts of a table, and these → the table: CSV, JSONL and Parquet."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brandlens.io import import_pyarrow

Record = dict[str, Any]
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula


@dataclass(frozen=True)
class TableWriter:
    """How to write a format. write: records to a part; join: parts, in their order, to the whole table.

    Both take the columns' names; a part and a table without rows are fine.
    """

    write: Callable[[Path, Sequence[Record], Sequence[str]], None]
    join: Callable[[Path, Sequence[Path], Sequence[str]], None]


def csv_line(values: Sequence[object]) -> str:
    """Return one row of a CSV file, with its line end."""
    buffer = io.StringIO()
    has_return = any("\r" in str(value) for value in values)  # which Python before 3.13 writes without quotes
    csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL if has_return else csv.QUOTE_MINIMAL).writerow(values)
    return buffer.getvalue()


def spreadsheet_line(values: Sequence[object]) -> str:
    """Return one row of a CSV file that is made to be opened in a spreadsheet, with its line end.

    A text that a spreadsheet would take for a formula gets an apostrophe before it: reviews and names of files are
    written by strangers. CSV that is the result itself (`score`, `detect`, the service's tables, what stages write) has
    every text as it is, since programs read it back; there it takes `csv_line`.
    """
    return csv_line([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in values])


def json_line(record: Record) -> str:
    """Return one JSON object, with its line end."""
    return json.dumps(record, ensure_ascii=False) + "\n"


def _write_csv(path: Path, records: Sequence[Record], columns: Sequence[str]) -> None:
    lines = (csv_line([record[name] for name in columns]) for record in records)
    path.write_text("".join(lines), encoding="utf-8", newline="")


def _join_csv(path: Path, parts: Sequence[Path], columns: Sequence[str]) -> None:
    _join_bytes(path, parts, csv_line(columns))


def _write_jsonl(path: Path, records: Sequence[Record], columns: Sequence[str]) -> None:
    del columns  # stand in every record
    path.write_text("".join(map(json_line, records)), encoding="utf-8", newline="")


def _join_jsonl(path: Path, parts: Sequence[Path], columns: Sequence[str]) -> None:
    del columns
    _join_bytes(path, parts, "")


def _join_bytes(path: Path, parts: Sequence[Path], header: str) -> None:
    with path.open("wb") as output:
        output.write(header.encode())
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, output)


def _write_parquet(path: Path, records: Sequence[Record], columns: Sequence[str]) -> None:
    arrow, schema = _schema(path, columns)
    arrow.parquet.write_table(arrow.Table.from_pylist(records, schema), path, compression="zstd")


def _join_parquet(path: Path, parts: Sequence[Path], columns: Sequence[str]) -> None:
    """Make every part a row group, so that one is in memory at a time."""
    arrow, schema = _schema(path, columns)
    with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as output:
        for part in parts:
            output.write_table(arrow.parquet.read_table(part, partitioning=None))


def is_score(name: str) -> bool:
    """Return whether a column of this name has probabilities."""
    return name == "score" or name.startswith("score_")


def _schema(path: Path, columns: Sequence[str]) -> tuple[Any, Any]:
    arrow = import_pyarrow(f"{path}: Parquet files need")
    return arrow, arrow.schema([(name, arrow.float64() if is_score(name) else arrow.string()) for name in columns])


WRITERS = {
    ".csv": TableWriter(_write_csv, _join_csv),
    ".jsonl": TableWriter(_write_jsonl, _join_jsonl),
    ".parquet": TableWriter(_write_parquet, _join_parquet),
}
