"""The section logo: one class a section, one field a knob. The units stand in params.yaml."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

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
    exif: Literal["auto", "applied", "ignored"]
    predefined_splits: bool
    split_ratios: Annotated[tuple[float, float, float], Interval(0, 1)]
    dedup_max_distance: Annotated[int, Interval(0, 32)]
    synthetic: Synthetic


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
    """How a network of one window (fcn, snowdon) is trained."""

    epochs: Count
    batch_size: Count
    optimizer: Optimizer
    learning_rate: Annotated[float, Interval(1e-8, 10)]
    lr_schedule: Schedule
    l1: NonNegative
    l2: NonNegative
    weight_decay: NonNegative
    dropout: Annotated[float, Interval(0, 0.95)]
    label_smoothing: Annotated[float, Interval(0, 0.5)]
    focal_gamma: Annotated[float, Interval(0, 5)]
    class_weight: Literal["none", "balanced"]
    patience: Annotated[int, Interval(0)]
    mining_rounds: Annotated[int, Interval(0, 10)]

    @property
    def penalty(self) -> tuple[float, float]:
        """L1 and L2 in the loss: none where the optimizer applies them."""
        return (0.0, 0.0) if self.optimizer == "dl4j_adam" else (self.l1, self.l2)


@dataclass(frozen=True)
class HardNegatives:
    max_images: Count
    max_crops: Count
    epochs: Count
    min_score: Fraction


@dataclass(frozen=True)
class DensePatches:
    num_patches: Annotated[int, Interval(0)]
    patch_wh: Annotated[tuple[int, int], Interval(32, 1024)]
    scale_jitter: Annotated[float, Interval(1, 4)]
    ratio_jitter: Annotated[float, Interval(1, 2)]


@dataclass(frozen=True)
class OneStage:
    backbone: str
    backbone_weights: str
    backbone_lr_multiplier: Fraction
    frozen_stages: Annotated[int, Interval(0, 5)]
    frozen_batch_norm: bool
    image_size: Annotated[int, Interval(64, 1024)]
    max_steps: Count
    batch_size: Count
    learning_rate: Annotated[float, Interval(1e-8, 10)]
    weight_decay: NonNegative
    ema_momentum: Annotated[float, Interval(0, 0.99999)]
    close_mosaic: Fraction
    mosaic: Fraction
    scale_range: Annotated[tuple[float, float], Interval(0.05, 10)]
    rotation: Annotated[float, Interval(0, 180)]
    rotate90: Fraction
    shear: Annotated[float, Interval(0, 0.5)]
    hue: Annotated[float, Interval(0, 0.5)]
    saturation: Fraction
    brightness: Fraction
    copy_paste: Fraction
    ignore_unlabeled_above: Fraction


@dataclass(frozen=True)
class Train:
    model: Literal["fcn", "snowdon", "one_stage"]
    width_multiplier: Annotated[float, Interval(0.125, 8)]
    start_from: str | None
    dtype_policy: DtypePolicy
    fcn: WindowTraining
    snowdon: WindowTraining
    one_stage: OneStage
    dense_patches: DensePatches
    hard_negatives: HardNegatives

    @property
    def active(self) -> Any:
        """The section of the chosen model, which has its name."""
        return getattr(self, self.model)


@dataclass(frozen=True)
class SlidingWindowDetect:
    min_size: Annotated[float, Interval(4)]
    max_size: Annotated[int, Interval(64)]
    scale_factor: Annotated[float, Interval(1.05, 4)]
    iou_threshold: Fraction
    proposal_threshold: Fraction


@dataclass(frozen=True)
class OneStageDetect:
    image_sizes: Annotated[tuple[int, ...], Interval(64, 4096)]
    iou_threshold: Fraction


@dataclass(frozen=True)
class Detect:
    sliding_window: SlidingWindowDetect
    one_stage: OneStageDetect


@dataclass(frozen=True)
class Evaluate:
    threshold: ThresholdConfig
    min_score: Annotated[float, Interval(0.001, 1)]
    gallery_images: Annotated[int, Interval(0, 400)]


@dataclass(frozen=True)
class Export:
    atol: Annotated[float, Interval(0, 1)]


@dataclass(frozen=True)
class Logo:
    collect: Collect
    crop: Crop
    augment: Augmentation
    train: Train
    detect: Detect
    export: Export
    evaluate: Evaluate


def check(logo: Logo) -> None:
    """Check what no single key can tell. Raises ParamsError."""
    _check_collect(logo.collect)
    _check_train(logo.train)
    if not logo.detect.one_stage.image_sizes:
        raise ParamsError("logo.detect.one_stage.image_sizes is empty; it must have at least one size")


def _check_collect(collect: Collect) -> None:
    if collect.source == "folder" and len(collect.annotations) not in (1, 3) and collect.predefined_splits:
        raise ParamsError(
            f"logo.collect.annotations names {len(collect.annotations)} files; source: folder wants one, "
            "or three (train, val, test); with predefined_splits: false any number, to be put together and split"
        )
    if collect.source == "folder" and not collect.annotations:
        raise ParamsError("logo.collect.annotations is empty; source: folder wants at least one file")
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


def _check_train(train: Train) -> None:
    for name, section in (("fcn", train.fcn), ("snowdon", train.snowdon)):
        check_weight_decay(f"logo.train.{name}", section.weight_decay, section.optimizer)
    if train.one_stage.image_size % 32:
        raise ParamsError(
            f"logo.train.one_stage.image_size is {train.one_stage.image_size}; it must be a multiple of 32"
        )
    if train.one_stage.scale_range[0] > train.one_stage.scale_range[1]:
        raise ParamsError("logo.train.one_stage.scale_range must go from the smallest to the largest")
