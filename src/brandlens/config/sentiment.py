"""The section sentiment: one class a section, one field a knob. The units stand in params.yaml."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brandlens.config.schema import Interval
from brandlens.config.types import Count, DtypePolicy, Fraction, NonNegative, Optimizer, Schedule, Seed, ThresholdConfig
from brandlens.errors import ParamsError


@dataclass(frozen=True)
class Columns:
    text: str
    label: str | None
    rating: str | None
    id: str | None
    group: str | None
    split: str | None
    positive_labels: tuple[str, ...]
    negative_labels: tuple[str, ...]
    rating_cutoffs: tuple[float, float]
    encoding: str | None
    max_bad_rows: Fraction


@dataclass(frozen=True)
class Files:
    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    unlabelled: tuple[str, ...]
    columns: Columns


@dataclass(frozen=True)
class Collect:
    source: Literal["sample", "imdb", "files"]
    imdb_path: str | None
    files: Files
    split_ratios: Annotated[tuple[float, float, float], Interval(0, 1)]
    dedup_jaccard: Annotated[float, Interval(0.3, 1)]


@dataclass(frozen=True)
class Embed:
    method: Literal["word2vec", "fasttext"]
    architecture: Literal["skipgram", "cbow"]
    vector_size: Annotated[int, Interval(2, 2048)]
    window: Count
    min_count: Count
    max_vocab_size: Annotated[int, Interval(10)]
    epochs: Count
    negative: Count
    workers: Count


@dataclass(frozen=True)
class ModelTraining:
    leaning: NonNegative
    units: Annotated[int, Interval(1, 4096)]
    longest: Annotated[int, Interval(1)]
    segment: Annotated[int, Interval(0)]
    grams: Annotated[int, Interval(0, 5)]
    epochs: Count
    taught: Annotated[int, Interval(0)]
    batch: Count
    optimizer: Optimizer
    rate: Annotated[float, Interval(1e-8, 10)]
    schedule: Schedule
    clip: Annotated[float, Interval(0)]
    l2: NonNegative
    dropout: Annotated[float, Interval(0, 0.95)]
    forget: Annotated[float, Interval(0, 0.95)]
    perturb: NonNegative
    smoothing: Annotated[float, Interval(0, 0.5)]
    average: Annotated[float, Interval(0, 0.99999)]
    patience: Annotated[int, Interval(0)]


@dataclass(frozen=True)
class Train:
    network: Literal["pooled", "talk"]
    precision: DtypePolicy
    pooled: ModelTraining
    talk: ModelTraining
    seed: Seed


@dataclass(frozen=True)
class Evaluate:
    threshold: ThresholdConfig
    bins: Annotated[int, Interval(2, 100)]
    mistakes: Annotated[int, Interval(0, 1000)]


@dataclass(frozen=True)
class Export:
    tolerance: Annotated[float, Interval(0, 1)]
    compress: Fraction


@dataclass(frozen=True)
class Sentiment:
    collect: Collect
    embed: Embed
    train: Train
    evaluate: Evaluate
    export: Export


def check(sentiment: Sentiment) -> None:
    """Check what concerns more than one key. Raises ParamsError."""
    collect = sentiment.collect
    files, columns = collect.files, collect.files.columns
    if collect.source == "files" and not files.train:
        raise ParamsError("sentiment.collect.files.train is empty; source: files wants at least one file")
    if (columns.label is None) == (columns.rating is None):
        raise ParamsError("sentiment.collect.files.columns wants exactly one of label and rating; null the other")
    if columns.rating_cutoffs[0] >= columns.rating_cutoffs[1]:
        raise ParamsError(
            "sentiment.collect.files.columns.rating_cutoffs must go from the last negative to the first positive"
        )
