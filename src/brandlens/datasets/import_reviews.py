"""The user's own tables → reviews: which rows are positive, negative or unlabelled, and which cannot be used."""

import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from brandlens.config.sentiment import Columns, Files
from brandlens.datasets import tables
from brandlens.datasets.reviews import NEGATIVE, POSITIVE, SPLITS, UNLABELLED, Review
from brandlens.errors import UserError

MAX_REPORTED = 10  # bad rows named one by one
FIX = "fix sentiment.collect.files"
ROUNDING = 1e-5  # how far from 0 to 1 a probability may be that another program rounded


class BadRowError(Exception):
    """A row that cannot be used, and why."""


def import_reviews(files: Files) -> list[Review]:
    """Return the usable rows of the files for train, val, test and unlabelled, in their order.

    Rows that cannot be used are named on stderr with their number, see `tables.Row`, and counted; those whose rating
    is neither negative nor positive are counted only. Raises UserError when the share of unusable rows is above
    `columns.max_bad_rows`, and for files that `tables.read_rows` refuses.
    """
    reviews: list[Review] = []
    bad_rows: list[str] = []
    num_neutral = 0
    for split in SPLITS:
        for path in map(Path, getattr(files, split)):
            if not path.exists():
                raise UserError(f"{path}: no such file; {FIX}.{split}")
            for row in tqdm(_rows(path, files.columns, split), desc=path.name, unit="row", file=sys.stderr):
                try:
                    review = _review(row, files.columns, path, split)
                except BadRowError as error:
                    bad_rows.append(row.problem or f"{path}, row {row.number}: {error}")
                    continue
                if review is None:
                    num_neutral += 1
                else:
                    reviews.append(review)
    _report(bad_rows, len(reviews) + num_neutral + len(bad_rows), files.columns.max_bad_rows)
    if num_neutral:
        low, high = files.columns.rating_cutoffs
        print(f"left out: {num_neutral:,} reviews rated between {low:g} and {high:g}", file=sys.stderr)
    return reviews


def _rows(path: Path, columns: Columns, split: str) -> Iterator[tables.Row]:
    """Read a file; one of unlabelled texts needs only the columns of the text and of the teacher."""
    if split == "unlabelled":
        required = [columns.teacher] if columns.teacher else []
        optional = [name for name in (columns.id, columns.group) if name]
    else:
        teacher = columns.split and columns.teacher  # that column may call rows unlabelled
        names = (columns.label, columns.rating, columns.id, columns.group, columns.split, teacher)
        required = [name for name in names if name]
        optional = []
    return tables.read_rows(path, columns.text, required, optional, encoding=columns.encoding, hint=f"; {FIX}.columns")


def _review(row: tables.Row, columns: Columns, path: Path, split: str) -> Review | None:
    """Return the review in a row; None when its rating is neither negative nor positive. Raises BadRowError."""
    if row.problem:
        raise BadRowError(row.problem)
    if not row.text.strip():
        raise BadRowError(f'no text in column "{columns.text}"')
    if columns.split and split != "unlabelled":
        split = _normalized(row.values[columns.split])
        if split not in SPLITS:
            raise BadRowError(f'{columns.split} is "{split}", not {", ".join(SPLITS)}')
    label, rating, teacher = UNLABELLED, math.nan, math.nan
    if split != "unlabelled" and columns.label:
        label = _label(row.values[columns.label], columns)
    elif split != "unlabelled" and columns.rating:
        rating = _rating(row.values[columns.rating], columns.rating)
        low, high = columns.rating_cutoffs
        if low < rating < high:
            return None
        label = NEGATIVE if rating <= low else POSITIVE
    elif columns.teacher and columns.teacher in row.values:
        teacher = _probability(row.values[columns.teacher], columns.teacher)
    name = _name(row.values, columns.id) or f"{path.name}:{row.number}"
    return Review(name, row.text, label, rating, _name(row.values, columns.group), split, teacher)


def _label(value: Any, columns: Columns) -> int:
    word = _normalized(value)
    for label, words in ((POSITIVE, columns.positive_labels), (NEGATIVE, columns.negative_labels)):
        if word in map(str.lower, words):
            return label
    known = ", ".join((*columns.positive_labels, *columns.negative_labels))
    raise BadRowError(f'{columns.label} is "{word[:40]}", which is none of {known}')


def _rating(value: Any, column: str) -> float:
    try:
        rating = float(_plain(value).replace(",", "."))
    except ValueError:
        rating = math.nan
    if not math.isfinite(rating):
        raise BadRowError(f'{column} is "{_plain(value)[:40]}", not a number')
    return rating


def _probability(value: Any, column: str) -> float:
    """Return a cell as a probability, NaN for an empty one. Raises BadRowError for what is none."""
    if _plain(value).strip().lower() in ("", "nan"):
        return math.nan
    probability = _rating(value, column)
    if not -ROUNDING <= probability <= 1 + ROUNDING:
        raise BadRowError(f"{column} is {probability:g}, not a probability from 0 to 1")
    return min(max(probability, 0.0), 1.0)


def _name(values: Mapping[str, Any], column: str | None) -> str:
    """Return the cell of a column as text, "" for none. Raises BadRowError for what UTF-8 cannot hold."""
    name = _plain(values.get(column)) if column else ""
    if tables.has_surrogates(name):
        raise BadRowError(f'bytes that are no text in this encoding, in column "{column}"')
    return name


def _plain(value: Any) -> str:
    """Return a cell as text: "" for None, whole numbers without a point."""
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _normalized(value: Any) -> str:
    """Return a cell as a word to look up, in lower case; "1.0" is 1."""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", _plain(value).strip().lower())


def _report(bad_rows: Sequence[str], total: int, max_bad_rows: float) -> None:
    """Print the first bad rows and how many more there are. Raises UserError where there are too many of them."""
    for problem in bad_rows[:MAX_REPORTED]:
        print(f"left out: {problem}", file=sys.stderr)
    if len(bad_rows) > MAX_REPORTED:
        print(f"left out: {len(bad_rows) - MAX_REPORTED:,} rows more", file=sys.stderr)
    if not total:
        raise UserError("sentiment.collect.files: no rows in these files")
    if len(bad_rows) > max_bad_rows * total:
        raise UserError(
            f"{len(bad_rows):,} of {total:,} rows cannot be used, more than "
            f"sentiment.collect.files.columns.max_bad_rows allows; the first: {bad_rows[0]}"
        )
