"""Records → the bytes of a table, a chunk of rows at a time."""

import io
from collections.abc import Callable, Sequence
from typing import Any

from brandlens.io import import_pyarrow
from brandlens.sentiment.score_file import flatten
from brandlens.sentiment.score_writers import Record, csv_line, is_score, json_line

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


class CsvEncoder:
    """Encodes rows of a CSV file; its header comes before the first."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

    def start(self) -> bytes:
        """Return what comes before all rows."""
        return csv_line(self.columns).encode()

    def rows(self, records: Sequence[Record]) -> bytes:
        """Return rows."""
        return "".join(csv_line([flatten(record)[name] for name in self.columns]) for record in records).encode()

    def end(self) -> bytes:
        """Return what comes after all rows."""
        return b""


class JsonEncoder:
    """Encodes rows of a file of JSON lines."""

    def __init__(self, columns: Sequence[str]) -> None:
        del columns  # stand in every record

    def start(self) -> bytes:
        """Return what comes before all rows."""
        return b""

    def rows(self, records: Sequence[Record]) -> bytes:
        """Return rows."""
        return "".join(map(json_line, records)).encode()

    def end(self) -> bytes:
        """Return what comes after all rows."""
        return b""


class ParquetEncoder:
    """Encodes row groups of a Parquet file. Raises UserError where pyarrow is missing."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.arrow: Any = import_pyarrow("to=parquet: Parquet files need")
        self.schema = self.arrow.schema(
            [(name, self.arrow.float64() if is_score(name) else self.arrow.string()) for name in columns]
        )
        self.sink = _Sink()
        self.writer = self.arrow.parquet.ParquetWriter(
            self.arrow.PythonFile(self.sink, mode="w"), self.schema, compression="zstd"
        )

    def start(self) -> bytes:
        """Return what comes before all rows."""
        return self.sink.take()

    def rows(self, records: Sequence[Record]) -> bytes:
        """Return rows."""
        self.writer.write_table(self.arrow.Table.from_pylist(list(map(flatten, records)), self.schema))
        return self.sink.take()

    def end(self) -> bytes:
        """Return what comes after all rows."""
        self.writer.close()
        return self.sink.take()


class _Sink(io.RawIOBase):
    """A file that is only written; what was written is taken out of it."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.written += data
        self.position += size
        return size

    def tell(self) -> int:
        return self.position

    def take(self) -> bytes:
        taken, self.written = bytes(self.written), bytearray()
        return taken


Encoder = CsvEncoder | JsonEncoder | ParquetEncoder
ENCODERS: dict[str, Callable[[Sequence[str]], Encoder]] = {
    "csv": CsvEncoder, "jsonl": JsonEncoder, "parquet": ParquetEncoder,
}  # fmt: skip
