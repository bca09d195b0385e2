"""sentiment.collect in params.yaml → data/sentiment/reviews.parquet"""

from pathlib import Path

from brandlens import config, errors, filesystems
from brandlens.config.sentiment import Collect, Columns, Files, check_labels
from brandlens.datasets import reviews
from brandlens.datasets.imdb import read_imdb
from brandlens.datasets.import_reviews import import_reviews
from brandlens.datasets.reviews import SPLITS, Review, Reviews, find_labels
from brandlens.datasets.split_reviews import split_reviews

SAMPLE, DOWNLOADS = Path("data/sentiment/sample.csv"), Path("data/sentiment/downloads")
SAMPLE_COLUMNS = Columns(
    text="text", label="label", rating=None, id=None, group=None, split="split", teacher=None,
    positive_labels=("positive",), negative_labels=("negative",), neutral_labels=("neutral",),
    rating_scale=(0.0, 1.0), rating_cutoffs=(0.0, 1.0), middle_ratings="drop", encoding="utf-8", max_bad_rows=0.0,
)  # fmt: skip
OUTPUT = Path("data/sentiment/reviews.parquet")


def collect(cfg: Collect) -> list[Review]:
    """Return the reviews of the source that is configured."""
    if cfg.source == "sample":
        files = Files(train=(str(SAMPLE),), val=(), test=(), unlabelled=(), columns=SAMPLE_COLUMNS)
        return import_reviews(files, cfg.labels)
    if cfg.source == "imdb":
        return read_imdb(filesystems.to_path(cfg.imdb_path) if cfg.imdb_path else None, DOWNLOADS)
    return import_reviews(cfg.files, cfg.labels)


def main() -> None:
    cfg = config.load()
    options = cfg.sentiment.collect
    collected = collect(options)
    labels = options.labels or find_labels(collected)
    check_labels(cfg.sentiment, labels)
    kept, removed = split_reviews(collected, options.split_ratios, options.dedup_jaccard, cfg.seed, labels)
    dataset = Reviews.from_rows(kept, labels, ordered=options.ordered)
    reviews.write(OUTPUT, dataset)
    for split in SPLITS:
        subset = dataset.of(split)
        counts = reversed(subset.count_labels().items())
        described = ": " + ", ".join(f"{count:,} {label}" for label, count in counts)
        left_out = f"; {removed[split]:,} near-duplicates of reviews in other splits left out" if removed[split] else ""
        print(f"{split}: {len(subset):,} reviews{described if split != 'unlabelled' else ''}{left_out}")


if __name__ == "__main__":
    errors.run_program(main)
