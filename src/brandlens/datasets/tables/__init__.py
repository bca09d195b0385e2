"""Rows of CSV, TSV, JSON, Parquet and TXT files: one reader for training and for scoring, in bounded memory."""

from brandlens.datasets.tables.containers import list_parts
from brandlens.datasets.tables.reader import READERS, read_rows
from brandlens.datasets.tables.source import Row, has_surrogates

__all__ = ["READERS", "Row", "has_surrogates", "list_parts", "read_rows"]
