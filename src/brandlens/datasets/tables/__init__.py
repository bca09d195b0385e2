"""Rows of CSV, TSV, JSON, Parquet and TXT files: one reader for training and for scoring, in bounded memory."""

from brandlens.datasets.tables.containers import list_parts, suffix_of
from brandlens.datasets.tables.reader import READERS, cell_text, column_names, read_rows
from brandlens.datasets.tables.source import TITLE_HINT, MissingColumnError, Row, has_surrogates

__all__ = [
    "READERS", "TITLE_HINT", "MissingColumnError", "Row", "cell_text", "column_names", "has_surrogates", "list_parts",
    "read_rows", "suffix_of",
]  # fmt: skip
