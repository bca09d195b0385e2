"""The classifier's results → the values of sentiment.html."""

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from sklearn.metrics import roc_curve

from brandlens.metrics import calibration, classification
from brandlens.metrics.intervals import Interval
from brandlens.metrics.significance import difference
from brandlens.metrics.thresholds import precision_recall_curve
from brandlens.report import tables, text
from brandlens.report.charts import Axis, Line, chart
from brandlens.report.highlight import Edit, Span, highlight, replace
from brandlens.report.load import SentimentResults, read_optional_table
from brandlens.report.render import MetricCells, data_uri
from brandlens.report.training_curves import loss_chart

MAX_CHARACTERS = 600  # of a review
MAX_WORDS = 10  # of each label, whose neighbors are shown
STYLES = ("first", "second", "third")  # of lines
LINE_BREAKS = re.compile(r"(<br\s*/?>\s*)+", re.IGNORECASE)


def gain_over_baselines(results: SentimentResults) -> tuple[float, Interval] | None:
    """Return how many more reviews are right than the best baseline has; None without one, or without reviews."""
    baselines = [name for name in results.baselines if name != "majority"]
    if not baselines or not len(results.y_true):
        return None
    best = max(baselines, key=lambda name: results.metric("baselines", name, "accuracy"))
    baseline_correct = results.baseline_pred(best) == results.y_true
    return difference(baseline_correct, results.y_pred == results.y_true, np.arange(len(results.y_true)))


def context(results: SentimentResults) -> dict[str, Any]:
    """Return the values that the template shows."""
    source = results.run.get("source", "")
    groups = [(name, read_optional_table(results.folder / f"by_{name}.csv")) for name in ("length", "rating")]
    return {
        "results": results,
        "cells": MetricCells(results),
        "params": {name: text.format_param(value) for name, value in results.params.items()},
        "verdict": text.sentiment_verdict(results, gain_over_baselines(results)),
        "warning": text.WARNINGS.get(("sentiment", source)),
        "talk_note": text.TALK_REVIEWS,
        "baseline_names": text.BASELINES,
        "source": text.REVIEW_SOURCES.get(source, "reviews"),
        "review_metrics": results.registry,
        "class_metrics": {name: metric for name, metric in results.registry.items() if metric.by_class},
        "labels": results.labels,
        "filters": [("all", "all"), *((label, f"labelled {label}") for label in reversed(results.labels))],
        "main_label": results.labels[results.main_label],
        "kind": describe_labels(results.labels),
        "confusion": classification.confusion(results.y_true, results.y_pred, len(results.labels)).tolist(),
        **threshold_values(results),
        "charts": charts(results),
        "groups": [(name, rows) for name, rows in groups if rows],
        "mistakes": mistakes(results),
        "terms": terms(results),
        "neighbors": neighbors(results),
        "training_chart": loss_chart(results.folder / "training.csv"),
        "duration": text.describe_duration(results.training.get("seconds", 0.0)),
        "vectors": data_uri(results.folder / "vectors.png"),
    }  # fmt: skip


def describe_labels(labels: Sequence[str]) -> str:
    """Return the labels in words, the last first: "positive or negative", "positive, neutral or negative"."""
    *names, last = reversed(labels)
    return f"{', '.join(names)} or {last}"


def threshold_values(results: SentimentResults) -> dict[str, Any]:
    """Return the table of thresholds, and what the slider counts from; None for both of more than two labels."""
    if not results.is_binary:
        return {"threshold_rows": None, "slider_data": {"threshold": None}}
    positive, score = results.y_true == 1, results.score
    rows = tables.threshold_table(np.arange(len(positive)), positive, score, results.y_true, results.threshold)
    counted = {
        "correct": score[positive].tolist(), "wrong": score[~positive].tolist(), "labelled": int(positive.sum()),
    }  # fmt: skip
    return {"threshold_rows": rows, "slider_data": {"threshold": results.threshold, "reviews": counted}}


def charts(results: SentimentResults) -> dict[str, Markup]:
    """Return the precision-recall, reliability and ROC curves; no ROC curve of a label that is missing, or alone.

    Of more than two labels, of each against all others.
    """
    labels = [results.labels[1]] if results.is_binary else results.labels
    styles = dict(zip(labels, itertools.cycle(STYLES)))
    numbers = {label: results.labels.index(label) for label in labels}
    curves = {
        label: precision_recall_curve(results.y_true == numbers[label], results.probability(label)) for label in labels
    }
    precision, recall = (
        results.metric("per_class", results.labels[results.main_label], name) for name in ("precision", "recall")
    )
    at_threshold = f"; at the threshold: {precision:.3f}, {recall:.3f}" if results.is_binary else ""
    drawn = {
        "precision_recall": chart(
            f"Precision over recall of {', '.join(labels)}{at_threshold}.",
            [Line(label, curve.recall, curve.precision, styles[label]) for label, curve in curves.items()],
            Axis("recall"), Axis("precision"), (recall, precision) if results.is_binary else None, "curve",
        ),
        "reliability": reliability_chart(results),
    }  # fmt: skip
    areas = []
    for label in labels:
        is_label = results.y_true == numbers[label]
        if 0 < is_label.sum() < len(is_label):
            false_positive_rate, true_positive_rate, _ = roc_curve(is_label, results.probability(label))
            name = "brandlens" if results.is_binary else label
            areas.append(Line(name, false_positive_rate, true_positive_rate, styles[label]))
    if areas:
        diagonal = np.array([0.0, 1.0])
        chosen = float((results.y_pred[results.y_true == 0] == 1).mean()) if results.is_binary else 0.0
        drawn["roc"] = chart(
            f"ROC curve: true over false positive rate; the area is {results.metric('auc'):.3f}.",
            [*areas, Line("chance", diagonal, diagonal, "guide")],
            Axis("false positive rate"), Axis("true positive rate"), (chosen, recall) if results.is_binary else None,
        )  # fmt: skip
    return drawn


