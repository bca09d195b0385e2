"""Seeds, and the number format outside of a training."""

import random

import keras
import numpy as np

from brandlens import training


def test_every_generator_is_seeded_and_layers_are_float32() -> None:
    def draw(seed: int) -> list[float]:
        training.set_up(seed)
        return [random.random(), float(np.random.rand()), float(keras.random.uniform(()))]  # noqa: NPY002, what is seeded

    keras.config.set_dtype_policy("mixed_bfloat16")
    assert draw(1) == draw(1)
    assert all(one != other for one, other in zip(draw(1), draw(2), strict=True))
    assert keras.config.dtype_policy().name == "float32"
