"""The user's own tables → reviews: which label each row has, if any, and which rows cannot be used."""

import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from brandlens import filesystems
from brandlens.config.sentiment import Columns, Files, is_number
from brandlens.datasets import tables
from brandlens.datasets.reviews import NEGATIVE, NEUTRAL, POSITIVE, SPLITS, UNLABELLED, Review
from brandlens.errors import UserError, printable

MAX_REPORTED = 10  # bad rows named one by one
SECTION = "sentiment.collect.files"
FIX = f"fix {SECTION}"
ROUNDING = 1e-5  # how far from 0 to 1 a probability may be that another program rounded
HALF_HUNDREDTH = 0.005  # how far each of several that add up to 1 may be, rounded to two digits


class BadRowError(Exception):
    """A row that cannot be used, and why."""


class OffScaleError(BadRowError):
    """A row whose rating is not on the scale."""

    def __init__(self, column: str, rating: float) -> None:
        super().__init__(f"{column} is {rating:g}, outside rating_scale")
        self.rating = rating


class Labeller:
    """Tells which label a row has.

    labels: the names that there are; None: negative, neutral and positive. A name is also called by the words that
    `columns` has for it.
    """

    def __init__(self, columns: Columns, labels: Sequence[str] | None = None) -> None:
        self.columns, self.seen = columns, set[str]()
        self.names = {label.strip().lower(): label for label in labels or (NEGATIVE, NEUTRAL, POSITIVE)}
        words = {POSITIVE: columns.positive_labels, NEGATIVE: columns.negative_labels, NEUTRAL: columns.neutral_labels}
        self.words = {
            word.strip().lower(): label
            for name, label in reversed(self.names.items())
            for word in words.get(name, (label,))
        }
        self.neutral_words = {} if NEUTRAL in self.names else set(map(str.lower, columns.neutral_labels))
        self.by_number = {float(name): label for name, label in self.names.items()} if self._are_numbers() else {}

    def two_labels(self) -> tuple[str, str]:
        """Return the first and the last label, which are all of them where a teacher has one column."""
        names = list(self.names.values())
        return names[0], names[-1]

    def _are_numbers(self) -> bool:
        return all(map(is_number, self.names))

    def of_word(self, value: Any) -> str | None:
        """Return the label of a cell; None for a neutral one that is not among the labels. Raises BadRowError."""
        word = _normalized(value)
        self.seen.add(word)
        if word in self.words:
            return self.words[word]
        if word in self.neutral_words:
            return None
        known = ", ".join(dict.fromkeys(self.words))
        raise BadRowError(f'{self.columns.label} is "{_shown(word)}", which is none of {known}')

    def is_ternary(self) -> bool:
        """Return whether there were labels 1, 0 and -1, two of which mean the same."""
        return {"1", "0", "-1"} <= self.seen and self.words.get("0") == self.words.get("-1")

    def of_rating(self, rating: float) -> str | None:
        """Return the label of a rating in stars; None for one that is to be left out. Raises BadRowError."""
        if self.by_number:
            if rating not in self.by_number:
                known = ", ".join(self.names)
                raise BadRowError(f"{self.columns.rating} is {rating:g}, which is none of the labels {known}")
            return self.by_number[rating]
        low, high = self.columns.rating_cutoffs
        if low < rating < high:
            return self.names.get(NEUTRAL) if self.columns.middle_ratings == "neutral" else None
        return self.names.get(NEGATIVE if rating <= low else POSITIVE)


