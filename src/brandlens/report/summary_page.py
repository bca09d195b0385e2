"""The tables of a summary of reviews → summary.html, one page that needs nothing beside it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from brandlens.io import atomic_write
from brandlens.report import highlight
from brandlens.report.charts import Axis
from brandlens.report.render import render
from brandlens.report.time_chart import Point, time_chart

Rows = Sequence[Mapping[str, Any]]
NAME = "summary.html"
PAD = 0.1  # of the chart above and below the values


def write(
    folder: Path, title: str, answers: Sequence[str], labels: Sequence[str], tables: Mapping[str, Rows], quotes: Rows
) -> Path:
    """Write the page.

    title: such as the file's name. answers: lines of text. tables: periods, groups, terms, change_points and sightings,
    as the CSV files have them. quotes: text, label, score, period, groups by column, and clauses with term, start, end
    and label.
    """
    overall = [row for row in tables["periods"] if not row["column"]]
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in tables["groups"]:
        groups.setdefault(row["column"], []).append(row)
    page = render(
        NAME, pages=[], here=NAME, heading=title, answers=answers, labels=list(reversed(labels)), periods=overall,
        groups=groups, terms=tables["terms"], changes=tables["change_points"], chart=sentiment_chart(tables, overall),
        sightings={label: sighting_chart(label, rows) for label, rows in _by_label(tables["sightings"]).items()},
        quotes=[
            {
                **quote,
                "marked": mark_clauses(quote["text"], quote["clauses"]),
                "filters": json.dumps(list(values(quote).items())),
            }
            for quote in quotes
        ],
        choices=choices(quotes),
    )  # fmt: skip
    with atomic_write(folder / NAME) as path:
        path.write_text(page, encoding="utf-8")
    return folder / NAME


def _by_label(rows: Rows) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["label"], []).append(row)
    return found


def _day(period: str) -> date:
    return date.fromisoformat(period if len(period) == 10 else f"{period}-01")


def sentiment_chart(tables: Mapping[str, Rows], periods: Rows) -> Markup:
    """Return the sentiment of all reviews by period, with its change points; nothing without dates."""
    points = [
        Point(_day(row["period"]), row["sentiment"], row["low"], row["high"])
        for row in periods
        if row["sentiment"] is not None
    ]
    if not points:
        return Markup()
    marks = [_day(row["period"]) for row in tables["change_points"] if not row["column"]]
    changed = f"; it changes on {', '.join(map(str, marks))}" if marks else ""
    caption = f"Sentiment from {points[0].day} to {points[-1].day}{changed}."
    values = [end for point in points for end in (point.value, point.low, point.high) if end is not None]
    low, high = max(-1.0, min(values) - PAD), min(1.0, max(values) + PAD)
    return time_chart(caption, points, Axis("sentiment", low, high), marks)


def sighting_chart(label: str, rows: Rows) -> Markup:
    """Return the share of pictures that show a logo, by period."""
    points = [Point(_day(row["period"]), row["share"], row["low"], row["high"]) for row in rows]
    return time_chart(f"Share of pictures that show {label}, by date.", points, Axis("share of pictures"))


def values(quote: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what a quote can be filtered by, and its values of each."""
    return {
        "term": sorted({clause["term"] for clause in quote["clauses"]}),
        "label": [quote["label"]],
        **{f"group {column}": [value] for column, value in quote["groups"].items()},
        "period": [quote["period"] or "no date"],
    }


def choices(quotes: Rows) -> dict[str, list[str]]:
    """Return what quotes can be filtered by, and the values of all; nothing that is the same for each quote."""
    found: dict[str, set[str]] = {}
    for quote in quotes:
        for name, chosen in values(quote).items():
            found.setdefault(name, set()).update(chosen)
    return {name: sorted(chosen) for name, chosen in found.items() if len(chosen) > (name != "term")}


def mark_clauses(text: str, clauses: Rows) -> Markup:
    """Return the text, escaped, with the clauses that mention terms marked; of two that overlap the first."""
    styles = {"positive": "up", "negative": "down"}
    parts = [
        (clause["start"], clause["end"], styles.get(clause["label"], "other"), f"{clause['term']}: {clause['label']}")
        for clause in clauses
    ]
    return Markup(highlight.mark(text, parts))
