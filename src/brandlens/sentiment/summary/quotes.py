"""A bounded number of reviews that a page quotes: of each label, term, group and period the surest."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    """A review to be shown. row: its number. score: probability of its label. groups: by column."""

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
        self._heaps: dict[Bucket, list[tuple[tuple[float, ...], Quote]]] = {}

    def add(self, quote: Quote) -> None:
        """Consider a review."""
        key = tuple(-float(part) for part in quote.rank)  # the worst lies at the bottom of each heap
        kept: Quote | None = None
        for bucket in _buckets(quote):
            heap = self._heaps.setdefault(bucket, [])
            if len(heap) >= PER_BUCKET and key <= heap[0][0]:
                continue
            kept = kept or quote.shortened()
            (heapq.heappush if len(heap) < PER_BUCKET else heapq.heapreplace)(heap, (key, kept))

    def best(self) -> list[Quote]:
        """Return MAX_QUOTES at most, each once: the best of every bucket, then the second of every, and so on."""
        ranked = [[quote for _, quote in sorted(self._heaps[bucket], reverse=True)] for bucket in sorted(self._heaps)]
        quotes: dict[tuple[int, str], Quote] = {}  # rows of a folder's parts may have the same numbers
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
