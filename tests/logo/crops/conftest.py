"""The window and the settings that the crops of these tests are cut with."""

import pytest

from brandlens.config.logo import Crop, Jitter
from brandlens.logo.crops.windows import WindowSpec


@pytest.fixture(scope="session")
def window() -> WindowSpec:
    """Return a window of the project's own size for one brand whose logo is about three times as wide as high."""
    return WindowSpec(("cola",), 75, 22, 0.1, (3.0,))


@pytest.fixture(scope="session")
def cfg() -> Crop:
    """Return settings near those of params.yaml."""
    jitter = Jitter(copies=3, translate=0.12, scale=1.3, ratio=1.2)
    return Crop((), (75, 22), 0.1, 2, padding=0.2, jitter=jitter, negatives_per_positive=4.0)
