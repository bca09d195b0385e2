"""Tallies merge in any order; intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.sentiment.tally import Tally, difference_interval, mean_interval, t_quantile

VALUES = st.lists(st.none() | st.floats(-1, 1))


def tally(values: list[float | None]) -> Tally:
    result = Tally()
    for value in values:
        result.add("positive" if value and value > 0 else "negative", value)
    return result


def test_nothing() -> None:
    assert Tally().mean is None
    assert mean_interval(Tally(), 1.0) is None
    assert Tally().variance == 0


@given(VALUES, VALUES, VALUES)
def test_merging_is_associative(first: list, second: list, third: list) -> None:
    a, b, c = map(tally, (first, second, third))
    assert (a + b) + c == a + (b + c) == tally(third + first + second)
    assert (a + b) - b == a


def test_as_numpy_has_it() -> None:
    values = np.array([0.5, -0.25, 1.0, 0.125])
    counted = tally([*values.tolist(), None])
    assert (counted.count, counted.unsure) == (4, 1)
    assert counted.mean == pytest.approx(values.mean(), abs=1e-4)
    assert counted.variance == pytest.approx(values.var(ddof=1), abs=1e-4)


def test_quantiles_of_t() -> None:
    table = {1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571, 30: 2.042, 1000: 1.962}
    assert {n: t_quantile(0.975, n) for n in table} == pytest.approx(table, rel=0.01)


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (10, 2.228), (1e6, 1.960)])
def test_quantiles_of_intervals(freedom: float, quantile: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(quantile, rel=5e-3)


def test_intervals() -> None:
    one, other = tally([0.9, 0.7] * 20), tally([-0.2, -0.4] * 20)
    low, high = mean_interval(one, one.variance) or (0, 0)
    assert 0.76 < low < 0.8 < high < 0.84
    assert (difference_interval(one, other, one.variance) or (0, 0))[0] > 0
    low, high = difference_interval(one, one, one.variance) or (0, 0)
    assert low < 0 < high
    assert difference_interval(one, Tally(), one.variance) is None


def test_one_review_has_no_interval_and_equal_ones_are_not_certain() -> None:
    assert mean_interval(tally([0.5]), 0.2) is None
    low, high = mean_interval(tally([0.5] * 3), 0.2) or (0, 0)
    assert low < 0
    assert 0.5 < high <= 1
    assert difference_interval(tally([0.5]), tally([0.1, 0.2]), 0.2) is None
    low, high = difference_interval(tally([0.5] * 3), tally([0.4] * 3), 0.2) or (0, 0)
    assert low < 0 < high


def test_intervals_cover_the_mean() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        interval = mean_interval(tally(random.uniform(-0.8, 1, 20).tolist()), 0.27)
        covered += bool(interval and interval.low <= 0.1 <= interval.high)
    assert 184 <= covered <= 199


@pytest.mark.parametrize(("comparisons", "low", "high"), [(1, 60, 100), (40, 0, 15)])
def test_of_many_groups_alike_hardly_one_differs(comparisons: int, low: int, high: int) -> None:
    rng, named = np.random.default_rng(1), 0
    for _ in range(100):
        groups = [tally(rng.uniform(-1, 1, 20)) for _ in range(40)]
        everything = sum(groups, Tally())
        intervals = [difference_interval(each, everything - each, 0.33, comparisons) for each in groups]
        named += any(interval and not interval[0] <= 0 <= interval[1] for interval in intervals)
    assert low <= named <= high
