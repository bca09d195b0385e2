"""Reviews as columns, and the Parquet file in which they go from stage to stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brandlens.datasets.review import Review
from brandlens.errors import UserError

COLUMNS = Review._fields


@dataclass(frozen=True)
class Reviews:
    """n reviews in a fixed order. label: (n,) int8, 1 positive, 0 negative, -1 unlabelled.

    rating: (n,) float32 stars, NaN for none. id: what a reader finds the review by. group: what it is about, "" for
    none. split: train, val, test or unlabelled.
    """

    id: list[str]
    text: list[str]
    label: np.ndarray
    rating: np.ndarray
    group: list[str]
    split: list[str]

    @classmethod
    def from_rows(cls, rows: Iterable[Review]) -> "Reviews":
        """Rows as columns, in the same order."""
        columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=False)) or {name: [] for name in COLUMNS}
        label, rating = np.array(columns["label"], np.int8), np.array(columns["rating"], np.float32)
        return cls(**columns | {"label": label, "rating": rating})

    def __len__(self) -> int:
        return len(self.id)

    def of(self, *splits: str) -> "Reviews":
        """The reviews of these splits, in the same order."""
        kept = [at for at, split in enumerate(self.split) if split in splits]
        return Reviews(**{
            name: column[kept] if isinstance(column, np.ndarray) else [column[at] for at in kept]
            for name, column in vars(self).items()
        })  # fmt: skip


def read(path: Path) -> Reviews:
    """Reviews that `write` wrote. Raises UserError for a file that is none of these."""
    arrow = _arrow()
    try:
        there = arrow.parquet.read_schema(path).names
        if missing := [name for name in COLUMNS if name not in there]:
            raise UserError(f"{path}: not a file of reviews: no column {missing[0]}; run: dvc repro sentiment-collect")
        table = arrow.parquet.read_table(path, columns=list(COLUMNS))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run: dvc repro sentiment-collect") from None
    except (arrow.ArrowException, OSError) as error:
        raise UserError(f"{path}: not a file of reviews: {str(error).splitlines()[0]}") from None
    columns = {name: table.column(name).to_pylist() for name in COLUMNS}
    label, rating = np.array(columns["label"], np.int8), np.array(columns["rating"], np.float32)
    return Reviews(**columns | {"label": label, "rating": rating})


def write(path: Path, reviews: Reviews) -> None:
    """One row a review, the columns of `Reviews`; the same reviews give the same bytes."""
    arrow = _arrow()
    kinds = [arrow.string(), arrow.string(), arrow.int8(), arrow.float32(), arrow.string(), arrow.string()]
    columns = [arrow.array(getattr(reviews, name), kind) for name, kind in zip(COLUMNS, kinds, strict=True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    arrow.parquet.write_table(arrow.table(columns, names=COLUMNS), path, compression="zstd")


def _arrow() -> Any:
    try:
        import pyarrow.parquet  # noqa: PLC0415, the command line does without
    except ModuleNotFoundError:
        raise UserError('Parquet files need pyarrow; run: pip install "brandlens[train]"') from None
    return pyarrow
