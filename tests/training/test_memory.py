"""tune_malloc: harmless where the C library is another."""

import ctypes
from collections.abc import Callable

import numpy as np
import pytest

from brandlens.training.memory import tune_malloc


def no_library(name: object) -> object:
    raise OSError("no C library to be had")


@pytest.mark.parametrize(
    "library",
    [
        pytest.param(lambda name: object(), id="without mallopt"),
        pytest.param(no_library, id="none"),
        pytest.param(ctypes.CDLL, id="the one that is there"),
    ],
)
def test_tuning_malloc_is_harmless(monkeypatch: pytest.MonkeyPatch, library: Callable[[object], object]) -> None:
    monkeypatch.setattr(ctypes, "CDLL", library)
    tune_malloc()
    tune_malloc()
    blocks = [np.full(size, 7, np.uint8) for size in (10, 10**5, 10**7)]
    assert all((block == 7).all() for block in blocks)
