"""The section digits: one class a section, one field a knob. The units stand in params.yaml."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brandlens.config.schema import Interval
from brandlens.config.types import Count, Fraction, NonNegative, Optimizer, Schedule
from brandlens.errors import ParamsError

Activation = Literal["relu", "tanh", "sigmoid", "elu", "selu", "silu"]
Initializer = Literal["normal_0.01", "glorot_normal", "he_normal", "lecun_normal"]


@dataclass(frozen=True)
class Collect:
    source: Literal["sample", "mnist"]
    mnist: str | None
    val_fraction: Annotated[float, Interval(0.01, 0.9)]
    test_fraction: Annotated[float, Interval(0.01, 0.9)]


@dataclass(frozen=True)
class Distortion:
    """Random changes of a training digit; all zeros: none."""

    rotation: Annotated[float, Interval(0, 180)]
    zoom: Annotated[float, Interval(0, 0.9)]
    shear: Annotated[float, Interval(0, 1)]
    translation: NonNegative
    elastic_sigma: NonNegative
    elastic_alpha: NonNegative

    @property
    def is_none(self) -> bool:
        """Whether a digit stays as it is."""
        return not any((self.rotation, self.zoom, self.shear, self.translation, self.elastic_alpha))


@dataclass(frozen=True)
class Network:
    """A network and how it is trained. A key that one of `digits.train.networks` lacks has the value given here."""

    architecture: str
    epochs: Count
    learning_rate: Annotated[float, Interval(1e-6, 10)]
    optimizer: Optimizer = "sgd"
    lr_schedule: Schedule = "cosine"
    batch_size: Count = 128
    activation: Activation = "relu"
    initializer: Initializer = "he_normal"
    batch_norm: bool = False
    dropout: Annotated[float, Interval(0, 0.95)] = 0.0
    input_dropout: Annotated[float, Interval(0, 0.95)] = 0.0
    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
    label_smoothing: Annotated[float, Interval(0, 0.5)] = 0.0
    ema_momentum: Annotated[float, Interval(0, 0.99999)] = 0.0
    distort: bool = False
    num_networks: Annotated[int, Interval(0, 100)] = 0
    published_error: Fraction | None = None
    published_ensemble: Fraction | None = None


@dataclass(frozen=True)
class Train:
    num_seeds: Count
    max_epochs: Count | None
    min_steps: Count
    distortion: Distortion
    networks: dict[str, Network]


@dataclass(frozen=True)
class Scenes:
    num_scenes: tuple[int, int, int]
    num_digits: tuple[int, int]
    size_wh: tuple[int, int]
    touching_pixels: tuple[int, int]


@dataclass(frozen=True)
class Separate:
    scenes: Scenes
    epochs: Count
    learning_rate: Annotated[float, Interval(1e-6, 1)]
    num_codes: Annotated[int, Interval(100)]
    min_iou: Annotated[float, Interval(0.5, 1)]


@dataclass(frozen=True)
class Digits:
    collect: Collect
    train: Train
    separate: Separate


def check(digits: Digits) -> None:
    """Check what no key alone can show. Raises ParamsError."""
    if not digits.train.networks:
        raise ParamsError("digits.train.networks is empty; name at least one network")
    for name in digits.train.networks:
        if not name.isidentifier():
            raise ParamsError(f"digits.train.networks has {name!r:.40}; a name has letters, digits and _ alone")
    if digits.train.distortion.elastic_alpha and not digits.train.distortion.elastic_sigma:
        raise ParamsError("digits.train.distortion.elastic_alpha is set and elastic_sigma is 0; set it to 3 or more")
    scenes = digits.separate.scenes
    for name in ("num_digits", "touching_pixels"):
        low, high = getattr(scenes, name)
        if not 1 <= low <= high:
            raise ParamsError(f"digits.separate.scenes.{name} is [{low}, {high}]; from 1 on, the smaller one first")
    if min(scenes.num_scenes) < 1:
        raise ParamsError("digits.separate.scenes.num_scenes has a split without scenes; give each at least 1")
    if min(scenes.size_wh) < 32:
        raise ParamsError("digits.separate.scenes.size_wh is less than 32 pixels, in which no two digits fit")
    if any(size % 2 for size in scenes.size_wh):
        raise ParamsError(f"digits.separate.scenes.size_wh is {[*scenes.size_wh]}; both must be even")
