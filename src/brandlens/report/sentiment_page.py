"""The classifier's results → sentiment.html."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from sklearn.metrics import roc_curve

from brandlens.metrics import calibration, classification
from brandlens.metrics.intervals import Interval
from brandlens.metrics.significance import difference
from brandlens.report import load, tables, text, training_curves
from brandlens.report.charts import Axis, Line, chart
from brandlens.report.highlight import highlight
from brandlens.report.load import SENTIMENTS, Sentiment
from brandlens.report.render import Numbers, image_tag

SHOWN = 600  # characters of a review
WORDS = 10  # words of either label whose neighbors are shown
BREAK = re.compile(r"(<br\s*/?>\s*)+", re.IGNORECASE)
CHANGE = re.compile(r"^(?P<word>.+) (?P<change>[+-]\d+\.\d+)$")


def gain(found: Sentiment) -> tuple[float, Interval] | None:
    """How many more reviews are right than the best baseline has; None where none is known, or without reviews."""
    rivals = [name for name in found.baselines if name != "majority"]
    if not rivals or not len(found.truth):
        return None
    best = max(rivals, key=lambda name: found.at("baselines", name, "accuracy"))
    theirs = (found.rows[best] >= 0.5) == found.truth
    return difference(theirs, found.predicted == found.truth, np.arange(len(found.truth)))


def context(found: Sentiment) -> dict[str, Any]:
    """What the template shows."""
    truth, score = found.truth, found.rows["score"]
    return {
        "found": found,
        "n": Numbers("sentiment", found, tables.sentiment_intervals(found)),
        "verdict": text.sentiment_verdict(found, gain(found)),
        "caution": text.CAUTION.get(("sentiment", found.run.get("source", ""))),
        "talk_note": text.TALK_REVIEWS,
        "names": text.BASELINES,
        "source": text.TEXTS.get(found.run.get("source", ""), "reviews"),
        "labels": SENTIMENTS,
        "counts": tables.sentiments(found).tolist(),
        "rungs": tables.threshold_table(np.arange(len(truth)), truth == 1, score, truth, found.threshold),
        "curves": curves(found),
        "groups": [
            (title, load.table(path))
            for title, name in (("tokens", "by_length.csv"), ("stars", "by_rating.csv"))
            if (path := found.folder / name).is_file() and load.table(path)
        ],
        "mistakes": mistakes(found),
        "near": near(found),
        "live": {
            "threshold": found.threshold,
            "yes": [float(each) for each in score[truth == 1]],
            "no": [float(each) for each in score[truth == 0]],
        },
        "training": training_curves.chart_of(found.folder / "training.csv"),
        "duration": text.minutes(found.training.get("seconds", 0.0)),
        "vectors": image_tag(found.folder / "vectors.png"),
    }


def curves(found: Sentiment) -> dict[str, Markup]:
    """Precision-recall, ROC and reliability."""
    truth, score = found.truth, found.rows["score"]
    pr = classification.curve(truth == 1, score)
    recall, precision = found.at("per_class", "positive", "recall"), found.at("per_class", "positive", "precision")
    shown = {
        "pr": chart(
            f"Precision over recall of positive; in use: {precision:.3f}, {recall:.3f}.",
            [Line("positive", pr.recall, pr.precision)],
            Axis("recall"), Axis("precision"), (recall, precision), "curve",
        ),
        "reliability": reliability(found),
    }  # fmt: skip
    if 0 < truth.sum() < len(truth):
        false, true, _ = roc_curve(truth, score)
        both = np.array([0.0, 1.0])
        alarms = float((found.predicted[truth == 0] == 1).mean())
        shown["roc"] = chart(
            f"ROC curve: found positives over false ones; the area is {found.at('auc'):.3f}.",
            [Line("brandlens", false, true), Line("guessing", both, both, "guide")],
            Axis("share of negatives called positive"), Axis("share of positives found"), (alarms, recall),
        )  # fmt: skip
    return shown


def reliability(found: Sentiment) -> Markup:
    """How often a score is right, after the temperature and before."""
    warm = np.clip(found.rows["score"], 1e-4, 1 - 1e-4)
    cold = 1 / (1 + np.exp(-found.at("temperature") * np.log(warm / (1 - warm))))
    lines = [Line("as good as its word", np.array([0.0, 1.0]), np.array([0.0, 1.0]), "guide")]
    for name, score, kind in (("after the temperature", warm, "first"), ("before", cold, "second")):
        table = calibration.reliability(score, found.truth, found.bins)
        held = table.count > 0
        lines.append(Line(name, table.score[held], table.positive[held], kind, dots=True))
    caption = f"Share of positives by score, after the temperature and before; calibration error {found.at('ece'):.3f}."
    return chart(caption, lines, Axis("score"), Axis("share of positives"))


def mistakes(found: Sentiment) -> list[dict[str, Any]]:
    """The surest mistakes, the words that moved each marked."""
    path = found.folder / "mistakes.csv"
    return [
        row | {"marked": Markup(highlight(cut(row["text"]), changes(row.get("words", ""))))}
        for row in (load.table(path) if path.is_file() else [])
    ]


def changes(cell: str) -> dict[str, float]:
    """ "not -0.12; good +0.20" → each word's change, the last where a word stands twice."""
    found = (CHANGE.match(part) for part in cell.split("; "))
    return {match["word"]: float(match["change"]) for match in found if match}


def cut(text: str) -> str:
    """The text without the line breaks of web pages, or its beginning and end."""
    text = BREAK.sub(" ", text)
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]} […] {text[-SHOWN // 2 :]}"


def near(found: Sentiment) -> Sequence[dict[str, str]]:
    """Words of either label and their neighbors."""
    path = found.folder / "neighbors.csv"
    rows = load.table(path) if path.is_file() else []
    return [
        row for label in ("positive", "negative") for row in [each for each in rows if each["label"] == label][:WORDS]
    ]
