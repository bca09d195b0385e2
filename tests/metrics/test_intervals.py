"""Intervals: the bootstrap beside what theory says, and the corners where it would promise too much."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.metrics.intervals import Interval, bootstrap, wilson, wilson_if_degenerate


def ratio_of(right: np.ndarray):
    return lambda weights: {"ratio": (weights @ right) / weights.sum(axis=1)}


def test_nothing_to_draw_from() -> None:
    assert bootstrap(ratio_of(np.zeros(0)), 0) == {}


def test_a_ratio_has_the_width_that_theory_gives_it() -> None:
    right = np.arange(400) % 4 > 0
    low, high = bootstrap(ratio_of(right.astype(np.float32)), 400)["ratio"]
    error = math.sqrt(0.75 * 0.25 / 400)
    assert low == pytest.approx(0.75 - 1.96 * error, abs=0.008)
    assert high == pytest.approx(0.75 + 1.96 * error, abs=0.008)


def test_rows_that_fall_together_make_it_wider() -> None:
    alone = bootstrap(ratio_of(np.tile([0, 1, 1, 1], 100).astype(np.float32)), 400)["ratio"]
    ten_a_picture = bootstrap(ratio_of(np.tile([0, 1, 1, 1], 10).astype(np.float32)), 40)["ratio"]
    assert ten_a_picture.high - ten_a_picture.low > 2.5 * (alone.high - alone.low)


def test_the_same_every_time() -> None:
    right = np.array([1, 0, 1, 1, 0], np.float32)
    assert bootstrap(ratio_of(right), 5) == bootstrap(ratio_of(right), 5)


def test_a_biased_number_is_centred() -> None:
    right = np.array([1, 0, 1, 1, 0], np.float32)
    plain, centred = bootstrap(ratio_of(right), 5), bootstrap(ratio_of(right), 5, {"ratio": 0.1})
    assert centred["ratio"].low < 0.1 < centred["ratio"].high
    assert np.ptp(centred["ratio"]) == pytest.approx(np.ptp(plain["ratio"]))


def test_samples_without_a_value_are_left_out() -> None:
    def sometimes(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"some": np.where(weights[:, 0] > 0, 0.5, np.nan), "never": np.full(len(weights), np.nan)}

    assert bootstrap(sometimes, 3) == {"some": Interval(0.5, 0.5)}


@pytest.mark.parametrize(
    ("ratio", "count", "expected"),
    [
        pytest.param(0.5, 100, (0.4038, 0.5962), id="a half of a hundred"),
        pytest.param(1.0, 10, (0.7225, 1.0), id="all of ten is not certainty"),
        pytest.param(0.0, 1, (0.0, 0.7935), id="none of one"),
    ],
)
def test_wilson(ratio: float, count: int, expected: tuple[float, float]) -> None:
    assert wilson(ratio, count) == pytest.approx(expected, abs=1e-4)


@given(st.integers(1, 10_000), st.data())
def test_wilson_holds_the_ratio(count: int, data: st.DataObject) -> None:
    ratio = data.draw(st.integers(0, count)) / count
    low, high = wilson(ratio, count)
    assert 0 <= low <= ratio + 1e-9
    assert ratio - 1e-9 <= high <= 1


@pytest.mark.parametrize(
    ("interval", "ratio", "units", "expected"),
    [
        pytest.param(Interval(1.0, 1.0), 1.0, 0, (1.0, 1.0), id="nothing counted"),
        pytest.param(Interval(1.0, 1.0), 1.0, 10, (0.7225, 1.0), id="all right: Wilson's"),
        pytest.param(Interval(0.9, 1.0), 1.0, 10, (0.9, 1.0), id="it could move: as it is"),
        pytest.param(Interval(0.5, 0.5), 0.5, 10, (0.5, 0.5), id="neither all nor none"),
    ],
)
def test_wilson_if_degenerate(interval: Interval, ratio: float, units: int, expected: tuple[float, float]) -> None:
    assert wilson_if_degenerate(interval, ratio, units) == pytest.approx(expected, abs=1e-4)
