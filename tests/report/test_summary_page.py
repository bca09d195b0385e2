"""The page of a summary, also in a browser: filters, nothing fetched, accessible."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2")

from brandlens.report import summary_page

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MEASURES = {"reviews": 9, "unsure": 0, "sentiment": 0.5, "low": 0.1, "high": 0.9, "negative": 2, "positive": 7}
REST = {"difference": -0.5, "difference_low": -0.9, "difference_high": -0.1}


def make(folder: Path, hostile: str = '<b>"x') -> Path:
    periods = [{"column": "", "group": "", "period": f"2024-0{month}", **MEASURES} for month in range(1, 6)]
    change = {"before": 0.5, "after": 0.1, "difference": -0.4, "low": -0.6, "high": -0.2, "period": "2024-03"}
    tables: dict[str, list[dict[str, Any]]] = {
        "periods": periods,
        "groups": [{"column": hostile, "group": hostile, **MEASURES, **REST}],
        "terms": [{"term": "battery", **MEASURES, **REST}],
        "change_points": [{"column": "", "group": "", **change}],
        "sightings": [
            {"period": f"2024-0{month}", "label": "cola", "share": 0.5, "low": 0.2, "high": 0.8} for month in (1, 2)
        ],
    }
    quotes = [
        {
            "row": row, "text": f"the battery dies & {hostile}", "label": ("negative", "positive")[row % 2],
            "score": 0.9, "period": f"2024-0{row}", "groups": {hostile: hostile},
            "clauses": [{"term": "battery", "start": 0, "end": 16, "label": "negative"}] if row < 3 else [],
        }
        for row in range(1, 6)
    ]  # fmt: skip
    return summary_page.write(folder, "reviews.csv", ["Line."], ["negative", "positive"], tables, quotes)


def test_empty(tmp_path: Path) -> None:
    names = ("periods", "groups", "terms", "change_points", "sightings")
    page = summary_page.write(tmp_path, "x", ["0 reviews"], ["negative"], {name: [] for name in names}, [])
    assert "0 reviews" in page.read_text()


def test_marks() -> None:
    clauses = [
        {"term": "<t>", "start": 3, "end": 6, "label": "positive"}, {"term": "u", "start": 4, "end": 8, "label": "x"},
    ]  # fmt: skip
    marked = summary_page.mark_clauses("<i>abc</i>", clauses)
    assert marked == '&lt;i&gt;<mark class="up" title="&lt;t&gt;: positive">abc</mark>&lt;/i&gt;'


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: apt-get install chromium")
def test_in_a_browser(tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason='no playwright: pip install ".[browser]"')
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason='no axe-core: pip install ".[browser]"')
    path, messages, requests = make(tmp_path), list[str](), list[str]()
    flags = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PROGRAM, args=flags)
        for width, scheme in ((1280, "light"), (390, "dark")):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.on("console", lambda message: messages.append(message.text))
            page.on("pageerror", lambda error: messages.append(str(error)))
            page.on("request", lambda request: requests.append(request.url))
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert axe.Axe().run(page).response["violations"] == []
            assert page.locator("#quotes > li:visible").count() == 5
            page.select_option('[data-filter="term"]', "battery")
            assert page.locator("#quotes > li:visible").count() == 2
            page.select_option('[data-filter="label"]', "positive")
            assert page.locator("#quote-count").inner_text() == "1 of 5"
            page.select_option('[data-filter="term"]', "")
            page.select_option('[data-filter="period"]', "2024-03")
            assert page.locator("#quotes > li:visible").count() == 1
            page.fill("#quote-filters input", "nowhere")
            assert page.locator("#quotes > li:visible").count() == 0
        browser.close()
    assert messages == []
    assert requests == [path.as_uri()] * 2
