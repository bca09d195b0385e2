"""Change points of simulated series."""

import numpy as np
import pytest

from brandlens.sentiment.summary import change_points
from brandlens.sentiment.tally import Tally

Shares = list[float]


def series(shares: Shares, size: int, random: np.random.Generator) -> list[Tally]:
    """Return a tally a period, with a share of positive reviews."""
    tallies = []
    for share in shares:
        tally = Tally()
        for positive in random.random(random.poisson(size)) < share:
            tally.add("positive" if positive else "negative", 0.9 if positive else -0.9)
        tallies.append(tally)
    return tallies


@pytest.mark.parametrize("periods", [[], [Tally()], [Tally()] * 5])
def test_nothing(periods: list[Tally]) -> None:
    assert change_points.find(periods) == []


def test_certain_reviews_without_variance() -> None:
    before, after = Tally(20, 20 * 10_000, 20 * 10_000**2), Tally(20, -20 * 10_000, 20 * 10_000**2)
    assert [change.index for change in change_points.find([before, after])] == [1]
    assert change_points.find([before, before]) == []


@pytest.mark.parametrize(("count", "size", "share", "spread"), [(20, 12, 0.6, 0), (40, 3, 0.9, 0), (20, 20, 0.6, 0.15)])
def test_constant_sentiment_has_at_most_five_percent(count: int, size: int, share: float, spread: float) -> None:
    random = np.random.default_rng(5)
    found = 0
    for _ in range(200):
        shares = np.clip(random.normal(share, spread, count), 0, 1).tolist()  # periods that differ by themselves
        found += bool(change_points.find(series(shares, size, random)))
    assert found <= 10


def test_shifts_are_found_where_they_are() -> None:
    random = np.random.default_rng(7)
    one = [change_points.find(series([0.8] * 10 + [0.4] * 10, 25, random)) for _ in range(20)]
    assert sum(len(found) == 1 and abs(found[0].index - 10) <= 1 for found in one) >= 18
    changes = change_points.find(series([0.8] * 8 + [0.3] * 8 + [0.8] * 8, 40, random))
    assert [change.index for change in changes] == pytest.approx([8, 16], abs=1)
    assert changes[0].interval.high < 0 < changes[1].interval.low


def test_more_series_need_more() -> None:
    periods = series([0.8] * 6 + [0.4] * 6, 20, np.random.default_rng(2))
    assert change_points.find(periods)
    assert not change_points.find(periods, 10**12)
