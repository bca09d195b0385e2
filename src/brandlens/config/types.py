"""What knobs of both sides are: kinds of numbers, and the choice of a threshold."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brandlens.config.schema import Interval

Fraction = Annotated[float, Interval(0, 1)]
Count = Annotated[int, Interval(1)]
NonNegative = Annotated[float, Interval(0)]
Seed = Annotated[int, Interval(0, 2**31 - 1)]
Optimizer = Literal["adam", "adamw", "sgd"]
Schedule = Literal["constant", "cosine"]
DtypePolicy = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


@dataclass(frozen=True)
class ThresholdConfig:
    precision: Fraction | None
    recall: Fraction | None
    best: Literal["f1"] | None
