"""The section logo: one class a section, one field a knob. The units stand in params.yaml."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brandlens.config.schema import Interval
from brandlens.config.types import Count, DtypePolicy, Fraction, NonNegative, Optimizer, Schedule, Seed, ThresholdConfig
from brandlens.errors import ParamsError


@dataclass(frozen=True)
class Synthetic:
    artwork: dict[str, tuple[str, ...]]
    backgrounds: str | None
    num_images: Annotated[tuple[int, int, int], Interval(0)]
    image_wh: Annotated[tuple[int, int], Interval(64, 8192)]
    logo_width_range: Annotated[tuple[float, float], Interval(0.01, 1)]
    negative_ratio: Fraction
    max_logos_per_image: Count
    difficulty: Fraction


@dataclass(frozen=True)
class Collect:
    source: Literal["sample", "synthetic", "folder", "scraped"]
    annotations: tuple[str, ...]
    split_ratios: Annotated[tuple[float, float, float], Interval(0, 1)]
    dedup_max_distance: Annotated[int, Interval(0, 32)]
    synthetic: Synthetic


@dataclass(frozen=True)
class SlidingWindowDetect:
    smallest: Annotated[float, Interval(4)]
    longest: Annotated[int, Interval(64)]
    step: Annotated[float, Interval(1.05, 4)]
    overlap: Fraction
    candidate: Fraction


@dataclass(frozen=True)
class Jitter:
    copies: Annotated[int, Interval(0)]
    translate: Annotated[float, Interval(0, 0.5)]
    scale: Annotated[float, Interval(1, 2)]
    ratio: Annotated[float, Interval(1, 2)]


@dataclass(frozen=True)
class Crop:
    labels: tuple[str, ...]
    window_wh: Annotated[tuple[int, int], Interval(22, 512)]  # a smaller one is lost in the network's convolutions
    margin: Annotated[float, Interval(0, 2)]
    num_aspect_ratios: Annotated[int, Interval(1, 8)]
    padding: Annotated[float, Interval(0, 1)]
    jitter: Jitter
    negatives_per_positive: NonNegative


@dataclass(frozen=True)
class Augmentation:
    samples_per_class: Count
    background_ratio: Annotated[float, Interval(0.1, 100)]
    rotation: Annotated[float, Interval(0, 180)]
    translation: Annotated[float, Interval(0, 0.5)]
    zoom: Annotated[float, Interval(0, 0.5)]
    perspective: Annotated[float, Interval(0, 0.5)]
    brightness: Fraction
    contrast: Fraction
    saturation: Fraction
    hue: Annotated[float, Interval(0, 0.5)]
    blur_sigma: Annotated[float, Interval(0, 1)]  # as Keras allows
    noise_std: Annotated[float, Interval(0, 128)]
    jpeg_min_quality: Annotated[int, Interval(1, 100)]


@dataclass(frozen=True)
class WindowTraining:
    epochs: Count
    batch: Count
    optimizer: Optimizer
    rate: Annotated[float, Interval(1e-8, 10)]
    schedule: Schedule
    l1: NonNegative
    l2: NonNegative
    dropout: Annotated[float, Interval(0, 0.95)]
    smoothing: Annotated[float, Interval(0, 0.5)]
    focus: Annotated[float, Interval(0, 5)]
    weights: Literal["equal", "balanced"]
    patience: Annotated[int, Interval(0)]
    mining: Annotated[int, Interval(0, 10)]


@dataclass(frozen=True)
class HardNegatives:
    pictures: Count
    alarms: Count
    epochs: Count
    score: Fraction


@dataclass(frozen=True)
class DensePatches:
    count: Annotated[int, Interval(0)]
    size: Annotated[tuple[int, int], Interval(32, 1024)]
    zoom: Annotated[float, Interval(1, 4)]
    stretch: Annotated[float, Interval(1, 2)]


@dataclass(frozen=True)
class OneStage:
    size: Annotated[int, Interval(64, 1024)]
    steps: Count
    batch: Count
    rate: Annotated[float, Interval(1e-8, 10)]
    decay: NonNegative
    average: Annotated[float, Interval(0, 0.99999)]
    calm: Fraction
    mosaic: Fraction
    zoom: Annotated[tuple[float, float], Interval(0.05, 10)]
    rotation: Annotated[float, Interval(0, 180)]
    turned: Fraction
    shear: Annotated[float, Interval(0, 0.5)]
    hue: Annotated[float, Interval(0, 0.5)]
    saturation: Fraction
    brightness: Fraction
    paste: Fraction


@dataclass(frozen=True)
class Train:
    network: Literal["slide", "talk", "shot"]
    width: Annotated[float, Interval(0.125, 8)]
    precision: DtypePolicy
    slide: WindowTraining
    talk: WindowTraining
    shot: OneStage
    slabs: DensePatches
    mining: HardNegatives
    seed: Seed


@dataclass(frozen=True)
class OneStageDetect:
    longest: Annotated[tuple[int, ...], Interval(64, 4096)]
    overlap: Fraction


@dataclass(frozen=True)
class Evaluate:
    threshold: ThresholdConfig
    min_score: Annotated[float, Interval(0.001, 1)]
    gallery_images: Annotated[int, Interval(0, 400)]


@dataclass(frozen=True)
class Export:
    tolerance: Annotated[float, Interval(0, 1)]


@dataclass(frozen=True)
class Logo:
    collect: Collect
    crop: Crop
    augment: Augmentation
    scan: SlidingWindowDetect
    look: OneStageDetect
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
    if collect.source == "scraped" and len(collect.annotations) != 1:
        raise ParamsError(
            f"logo.collect.annotations names {len(collect.annotations)} files; source: scraped wants one, in the "
            "folder that brandlens logo collect filled"
        )
    if collect.source == "synthetic" and not collect.synthetic.artwork:
        raise ParamsError(
            "logo.collect.synthetic.artwork is empty; source: synthetic wants at least one label: [logo file]"
        )
    if collect.synthetic.logo_width_range[0] > collect.synthetic.logo_width_range[1]:
        raise ParamsError("logo.collect.synthetic.logo_width_range must go from the narrowest to the widest")


def _check_shot(logo: Logo) -> None:
    wish = logo.train.shot
    if wish.size % 32:
        raise ParamsError(f"logo.train.shot.size is {wish.size}; it must be a multiple of 32")
    if wish.zoom[0] > wish.zoom[1]:
        raise ParamsError("logo.train.shot.zoom must go from the smallest to the largest")
    if not logo.look.longest:
        raise ParamsError("logo.look.longest is empty; it wants at least one size")
