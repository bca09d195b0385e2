"""Rows → the files of a table's parts, and these → the table: CSV, JSONL and Parquet."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brandlens.sentiment import text_reader

Row = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How tables of a kind are written. write: rows into a part; join: parts, in their order, into a whole table.

    Both take the columns' names; a part and a table of no rows are fine.
    """

    write: Callable[[Path, Sequence[Row], Sequence[str]], None]
    join: Callable[[Path, Sequence[Path], Sequence[str]], None]


def csv_line(values: Sequence[object]) -> str:
    """One row of a CSV file, with its line end."""
    out = io.StringIO()
    bare = not any("\r" in str(value) for value in values)  # which Python before 3.13 writes without quotes
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL if bare else csv.QUOTE_ALL).writerow(values)
    return out.getvalue()


def json_line(row: Row) -> str:
    """One JSON object, with its line end."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def _write_csv(path: Path, rows: Sequence[Row], names: Sequence[str]) -> None:
    path.write_text("".join(csv_line([row[name] for name in names]) for row in rows), encoding="utf-8", newline="")


def _join_csv(path: Path, parts: Sequence[Path], names: Sequence[str]) -> None:
    _join_bytes(path, parts, csv_line(names))


def _write_jsonl(path: Path, rows: Sequence[Row], names: Sequence[str]) -> None:
    del names  # stand in every row
    path.write_text("".join(map(json_line, rows)), encoding="utf-8", newline="")


def _join_jsonl(path: Path, parts: Sequence[Path], names: Sequence[str]) -> None:
    del names
    _join_bytes(path, parts, "")


def _join_bytes(path: Path, parts: Sequence[Path], header: str) -> None:
    with path.open("wb") as out:
        out.write(header.encode())
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, out)


def _write_parquet(path: Path, rows: Sequence[Row], names: Sequence[str]) -> None:
    arrow, schema = _schema(path, names)
    arrow.parquet.write_table(arrow.Table.from_pylist(rows, schema), path, compression="zstd")


def _join_parquet(path: Path, parts: Sequence[Path], names: Sequence[str]) -> None:
    """Every part becomes a row group, so that one is in memory at a time."""
    arrow, schema = _schema(path, names)
    with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as out:
        for part in parts:
            out.write_table(arrow.parquet.read_table(part, partitioning=None))


def _schema(path: Path, names: Sequence[str]) -> tuple[Any, Any]:
    arrow = text_reader.pyarrow(path)
    return arrow, arrow.schema([(name, arrow.float64() if name == "score" else arrow.string()) for name in names])


KINDS = {
    ".csv": Kind(_write_csv, _join_csv),
    ".jsonl": Kind(_write_jsonl, _join_jsonl),
    ".parquet": Kind(_write_parquet, _join_parquet),
}
