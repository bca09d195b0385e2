"""What knobs of both sides are: kinds of numbers, and the choice of a threshold."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brandlens.settings import Within

Share = Annotated[float, Within(0, 1)]
Count = Annotated[int, Within(1)]
Amount = Annotated[float, Within(0)]
Seed = Annotated[int, Within(0, 2**31 - 1)]
Optimizer = Literal["adam", "adamw", "momentum"]
Schedule = Literal["constant", "cosine"]
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


@dataclass(frozen=True)
class ThresholdWish:
    precision: Share | None
    recall: Share | None
    best: Literal["f1"] | None
