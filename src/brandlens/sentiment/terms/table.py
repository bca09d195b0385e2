"""Terms of many reviews → a table: how often, the sentiment with its interval, and against reviews without them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from brandlens.metrics.intervals import Interval
from brandlens.sentiment.classifier import UNSURE
from brandlens.sentiment.tally import Tally, mean_difference, mean_interval, num_comparisons

MIXED = "mixed"  # the label of clauses with several
REVIEW = "review"  # the label of all reviews, where only their sentiment counts
COLUMNS = (
    "term", "reviews", "mentions", "sentiment", "low", "high", "difference", "difference_low", "difference_high",
    "verdict",
)  # fmt: skip


@dataclass
class TermTally:
    """What reviews say of a term. mentions: its clauses, averaged by review. reviews: the whole reviews with it."""

    mentions: Tally = field(default_factory=Tally)
    reviews: Tally = field(default_factory=Tally)

    def add(
        self, label: str, sentiment: float | None, clauses: Sequence[tuple[str, float]]
    ) -> tuple[str, float | None]:
        """Add a review by its label and sentiment, with the label and sentiment of each of its clauses about the term.

        Clauses that the model is unsure of have no sentiment, and so has an unsure review, whose sentiment is None.
        Returns what the clauses say together: their label, or MIXED, and their mean sentiment, or None.
        """
        known = [(name, value) for name, value in clauses if name != UNSURE]
        names = {name for name, _ in known}
        together = MIXED if len(names) > 1 else next(iter(names), UNSURE)
        mean = sum(value for _, value in known) / len(known) if known else None
        self.mentions.add(together, mean)
        self.reviews.add(label, sentiment)
        return together, mean

    def difference(self, all_reviews: Tally, comparisons: int) -> tuple[float | None, Interval | None]:
        """Return the mean of the reviews that mention the term less that of all others, and its interval.

        Both are of whole reviews: clauses are read less surely than those, so that the two cannot be compared.
        comparisons: with how many terms, see `mean_interval`.
        """
        return mean_difference(self.reviews, all_reviews - self.reviews, all_reviews.variance, comparisons)


class TermTable:
    """Adds up the terms of records, see `SentimentPredictor.predict`, in memory that does not grow with them.

    A clause that the model is unsure of counts as a mention and has no sentiment.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self.tallies = {term: TermTally() for term in terms}
        self.labels = {term: Counter[str]() for term in self.tallies}  # of mentions
        self.all = Tally()  # of reviews

    def add(self, mentions: Sequence[Mapping[str, Any]], sentiment: float | None) -> None:
        """Add what one review says: its clauses about a term are averaged. sentiment: of all of it; None if unsure."""
        self.all.add(REVIEW, sentiment)
        by_term: dict[str, list[tuple[str, float]]] = {}
        for mention in mentions:
            by_term.setdefault(mention["term"], []).append((mention["label"], mention["sentiment"]))
        for term, clauses in by_term.items():
            self.labels[term].update(label for label, _ in clauses)
            self.tallies[term].add(REVIEW, sentiment, clauses)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a term with COLUMNS and the number of mentions of each label; the worst term first.

        low, high: the 95 % interval of the mean sentiment. difference: see `TermTally`, with its interval. verdict:
        above or below the reviews without the term where that interval excludes 0, else empty. The intervals of either
        kind hold for all terms together. Unknown numbers are None.
        """
        rows = []
        num_means = num_comparisons(tally.mentions for tally in self.tallies.values())
        num_differences = num_comparisons(tally.reviews for tally in self.tallies.values())
        for term, tally in self.tallies.items():
            difference, against = tally.difference(self.all, num_differences)
            verdict = "" if not against else "above" if against.low > 0 else "below" if against.high < 0 else ""
            own = mean_interval(tally.mentions, self.all.variance, num_means)
            numbers = (tally.mentions.mean, *_ends(own), difference, *_ends(against))
            rows.append(
                {"term": term, "reviews": tally.mentions.count + tally.mentions.unsure}
                | {"mentions": self.labels[term].total()}
                | {
                    name: None if value is None else round(value, 4)
                    for name, value in zip(COLUMNS[3:9], numbers, strict=True)
                }
                | {"verdict": verdict, **self.labels[term]}
            )
        return sorted(rows, key=lambda row: (row["sentiment"] is None, row["sentiment"] or 0.0))


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return interval or (None, None)


def format_mean(value: float | None, low: float | None, high: float | None) -> str:
    """Return a value with its interval, such as "-0.42 (-0.55 to -0.30)"; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:+.2f}" if low is None or high is None else f"{value:+.2f} ({low:+.2f} to {high:+.2f})"


def format_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows of a `TermTable` as lines for people."""
    cells = [("term", "reviews", "sentiment (95 % interval)", "against reviews without it")]
    for row in rows:
        against = format_mean(row["difference"], row["difference_low"], row["difference_high"])
        cells.append((
            row["term"], f"{row['reviews']:,}", format_mean(row["sentiment"], row["low"], row["high"]),
            f"{against} {row['verdict']}".strip(),
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"{term:{widths[0]}}  {reviews:>{widths[1]}}  {sentiment:{widths[2]}}  {against}".rstrip()
        for term, reviews, sentiment, against in cells
    )
