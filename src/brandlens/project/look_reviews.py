"""Look at tables of reviews: which column is which, and what stage sentiment-collect will make of the rows."""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from brandlens.datasets import tables
from brandlens.datasets.reviews import TWO_LABELS, UNLABELLED, Review, find_labels
from brandlens.errors import UserError
from brandlens.project import columns
from brandlens.project.columns import Roles
from brandlens.project.split_names import SPLIT_WORDS, splits_of

SAMPLE = 2000  # rows that the columns are guessed from, drawn from the whole table: many are sorted by label
ENCODING = "--set sentiment.collect.files.columns.encoding=NAME"
MAX_EXAMPLE = 60  # characters of an example


@dataclass(frozen=True)
class Table:
    """A table and a sample of its rows. values: by column. problems: of rows that cannot be read, the first few."""

    path: Path
    num_rows: int
    num_problems: int
    values: dict[str, list[Any]]
    roles: Roles | None

    @property
    def is_labelled(self) -> bool:
        """Return whether there is a column of labels or of stars."""
        return self.roles is not None and bool(self.roles.label or self.roles.rating)

    def describe(self) -> Iterator[str]:
        """Yield what is in the table, a line a column that is used, with examples."""
        unreadable = f", {self.num_problems:,} of them cannot be read" if self.num_problems else ""
        yield f"{self.path}: {self.num_rows:,} rows{unreadable}; columns: {', '.join(self.values)}"
        for role, name in self.roles.found() if self.roles else []:
            yield f'  {role}: column "{name}", such as {self._examples(name)}'

    def _examples(self, name: str) -> str:
        cells = [" ".join(str(cell).split()) for cell in self.values[name] if cell is not None]
        commonest = [cell for cell, _ in Counter(filter(None, cells)).most_common(2)]
        return " | ".join(cell[:MAX_EXAMPLE] + ("…" if len(cell) > MAX_EXAMPLE else "") for cell in commonest)


