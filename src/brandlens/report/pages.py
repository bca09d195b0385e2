"""reports/logo and reports/sentiment → index.html, logo.html and sentiment.html beside them."""

from collections import Counter
from pathlib import Path
from typing import Any

from brandlens.io import atomic_write
from brandlens.report import load, logo_page, sentiment_page
from brandlens.report.load import LogoResults, ResultsError, SentimentResults
from brandlens.report.render import render
from brandlens.report.text import TITLES


def write(folder: Path) -> list[Path]:
    """Write an overview, and one page for each side that has results. Raises ResultsError when neither has any."""
    sides: dict[str, dict[str, Any]] = {}
    if (folder / "logo" / "metrics.json").is_file():
        sides["logo"] = logo_page.context(load.read_logo(folder / "logo"))
    if (folder / "sentiment" / "metrics.json").is_file():
        sides["sentiment"] = sentiment_page.context(load.read_sentiment(folder / "sentiment"))
    if not sides:
        raise ResultsError(f"{folder}: no results here; make them with: dvc repro")
    links = [("index.html", "Overview"), *((f"{side}.html", TITLES[side]) for side in sides)]
    contexts = {"index.html": {"sides": sides, "both": count_both_sides(sides)}}
    contexts |= {f"{side}.html": context for side, context in sides.items()}
    for name, context in contexts.items():
        with atomic_write(folder / name) as path:
            path.write_text(render(name, pages=links, here=name, **context), encoding="utf-8")
    return [folder / name for name in contexts]


def count_both_sides(sides: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Count what monitoring a brand would report: test pictures that show it, and test reviews that are positive."""
    if len(sides) < 2:
        return None
    logo: LogoResults = sides["logo"]["results"]
    sentiment: SentimentResults = sides["sentiment"]["results"]
    pictures = Counter(map(str, logo.pictures["label"][logo.pictures["score"] >= logo.threshold]))
    drawn = (logo.boxes["score"] >= logo.threshold) & (logo.boxes["outcome"] != "false_negative")
    boxes = Counter(map(str, logo.boxes["label"][drawn]))
    return {
        "pictures": len(logo.picture_names),
        "brands": [(label, pictures[label], boxes[label]) for label in logo.labels],
        "reviews": len(sentiment.y_true),
        "label": sentiment.labels[sentiment.main_label],
        "predicted": int((sentiment.y_pred == sentiment.main_label).sum()),
        "labelled": int((sentiment.y_true == sentiment.main_label).sum()),
    }
