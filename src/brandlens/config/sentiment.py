"""The section sentiment: one class a section, one field a knob. The units stand in params.yaml."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, get_args, get_type_hints

from brandlens.config.schema import Interval
from brandlens.config.types import (
    Count,
    DtypePolicy,
    Fraction,
    NonNegative,
    Optimizer,
    Schedule,
    ThresholdConfig,
    check_weight_decay,
)
from brandlens.errors import ParamsError

RESERVED = {"unsure"}  # no label of a review
TEACHER = "sentiment.collect.files.columns.teacher"


@dataclass(frozen=True)
class Columns:
    text: str
    label: str | None
    rating: str | None
    id: str | None
    group: str | None
    split: str | None
    teacher: str | dict[str, str] | None
    positive_labels: tuple[str, ...]
    negative_labels: tuple[str, ...]
    neutral_labels: tuple[str, ...]
    rating_scale: tuple[float, float]
    rating_cutoffs: tuple[float, float]
    middle_ratings: Literal["drop", "neutral"]
    encoding: str | None
    max_bad_rows: Fraction

    @property
    def teacher_columns(self) -> tuple[str, ...]:
        """The columns of a teacher: one of two labels, one a label, or none."""
        if isinstance(self.teacher, str):
            return (self.teacher,)
        return tuple((self.teacher or {}).values())


@dataclass(frozen=True)
class Files:
    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    unlabelled: tuple[str, ...]
    columns: Columns


@dataclass(frozen=True)
class Collect:
    labels: tuple[str, ...] | None
    ordered: bool
    source: Literal["sample", "imdb", "files"]
    imdb_path: str | None
    files: Files
    split_ratios: Annotated[tuple[float, float, float], Interval(0, 1)]
    dedup_jaccard: Annotated[float, Interval(0.3, 1)]


@dataclass(frozen=True)
class Embed:
    method: Literal["word2vec", "fasttext", "pretrained"]
    vectors: str | None
    vectors_license: str | None
    architecture: Literal["skipgram", "cbow"]
    vector_size: Annotated[int, Interval(2, 2048)]
    window: Count
    min_count: Count
    max_vocab_size: Annotated[int, Interval(10)]
    epochs: Annotated[int, Interval(0)]
    negative: Count
    workers: Count


@dataclass(frozen=True)
class Augmentation:
    concatenation: Fraction
    cropping: Fraction
    negation: NonNegative

    @property
    def is_on(self) -> bool:
        """Whether there are further reviews at all."""
        return any((self.concatenation, self.cropping, self.negation))


@dataclass(frozen=True)
class ModelTraining:
    nb_log_ratio: NonNegative
    units: Annotated[int, Interval(1, 4096)]
    max_length: Annotated[int, Interval(1)]
    segment_length: Annotated[int, Interval(0)]
    max_ngram: Annotated[int, Interval(0, 5)]
    epochs: Count
    self_training_epochs: Annotated[int, Interval(0)]
    batch_size: Count
    optimizer: Optimizer
    learning_rate: Annotated[float, Interval(1e-8, 10)]
    lr_schedule: Schedule
    clipvalue: NonNegative
    l2: NonNegative
    weight_decay: NonNegative
    dropout: Annotated[float, Interval(0, 0.95)]
    word_dropout: Annotated[float, Interval(0, 0.95)]
    adversarial_epsilon: NonNegative
    label_smoothing: Annotated[float, Interval(0, 0.5)]
    ema_momentum: Annotated[float, Interval(0, 0.99999)]
    patience: Annotated[int, Interval(0)]
    augmentation: Augmentation


@dataclass(frozen=True)
class Train:
    model: Literal["bilstm", "snowdon"]
    start_from: str | None
    dtype_policy: DtypePolicy
    bilstm: ModelTraining
    snowdon: ModelTraining

    @property
    def active(self) -> ModelTraining:
        """The section of the model that is trained."""
        section: ModelTraining = getattr(self, self.model)
        return section


@dataclass(frozen=True)
class Evaluate:
    threshold: ThresholdConfig
    calibration_bins: Annotated[int, Interval(2, 100)]
    max_mistakes: Annotated[int, Interval(0, 1000)]


@dataclass(frozen=True)
class Export:
    atol: Annotated[float, Interval(0, 1)]
    int8_max_accuracy_drop: Fraction


@dataclass(frozen=True)
class Sentiment:
    collect: Collect
    embed: Embed
    train: Train
    evaluate: Evaluate
    export: Export


def check(sentiment: Sentiment) -> None:
    """Check what no key alone can show. Raises ParamsError."""
    collect = sentiment.collect
    files, columns = collect.files, collect.files.columns
    if collect.source == "files" and not files.train:
        raise ParamsError("sentiment.collect.files.train is empty; source: files wants at least one file")
    if (columns.label is None) == (columns.rating is None):
        raise ParamsError("sentiment.collect.files.columns wants exactly one of label and rating; null the other")
    (lowest, highest), (low, high) = columns.rating_scale, columns.rating_cutoffs
    if low >= high:
        raise ParamsError(
            "sentiment.collect.files.columns.rating_cutoffs must go from the last negative to the first positive"
        )
    if columns.rating and not lowest <= low < high <= highest:
        raise ParamsError(
            f"sentiment.collect.files.columns.rating_cutoffs, {low:g} and {high:g}, must lie on the rating_scale from "
            f"{lowest:g} to {highest:g}"
        )
    if columns.teacher and collect.source == "files":
        if not sentiment.train.active.self_training_epochs:
            raise ParamsError(
                f"{TEACHER} is set, and sentiment.train.{sentiment.train.model}."
                "self_training_epochs is 0: the unlabelled reviews would never be read; set it to 1 or more"
            )
        _check_teacher_columns(columns, collect.labels or ("negative", "neutral", "positive"))
    if columns.rating and collect.source == "files" and collect.labels is not None:
        _check_rated_labels(collect.labels, columns)
    if collect.labels is not None:
        check_labels(sentiment, collect.labels)
    _check_words(columns, collect.labels)
    embed = sentiment.embed
    if (embed.method == "pretrained") != (embed.vectors is not None):
        raise ParamsError(
            f"sentiment.embed.method is {embed.method} and vectors is {embed.vectors or 'null'}; method: pretrained "
            "wants vectors: a file or a name, and any other method wants null"
        )
    if not embed.epochs and embed.method != "pretrained":
        raise ParamsError(f"sentiment.embed.epochs is 0; method: {embed.method} wants at least 1")
    for name in get_args(get_type_hints(Train)["model"]):
        section: ModelTraining = getattr(sentiment.train, name)
        check_weight_decay(f"sentiment.train.{name}", section.weight_decay, section.optimizer)


def check_labels(sentiment: Sentiment, labels: Sequence[str]) -> None:
    """Check the labels, and what goes with so many of them: those of params.yaml, or those that stage collect found.

    Raises ParamsError.
    """
    collect, key = sentiment.collect, "sentiment.collect.labels"
    names = [label.strip().lower() for label in labels]
    if len(labels) < 2:
        raise ParamsError(f"{key} has {len(labels)} items; it must have two or more, or be null")
    if len(set(names)) < len(names) or not all(names):
        raise ParamsError(f"{key} is {', '.join(labels)}; each must be there once, whatever its case, and not be empty")
    if RESERVED & set(names):
        raise ParamsError(f"{key}: {', '.join(sorted(RESERVED & set(names)))} is what a review without known words is")
    if names == ["positive", "negative"]:
        raise ParamsError(f"{key} is positive, negative; of two the last one is scored: [negative, positive]")
    if collect.source == "imdb" and set(labels) != {"negative", "positive"}:
        raise ParamsError(f"{key} is {', '.join(labels)}; source: imdb has [negative, positive], or null")
    if collect.source == "files":
        _check_teacher(collect.files.columns.teacher, labels)
    if len(labels) == 2:
        return
    if sentiment.evaluate.threshold.maximize is None:
        raise ParamsError(
            f"sentiment.evaluate.threshold: of {len(labels)} labels ({', '.join(labels)}) the likeliest is taken, "
            f"without a threshold; set it to {{maximize: f1}}, or {key} to two"
        )


def _check_teacher(teacher: str | dict[str, str] | None, labels: Sequence[str]) -> None:
    """Check that a teacher has a probability of each label. Raises ParamsError."""
    mapping = f"{{{', '.join(f'{label}: COLUMN' for label in labels)}}}"
    if isinstance(teacher, str) and len(labels) > 2:
        raise ParamsError(
            f"{TEACHER} is {teacher}, one column for two labels, and there are {len(labels)}; name one a label: "
            f"{mapping}"
        )
    if isinstance(teacher, dict) and teacher:
        mapped, names = ({label.strip().lower() for label in some} for some in (teacher, labels))
        if mapped != names:
            raise ParamsError(
                f"{TEACHER} has columns for {', '.join(teacher)}, and the labels are {', '.join(labels)}; name one a "
                f"label: {mapping}"
            )


def _check_teacher_columns(columns: Columns, labels: Sequence[str]) -> None:
    """Check that a teacher's columns are for labels that there may be, and differ. Raises ParamsError."""
    names = {label.strip().lower() for label in labels}
    if isinstance(columns.teacher, dict):
        for label in columns.teacher:
            if label.strip().lower() not in names:
                raise ParamsError(f"{TEACHER}.{label}: {label} is no label; those are {', '.join(labels)}")
    if len(set(columns.teacher_columns)) < len(columns.teacher_columns):
        raise ParamsError(f"{TEACHER}: {', '.join(columns.teacher_columns)} must differ; name one column a label")


