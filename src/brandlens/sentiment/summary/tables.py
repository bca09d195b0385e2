"""A summary → the rows of its CSV files, which the page shows as well."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from brandlens.io import atomic_write
from brandlens.metrics.intervals import Interval, wilson
from brandlens.sentiment.score_writers import spreadsheet_line
from brandlens.sentiment.summary import change_points
from brandlens.sentiment.summary.collect import Series, Summary
from brandlens.sentiment.summary.dates import period_name
from brandlens.sentiment.summary.sightings import Sightings
from brandlens.sentiment.tally import Tally, mean_difference, mean_interval, num_comparisons

Rows = list[dict[str, Any]]
NAMES = ("periods", "groups", "terms", "change_points", "quotes", "sightings")


def make(summary: Summary, found: Sightings | None = None) -> dict[str, Rows]:
    """Return the rows of every table by its name; None stands for what too few reviews do not tell."""
    return {
        "periods": period_rows(summary), "groups": group_rows(summary), "terms": term_rows(summary),
        "change_points": change_rows(summary), "quotes": quote_rows(summary),
        "sightings": sighting_rows(found.by_period(summary.period), summary.period) if found else [],
    }  # fmt: skip


COLUMNS = {
    "periods": ("column", "group", "period", "reviews", "unsure", "sentiment", "low", "high"),
    "groups": (
        "column", "group", "reviews", "unsure", "sentiment", "low", "high", "difference", "difference_low",
        "difference_high",
    ),
    "terms": (
        "term", "reviews", "unsure", "sentiment", "low", "high", "difference", "difference_low", "difference_high",
    ),
    "change_points": ("column", "group", "period", "before", "after", "difference", "low", "high"),
    "quotes": ("row", "period", "label", "score", "terms", "text"),
    "sightings": ("period", "label", "pictures", "sightings", "share", "low", "high"),
}  # fmt: skip


def _measures(tally: Tally, labels: Sequence[str], prior: float, comparisons: int = 1) -> dict[str, Any]:
    """Return reviews that were scored, unsure ones, sentiment with its interval and the count of each label."""
    return {
        "reviews": tally.count, "unsure": tally.unsure, "sentiment": _rounded(tally.mean),
        **_ends(mean_interval(tally, prior, comparisons)), **{label: tally.labels[label] for label in labels},
    }  # fmt: skip


def _ends(interval: Interval | None, prefix: str = "") -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {f"{prefix}low": _rounded(low), f"{prefix}high": _rounded(high)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0


def _difference(difference: float | None, interval: Interval | None) -> dict[str, Any]:
    return {"difference": _rounded(difference), **_ends(interval, "difference_")}


def period_rows(summary: Summary) -> Rows:
    """Return a row for each period of all reviews, and for each period of each group; without reviews there is none."""
    prior, rows = summary.all.variance, Rows()
    for (column, group), series in _all_series(summary).items():
        for start in sorted(series):
            place = {"column": column, "group": group, "period": period_name(start, summary.period)}
            rows.append(place | _measures(series[start], summary.labels, prior))
    return rows


def _all_series(summary: Summary) -> dict[tuple[str, str], Series]:
    groups = {key: summary.group_periods[key] for key in sorted(summary.group_periods)}
    terms = {("term", name): tallies.periods for name, tallies in summary.terms.items() if tallies.periods}
    return {("", ""): summary.periods} | groups | terms


def group_rows(summary: Summary) -> Rows:
    """Return a row for each value of each group column, with its difference from all other reviews.

    The intervals of a column's differences are corrected for how many of its groups can be compared.
    """
    prior = summary.all.variance
    return [
        {"column": column, "group": name}
        | _measures(tally, summary.labels, prior)
        | _difference(*mean_difference(tally, summary.all - tally, prior, comparisons))
        for column, groups in summary.groups.items()
        for comparisons in [num_comparisons(groups.values())]
        for name, tally in sorted(groups.items(), key=lambda item: (-(item[1].count + item[1].unsure), item[0]))
    ]


def term_rows(summary: Summary) -> Rows:
    """Return a row for each term that is mentioned; difference: of the reviews that mention it from all others.

    The intervals of sentiments, and those of differences, are corrected for how many terms have one.
    """
    prior = summary.all.variance
    num_means = num_comparisons(tallies.mentions for tallies in summary.terms.values())
    num_differences = num_comparisons(tallies.reviews for tallies in summary.terms.values())
    return [
        {"term": name}
        | _measures(tallies.mentions, summary.labels, prior, num_means)
        | _difference(*tallies.difference(summary.all, num_differences))
        for name, tallies in sorted(summary.terms.items(), key=lambda item: (-item[1].mentions.count, item[0]))
        if tallies.mentions.count or tallies.mentions.unsure
    ]


def change_rows(summary: Summary) -> Rows:
    """Return the change points of all reviews, and of each group and term, with corrected intervals."""
    rows, all_series = Rows(), _all_series(summary)
    for (column, group), series in all_series.items():
        starts = sorted(series)
        # all reviews are the question, the others are looked through
        number = 1 if not column else max(1, len(all_series) - 1)
        for change in change_points.find([series[start] for start in starts], number):
            before, after = change.before.mean or 0.0, change.after.mean or 0.0
            rows.append({
                "column": column, "group": group, "period": period_name(starts[change.index], summary.period),
                "before": _rounded(before), "after": _rounded(after), "difference": _rounded(after - before),
                **_ends(change.interval),
            })  # fmt: skip
    return rows


def quote_rows(summary: Summary) -> Rows:
    """Return the quotes, in the order of the rows, with a column for each group column."""
    return [
        {
            "row": quote.row, "period": quote.period, "label": quote.label, "score": round(quote.score, 4),
            "terms": "; ".join(dict.fromkeys(f"{clause.term} {clause.label}" for clause in quote.clauses)),
            **{f"group_{name}": value for name, value in quote.groups.items()}, "text": quote.text,
        }
        for quote in summary.quotes
    ]  # fmt: skip


def sighting_rows(found: Sightings, period: str) -> Rows:
    """Return a row for each period and label: pictures of the period, those that show it, and the share by Wilson."""
    return [
        {
            "period": period_name(start, period), "label": label, "pictures": found.pictures[start],
            "sightings": days[start], **_share(days, found.pictures, start),
        }
        for label, days in sorted(found.labels.items())
        for start in sorted(found.pictures)
    ]  # fmt: skip


def _share(sightings: Mapping[date, int], pictures: Mapping[date, int], start: date) -> dict[str, Any]:
    share = sightings.get(start, 0) / pictures[start]
    return {"share": _rounded(share), **_ends(wilson(share, pictures[start]))}


def write(folder: Path, tables: Mapping[str, Rows]) -> None:
    """Write NAME.csv for each table, also one without rows."""
    for name, rows in tables.items():
        columns = list(rows[0]) if rows else list(COLUMNS[name])
        lines = [spreadsheet_line(columns), *(spreadsheet_line([row[name] for name in columns]) for row in rows)]
        with atomic_write(folder / f"{name}.csv") as path:
            path.write_text("".join(lines), encoding="utf-8", newline="")
