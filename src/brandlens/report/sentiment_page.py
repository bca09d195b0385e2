"""The classifier's results → the values of sentiment.html."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from sklearn.metrics import roc_curve

from brandlens.metrics import calibration, classification
from brandlens.metrics.classification import METRICS, SCORE_METRICS
from brandlens.metrics.intervals import Interval
from brandlens.metrics.significance import difference
from brandlens.metrics.thresholds import precision_recall_curve
from brandlens.report import tables, text
from brandlens.report.charts import Axis, Line, chart
from brandlens.report.highlight import highlight
from brandlens.report.load import SENTIMENT_LABELS, SentimentResults, read_optional_table
from brandlens.report.render import MetricCells, data_uri
from brandlens.report.training_curves import loss_chart

MAX_CHARACTERS = 600  # of a review
MAX_WORDS = 10  # positive ones, and negative ones, whose neighbors are shown
LINE_BREAKS = re.compile(r"(<br\s*/?>\s*)+", re.IGNORECASE)
CHANGE = re.compile(r"^(?P<word>.+) (?P<change>[+-]\d+\.\d+)$")


def gain_over_baselines(results: SentimentResults) -> tuple[float, Interval] | None:
    """Return how many more reviews are right than the best baseline has; None without one, or without reviews."""
    baselines = [name for name in results.baselines if name != "majority"]
    if not baselines or not len(results.y_true):
        return None
    best = max(baselines, key=lambda name: results.metric("baselines", name, "accuracy"))
    baseline_correct = (results.predictions[best] >= 0.5) == results.y_true
    return difference(baseline_correct, results.y_pred == results.y_true, np.arange(len(results.y_true)))


def context(results: SentimentResults) -> dict[str, Any]:
    """Return the values that the template shows."""
    positive, score = results.y_true == 1, results.score
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
        "review_metrics": {**METRICS, **SCORE_METRICS},
        "labels": SENTIMENT_LABELS,
        "confusion": classification.confusion(results.y_true, results.y_pred, len(SENTIMENT_LABELS)).tolist(),
        "threshold_rows": tables.threshold_table(
            np.arange(len(positive)), positive, score, results.y_true, results.threshold
        ),
        "charts": charts(results),
        "groups": [(name, rows) for name, rows in groups if rows],
        "mistakes": mistakes(results),
        "neighbors": neighbors(results),
        "slider_data": {
            "threshold": results.threshold,
            "reviews": {
                "correct": score[positive].tolist(), "wrong": score[~positive].tolist(),
                "labelled": int(positive.sum()),
            },
        },
        "training_chart": loss_chart(results.folder / "training.csv"),
        "duration": text.describe_duration(results.training.get("seconds", 0.0)),
        "vectors": data_uri(results.folder / "vectors.png"),
    }  # fmt: skip


def charts(results: SentimentResults) -> dict[str, Markup]:
    """Return the precision-recall, reliability and ROC curves; no ROC curve where a label is missing."""
    y_true, score = results.y_true, results.score
    curve = precision_recall_curve(y_true == 1, score)
    recall, precision = (results.metric("per_class", "positive", name) for name in ("recall", "precision"))
    drawn = {
        "precision_recall": chart(
            f"Precision over recall of positive; at the threshold: {precision:.3f}, {recall:.3f}.",
            [Line("positive", curve.recall, curve.precision)],
            Axis("recall"), Axis("precision"), (recall, precision), "curve",
        ),
        "reliability": reliability_chart(results),
    }  # fmt: skip
    if 0 < y_true.sum() < len(y_true):
        false_positive_rate, true_positive_rate, _ = roc_curve(y_true, score)
        diagonal = np.array([0.0, 1.0])
        chosen = float((results.y_pred[y_true == 0] == 1).mean())
        drawn["roc"] = chart(
            f"ROC curve: true over false positive rate; the area is {results.metric('auc'):.3f}.",
            [Line("brandlens", false_positive_rate, true_positive_rate), Line("chance", diagonal, diagonal, "guide")],
            Axis("false positive rate"), Axis("true positive rate"), (chosen, recall),
        )  # fmt: skip
    return drawn


def reliability_chart(results: SentimentResults) -> Markup:
    """Return how often scores are right, after temperature scaling and before."""
    calibrated = np.clip(results.score, 1e-4, 1 - 1e-4)
    logit = np.log(calibrated / (1 - calibrated))
    raw = 1 / (1 + np.exp(-results.metric("temperature") * logit))
    lines = [Line("perfectly calibrated", np.array([0.0, 1.0]), np.array([0.0, 1.0]), "guide")]
    for name, score, style in (
        ("after temperature scaling", calibrated, "first"), ("before", raw, "second"),
    ):  # fmt: skip
        table = calibration.reliability(score, results.y_true, results.calibration_bins)
        filled = table.count > 0
        lines.append(Line(name, table.score[filled], table.positive[filled], style, dots=True))
    caption = (
        "Fraction of positives by score, after temperature scaling and before; "
        f"calibration error {results.metric('ece'):.3f}."
    )
    return chart(caption, lines, Axis("score"), Axis("fraction of positives"))


def mistakes(results: SentimentResults) -> list[dict[str, Any]]:
    """Return the surest mistakes, with the words marked that changed their scores."""
    rows = read_optional_table(results.folder / "mistakes.csv")
    return [row | {"marked": Markup(highlight(shorten(row["text"]), changes(row.get("words", ""))))} for row in rows]


def changes(cell: str) -> dict[str, float]:
    """Return each word's change of "not -0.12; good +0.20", the last where a word stands twice."""
    matches = (CHANGE.match(change) for change in cell.split("; "))
    return {match["word"]: float(match["change"]) for match in matches if match}


def shorten(text: str) -> str:
    """Return the text without the line breaks of web pages; of a long one its beginning and end."""
    text = LINE_BREAKS.sub(" ", text)
    if len(text) <= MAX_CHARACTERS:
        return text
    return f"{text[: MAX_CHARACTERS // 2]} […] {text[-MAX_CHARACTERS // 2 :]}"


def neighbors(results: SentimentResults) -> Sequence[dict[str, str]]:
    """Return the most informative positive and negative words with their neighbors."""
    rows = read_optional_table(results.folder / "neighbors.csv")
    return [row for label in reversed(SENTIMENT_LABELS) for row in [r for r in rows if r["label"] == label][:MAX_WORDS]]
