"""A bounded number of reviews that a page quotes: of each label, term, group and period the surest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from brandlens.sentiment.top_k import TopK

PER_BUCKET, MAX_QUOTES = 3, 400
READABLE = range(20, 401)  # characters; shorter and longer texts are quoted where there are no others
LENGTH, BEFORE = 400, 120  # characters quoted, and of them before the first clause that is marked

Bucket = tuple[str, ...]


@dataclass(frozen=True)
class Clause:
    """What a quote says of a term: start and end are offsets in the quote's text."""

    term: str
    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Quote:
    """A review to be quoted. row: its number. score: probability of its label. groups: by column."""

    row: int
    text: str
    label: str
    score: float
    period: str
    groups: Mapping[str, str]
    clauses: Sequence[Clause] = ()

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Orders quotes, the best first."""
        return (len(self.text) not in READABLE, -round(self.score, 4), self.row)

    def shortened(self) -> "Quote":
        """Return the quote with LENGTH characters at most, the first clause among them."""
        if len(self.text) <= LENGTH:
            return self
        start = max(0, min((clause.start for clause in self.clauses), default=0) - BEFORE)
        end = min(len(self.text), start + LENGTH)
        before, after = "… " if start else "", " …" if end < len(self.text) else ""
        shift = len(before) - start
        clauses = [
            Clause(clause.term, clause.start + shift, min(clause.end, end) + shift, clause.label)
            for clause in self.clauses
            if clause.start < end
        ]
        text = f"{before}{self.text[start:end]}{after}"
        return Quote(self.row, text, self.label, self.score, self.period, self.groups, clauses)


class QuoteKeeper:
    """Keeps the PER_BUCKET best quotes of each label, and of each term, group and period by label.

    What is kept depends on the reviews alone, not on their order.
    """

    def __init__(self) -> None:
        self._top = TopK[Quote](PER_BUCKET)

    def add(self, quote: Quote) -> None:
        """Consider a review."""
        rank, key = quote.rank, (quote.row, quote.text)  # rows of a folder's parts may have the same numbers
        wanted = [bucket for bucket in _buckets(quote) if self._top.is_wanted(bucket, rank, key)]
        if wanted:
            kept = quote.shortened()
            for bucket in wanted:
                self._top.add(bucket, rank, key, kept)

    def best(self) -> list[Quote]:
        """Return MAX_QUOTES at most, each once: the best of every bucket, then the second of every, and so on."""
        ranked = [self._top.of(bucket) for bucket in sorted(self._top.buckets())]
        quotes: dict[tuple[int, str], Quote] = {}
        for place in range(PER_BUCKET):
            for bucket in ranked:
                if place < len(bucket) and len(quotes) < MAX_QUOTES:
                    quotes.setdefault((bucket[place].row, bucket[place].text), bucket[place])
        return [quotes[key] for key in sorted(quotes)]


def _buckets(quote: Quote) -> Iterator[Bucket]:
    yield ("label", quote.label)
    for clause in dict.fromkeys((clause.term, clause.label) for clause in quote.clauses):
        yield ("term", *clause)
    for column, value in quote.groups.items():
        yield ("group", column, value, quote.label)
    if quote.period:
        yield ("period", quote.period, quote.label)
