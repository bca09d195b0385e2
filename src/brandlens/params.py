"""params.yaml as frozen dataclasses: one class a section, one field a knob. The units stand in params.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from brandlens.errors import ParamsError
from brandlens.settings import Within, build

Share = Annotated[float, Within(0, 1)]
Count = Annotated[int, Within(1)]
Amount = Annotated[float, Within(0)]
Seed = Annotated[int, Within(0, 2**31 - 1)]


@dataclass(frozen=True)
class Compose:
    artwork: dict[str, tuple[str, ...]]
    backgrounds: str | None
    pictures: Annotated[tuple[int, int, int], Within(0)]
    size: Annotated[tuple[int, int], Within(64, 8192)]
    widths: Annotated[tuple[float, float], Within(0.01, 1)]
    empty: Share
    most: Count
    difficulty: Share


@dataclass(frozen=True)
class LogoCollect:
    source: Literal["sample", "compose", "folder", "search"]
    annotations: tuple[str, ...]
    shares: Annotated[tuple[float, float, float], Within(0, 1)]
    duplicates: Annotated[int, Within(0, 32)]
    compose: Compose
    seed: Seed


@dataclass(frozen=True)
class Scan:
    smallest: Annotated[float, Within(4)]
    longest: Annotated[int, Within(64)]
    step: Annotated[float, Within(1.05, 4)]
    overlap: Share
    candidate: Share


@dataclass(frozen=True)
class LogoCrop:
    labels: tuple[str, ...]
    size: Annotated[tuple[int, int], Within(22, 512)]  # a smaller window is lost in the network's convolutions
    margin: Annotated[float, Within(0, 2)]
    aspects: Annotated[int, Within(1, 8)]
    halo: Annotated[float, Within(0, 1)]
    copies: Annotated[int, Within(0)]
    shift: Annotated[float, Within(0, 0.5)]
    zoom: Annotated[float, Within(1, 2)]
    stretch: Annotated[float, Within(1, 2)]
    negatives: Amount
    seed: Seed


@dataclass(frozen=True)
class LogoAugment:
    crops: Count
    other: Annotated[float, Within(0.1, 100)]
    rotation: Annotated[float, Within(0, 180)]
    translation: Annotated[float, Within(0, 0.5)]
    zoom: Annotated[float, Within(0, 0.5)]
    perspective: Annotated[float, Within(0, 0.5)]
    brightness: Share
    contrast: Share
    saturation: Share
    hue: Annotated[float, Within(0, 0.5)]
    blur: Annotated[float, Within(0, 1)]  # as Keras allows
    noise: Annotated[float, Within(0, 128)]
    jpeg: Annotated[int, Within(1, 100)]
    seed: Seed


@dataclass(frozen=True)
class Recipe:
    epochs: Count
    batch: Count
    optimizer: Literal["adam", "adamw", "momentum"]
    rate: Annotated[float, Within(1e-8, 10)]
    schedule: Literal["constant", "cosine"]
    l1: Amount
    l2: Amount
    dropout: Annotated[float, Within(0, 0.95)]
    smoothing: Annotated[float, Within(0, 0.5)]
    focus: Annotated[float, Within(0, 5)]
    weights: Literal["equal", "balanced"]
    patience: Annotated[int, Within(0)]
    mining: Annotated[int, Within(0, 10)]


@dataclass(frozen=True)
class Mining:
    pictures: Count
    alarms: Count
    epochs: Count
    score: Share


@dataclass(frozen=True)
class SlabWish:
    count: Annotated[int, Within(0)]
    size: Annotated[tuple[int, int], Within(32, 1024)]
    zoom: Annotated[float, Within(1, 4)]
    stretch: Annotated[float, Within(1, 2)]


@dataclass(frozen=True)
class ShotRecipe:
    size: Annotated[int, Within(64, 1024)]
    steps: Count
    batch: Count
    rate: Annotated[float, Within(1e-8, 10)]
    decay: Amount
    average: Annotated[float, Within(0, 0.99999)]
    calm: Share
    mosaic: Share
    zoom: Annotated[tuple[float, float], Within(0.05, 10)]
    rotation: Annotated[float, Within(0, 180)]
    turned: Share
    shear: Annotated[float, Within(0, 0.5)]
    hue: Annotated[float, Within(0, 0.5)]
    saturation: Share
    brightness: Share
    paste: Share


@dataclass(frozen=True)
class LogoTrain:
    network: Literal["slide", "talk", "shot"]
    width: Annotated[float, Within(0.125, 8)]
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
    slide: Recipe
    talk: Recipe
    shot: ShotRecipe
    slabs: SlabWish
    mining: Mining
    seed: Seed


@dataclass(frozen=True)
class Look:
    longest: Annotated[tuple[int, ...], Within(64, 4096)]
    overlap: Share


@dataclass(frozen=True)
class ThresholdWish:
    precision: Share | None
    recall: Share | None
    best: Literal["f1"] | None


@dataclass(frozen=True)
class LogoEvaluate:
    threshold: ThresholdWish
    floor: Annotated[float, Within(0.001, 1)]
    gallery: Annotated[int, Within(0, 400)]


@dataclass(frozen=True)
class LogoExport:
    tolerance: Annotated[float, Within(0, 1)]


@dataclass(frozen=True)
class Logo:
    collect: LogoCollect
    crop: LogoCrop
    augment: LogoAugment
    scan: Scan
    look: Look
    train: LogoTrain
    evaluate: LogoEvaluate
    export: LogoExport


@dataclass(frozen=True)
class Table:
    text: str
    label: str | None
    stars: str | None
    id: str | None
    group: str | None
    split: str | None
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    cuts: tuple[float, float]
    encoding: str | None
    odd: Share


@dataclass(frozen=True)
class Files:
    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    unlabelled: tuple[str, ...]
    table: Table


@dataclass(frozen=True)
class SentimentCollect:
    source: Literal["sample", "imdb", "files"]
    imdb: str | None
    files: Files
    shares: Annotated[tuple[float, float, float], Within(0, 1)]
    duplicates: Annotated[float, Within(0.3, 1)]
    seed: Seed


@dataclass(frozen=True)
class SentimentEmbed:
    method: Literal["word2vec", "fasttext"]
    architecture: Literal["skipgram", "cbow"]
    size: Annotated[int, Within(2, 2048)]
    window: Count
    least: Count
    most: Annotated[int, Within(10)]
    epochs: Count
    negative: Count
    workers: Count
    seed: Seed


@dataclass(frozen=True)
class SentimentRecipe:
    leaning: Amount
    units: Annotated[int, Within(1, 4096)]
    longest: Annotated[int, Within(1)]
    segment: Annotated[int, Within(0)]
    grams: Annotated[int, Within(0, 5)]
    epochs: Count
    taught: Annotated[int, Within(0)]
    batch: Count
    optimizer: Literal["adam", "adamw", "momentum"]
    rate: Annotated[float, Within(1e-8, 10)]
    schedule: Literal["constant", "cosine"]
    clip: Annotated[float, Within(0)]
    l2: Amount
    dropout: Annotated[float, Within(0, 0.95)]
    forget: Annotated[float, Within(0, 0.95)]
    perturb: Amount
    smoothing: Annotated[float, Within(0, 0.5)]
    average: Annotated[float, Within(0, 0.99999)]
    patience: Annotated[int, Within(0)]


@dataclass(frozen=True)
class SentimentTrain:
    network: Literal["pooled", "talk"]
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
    pooled: SentimentRecipe
    talk: SentimentRecipe
    seed: Seed


@dataclass(frozen=True)
class SentimentEvaluate:
    threshold: ThresholdWish
    bins: Annotated[int, Within(2, 100)]
    mistakes: Annotated[int, Within(0, 1000)]


@dataclass(frozen=True)
class SentimentExport:
    tolerance: Annotated[float, Within(0, 1)]
    compress: Share


@dataclass(frozen=True)
class Sentiment:
    collect: SentimentCollect
    embed: SentimentEmbed
    train: SentimentTrain
    evaluate: SentimentEvaluate
    export: SentimentExport


@dataclass(frozen=True)
class Params:
    logo: Logo
    sentiment: Sentiment


def load(path: Path | str = "params.yaml") -> Params:
    """Read params.yaml as YAML 1.2 (as DVC writes it). Raises ParamsError: one line with the file and the key."""
    try:
        content = YAML(typ="safe").load(Path(path))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run the stages in the project's folder") from None
    except YAMLError as error:
        raise ParamsError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    try:
        params = build(Params, content, "")
        _check(params)
    except ParamsError as error:
        raise ParamsError(f"{path}: {error}") from None
    return params


def _check(params: Params) -> None:
    """What no single key can tell."""
    for side in ("logo", "sentiment"):
        shares, wish = getattr(params, side).collect.shares, getattr(params, side).evaluate.threshold
        if abs(sum(shares) - 1) > 1e-6:
            raise ParamsError(f"{side}.collect.shares add up to {sum(shares):g}; train, val and test must make 1")
        if sum(choice is not None for choice in (wish.precision, wish.recall, wish.best)) != 1:
            raise ParamsError(
                f"{side}.evaluate.threshold wants exactly one of precision, recall and best; null the others"
            )
    _check_logo(params.logo.collect)
    _check_shot(params.logo)
    _check_sentiment(params.sentiment.collect)


def _check_logo(collect: LogoCollect) -> None:
    if collect.source == "folder" and len(collect.annotations) not in (1, 3):
        raise ParamsError(
            f"logo.collect.annotations names {len(collect.annotations)} files; source: folder wants one, "
            "or three (train, val, test)"
        )
    if collect.source == "search" and len(collect.annotations) != 1:
        raise ParamsError(
            f"logo.collect.annotations names {len(collect.annotations)} files; source: search wants one, in the folder "
            "that brandlens logo collect filled"
        )
    if collect.source == "compose" and not collect.compose.artwork:
        raise ParamsError(
            "logo.collect.compose.artwork is empty; source: compose wants at least one label: [logo file]"
        )
    if collect.compose.widths[0] > collect.compose.widths[1]:
        raise ParamsError("logo.collect.compose.widths must go from the narrowest to the widest")


def _check_shot(logo: Logo) -> None:
    wish = logo.train.shot
    if wish.size % 32:
        raise ParamsError(f"logo.train.shot.size is {wish.size}; it must be a multiple of 32")
    if wish.zoom[0] > wish.zoom[1]:
        raise ParamsError("logo.train.shot.zoom must go from the smallest to the largest")
    if not logo.look.longest:
        raise ParamsError("logo.look.longest is empty; it wants at least one size")


def _check_sentiment(collect: SentimentCollect) -> None:
    files, table = collect.files, collect.files.table
    if collect.source == "files" and not files.train:
        raise ParamsError("sentiment.collect.files.train is empty; source: files wants at least one file")
    if (table.label is None) == (table.stars is None):
        raise ParamsError("sentiment.collect.files.table wants exactly one of label and stars; null the other")
    if table.cuts[0] >= table.cuts[1]:
        raise ParamsError("sentiment.collect.files.table.cuts must go from the last negative to the first positive")
