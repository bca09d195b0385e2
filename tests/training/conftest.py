"""A training of one weight, and how its logs are read."""

import csv
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import training

PIXELS = np.linspace(-1, 1, 8, dtype=np.float32).reshape(8, 1)


@pytest.fixture(scope="session")
def fit() -> Callable[..., int]:
    """Train one weight on eight numbers in a run directory; return how many epochs this call ran."""

    def run(
        run_dir: Path, *more: keras.callbacks.Callback, epochs: int = 3, rate: float = 0.1, patience: int = 0
    ) -> int:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(training.optimizer("sgd", rate, "constant", 1), loss="mse")
        chosen = [*training.callbacks(run_dir, 0, patience), *more]
        history = model.fit(
            PIXELS, 2 * PIXELS, epochs=epochs, callbacks=chosen, verbose=0, batch_size=8, validation_split=0.25
        )
        return len(history.epoch)

    return run


@pytest.fixture(scope="session")
def table() -> Callable[[Path], list[dict[str, str]]]:
    """Read a CSV file as a dict a row."""

    def read(path: Path) -> list[dict[str, str]]:
        with path.open(newline="") as file:
            return list(csv.DictReader(file))

    return read
