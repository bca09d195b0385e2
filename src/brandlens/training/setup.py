"""Set up a process that trains."""

import keras

from brandlens.training.distribution import distribute
from brandlens.training.memory import tune_malloc


def set_up(seed: int) -> None:
    """Seed every generator, use every device, and build float32 layers where no `dtype_scope` says otherwise."""
    tune_malloc()
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("float32")
    distribute()
