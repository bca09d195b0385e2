"""Counts of what reviews say of terms → each term's sentiment with its interval, against the other reviews."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Self

from brandlens.errors import UserError

SIGNS = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
NORMAL = NormalDist().inv_cdf(0.975)


def signs_of(labels: Sequence[str]) -> Mapping[str, float]:
    """Return the sentiment of each label, from -1 to 1: by name, or of numbers such as stars by their rank.

    Raises UserError for a model's labels that are neither.
    """
    if set(labels) <= SIGNS.keys():
        return {label: SIGNS[label] for label in labels}
    try:
        ranks = sorted(labels, key=float)
    except ValueError:
        raise UserError(f"--terms: the labels {', '.join(labels)} say neither praise nor blame") from None
    return {label: 2 * rank / (len(ranks) - 1) - 1 for rank, label in enumerate(ranks)}


def student(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's t (Abramowitz and Stegun 1964, 26.7.5), for 1 degree of freedom or more.

    Exact to 1 % from 3 degrees on; below, that of the table.
    """
    if freedom < 3:
        return 12.71 if freedom < 2 else 4.30
    x = NORMAL
    terms = (
        (x**3 + x) / 4, (5 * x**5 + 16 * x**3 + 3 * x) / 96, (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
    )  # fmt: skip
    return x + sum(term / freedom**power for power, term in enumerate(terms, 1))


@dataclass
class Moments:
    """Count, sum and sum of squares of values, which add up."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.count += 1
        self.total += value
        self.squares += value * value

    def __add__(self, other: "Moments") -> "Moments":
        """Return the moments of both."""
        return Moments(self.count + other.count, self.total + other.total, self.squares + other.squares)

    def __sub__(self, other: "Moments") -> "Moments":
        """Return the moments of those that the other lacks."""
        return Moments(self.count - other.count, self.total - other.total, self.squares - other.squares)

    @property
    def mean(self) -> float:
        """The mean; not a number without values."""
        return self.total / self.count if self.count else math.nan

    @property
    def variance(self) -> float:
        """The variance of the mean; not a number with fewer than two values."""
        if self.count < 2:
            return math.nan
        return max(0.0, self.squares - self.total**2 / self.count) / (self.count - 1) / self.count


def interval(values: Moments) -> tuple[float, float]:
    """Return the 95 % interval of the mean of values from -1 to 1: by Student's t, and never outside -1 to 1.

    One value more at either end is assumed, so that ten equal ones are not certain (as Agresti and Coull 1998 do).
    """
    wider = values + Moments(2, 0.0, 2.0)
    half = student(max(1, values.count - 1)) * math.sqrt(wider.variance)
    return max(-1.0, wider.mean - half), min(1.0, wider.mean + half)


@dataclass
class TermCounts:
    """Of a term. said: the sentiment of what each review says of it; reviews: that of the whole reviews."""

    said: Moments = field(default_factory=Moments)
    reviews: Moments = field(default_factory=Moments)
    mentions: int = 0


@dataclass
class TermTally:
    """Counts of many reviews, in memory that does not grow with them.

    signs: see `signs_of`. Clauses and reviews that the model is unsure of are left out.
    """

    signs: Mapping[str, float]
    terms: dict[str, TermCounts] = field(default_factory=dict)
    reviews: Moments = field(default_factory=Moments)

    @classmethod
    def of(cls, labels: Sequence[str], names: Iterable[str]) -> Self:
        """Return an empty tally of a model's labels and of terms. Raises UserError as `signs_of` does."""
        return cls(signs_of(labels), {name: TermCounts() for name in names})

    def add(self, label: str, said: Iterable[tuple[str, str]]) -> None:
        """Count a review: its label, and the label of each clause that mentions a term, as (term, label)."""
        by_term: dict[str, list[float]] = {}
        for term, of_clause in said:
            self.terms[term].mentions += 1
            by_term.setdefault(term, [])
            if of_clause in self.signs:
                by_term[term].append(self.signs[of_clause])
        whole = self.signs.get(label)
        if whole is not None:
            self.reviews.add(whole)
        for term, values in by_term.items():
            if values:
                self.terms[term].said.add(sum(values) / len(values))
            if whole is not None:
                self.terms[term].reviews.add(whole)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each term: term, reviews, mentions, sentiment, low, high, rest, difference and its interval.

        sentiment: mean of the reviews that mention it, from -1 (blame) to 1 (praise); low, high: its 95 % interval;
        rest: that of the whole reviews without the term; difference: sentiment less rest, with Welch's 95 % interval,
        None where there are fewer than two reviews on a side.
        """
        return [self._row(name, counts) for name, counts in self.terms.items()]

    def _row(self, name: str, counts: TermCounts) -> dict[str, Any]:
        said, rest = counts.said, self.reviews - counts.reviews
        row: dict[str, Any] = {"term": name, "reviews": said.count, "mentions": counts.mentions}
        low, high = interval(said) if said.count else (None, None)
        row |= {"sentiment": _rounded(said.mean), "low": _rounded(low), "high": _rounded(high)}
        row |= {"rest": _rounded(rest.mean), "difference": None, "difference_low": None, "difference_high": None}
        if said.count > 1 and rest.count > 1:
            difference = said.mean - rest.mean
            one, other = (x.variance + 1 / (x.count + 2) ** 2 for x in (said, rest))  # equal values are not certain
            freedom = (one + other) ** 2 / (one**2 / (said.count - 1) + other**2 / (rest.count - 1))
            half = student(freedom) * math.sqrt(one + other)
            row |= {
                "difference": _rounded(difference), "difference_low": _rounded(difference - half),
                "difference_high": _rounded(difference + half),
            }  # fmt: skip
        return row


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 4)