def _check_words(columns: Columns, labels: Sequence[str] | None) -> None:
    """Check that no word of a table means two labels. Raises ParamsError."""
    words: dict[str, str] = {}
    for label in labels or ("negative", "neutral", "positive"):
        name = f"{label.strip().lower()}_labels"
        for word in {word.strip().lower() for word in getattr(columns, name, (label,))}:
            if word in words:
                raise ParamsError(
                    f'sentiment.collect.files.columns: "{word}" means {words[word]} and {label}; leave it out of '
                    "positive_labels, negative_labels or neutral_labels"
                )
            words[word] = label


def _check_rated_labels(labels: Sequence[str], columns: Columns) -> None:
    """Check that ratings in stars can become these labels. Raises ParamsError."""
    names = {label.strip().lower() for label in labels}
    key = "sentiment.collect.files.columns"
    if "neutral" in names and columns.middle_ratings == "drop":
        raise ParamsError(f"sentiment.collect.labels has neutral; of ratings it wants {key}.middle_ratings: neutral")
    if "neutral" not in names and columns.middle_ratings == "neutral" and names == {"negative", "positive"}:
        raise ParamsError(f"{key}.middle_ratings is neutral, which is none of sentiment.collect.labels; add it there")
    if not {"negative", "positive"} <= names <= {"negative", "neutral", "positive"} and not all(map(is_number, names)):
        raise ParamsError(
            f"sentiment.collect.labels is {', '.join(labels)}; ratings become negative, neutral and positive, or, with "
            "labels that are numbers, the label of the same number"
        )


def is_number(label: str) -> bool:
    """Return whether a label is a finite number, such as a count of stars."""
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False
