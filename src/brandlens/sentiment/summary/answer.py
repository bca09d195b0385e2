"""The tables of a summary → the lines that answer: how is it, has it changed, where, and about what."""

from collections.abc import Mapping, Sequence
from typing import Any

from brandlens.errors import plural
from brandlens.sentiment.summary.collect import Summary
from brandlens.sentiment.summary.tables import Rows

MAX_NAMED = 3  # groups or terms that a line names


def lines(summary: Summary, tables: Mapping[str, Rows]) -> list[str]:
    """Return one line about all reviews, one about changes, one for each group column and one about terms."""
    answers = [overall(summary), changes(summary, tables["change_points"])]
    answers += [groups(column, tables["groups"]) for column in summary.groups]
    if summary.terms:
        answers.append(terms(tables["terms"]))
    return [line for line in answers if line]


def overall(summary: Summary) -> str:
    """Return how many reviews there are, and their sentiment."""
    tally = summary.all
    if tally.mean is None:
        return f"{tally.unsure:,} reviews, of which none could be scored{reasons(summary)}."
    shares = ", ".join(f"{100 * tally.labels[label] / tally.count:.0f} % {label}" for label in reversed(summary.labels))
    unsure = f" Unsure, and not in it: {tally.unsure:,}{reasons(summary)}." if tally.unsure else ""
    return f"{tally.count:,} reviews: sentiment {signed(tally.mean)} from -1 to 1; {shares}.{unsure}"


def reasons(summary: Summary) -> str:
    """Return why reviews are unsure, the commonest first: " (7 another language, 5 no words)"; "" where none is."""
    counts = sorted(summary.reasons.items(), key=lambda item: (-item[1], item[0]))
    return f" ({', '.join(f'{count:,} {reason}' for reason, count in counts)})" if counts else ""


def changes(summary: Summary, rows: Rows) -> str:
    """Return when the sentiment of all reviews changed; of groups and terms how many changes there are."""
    if not summary.periods:
        return ""
    if len(summary.periods) < 2:
        return "All dates are in one period, so that no change can be seen."
    own = [row for row in rows if not row["column"]]
    texts = [change(row, summary.period) for row in own]
    others = len(rows) - len(own)
    text = "Sentiment " + "; ".join(texts) if own else "No change of the sentiment of all reviews that is beyond chance"
    more = f"; {plural(others, 'change point')} of groups and terms" if others else ""
    return f"{text}{more}."


def change(row: Mapping[str, Any], period: str) -> str:
    """Return a change point as text."""
    verb = "fell" if row["difference"] < 0 else "rose"
    when = {"day": "on", "week": "in the week of", "month": "in"}[period]
    return f"{verb} from {signed(row['before'])} to {signed(row['after'])} {when} {row['period']}"


def groups(column: str, rows: Rows) -> str:
    """Return which groups of a column are above and below the others, where the interval excludes 0."""
    known = [row for row in rows if row["column"] == column and row["difference_low"] is not None]
    high = [row for row in known if row["difference_low"] > 0]
    low = [row for row in known if row["difference_high"] < 0]
    return _sides(column, "group", {"above the rest": high, "below the rest": low})


def terms(rows: Rows) -> str:
    """Return which terms are liked and which not, where the interval of their sentiment excludes 0."""
    if not rows:
        return "Terms: no review mentions one."
    known = [row for row in rows if row["low"] is not None]
    high, low = [row for row in known if row["low"] > 0], [row for row in known if row["high"] < 0]
    return _sides("Terms", "term", {"praised": high, "blamed": low})


def _sides(title: str, key: str, sides: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the rows of each side by name, the furthest from 0 first."""
    parts = []
    for (side, found), sign in zip(sides.items(), (-1, 1), strict=True):
        ordered = sorted(found, key=lambda row: (sign * row["sentiment"], row[key]))
        names = ", ".join(f"{row[key]} ({signed(row['sentiment'])})" for row in ordered[:MAX_NAMED])
        more = f" and {len(found) - MAX_NAMED:,} more" if len(found) > MAX_NAMED else ""
        parts += [f"{side} {names}{more}"] if found else []
    return f"{title}: {'; '.join(parts) or 'none that is above or below by more than chance'}."


def signed(value: float) -> str:
    """Return a sentiment with its sign and two decimals."""
    return f"{value:+.2f}".replace("-0.00", "0.00").replace("+0.00", "0.00")