def reliability_chart(results: SentimentResults) -> Markup:
    """Return how often scores are right, after temperature scaling and before."""
    temperature = results.metric("temperature")
    lines = [Line("perfectly calibrated", np.array([0.0, 1.0]), np.array([0.0, 1.0]), "guide")]
    if results.is_binary:
        calibrated = np.clip(results.score, 1e-4, 1 - 1e-4)
        raw = 1 / (1 + np.exp(-temperature * np.log(calibrated / (1 - calibrated))))
        outcome, noun = results.y_true, "fraction of positives"
    else:
        probabilities = np.stack([np.clip(results.probability(label), 1e-4, 1) for label in results.labels], axis=1)
        calibrated = calibration.confidence(probabilities)
        raw = calibration.confidence(calibration.softmax(temperature * np.log(probabilities)))
        outcome, noun = probabilities.argmax(axis=1) == results.y_true, "fraction that is right"
    for name, score, style in (
        ("after temperature scaling", calibrated, "first"), ("before", raw, "second"),
    ):  # fmt: skip
        table = calibration.reliability(score, outcome, results.calibration_bins)
        filled = table.count > 0
        lines.append(Line(name, table.score[filled], table.positive[filled], style, dots=True))
    caption = (
        f"{noun.capitalize()} by score, after temperature scaling and before; "
        f"calibration error {results.metric('ece'):.3f}."
    )
    return chart(caption, lines, Axis("score"), Axis(noun))


def mistakes(results: SentimentResults) -> list[dict[str, Any]]:
    """Return the surest mistakes, with the spans marked that changed their scores."""
    rows = read_optional_table(results.folder / "mistakes.csv")
    marked = ((row, shorten(row["text"], json.loads(row.get("spans", "[]")))) for row in rows)  # an older run has none
    return [row | {"marked": Markup(highlight(*shortened, is_binary=results.is_binary))} for row, shortened in marked]


def terms(results: SentimentResults) -> dict[str, list[dict[str, Any]]]:
    """Return the terms of positive and of negative reviews, each with its quotes; empty without any."""
    quotes = read_optional_table(results.folder / "term_quotes.csv")
    sides: dict[str, list[dict[str, Any]]] = {}
    for row in read_optional_table(results.folder / "terms.csv"):
        marked = [mark_clause(quote) for quote in quotes if quote["term"] == row["term"]]
        sides.setdefault(row["side"], []).append(row | {"quotes": marked})
    return sides


def mark_clause(quote: dict[str, str]) -> Markup:
    """Return a quote with the clause marked that was read; of a long review only what is near."""
    start, end, text = int(quote["start"]), int(quote["end"]), quote["text"]
    first, last = max(0, start - MAX_CHARACTERS // 6), min(len(text), end + MAX_CHARACTERS // 6)
    before = [(0, first, "… ")] if first else []
    after = [(last, len(text), " …")] if last < len(text) else []
    edits = [*before, *line_breaks(text, first, last), *after]
    return Markup(highlight(*replace(text, edits, [(start, end, float(quote["sentiment"]))])))


def line_breaks(text: str, start: int = 0, end: int | None = None) -> list[Edit]:
    """Return the line breaks of web pages in a part of a text, each to become a space."""
    found = LINE_BREAKS.finditer(text, start, len(text) if end is None else end)
    return [(match.start(), match.end(), " ") for match in found]


def shorten(text: str, spans: Iterable[Span] = ()) -> tuple[str, list[Span]]:
    """Return the text without the line breaks of web pages, of a long one its beginning and end, and its spans."""
    text, moved = replace(text, line_breaks(text), spans)
    half = MAX_CHARACTERS // 2
    return (text, moved) if len(text) <= 2 * half else replace(text, [(half, len(text) - half, " […] ")], moved)


def neighbors(results: SentimentResults) -> Sequence[dict[str, str]]:
    """Return the most informative words of each label with their neighbors, the last label first."""
    rows = read_optional_table(results.folder / "neighbors.csv")
    return [row for label in reversed(results.labels) for row in [r for r in rows if r["label"] == label][:MAX_WORDS]]
