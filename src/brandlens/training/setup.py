"""Seed and set up a process that trains."""

import keras

from brandlens.training.memory import tune_malloc
from brandlens.training.precision import dtype_policy


def set_up(seed: int, precision: str) -> None:
    """Seed every generator, set the number format: "auto" is bfloat16 where the machine is fast at it, else float32."""
    tune_malloc()
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(dtype_policy(precision))
