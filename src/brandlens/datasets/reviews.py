"""One review, many reviews as columns, and the Parquet file in which they go from stage to stage."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from brandlens.errors import UserError
from brandlens.io import import_pyarrow

NEGATIVE, NEUTRAL, POSITIVE, UNLABELLED = "negative", "neutral", "positive", ""
TWO_LABELS = (NEGATIVE, POSITIVE)  # of models and files that do not name theirs
SPLITS = ("train", "val", "test", "unlabelled")


class Review(NamedTuple):
    """One review, as a source gives it.

    label: its name, such as POSITIVE, or UNLABELLED. rating: in stars, NaN for none. group: what it is about, or "".
    split: one of SPLITS; where a source gives no val or test, these are cut out of train. teacher: another model's
    probability that an unlabelled review has a label, for each of all labels; None: there is none.
    """

    id: str
    text: str
    label: str
    rating: float
    group: str
    split: str
    teacher: Mapping[str, float] | None = None


COLUMNS = Review._fields
FIX = "run: dvc repro sentiment-collect"
METADATA = b"brandlens"  # key of the labels in the file, as JSON


@dataclass(frozen=True)
class Reviews:
    """n reviews as columns, in a fixed order.

    label: (n,) int8, each review's place in `labels`, -1 for none. rating: (n,) float32 stars, NaN for none. teacher:
    (n, labels) float32 probabilities, a row of NaN for none. The others: lists of n texts. labels: the names of the
    classes. ordered: whether these go from the lowest to the highest.
    """

    id: list[str]
    text: list[str]
    label: np.ndarray
    rating: np.ndarray
    group: list[str]
    split: list[str]
    teacher: np.ndarray
    labels: tuple[str, ...] = TWO_LABELS
    ordered: bool = False

    @classmethod
    def from_rows(
        cls, rows: Iterable[Review], labels: Sequence[str] = TWO_LABELS, *, ordered: bool = False
    ) -> "Reviews":
        """Return the reviews as columns, in the same order. labels: all that their labels may be."""
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in COLUMNS]
        place = {UNLABELLED: -1, **{label: index for index, label in enumerate(labels)}}
        columns[COLUMNS.index("label")] = [place[label] for label in columns[COLUMNS.index("label")]]
        columns[COLUMNS.index("teacher")] = [
            teacher and [teacher[label] for label in labels] for teacher in columns[COLUMNS.index("teacher")]
        ]
        return cls._from_lists(columns, labels, ordered)

    @classmethod
    def _from_lists(cls, columns: Sequence[list[Any]], labels: Sequence[str], ordered: bool) -> "Reviews":
        """Return columns in the order of COLUMNS, with the numbers as arrays; a teacher is a list, or None."""
        id_, text, label, rating, group, split, teacher = columns
        numbers = np.array(label, np.int8), np.array(rating, np.float32)
        none = [np.nan] * len(labels)
        probabilities = np.array([row or none for row in teacher], np.float32).reshape(-1, len(labels))
        return cls(id_, text, *numbers, group, split, probabilities, tuple(labels), ordered)

    def __len__(self) -> int:
        return len(self.id)

    def of(self, *splits: str) -> "Reviews":
        """Return the reviews of these splits, in the same order."""
        indices = [index for index, split in enumerate(self.split) if split in splits]
        lists = [[column[index] for index in indices] for column in (self.id, self.text, self.group, self.split)]
        numbers = self.label[indices], self.rating[indices]
        return replace(
            self, id=lists[0], text=lists[1], label=numbers[0], rating=numbers[1], group=lists[2], split=lists[3],
            teacher=self.teacher[indices],
        )  # fmt: skip

    def count_labels(self) -> dict[str, int]:
        """Return how many reviews have each of the labels."""
        return {label: int((self.label == index).sum()) for index, label in enumerate(self.labels)}


def find_labels(reviews: Iterable[Review]) -> tuple[str, ...]:
    """Return negative and positive, with neutral between them where a review is that."""
    is_there = any(review.label == NEUTRAL for review in reviews)
    return (NEGATIVE, NEUTRAL, POSITIVE) if is_there else TWO_LABELS


def read(path: Path) -> Reviews:
    """Read reviews that `write` wrote. Raises UserError for a file that is none of these, or damaged."""
    arrow = import_pyarrow()
    try:
        table = arrow.parquet.read_table(path, page_checksum_verification=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {FIX}") from None
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a file of reviews: {str(error).splitlines()[0]}; {FIX}") from None
    for field in _schema(arrow):
        if table.schema.get_field_index(field.name) < 0 or table.schema.field(field.name).type != field.type:
            raise UserError(f"{path}: not a file of reviews: no column {field.name} of type {field.type}; {FIX}")
    try:
        facts = json.loads((table.schema.metadata or {}).get(METADATA, b"{}"))
        labels, ordered = tuple(map(str, facts.get("labels", TWO_LABELS))), bool(facts.get("ordered", False))
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(f"{path}: not a file of reviews: its labels cannot be read: {error}; {FIX}") from None
    columns = [table.column(name).to_pylist() for name in COLUMNS]
    if any(not -1 <= label < len(labels) for label in columns[COLUMNS.index("label")]):
        raise UserError(f"{path}: not a file of reviews: a label is none of {', '.join(labels)}; {FIX}")
    if any(len(teacher or labels) != len(labels) for teacher in columns[COLUMNS.index("teacher")]):
        raise UserError(f"{path}: not a file of reviews: a teacher has not {len(labels)} probabilities; {FIX}")
    return Reviews._from_lists(columns, labels, ordered)


def write(path: Path, reviews: Reviews) -> None:
    """Write one row a review with the columns of `Reviews`; the same reviews give the same bytes."""
    arrow = import_pyarrow()
    columns = [getattr(reviews, name) for name in COLUMNS]
    columns[COLUMNS.index("teacher")] = [None if np.isnan(row).any() else row for row in reviews.teacher]
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = json.dumps({"labels": reviews.labels, "ordered": reviews.ordered})
    table = arrow.table(columns, schema=_schema(arrow).with_metadata({METADATA: facts.encode()}))
    arrow.parquet.write_table(table, path, compression="zstd", write_page_checksum=True)


def _schema(arrow: Any) -> Any:
    text, number = arrow.string(), arrow.float32()
    types = [text, text, arrow.int8(), number, text, text, arrow.list_(number)]
    return arrow.schema(list(zip(COLUMNS, types, strict=True)))
