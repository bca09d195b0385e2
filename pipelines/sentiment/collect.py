"""sentiment.collect in params.yaml → data/sentiment/reviews.parquet"""

from collections.abc import Callable
from pathlib import Path

from brandlens import config, errors
from brandlens.datasets import reviews, tables
from brandlens.datasets.imdb import read_imdb
from brandlens.datasets.review import Review
from brandlens.datasets.reviews import Reviews
from brandlens.datasets.split_reviews import split_reviews

SAMPLE, DOWNLOADS = Path("data/sentiment/sample.csv"), Path("data/sentiment/downloads")
COLUMNS = config.sentiment.Table(
    text="text", label="label", stars=None, id=None, group=None, split="split", positive=("positive",),
    negative=("negative",), cuts=(0.0, 1.0), encoding="utf-8", odd=0.0,
)  # fmt: skip
INTO = Path("data/sentiment/reviews.parquet")


def sample(wish: config.sentiment.Collect) -> list[Review]:
    """The reviews that come with the project, split already."""
    return tables.read_tables(
        config.sentiment.Files(train=(str(SAMPLE),), val=(), test=(), unlabelled=(), table=COLUMNS)
    )


def stanford(wish: config.sentiment.Collect) -> list[Review]:
    """The Large Movie Review Dataset."""
    return read_imdb(Path(wish.imdb) if wish.imdb else None, DOWNLOADS)


def own(wish: config.sentiment.Collect) -> list[Review]:
    """The user's own tables."""
    return tables.read_tables(wish.files)


SOURCES: dict[str, Callable[[config.sentiment.Collect], list[Review]]] = {
    "sample": sample,
    "imdb": stanford,
    "files": own,
}


def main() -> None:
    wish = config.load().sentiment.collect
    found, gone = split_reviews(SOURCES[wish.source](wish), wish.shares, wish.duplicates, wish.seed)
    columns = Reviews.from_rows(found)
    reviews.write(INTO, columns)
    for split in ("train", "val", "test", "unlabelled"):
        part = columns.of(split)
        left_out = f"; {gone[split]} repeat one of a stronger split and are left out" if gone[split] else ""
        labels = f": {(part.label == 1).sum():,} positive, {(part.label == 0).sum():,} negative"
        print(f"{split}: {len(part):,} reviews{labels if split != 'unlabelled' else ''}{left_out}")


if __name__ == "__main__":
    errors.run_program(main)