def read_table(path: Path, encoding: str | None = None) -> Table:
    """Read a table whole, and tell its columns from a sample of the rows. Raises UserError for what is no table.

    encoding: None to detect it.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file; name a table of reviews")
    names = list(dict.fromkeys(tables.column_names(path, encoding=encoding, encoding_option=ENCODING)))
    rows, num_rows, num_problems = _sample(path, names, encoding)
    values = {name: [row.get(name) for row in rows] for name in names}
    return Table(path, num_rows, num_problems, values, columns.guess(values))


def _sample(path: Path, names: Sequence[str], encoding: str | None) -> tuple[list[dict[str, Any]], int, int]:
    """Return rows drawn evenly from a table, how many rows it has, and how many cannot be read.

    One column has to be asked for as the text, and its cells may be of another kind: then the next one is.
    """
    draw = random.Random(1)
    rows: list[dict[str, Any]] = []
    num_rows = num_problems = 0
    for text in names:
        rows, num_rows, num_problems = [], 0, 0
        read = tables.read_rows(path, text, optional=names, encoding=encoding, encoding_option=ENCODING)
        for row in tqdm(read, desc=path.name, unit="row", file=sys.stderr, disable=None, delay=1):
            num_rows += 1
            num_problems += row.problem is not None
            if row.problem is not None:
                continue
            if len(rows) < SAMPLE:  # reservoir sampling (Vitter 1985)
                rows.append({**row.values})
            elif (place := draw.randrange(num_rows)) < SAMPLE:
                rows[place] = {**row.values}
        if rows:
            break
    return rows, num_rows, num_problems


def labelled_tables(found: Sequence[Table]) -> list[Table]:
    """Return the tables that have labels or stars.

    Not so one that is called unlabelled, nor one whose labels are all the same number, such as -1 for none, beside one
    that has both kinds.
    """
    splits = splits_of([table.path for table in found])
    labelled = [
        table for table, split in zip(found, splits, strict=True) if table.is_labelled and split != "unlabelled"
    ]
    has_both = any(table.roles and table.roles.positive and table.roles.negative for table in labelled)

    def is_constant(table: Table) -> bool:
        roles = table.roles
        if roles is None or not roles.label or (roles.positive and roles.negative):
            return False
        return {*roles.positive, *roles.negative} <= columns.PLAIN

    return [table for table in labelled if not (has_both and is_constant(table))]


def files_by_split(found: Sequence[Table]) -> dict[str, list[Path]]:
    """Return which tables are for train, val, test and unlabelled, by their columns and names.

    Raises UserError where none has labels to train on.
    """
    labelled = labelled_tables(found)
    files: dict[str, list[Path]] = {split: [] for split in SPLIT_WORDS}
    paths = [table.path for table in labelled]
    named = dict(zip(paths, splits_of(paths), strict=True))
    has_train = any(split in (None, "train") for split in named.values())
    for table in found:
        split = named[table.path] or "train" if table.path in named else "unlabelled"
        files[split if has_train or split == "unlabelled" else "train"].append(table.path)
    if not files["train"]:
        names = "; ".join(f"{table.path} has {', '.join(table.values) or 'no columns'}" for table in found)
        raise UserError(
            f"no table has a column with labels (positive, negative; 1, 0) or stars to train on: {names}; add one, "
            "or name it with --set sentiment.collect.files.columns.label=NAME"
        )
    return files


@dataclass
class Reviews:
    """What is in the reviews that the stage will read."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)  # by split and label
    num_words: list[int] = field(default_factory=list)  # of each review
    num_duplicates: int = 0  # texts that are word for word as one before
    num_groups: int = 0
    other_scripts: float = 0.0  # fraction of the letters outside of a to z
    labels: Sequence[str] = TWO_LABELS

    @property
    def num_labelled(self) -> int:
        """Return how many have a label."""
        return sum(count for (_, label), count in self.counts.items() if label != UNLABELLED)

    @property
    def num_test(self) -> int:
        """Return how many are in the test split."""
        return sum(count for (split, _), count in self.counts.items() if split == "test")

    def label_count(self, label: str, split: str | None = None) -> int:
        """Return how many have a label, in a split or in all."""
        return sum(n for (name, each), n in self.counts.items() if each == label and split in (None, name))

    def length_at(self, ratio: float) -> int:
        """Return how many words the review has that so many of the reviews are no longer than."""
        return sorted(self.num_words)[int(ratio * (len(self.num_words) - 1))] if self.num_words else 0

    def describe(self) -> Iterator[str]:
        """Yield a line a finding."""
        *others, last = [f"{self.label_count(label):,} {label}" for label in self.labels]
        unlabelled = self.counts.total() - self.num_labelled
        share = self.label_count(self.labels[-1]) / max(self.num_labelled, 1)
        percent = f" ({100 * share:.0f} %)" if self.num_labelled else ""
        more = f", {unlabelled:,} without a label" if unlabelled else ""
        yield f"reviews: {', '.join([last + percent, *reversed(others)])}{more}"
        yield f"length: {self.length_at(0.5):,} words in the middle, {self.length_at(0.95):,} at the 95th percentile"
        if self.num_duplicates:
            yield f"duplicates: {self.num_duplicates:,} texts repeat another word for word; they will stay in one split"
        if self.other_scripts > 0.02:
            yield f"letters outside of a to z: {100 * self.other_scripts:.0f} %"


def count(reviews: Sequence[Review], labels: Sequence[str] | None = None) -> Reviews:
    """Count what is in reviews, as `brandlens.datasets.import_reviews` returns them; labels: None for those found."""
    counts = Counter((review.split, review.label) for review in reviews)
    found = Reviews(counts, labels=labels or find_labels(reviews))
    found.num_words = [len(review.text.split()) for review in reviews]
    found.num_duplicates = len(reviews) - len({hash(" ".join(review.text.lower().split())) for review in reviews})
    found.num_groups = len({review.group for review in reviews if review.group})
    letters = Counter(
        c.isascii() for review in reviews[:: 1 + len(reviews) // SAMPLE] for c in review.text if c.isalpha()
    )
    found.other_scripts = letters[False] / max(letters.total(), 1)
    return found
