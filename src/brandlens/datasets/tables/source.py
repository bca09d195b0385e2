"""What the readers of all formats share: an open table and its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from brandlens.errors import UserError, printable
from brandlens.sniff import csv_dialect

MAX_NAMES = 20  # columns that a message lists
TITLE_HINT = "; the first row must name the columns: delete what stands above their names"  # such as a merged cell
STRIDE = 64  # rows between two looks at how much of the file is read


class MissingColumnError(UserError):
    """A table without a column that it should have; `names` are those of the columns that it has."""

    def __init__(self, message: str, names: Sequence[str]) -> None:
        super().__init__(message)
        self.names = list(names)


class Row(NamedTuple):
    """One row of a table.

    number: as a spreadsheet counts in CSV and TSV (the header is row 1), the line in JSON lines and TXT, from 1 in
    Parquet and in a list in JSON; of a part's rows, where the table is a folder.
    text: as it stands in the file; "" for none, and where there is a problem.
    values: the columns that were asked for, the text's too, as the format gives them; empty where there is a problem.
    problem: why the row cannot be read, with its place ("reviews.csv, row 12: not JSON: ..."); None for a good row.
    progress: share of the table read so far, from 0 to 1.
    lines: how many of the file's lines a row with a problem costs; 1 for a good row.
    file: where it stands: the table, or one of its parts.
    """

    number: int
    text: str
    values: Mapping[str, Any]
    problem: str | None
    progress: float
    lines: int
    file: Path


class BadRow(NamedTuple):
    """What is wrong with a row, and how many lines of the file it costs."""

    problem: str
    lines: int = 1


ParsedRow = tuple[int, Mapping[str, Any] | BadRow, float]  # number, values or what is wrong with the row, progress


@dataclass(frozen=True)
class Source:
    """An open table, or a part of one: what to read of it, and how.

    file: its content, unpacked; raw: the file as it lies on the disk, of `size` bytes. suffix: tells the format.
    required: columns, the text's first; optional: columns to read where there are any. start, share: which part of
    the whole table this is, from 0 to 1. hint: end of the message about a column that is missing. encoding_option:
    where the user names the encoding.
    """

    path: Path
    file: BinaryIO
    raw: BinaryIO
    size: int
    suffix: str
    required: Sequence[str]
    optional: Sequence[str]
    encoding: str | None
    hint: str
    encoding_option: str
    start: float
    share: float

    @property
    def text_column(self) -> str:
        """The column of the texts."""
        return self.required[0]

    def progress(self, fraction: float | None = None) -> float:
        """Return the share of the table that is read, by the bytes of this part, or by the fraction of it."""
        return self.start + self.share * min(1.0, self.raw.tell() / max(self.size, 1) if fraction is None else fraction)

    def select(self, names: Sequence[str]) -> list[str]:
        """Return which of the file's columns, given by `names`, to read.

        Raises UserError where a required one is missing, or one that is to be read stands there twice.
        """
        for name in self.required:
            if name not in names:
                first = [printable(known[:40]) for known in names[:MAX_NAMES]] + ["..."] * (len(names) > MAX_NAMES)
                known = ", ".join(first) or "none"
                hint = TITLE_HINT if names.count("") > 1 else self.hint
                raise MissingColumnError(f'{self.path}: no column "{name}"; there are: {known}{hint}', names)
        selected = [name for name in dict.fromkeys([*self.required, *self.optional]) if name in names]
        if repeated := csv_dialect.find_repeated(names, selected):
            raise UserError(f'{self.path}: two columns are named "{repeated}"; rename one')
        return selected


def has_surrogates(text: str) -> bool:
    """Return whether a text holds bytes that do not fit its encoding, or half of a surrogate pair."""
    try:
        text.encode()  # the quickest way to tell
    except UnicodeEncodeError:
        return True
    return False
