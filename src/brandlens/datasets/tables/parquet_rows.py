"""Rows of a Parquet file, a batch at a time."""

from collections.abc import Iterator, Mapping
from typing import Any

from brandlens.datasets.tables.source import ParsedRow, Source
from brandlens.errors import UserError
from brandlens.io import import_pyarrow

BATCH = 4096  # rows in memory at a time


def read_parquet(source: Source) -> Iterator[ParsedRow]:
    """Yield the rows. Bytes are read as UTF-8, as Impala, Hive and old pandas write texts.

    Raises UserError for a text column of another type, and for a damaged file.
    """
    arrow = import_pyarrow(f"{source.path}: Parquet files need")
    try:
        table = arrow.parquet.ParquetFile(source.file)
    except (arrow.ArrowException, OSError) as error:
        raise UserError(f"{source.path}: not a Parquet file: {str(error).splitlines()[0]}") from None
    schema = table.schema_arrow
    columns = source.select(schema.names)
    kind = schema.field(source.text_column).type
    if not may_be_text(arrow, kind):
        raise UserError(f'{source.path}: column "{source.text_column}" is of type {kind}, not text{source.hint}')
    number, total = 0, table.metadata.num_rows
    try:
        for batch in table.iter_batches(columns=columns, batch_size=BATCH):
            for values in _rows(arrow, batch):
                number += 1
                yield number, values, source.progress(number / total)
    except (arrow.ArrowException, ValueError, OverflowError, OSError) as error:
        raise UserError(f"{source.path}: damaged: {(str(error).splitlines() or ['?'])[0]}") from None


def may_be_text(arrow: Any, kind: Any) -> bool:
    """Return whether a column of this type may hold texts, or numbers that are read as their digits."""
    types = arrow.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind)
    return is_number or _is_string(arrow, kind) or _is_bytes(arrow, kind)


def _is_string(arrow: Any, kind: Any) -> bool:
    return arrow.types.is_string(kind) or arrow.types.is_large_string(kind) or arrow.types.is_string_view(kind)


def _is_bytes(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    return (
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )  # fmt: skip


def _rows(arrow: Any, batch: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a batch; bytes that are no UTF-8 become surrogates."""
    lists = [cells(arrow, column) for column in batch.columns]
    names = batch.schema.names
    for values in zip(*lists, strict=True):
        yield dict(zip(names, values, strict=True))


def cells(arrow: Any, column: Any) -> list[Any]:
    """Return the values of an array; texts in bytes are decoded, and those that are no UTF-8 become surrogates."""
    if arrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_string(arrow, column.type):
        try:
            texts: list[Any] = column.to_pylist()
            return texts
        except UnicodeDecodeError:
            column = column.cast(arrow.large_binary())
    if not _is_bytes(arrow, column.type):
        values: list[Any] = column.to_pylist()
        return values
    padding = b"\0" if arrow.types.is_fixed_size_binary(column.type) else b""
    return [
        None if value is None else (value.rstrip(padding) if padding else value).decode("utf-8", "surrogateescape")
        for value in column.to_pylist()
    ]
