"""What knobs of both sides share: kinds of numbers, the choice of a threshold, and what goes with an optimizer."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brandlens.config.schema import Interval
from brandlens.errors import ParamsError

Fraction = Annotated[float, Interval(0, 1)]
Count = Annotated[int, Interval(1)]
NonNegative = Annotated[float, Interval(0)]
Seed = Annotated[int, Interval(0, 2**31 - 1)]
Optimizer = Literal["adam", "adamw", "sgd", "dl4j_adam"]
Schedule = Literal["constant", "cosine"]
DtypePolicy = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


@dataclass(frozen=True)
class ThresholdConfig:
    """A rule that a decision threshold is chosen by; exactly one of the fields is set."""

    maximize: Literal["f1"] | None = None
    min_precision: Fraction | None = None
    min_recall: Fraction | None = None

    def __post_init__(self) -> None:
        """Raise ParamsError when none or several are set."""
        if sum(value is not None for value in (self.maximize, self.min_precision, self.min_recall)) != 1:
            raise ParamsError(
                "must be exactly one of {maximize: f1}, {min_precision: 0.95} and {min_recall: 0.95}, the number yours"
            )


def check_weight_decay(section: str, weight_decay: float, optimizer: str) -> None:
    """Raise ParamsError for a weight decay that the optimizer would not apply. section: of both, by its dotted name."""
    if weight_decay and optimizer != "adamw":
        raise ParamsError(
            f"{section}.weight_decay is {weight_decay:g}, which only optimizer: adamw applies; set it to 0, or take l2 "
            f"for {optimizer}"
        )
