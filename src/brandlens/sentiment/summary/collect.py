"""A table of reviews, read twice → their sentiment by period, group and term, in memory that does not grow with it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from brandlens.datasets import tables
from brandlens.datasets.tables import Row
from brandlens.errors import UserError, printable
from brandlens.sentiment.classifier import Prediction, SentimentClassifier
from brandlens.sentiment.summary import dates
from brandlens.sentiment.summary.quotes import Clause, Quote, QuoteKeeper
from brandlens.sentiment.tally import Tally
from brandlens.sentiment.terms.discover import Discovery, side_of
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.sentiment.terms.scores import TermScore, label_values, review_sentiment, score_terms, sentiment_of
from brandlens.sentiment.terms.table import TermTally

CHUNK = 4096  # reviews that are scored together
MAX_GROUPS = 1000  # of a column; more are no groups, but names or numbers of single reviews
MAX_NAME = 80  # characters of a group's name
SAMPLE, MAX_TERMS = 20_000, 8  # reviews that terms are discovered in; terms of either side
NO_GROUP = "(none)"

Series = defaultdict[date, Tally]
OnChunk = Callable[[Sequence[str], int, float], object]


@dataclass(frozen=True)
class Table:
    """Where the reviews are: a file and its columns, those of the date and of groups if there are any."""

    path: Path
    text: str
    date: str | None = None
    groups: Sequence[str] = ()
    encoding: str | None = None

    def rows(self) -> Iterator[Row]:
        """Yield the rows. Raises UserError as `tables.read_rows` does."""
        columns = [name for name in (self.date, *self.groups) if name is not None]
        return tables.read_rows(
            self.path, self.text, columns, encoding=self.encoding, encoding_option="--encoding",
            hint="; choose with --column, --date and --group",
        )  # fmt: skip

    def groups_of(self, row: Row) -> dict[str, str]:
        """Return the row's value in each group column."""
        return {name: group_name(row.values.get(name)) for name in self.groups}


