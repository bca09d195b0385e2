"""Optimizers and learning-rate schedules by the names that params.yaml has for them."""

from typing import Any

import keras

from brandlens.errors import ParamsError


def optimizer(
    name: str,
    rate: float,
    schedule: str,
    steps: int,
    decay: float = 0.0,
    clip: float | None = None,
    average: float = 0.0,
) -> Any:
    """A Keras optimizer. cosine: 5 % warm-up, then down to 0.

    decay: AdamW's. clip: largest size of one gradient value; None or 0: any. average: momentum of a running mean of the
    weights (Polyak and Juditsky 1992), which `fit` ends with; 0: none.
    """
    speed: Any = rate
    if schedule not in ("constant", "cosine"):
        raise ParamsError(f"schedule is {schedule!r}; allowed: constant, cosine")
    if schedule == "cosine":
        warm = max(1, steps // 20)
        speed = keras.optimizers.schedules.CosineDecay(
            rate / 10, max(1, steps - warm), warmup_target=rate, warmup_steps=warm
        )
    shared: dict[str, Any] = {"clipvalue": clip or None}
    if average:
        shared |= {"use_ema": True, "ema_momentum": average}
    if name == "adamw":
        return keras.optimizers.AdamW(speed, weight_decay=decay, **shared)
    if name == "adam":
        return keras.optimizers.Adam(speed, **shared)
    if name == "momentum":
        return keras.optimizers.SGD(speed, momentum=0.9, nesterov=True, **shared)
    raise ParamsError(f"optimizer is {name!r}; allowed: adamw, adam, momentum")
