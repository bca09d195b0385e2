"""Random changes of digits: what is kept, what moves, and that seeds decide it."""

from dataclasses import replace

import numpy as np
import pytest

from brandlens.config.digits import Distortion
from brandlens.digits.distort import distort

NONE = Distortion(0, 0, 0, 0, 0, 0)


def square(count: int = 3) -> np.ndarray:
    """White squares in the middle."""
    digits = np.zeros((count, 28, 28), np.float32)
    digits[:, 10:18, 10:18] = 1
    return digits


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_no_digits_stay_none() -> None:
    assert distort(square(0), replace(NONE, rotation=10.0), rng()).shape == (0, 28, 28)


def test_without_knobs_nothing_changes() -> None:
    assert distort(square(), NONE, rng()) is not None
    assert np.array_equal(distort(square(), NONE, rng()), square())


@pytest.mark.parametrize(
    "cfg",
    [
        pytest.param(replace(NONE, rotation=20.0), id="rotation"),
        pytest.param(replace(NONE, zoom=0.2), id="zoom"),
        pytest.param(replace(NONE, shear=0.2), id="shear"),
        pytest.param(replace(NONE, translation=2.0), id="translation"),
        pytest.param(replace(NONE, elastic_sigma=4.0, elastic_alpha=1.0), id="elastic"),
    ],
)
def test_each_knob_changes_each_digit_in_its_own_way(cfg: Distortion) -> None:
    before = square()
    changed = distort(before, cfg, rng())
    assert changed.dtype == np.float32
    assert 0.5 < changed.sum() / before.sum() < 1.6
    assert not np.array_equal(changed[0], changed[1])
    assert np.array_equal(changed, distort(before, cfg, rng()))
    assert np.array_equal(before, square())


def test_a_shift_moves_no_further_than_it_says() -> None:
    rows, columns = np.nonzero(distort(square(20), replace(NONE, translation=2.0), rng()).max(axis=0))
    assert min(rows.min(), columns.min()) >= 7
    assert max(rows.max(), columns.max()) <= 20


def test_elastic_displacements_have_the_size_that_is_asked_for() -> None:
    from brandlens.digits.distort import _elastic_fields

    fields = _elastic_fields(5, 28, 28, replace(NONE, elastic_sigma=4.0, elastic_alpha=1.5), rng())
    assert np.sqrt(np.square(fields).mean(axis=(1, 2, 3))) == pytest.approx(np.full(5, 1.5), rel=1e-5)
