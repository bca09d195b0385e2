"""Labelled pictures on disk: one module a format, all reading and writing the same records."""

from brandlens.annotations.dataset import read, write
from brandlens.annotations.records import Picture

__all__ = ["Picture", "read", "write"]
