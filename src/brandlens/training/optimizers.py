"""Optimizers and learning-rate schedules by the names that params.yaml has for them."""

from collections.abc import Sequence
from typing import Any

import keras

from brandlens.errors import ParamsError
from brandlens.training.dl4j import DL4JAdam, DL4JUpdater


def optimizer(
    name: str,
    learning_rate: float,
    lr_schedule: str,
    steps: int,
    weight_decay: float = 0.0,
    clipvalue: float | None = None,
    ema_momentum: float = 0.0,
    pretrained: Sequence[keras.Variable] = (),
    multiplier: float = 1.0,
    updater: DL4JUpdater | None = None,
) -> Any:
    """Make a Keras optimizer for this many steps.

    name: adamw, adam, sgd with Nesterov momentum of 0.9, or dl4j_adam, which wants `updater`. lr_schedule: constant, or
    cosine: 5 % warm-up, then down to 0. weight_decay: AdamW's. clipvalue: largest size of one gradient value; None or
    0: any. ema_momentum: of a running mean of the weights (Polyak and Juditsky 1992), which `fit` ends with; 0: none.
    pretrained: variables that adamw changes at `multiplier` times the rate. Raises ParamsError for other names.
    """
    rate: Any = learning_rate
    if lr_schedule not in ("constant", "cosine"):
        raise ParamsError(f"lr_schedule is {lr_schedule!r}; allowed: constant, cosine")
    if lr_schedule == "cosine":
        warm = max(1, steps // 20)
        rate = keras.optimizers.schedules.CosineDecay(
            learning_rate / 10, max(1, steps - warm), warmup_target=learning_rate, warmup_steps=warm
        )
    shared: dict[str, Any] = {"clipvalue": clipvalue or None}
    if ema_momentum:
        shared |= {"use_ema": True, "ema_momentum": ema_momentum}
    if name == "adamw" and pretrained:
        shared |= {"weight_decay": weight_decay, "pretrained": pretrained, "multiplier": multiplier}
        return MultiRateAdamW(rate, **shared)
    if name == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=weight_decay, **shared)
    if name == "adam":
        return keras.optimizers.Adam(rate, **shared)
    if name == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **shared)
    if name == "dl4j_adam" and updater is not None:
        return DL4JAdam(rate, updater, **shared)
    raise ParamsError(f"optimizer is {name!r}; allowed: adamw, adam, sgd, dl4j_adam")


class MultiRateAdamW(keras.optimizers.AdamW):
    """AdamW that takes smaller steps with some variables: those of a pretrained part."""

    def __init__(self, learning_rate: Any, *, pretrained: Sequence[keras.Variable], multiplier: float, **options: Any):
        """Take steps of `multiplier` times the learning rate with the variables in `pretrained`."""
        super().__init__(learning_rate, **options)
        self.multiplier = multiplier
        self.pretrained_ids = {id(variable) for variable in pretrained}
        self.multipliers: list[float] = []

    def build(self, variables: list[keras.Variable]) -> None:
        """Make the state of these variables, which are all that is trained."""
        self.multipliers = [self.multiplier if id(each) in self.pretrained_ids else 1.0 for each in variables]
        super().build(variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable, a backend's own on TensorFlow."""
        super().update_step(gradient, variable, learning_rate * self.multipliers[self._get_variable_index(variable)])
