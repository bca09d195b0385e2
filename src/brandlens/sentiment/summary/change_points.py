"""Periods of a series → where its mean sentiment changes, by binary segmentation with tests (Scott and Knott 1974)."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from brandlens.metrics.intervals import Interval
from brandlens.sentiment.tally import Tally, t_quantile

MIN_REVIEWS = 10  # on either side of a change
MIN_STEPS = 3  # between periods; from fewer the scatter of periods is not estimated


@dataclass(frozen=True)
class ChangePoint:
    """A change between two stretches of periods.

    index: of the first period after it. before, after: the stretches up to the neighboring changes. interval: of the
    difference of their means, after less before, at a level corrected for all places and series that were tested.
    """

    index: int
    before: Tally
    after: Tally
    interval: Interval


def find(periods: Sequence[Tally], num_series: int = 1, alpha: float = 0.05) -> list[ChangePoint]:
    """Return the change points of a series of periods, in order.

    A change is one where the interval of the difference excludes 0, corrected by Bonferroni for every place in this
    series and for num_series of them. Where periods differ by more than their reviews explain, it is wider by that.
    """
    sums = list(accumulate(periods, initial=Tally()))
    tests = max(1, len(periods) - 1) * num_series
    quantile = 1 - alpha / tests / 2
    found = sorted(_split(sums, 0, len(periods), quantile))
    for _ in range(2):  # each anew between its neighbors: the first ones were found before the others were known
        edges = [0, *found, len(periods)]
        found = sorted({
            place for low, high in zip(edges, edges[2:], strict=False) if (place := _best(sums, low, high))
        })  # fmt: skip
    edges = [0, *found, len(periods)]
    changes = []
    for low, index, high in zip(edges, edges[1:], edges[2:], strict=False):
        interval = _interval(sums, low, index, high, quantile)
        if interval and not interval.low <= 0 <= interval.high:
            changes.append(ChangePoint(index, sums[index] - sums[low], sums[high] - sums[index], interval))
    return changes


def _split(sums: Sequence[Tally], low: int, high: int, quantile: float) -> list[int]:
    """Return the places in [low, high) where the mean changes, the largest change first."""
    index = _best(sums, low, high)
    if not index:
        return []
    interval = _interval(sums, low, index, high, quantile)
    if interval is None or interval.low <= 0 <= interval.high:
        return []
    return [index, *_split(sums, low, index, quantile), *_split(sums, index, high, quantile)]


def _best(sums: Sequence[Tally], low: int, high: int) -> int:
    """Return the place whose two sides differ most for their counts; 0 for none."""
    best, largest = 0, 0.0
    for index in range(low + 1, high):
        before, after = sums[index].count - sums[low].count, sums[high].count - sums[index].count
        if min(before, after) < MIN_REVIEWS:
            continue
        difference = (sums[high].total - sums[index].total) / after - (sums[index].total - sums[low].total) / before
        gain = difference * difference * before * after / (before + after)
        if gain > largest:
            best, largest = index, gain
    return best


def _interval(sums: Sequence[Tally], low: int, index: int, high: int, quantile: float) -> Interval | None:
    """Return the interval of the difference, with the variance of both sides pooled: one side alone may be too few."""
    before, after = sums[index] - sums[low], sums[high] - sums[index]
    if min(before.count, after.count) < MIN_REVIEWS or before.mean is None or after.mean is None:
        return None
    degrees = before.count + after.count - 2
    variance = (before.sum_of_squares + after.sum_of_squares) / degrees
    difference = after.mean - before.mean
    between, free = _between_periods(sums, (low, index, high))
    if between > variance:
        variance, degrees = between, max(1, free)
    spread = t_quantile(quantile, degrees) * math.sqrt(variance * (1 / before.count + 1 / after.count))
    return Interval(difference - spread, difference + spread)


def _between_periods(sums: Sequence[Tally], changes: Collection[int]) -> tuple[float, int]:
    """Return the variance of a review by how far neighboring periods are apart, and its degrees of freedom.

    After von Neumann (1941): a shift elsewhere moves one difference only. changes: places to leave out.
    """
    periods = [(index, after - before) for index, (before, after) in enumerate(pairwise(sums))]
    filled = [(index, period) for index, period in periods if period.count]
    steps = [
        ((after.mean or 0.0) - (before.mean or 0.0)) ** 2 / (1 / before.count + 1 / after.count)
        for (first, before), (second, after) in pairwise(filled)
        if not any(first < place <= second for place in changes)
    ]
    return (sum(steps) / len(steps), round(2 * len(steps) / 3)) if len(steps) > MIN_STEPS else (0.0, 0)
