"""One review, many reviews as columns, and the Parquet file in which they go from stage to stage."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from brandlens.errors import UserError
from brandlens.io import import_pyarrow

POSITIVE, NEGATIVE, UNLABELLED = 1, 0, -1
SPLITS = ("train", "val", "test", "unlabelled")


class Review(NamedTuple):
    """One review, as a source gives it.

    label: POSITIVE, NEGATIVE or UNLABELLED. rating: in stars, NaN for none. group: what it is about, "" for none.
    split: one of SPLITS; where a source gives no val or test, these are cut out of train. teacher: another model's
    probability that an unlabelled review is positive, NaN for none.
    """

    id: str
    text: str
    label: int
    rating: float
    group: str
    split: str
    teacher: float = math.nan


COLUMNS = Review._fields
FIX = "run: dvc repro sentiment-collect"


@dataclass(frozen=True)
class Reviews:
    """n reviews as columns, in a fixed order.

    label: (n,) int8, see `Review`. rating: (n,) float32 stars, NaN for none. teacher: (n,) float32 probabilities, NaN
    for none. The others: lists of n texts.
    """

    id: list[str]
    text: list[str]
    label: np.ndarray
    rating: np.ndarray
    group: list[str]
    split: list[str]
    teacher: np.ndarray

    @classmethod
    def from_rows(cls, rows: Iterable[Review]) -> "Reviews":
        """Return the reviews as columns, in the same order."""
        return cls._from_lists([list(column) for column in zip(*rows, strict=True)] or [[] for _ in COLUMNS])

    @classmethod
    def _from_lists(cls, columns: Sequence[list[Any]]) -> "Reviews":
        """Return columns in the order of COLUMNS, with the numbers as arrays."""
        id_, text, label, rating, group, split, teacher = columns
        numbers = np.array(label, np.int8), np.array(rating, np.float32)
        return cls(id_, text, *numbers, group, split, np.array(teacher, np.float32))

    def __len__(self) -> int:
        return len(self.id)

    def of(self, *splits: str) -> "Reviews":
        """Return the reviews of these splits, in the same order."""
        indices = [index for index, split in enumerate(self.split) if split in splits]
        lists = [[column[index] for index in indices] for column in (self.id, self.text, self.group, self.split)]
        numbers = self.label[indices], self.rating[indices]
        return Reviews(lists[0], lists[1], *numbers, lists[2], lists[3], self.teacher[indices])


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
    return Reviews._from_lists([table.column(name).to_pylist() for name in COLUMNS])


def write(path: Path, reviews: Reviews) -> None:
    """Write one row a review with the columns of `Reviews`; the same reviews give the same bytes."""
    arrow = import_pyarrow()
    columns = [getattr(reviews, name) for name in COLUMNS]
    path.parent.mkdir(parents=True, exist_ok=True)
    table = arrow.table(columns, schema=_schema(arrow))
    arrow.parquet.write_table(table, path, compression="zstd", write_page_checksum=True)


def _schema(arrow: Any) -> Any:
    text, number = arrow.string(), arrow.float32()
    types = [text, text, arrow.int8(), number, text, text, number]
    return arrow.schema(list(zip(COLUMNS, types, strict=True)))