def group_name(cell: Any) -> str:
    """Return a cell as the name of a group: a whole number without decimals, white space as one space."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = "" if cell is None or cell != cell else " ".join(str(cell).split())  # noqa: PLR0124, NaN is not itself
    text = text.encode("utf-8", "replace").decode()
    return (text if len(text) <= MAX_NAME else text[: MAX_NAME - 1] + "…") or NO_GROUP


@dataclass(frozen=True)
class Columns:
    """What a first look at the date and group columns found. period: day, week or month. num_rows: of the table."""

    format: dates.DateFormat
    period: str
    num_rows: int


def look(table: Table, date_format: str | None = None, period: str | None = None) -> Columns:
    """Read the date and group columns of all rows, to tell how dates are written and by which period to summarize.

    Raises UserError for dates that may be read in two ways, and for a group column of more than MAX_GROUPS values.
    """
    format, seen = dates.DateFormat(date_format), {name: set[str]() for name in table.groups}
    num_rows = 0
    for row in table.rows():
        num_rows += 1
        if row.problem:
            continue
        if table.date is not None:
            format.add(row.values.get(table.date), f"row {row.number}")
        for name, value in table.groups_of(row).items():
            seen[name].add(value)
            if len(seen[name]) > MAX_GROUPS:
                raise UserError(
                    f'{table.path}: column "{name}" has more than {MAX_GROUPS:,} different values; name one of fewer '
                    "by --group, such as product, shop or country"
                )
    format.decide(f'{table.path}, column "{table.date}"')
    if table.date is not None and format.span is None:
        raise UserError(
            f'{table.path}: column "{table.date}" has no date; name another by --date, or the format by --date-format'
        )
    return Columns(format, period or dates.choose_period(format.span), num_rows)


def _series() -> Series:
    return defaultdict(Tally)


@dataclass
class TermTallies(TermTally):
    """What reviews say of a term. periods: what its clauses say, by period."""

    periods: Series = field(default_factory=_series)


class _Review(NamedTuple):
    """A scored review. sentiment: None where the model is unsure. start: of its period, None without a date."""

    label: str
    sentiment: float | None
    start: date | None
    groups: dict[str, str]


@dataclass
class Summary:
    """Sentiment of reviews. period: day, week or month. undated: reviews without a date, if there is a date column.

    reasons: why reviews are unsure, and how many of each. groups: by column and value; group_periods: the same by
    period too.
    """

    labels: Sequence[str]
    period: str
    all: Tally = field(default_factory=Tally)
    undated: int = 0
    problems: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    periods: Series = field(default_factory=_series)
    groups: dict[str, defaultdict[str, Tally]] = field(default_factory=dict)
    group_periods: dict[tuple[str, str], Series] = field(default_factory=lambda: defaultdict(_series))
    terms: dict[str, TermTallies] = field(default_factory=dict)
    quotes: list[Quote] = field(default_factory=list)

    def add(self, review: _Review) -> None:
        """Count a review among all of them, in its period and in its groups."""
        start, tallies = review.start, [self.all]
        if start:
            tallies.append(self.periods[start])
        for column, value in review.groups.items():
            tallies.append(self.groups[column][value])
            if start:
                tallies.append(self.group_periods[column, value][start])
        for tally in tallies:
            tally.add(review.label, review.sentiment)

    def add_terms(self, review: _Review, clauses: Sequence[TermScore], of_labels: Mapping[str, float]) -> None:
        """Count what a review says of each term: the mean of its clauses, without unsure ones."""
        by_term: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        for clause in clauses:
            by_term[clause.term].append((clause.label, sentiment_of(clause.scores, of_labels)))
        for term, found in by_term.items():
            together = self.terms[term].add(review.label, review.sentiment, found)
            if review.start:
                self.terms[term].periods[review.start].add(*together)


def summarize(
    table: Table,
    columns: Columns,
    classifier: SentimentClassifier,
    lexicon: Lexicon | None = None,
    on_chunk: OnChunk = lambda problems, num_rows, progress: None,
) -> Summary:
    """Score all reviews and return their summary; sentiments are those of `terms.scores`.

    on_chunk: called with the problems of each chunk of rows, their number and the share that is read.
    Raises ModelError for labels without an order, and UserError as `tables.read_rows` does.
    """
    of_labels = label_values(classifier.labels)
    summary = Summary(classifier.labels, columns.period, groups={name: defaultdict(Tally) for name in table.groups})
    summary.terms = {term.name: TermTallies() for term in lexicon.terms} if lexicon else {}
    keeper, rows = QuoteKeeper(), table.rows()
    while chunk := list(islice(rows, CHUNK)):
        problems = [row.problem for row in chunk if row.problem]
        good = [row for row in chunk if not row.problem]
        texts = [row.text for row in good]
        predictions = classifier.score(texts)
        scores: Sequence[Sequence[TermScore]] = [()] * len(texts)
        if lexicon:
            scores = score_terms(classifier, texts, lexicon, predictions)
        for row, prediction, clauses in zip(good, predictions, scores, strict=True):
            day = columns.format.read(row.values.get(table.date)) if table.date is not None else None
            if table.date is not None and day is None:
                summary.undated += 1
                problems += _date_problems(row, table.date)
            start = dates.period_start(day, columns.period) if day else None
            review = _Review(prediction.label, review_sentiment(prediction, of_labels), start, table.groups_of(row))
            summary.add(review)
            summary.add_terms(review, clauses, of_labels)
            if prediction.reason:
                summary.reasons[prediction.reason] += 1
            else:
                keeper.add(_quote(row, prediction, review, clauses, columns.period))
        summary.problems += len(problems)
        on_chunk(problems, len(chunk), chunk[-1].progress)
    summary.quotes = keeper.best()
    return summary


def _date_problems(row: Row, column: str) -> list[str]:
    """Return what is wrong with a cell that is no date; nothing of an empty one, which is no error."""
    cell = row.values.get(column)
    text = "" if cell is None or cell != cell else str(cell).strip()  # noqa: PLR0124, NaN is not itself
    excerpt = printable(text.encode("utf-8", "replace").decode())[:40]
    return [f'{row.file}, row {row.number}: no date in column "{column}": "{excerpt}"'] if text else []


def _quote(row: Row, prediction: Prediction, review: _Review, clauses: Sequence[TermScore], period: str) -> Quote:
    """Return a review as a quote. period: day, week or month."""
    name = dates.period_name(review.start, period) if review.start else ""
    marked = [Clause(each.term, *each.clause, each.label) for each in clauses]
    return Quote(row.number, row.text, review.label, max(prediction.scores.values()), name, review.groups, marked)


def discover_terms(table: Table, num_rows: int, classifier: SentimentClassifier) -> Lexicon | None:
    """Return the terms that set positive and negative reviews apart, in SAMPLE of them, evenly taken; None without."""
    values, discovery, stride = label_values(classifier.labels), Discovery(), max(1, -(-num_rows // SAMPLE))
    texts = (row.text for row in islice(table.rows(), 0, None, stride) if row.text)
    while chunk := list(islice(texts, CHUNK)):
        for text, prediction in zip(chunk, classifier.score(chunk), strict=True):
            discovery.add(text, side_of(prediction.label, values))
    names = [found.term for found in discovery.terms(MAX_TERMS)]
    return Lexicon.of(names) if names else None
