"""Sentiments of reviews → counts and sums that merge in any order, and means with intervals."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import NormalDist

from brandlens.metrics.intervals import Interval

SCALE = 10_000  # sums are of whole ten-thousandths, so that no order of adding changes them


@dataclass
class Tally:
    """Reviews counted and their sentiments, from -1 to 1, summed. labels: how many of each; unsure: not in the sums."""

    count: int = 0
    total: int = 0
    squares: int = 0
    unsure: int = 0
    labels: Counter[str] = field(default_factory=Counter)

    def add(self, label: str, sentiment: float | None) -> None:
        """Add one review; sentiment: None where the classifier is unsure."""
        if sentiment is None:
            self.unsure += 1
            return
        value = round(sentiment * SCALE)
        self.count += 1
        self.total += value
        self.squares += value * value
        self.labels[label] += 1

    def __add__(self, other: "Tally") -> "Tally":
        """Return both together."""
        return Tally(
            self.count + other.count, self.total + other.total, self.squares + other.squares,
            self.unsure + other.unsure, self.labels + other.labels,
        )  # fmt: skip

    def __sub__(self, other: "Tally") -> "Tally":
        """Return what is left without a part."""
        return Tally(
            self.count - other.count, self.total - other.total, self.squares - other.squares,
            self.unsure - other.unsure, self.labels - other.labels,
        )  # fmt: skip

    @property
    def mean(self) -> float | None:
        """The mean sentiment, None without a review."""
        return self.total / self.count / SCALE if self.count else None

    @property
    def sum_of_squares(self) -> float:
        """Squared deviations from the mean, summed."""
        return (self.squares - self.total * self.total / self.count) / SCALE**2 if self.count else 0.0

    @property
    def variance(self) -> float:
        """Of the sample, n - 1 below; 0 of fewer than two reviews."""
        return max(0.0, self.sum_of_squares) / (self.count - 1) if self.count > 1 else 0.0


def t_quantile(p: float, degrees: float) -> float:
    """Return a quantile of Student's t (Abramowitz and Stegun 26.7.5; exact for one and two degrees of freedom)."""
    if degrees < 2:
        return math.tan(math.pi * (p - 0.5))
    if degrees < 3:
        return (2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p)))
    z = NormalDist().inv_cdf(p)
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * degrees**4)
    )


def _smoothed_variance(tally: Tally, prior: float) -> float:
    """Return a variance to which all reviews' adds one observation: two that are alike are no certainty."""
    return ((tally.count - 1) * tally.variance + prior) / tally.count


def num_comparisons(tallies: Iterable[Tally]) -> int:
    """Return how many of these have an interval, and 1 at least: what their intervals are corrected for."""
    return max(1, sum(tally.count > 1 for tally in tallies))


def mean_interval(tally: Tally, prior: float, comparisons: int = 1) -> Interval | None:
    """Return the 95 % interval of the mean, by Student's t; None of fewer than two reviews.

    prior: the variance of all reviews, which counts as one observation. comparisons: how many such intervals are looked
    through for one without 0; all of them hold at 95 % (Bonferroni).
    """
    if tally.count < 2 or tally.mean is None:
        return None
    spread = t_quantile(1 - 0.025 / comparisons, tally.count - 1) * math.sqrt(
        _smoothed_variance(tally, prior) / tally.count
    )
    return Interval(max(-1.0, tally.mean - spread), min(1.0, tally.mean + spread))


def difference_interval(tally: Tally, rest: Tally, prior: float, comparisons: int = 1) -> Interval | None:
    """Return the 95 % interval of a difference of means (Welch 1947); None where either has fewer than two reviews.

    comparisons: see `mean_interval`.
    """
    if min(tally.count, rest.count) < 2 or tally.mean is None or rest.mean is None:
        return None
    parts = [_smoothed_variance(each, prior) / each.count for each in (tally, rest)]
    if not sum(parts):
        return Interval(tally.mean - rest.mean, tally.mean - rest.mean)
    degrees = sum(parts) ** 2 / sum(part**2 / (each.count - 1) for part, each in zip(parts, (tally, rest), strict=True))
    spread = t_quantile(1 - 0.025 / comparisons, degrees) * math.sqrt(sum(parts))
    return Interval(tally.mean - rest.mean - spread, tally.mean - rest.mean + spread)


def mean_difference(
    tally: Tally, rest: Tally, prior: float, comparisons: int = 1
) -> tuple[float | None, Interval | None]:
    """Return a difference of means with its interval, see `difference_interval`; None where either has no review."""
    if tally.mean is None or rest.mean is None:
        return None, None
    return tally.mean - rest.mean, difference_interval(tally, rest, prior, comparisons)
