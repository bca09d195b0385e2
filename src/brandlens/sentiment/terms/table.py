"""Terms of many reviews → a table: how often, the sentiment with its interval, and against the other terms."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from brandlens.metrics.intervals import Interval
from brandlens.sentiment.classifier import UNSURE
from brandlens.sentiment.tally import Tally, difference_interval, mean_interval

MENTION = "mention"  # the label of what a review says of a term: of its clauses' labels there may be several
COLUMNS = (
    "term", "reviews", "mentions", "sentiment", "low", "high", "difference", "difference_low", "difference_high",
    "verdict",
)  # fmt: skip


class TermTable:
    """Adds up the terms of records, see `SentimentPredictor.predict`, in memory that does not grow with them.

    A clause that the model is unsure of counts as a mention and has no sentiment.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self.tallies = {term: Tally() for term in terms}
        self.labels = {term: Counter[str]() for term in self.tallies}  # of mentions

    def add(self, mentions: Sequence[Mapping[str, Any]]) -> None:
        """Add what one review says: its clauses about a term are averaged."""
        by_term: dict[str, list[Mapping[str, Any]]] = {}
        for mention in mentions:
            by_term.setdefault(mention["term"], []).append(mention)
        for term, clauses in by_term.items():
            self.labels[term].update(clause["label"] for clause in clauses)
            sure = [clause["sentiment"] for clause in clauses if clause["label"] != UNSURE]
            self.tallies[term].add(MENTION, sum(sure) / len(sure) if sure else None)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a term with COLUMNS and the number of mentions of each label; the worst term first.

        low, high: the 95 % interval of the mean sentiment. difference: to the mentions of all other terms, with its
        interval. verdict: above or below them where that interval excludes 0, else empty. Unknown numbers are None.
        """
        rows, all_terms = [], sum(self.tallies.values(), Tally())
        prior = all_terms.variance
        for term, tally in self.tallies.items():
            rest = all_terms - tally
            known = tally.mean is not None and rest.mean is not None
            difference = tally.mean - rest.mean if known else None  # type: ignore[operator]  # both are known
            against = difference_interval(tally, rest, prior)
            verdict = "" if not against else "above" if against.low > 0 else "below" if against.high < 0 else ""
            numbers = (tally.mean, *_ends(mean_interval(tally, prior)), difference, *_ends(against))
            rows.append(
                {"term": term, "reviews": tally.count + tally.unsure, "mentions": self.labels[term].total()}
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
    cells = [("term", "reviews", "sentiment (95 % interval)", "against the other terms")]
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
