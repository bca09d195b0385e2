"""Intervals: the bootstrap beside what theory says, and the corners where it would promise too much."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.metrics.intervals import Interval, bootstrap, wilson, wilson_if_degenerate


def shares(right: np.ndarray):
    return lambda draws: {"share": (draws @ right) / draws.sum(axis=1)}


def test_nothing_to_draw_from() -> None:
    assert bootstrap(shares(np.zeros(0)), 0) == {}


def test_a_share_has_the_width_that_theory_gives_it() -> None:
    right = np.arange(400) % 4 > 0
    low, high = bootstrap(shares(right.astype(np.float32)), 400)["share"]
    error = math.sqrt(0.75 * 0.25 / 400)
    assert low == pytest.approx(0.75 - 1.96 * error, abs=0.008)
    assert high == pytest.approx(0.75 + 1.96 * error, abs=0.008)


def test_rows_that_fall_together_make_it_wider() -> None:
    alone = bootstrap(shares(np.tile([0, 1, 1, 1], 100).astype(np.float32)), 400)["share"]
    ten_a_picture = bootstrap(shares(np.tile([0, 1, 1, 1], 10).astype(np.float32)), 40)["share"]
    assert ten_a_picture.high - ten_a_picture.low > 2.5 * (alone.high - alone.low)


def test_the_same_every_time() -> None:
    right = np.array([1, 0, 1, 1, 0], np.float32)
    assert bootstrap(shares(right), 5) == bootstrap(shares(right), 5)


def test_a_biased_number_is_centred() -> None:
    right = np.array([1, 0, 1, 1, 0], np.float32)
    plain, centred = bootstrap(shares(right), 5), bootstrap(shares(right), 5, {"share": 0.1})
    assert centred["share"].low < 0.1 < centred["share"].high
    assert np.ptp(centred["share"]) == pytest.approx(np.ptp(plain["share"]))


def test_samples_without_a_value_are_left_out() -> None:
    def sometimes(draws: np.ndarray) -> dict[str, np.ndarray]:
        return {"some": np.where(draws[:, 0] > 0, 0.5, np.nan), "never": np.full(len(draws), np.nan)}

    assert bootstrap(sometimes, 3) == {"some": Interval(0.5, 0.5)}


@pytest.mark.parametrize(
    ("share", "count", "expected"),
    [
        pytest.param(0.5, 100, (0.4038, 0.5962), id="a half of a hundred"),
        pytest.param(1.0, 10, (0.7225, 1.0), id="all of ten is not certainty"),
        pytest.param(0.0, 1, (0.0, 0.7935), id="none of one"),
    ],
)
def test_wilson(share: float, count: int, expected: tuple[float, float]) -> None:
    assert wilson(share, count) == pytest.approx(expected, abs=1e-4)


@given(st.integers(1, 10_000), st.data())
def test_wilson_holds_the_share(count: int, data: st.DataObject) -> None:
    share = data.draw(st.integers(0, count)) / count
    low, high = wilson(share, count)
    assert -1e-9 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1 + 1e-9


@pytest.mark.parametrize(
    ("interval", "share", "units", "expected"),
    [
        pytest.param(Interval(1.0, 1.0), 1.0, 0, (1.0, 1.0), id="nothing counted"),
        pytest.param(Interval(1.0, 1.0), 1.0, 10, (0.7225, 1.0), id="all right: Wilson's"),
        pytest.param(Interval(0.9, 1.0), 1.0, 10, (0.9, 1.0), id="it could move: as it is"),
        pytest.param(Interval(0.5, 0.5), 0.5, 10, (0.5, 0.5), id="neither all nor none"),
    ],
)
def test_widened(interval: Interval, share: float, units: int, expected: tuple[float, float]) -> None:
    assert wilson_if_degenerate(interval, share, units) == pytest.approx(expected, abs=1e-4)
