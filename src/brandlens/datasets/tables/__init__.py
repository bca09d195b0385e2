"""Rows of CSV, TSV, JSON, Parquet and TXT files: one reader for training and for scoring, in bounded memory."""

from brandlens.datasets.tables.containers import list_parts
from brandlens.datasets.tables.reader import READERS, column_names, read_rows
from brandlens.datasets.tables.source import MissingColumnError, Row, has_surrogates

__all__ = ["READERS", "MissingColumnError", "Row", "column_names", "has_surrogates", "list_parts", "read_rows"]
