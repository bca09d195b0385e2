"""Terms of many reviews → a table: how often, the sentiment with its interval, and against the other terms."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from brandlens.sentiment.classifier import UNSURE
from brandlens.sentiment.terms.mood import Mean, MoodTally, excludes_zero

COLUMNS = (
    "term", "reviews", "mentions", "sentiment", "low", "high", "difference", "difference_low", "difference_high",
    "verdict",
)  # fmt: skip


class TermTable:
    """Adds up the terms of records, see `SentimentPredictor.predict`, in memory that does not grow with them.

    A clause that the model is unsure of counts as a mention and has no sentiment.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self.tallies = {term: MoodTally() for term in terms}
        self.reviews = dict.fromkeys(self.tallies, 0)

    def add(self, mentions: Sequence[Mapping[str, Any]]) -> None:
        """Add what one review says: its clauses about a term are averaged."""
        by_term: dict[str, list[Mapping[str, Any]]] = {}
        for mention in mentions:
            by_term.setdefault(mention["term"], []).append(mention)
        for term, clauses in by_term.items():
            tally = self.tallies[term]
            self.reviews[term] += 1
            tally.labels.update(clause["label"] for clause in clauses)
            sure = [clause["sentiment"] for clause in clauses if clause["label"] != UNSURE]
            if sure:
                tally.add(None, sum(sure) / len(sure))

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a term with COLUMNS and the number of mentions of each label; the worst term first.

        low, high: the 95 % interval of the mean sentiment. difference: to the mentions of all other terms, with its
        interval. verdict: above or below them where that interval excludes 0, else empty. Unknown numbers are None.
        """
        rows = []
        for term, tally in self.tallies.items():
            rest = MoodTally()
            for other, tally_of_other in self.tallies.items():
                if other != term:
                    rest.merge(tally_of_other)
            mean, against = tally.interval(), tally.minus(rest)
            verdict = ("above" if against.value > 0 else "below") if excludes_zero(against) else ""
            numbers = dict(zip(COLUMNS[3:9], (*mean, *against), strict=True))
            rows.append(
                {"term": term, "reviews": self.reviews[term], "mentions": tally.labels.total()}
                | {name: None if math.isnan(value) else round(value, 4) for name, value in numbers.items()}
                | {"verdict": verdict, **dict(tally.labels)}
            )
        return sorted(rows, key=lambda row: (row["sentiment"] is None, row["sentiment"] or 0.0))


def format_mean(mean: Mean | Sequence[float | None]) -> str:
    """Return a value with its interval, such as "-0.42 (-0.55 to -0.30)"; a dash where there is none."""
    value, low, high = mean
    if value is None or math.isnan(value):
        return "-"
    if low is None or high is None or math.isnan(low):
        return f"{value:+.2f}"
    return f"{value:+.2f} ({low:+.2f} to {high:+.2f})"


def format_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows of a `TermTable` as lines for people."""
    cells = [("term", "reviews", "sentiment (95 % interval)", "against the other terms")]
    for row in rows:
        against = format_mean([row["difference"], row["difference_low"], row["difference_high"]])
        cells.append((
            row["term"], f"{row['reviews']:,}", format_mean([row["sentiment"], row["low"], row["high"]]),
            f"{against} {row['verdict']}".strip(),
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"{term:{widths[0]}}  {reviews:>{widths[1]}}  {sentiment:{widths[2]}}  {against}".rstrip()
        for term, reviews, sentiment, against in cells
    )