def import_reviews(files: Files, labels: Sequence[str] | None = None) -> list[Review]:
    """Return the usable rows of the files for train, val, test and unlabelled, in their order.

    labels: see `Labeller`. Rows that cannot be used are named on stderr with their number, see `tables.Row`, and
    counted; empty rows, as spreadsheets export them below and between the others, and those that are neutral, and are
    not to be, are counted only. Raises UserError when the share of unusable
    rows is above `columns.max_bad_rows`, and for files that `tables.read_rows` refuses.
    """
    labeller = Labeller(files.columns, labels)
    reviews: list[Review] = []
    bad_rows: list[str] = []
    off_scale: list[float] = []
    num_neutral = num_bad = num_empty = 0
    for split in SPLITS:
        for path in map(filesystems.to_path, getattr(files, split)):
            if not path.exists():
                raise UserError(f"{path}: no such file; {FIX}.{split}")
            for row in tqdm(_rows(path, files.columns, split), desc=path.name, unit="row", file=sys.stderr):
                if _is_empty(row):
                    num_empty += 1
                    continue
                try:
                    review = _review(row, files.columns, labeller, path, split)
                except BadRowError as error:
                    off_scale += [error.rating] if isinstance(error, OffScaleError) else []
                    bad_rows.append(row.problem or f"{row.file}, row {row.number}: {error}")
                    num_bad += row.lines
                    continue
                if review is None:
                    num_neutral += 1
                else:
                    reviews.append(review)
    _report_scale(off_scale, reviews, files.columns, labeller)
    if labeller.is_ternary():
        print(
            f"{files.columns.label} has 1, 0 and -1, and 0 and -1 are both negative; if 0 is neutral, set in "
            f'{SECTION}.columns negative_labels: ["-1"] and neutral_labels: ["0"]', file=sys.stderr,
        )  # fmt: skip
    _report(bad_rows, num_bad, len(reviews) + num_neutral + num_bad, files.columns.max_bad_rows)
    if num_empty:
        print(f"left out: {num_empty:,} empty {'row' if num_empty == 1 else 'rows'}", file=sys.stderr)
    if num_neutral:
        low, high = files.columns.rating_cutoffs
        kind = f"reviews rated between {low:g} and {high:g}" if files.columns.rating else "neutral reviews"
        print(f"left out: {num_neutral:,} {kind}", file=sys.stderr)
    return reviews


def _rows(path: Path, columns: Columns, split: str) -> Iterator[tables.Row]:
    """Read a file; one of unlabelled texts needs only the columns of the text and of the teacher."""
    if split == "unlabelled":
        required = list(columns.teacher_columns)
        optional = [name for name in (columns.id, columns.group) if name]
    else:
        teacher = columns.teacher_columns if columns.split else ()  # that column may call rows unlabelled
        names = (columns.label, columns.rating, columns.id, columns.group, columns.split, *teacher)
        required = [name for name in names if name]
        optional = []
    return tables.read_rows(
        path, columns.text, required, optional,
        encoding=columns.encoding, hint=f"; {FIX}.columns", encoding_option=f"{SECTION}.columns.encoding",
    )  # fmt: skip


def _is_empty(row: tables.Row) -> bool:
    """Return whether a row has neither a text nor anything else in the columns that are read."""
    return row.problem is None and len(row.values) > 1 and not any(_plain(cell).strip() for cell in row.values.values())


def _review(row: tables.Row, columns: Columns, labeller: Labeller, path: Path, split: str) -> Review | None:
    """Return the review in a row; None when it is neutral, and is not to be. Raises BadRowError."""
    if row.problem:
        raise BadRowError(row.problem)
    if not row.text.strip():
        raise BadRowError(f'no text in column "{columns.text}"')
    if columns.split and split != "unlabelled":
        split = _normalized(row.values[columns.split])
        if split not in SPLITS:
            raise BadRowError(f'{columns.split} is "{_shown(split)}", not {", ".join(SPLITS)}')
    label: str | None = UNLABELLED
    rating, teacher = math.nan, None
    if split != "unlabelled" and columns.label:
        label = labeller.of_word(row.values[columns.label])
    elif split != "unlabelled" and columns.rating:
        rating = _rating(row.values[columns.rating], columns)
        label = labeller.of_rating(rating)
    elif columns.teacher and set(columns.teacher_columns) <= set(row.values):
        teacher = _teacher(row.values, columns, labeller)
    if label is None:
        return None
    file = path.name if row.file == path else f"{path.name}/{row.file.name}"
    name = _name(row.values, columns.id) or f"{file}:{row.number}"
    return Review(name, row.text, label, rating, _name(row.values, columns.group), split, teacher)


