"""reports/logo and reports/sentiment → index.html, logo.html and sentiment.html beside them."""

import json
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

from brandlens.report import load, logo_page, sentiment_page, tables, text
from brandlens.report.load import Logo, ResultsError, Sentiment
from brandlens.report.render import page

PAGES = {"logo": ("logo.html", "Logos"), "sentiment": ("sentiment.html", "Reviews")}


def write(folder: Path) -> list[Path]:
    """Write the pages of what there is: an overview, and one page for each side that has results.

    Raises ResultsError when neither side has any.
    """
    found: dict[str, dict[str, Any]] = {}
    if (folder / "logo" / "metrics.json").is_file():
        found["logo"] = logo_page.context(load.logo(folder / "logo"))
    if (folder / "sentiment" / "metrics.json").is_file():
        found["sentiment"] = sentiment_page.context(load.sentiment(folder / "sentiment"))
    if not found:
        raise ResultsError(f"{folder}: no results here; make them with: dvc repro")
    links = [("index.html", "Overview"), *(PAGES[side] for side in found)]
    defaults = json.loads(resources.files(__package__).joinpath("defaults.json").read_text(encoding="utf-8"))
    written = []
    for side, shown in found.items():
        told = shown["found"].run.get("params")
        shown["changed"] = None if told is None else text.changed(text.flat(told, side), defaults)
        name = PAGES[side][0]
        written.append(_whole(folder / name, page(name, pages=links, here=name, **shown)))
    overview = page("index.html", pages=links, here="index.html", sides=found, both=both(found))
    return [_whole(folder / "index.html", overview), *written]


def both(found: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """A brand at a glance: in how many test pictures it was seen, and how many test reviews sound positive."""
    if len(found) < 2:
        return None
    logo: Logo = found["logo"]["found"]
    reviews: Sentiment = found["sentiment"]["found"]
    seen = logo.rows["score"] >= logo.threshold
    sightings = Counter(map(str, logo.rows["label"][seen]))
    boxes = (logo.boxes["score"] >= logo.threshold) & (logo.boxes["outcome"] != "false_negative")
    places = Counter(map(str, logo.boxes["label"][boxes]))
    matrix = tables.sentiments(reviews)
    return {
        "pictures": len(logo.pictures),
        "brands": [(label, sightings[label], places[label]) for label in logo.labels],
        "reviews": int(matrix.sum()),
        "positive": int(matrix[:, 1].sum()),
        "truly": int(matrix[1].sum()),
    }


def _whole(path: Path, text: str) -> Path:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path
