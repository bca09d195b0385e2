"""The section logo: one class a section, one field a knob. The units stand in params.yaml."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brandlens.errors import ParamsError
from brandlens.params.kinds import Amount, Count, Optimizer, Precision, Schedule, Seed, Share, ThresholdWish
from brandlens.settings import Within


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
class Collect:
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
class Crop:
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
class Augment:
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
    optimizer: Optimizer
    rate: Annotated[float, Within(1e-8, 10)]
    schedule: Schedule
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
class Train:
    network: Literal["slide", "talk", "shot"]
    width: Annotated[float, Within(0.125, 8)]
    precision: Precision
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
class Evaluate:
    threshold: ThresholdWish
    floor: Annotated[float, Within(0.001, 1)]
    gallery: Annotated[int, Within(0, 400)]


@dataclass(frozen=True)
class Export:
    tolerance: Annotated[float, Within(0, 1)]


@dataclass(frozen=True)
class Logo:
    collect: Collect
    crop: Crop
    augment: Augment
    scan: Scan
    look: Look
    train: Train
    evaluate: Evaluate
    export: Export


def check(logo: Logo) -> None:
    """What no single key can tell. Raises ParamsError."""
    _check_collect(logo.collect)
    _check_shot(logo)


def _check_collect(collect: Collect) -> None:
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