def _shown(cell: str) -> str:
    return printable(cell[:40])


def _number(value: Any, column: str) -> float:
    try:
        number = float(_plain(value).replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadRowError(f'{column} is "{_shown(_plain(value))}", not a number')
    return number


def _rating(value: Any, columns: Columns) -> float:
    rating = _number(value, str(columns.rating))
    lowest, highest = columns.rating_scale
    if not lowest <= rating <= highest:
        raise OffScaleError(str(columns.rating), rating)
    return rating


def _teacher(values: Mapping[str, Any], columns: Columns, labeller: Labeller) -> dict[str, float] | None:
    """Return each label's probability, which add up to 1; None where all cells are empty. Raises BadRowError."""
    cells = {column: _probability(values[column], column) for column in columns.teacher_columns}
    given = {column: cell for column, cell in cells.items() if not math.isnan(cell)}
    if not given:
        return None
    if not isinstance(columns.teacher, dict):
        (first, last), (probability,) = labeller.two_labels(), given.values()
        return {first: 1 - probability, last: probability}
    names = ", ".join(cells)
    for column in cells:
        if column not in given:
            raise BadRowError(f"{column} is empty; {SECTION}.columns.teacher wants all of {names}, or none")
    total = sum(given.values())
    if abs(total - 1) > HALF_HUNDREDTH * len(cells) + ROUNDING:
        raise BadRowError(
            f"{names} add up to {total:.4g}; {SECTION}.columns.teacher wants probabilities that add up to 1: divide "
            "each by their sum"
        )
    return {labeller.names[label.strip().lower()]: given[column] / total for label, column in columns.teacher.items()}


def _probability(value: Any, column: str) -> float:
    """Return a cell as a probability, NaN for an empty one. Raises BadRowError for what is none."""
    if _plain(value).strip().lower() in ("", "nan"):
        return math.nan
    probability = _number(value, column)
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


def _report_scale(off_scale: Sequence[float], reviews: Sequence[Review], columns: Columns, labeller: Labeller) -> None:
    """Say on stderr where ratings lie outside the scale, or all on one side of the cutoffs."""
    lowest, highest = columns.rating_scale
    if off_scale:
        print(
            f"{columns.rating} goes from {min(off_scale):g} to {max(off_scale):g} in {len(off_scale):,} rows outside "
            f"{SECTION}.columns.rating_scale, {lowest:g} to {highest:g}; if that is another scale, set it and "
            "rating_cutoffs to fit", file=sys.stderr,
        )  # fmt: skip
    labels = {review.label for review in reviews} - {UNLABELLED}
    if columns.rating and not labeller.by_number and len(labels) == 1 and labels <= {NEGATIVE, POSITIVE}:
        ratings = [review.rating for review in reviews if review.label != UNLABELLED]
        low, high = columns.rating_cutoffs
        side = f"none is {high:g} or more" if labels == {NEGATIVE} else f"none is {low:g} or less"
        print(
            f"{columns.rating} goes from {min(ratings):g} to {max(ratings):g}, and {side}; if that is another scale "
            f"than {SECTION}.columns.rating_scale, set it and rating_cutoffs to fit", file=sys.stderr,
        )  # fmt: skip


def _report(bad_rows: Sequence[str], num_bad: int, total: int, max_bad_rows: float) -> None:
    """Print the first bad rows and how many more there are. Raises UserError where there are too many of them.

    num_bad: lines that they cost.
    """
    for problem in bad_rows[:MAX_REPORTED]:
        print(f"left out: {problem}", file=sys.stderr)
    if len(bad_rows) > MAX_REPORTED:
        print(f"left out: {len(bad_rows) - MAX_REPORTED:,} rows more", file=sys.stderr)
    if not total:
        raise UserError("sentiment.collect.files: no rows in these files")
    if num_bad > max_bad_rows * total:
        raise UserError(
            f"{num_bad:,} of {total:,} rows cannot be used, more than "
            f"sentiment.collect.files.columns.max_bad_rows allows; the first: {bad_rows[0]}"
        )
