"""The pages in a real browser: nothing is fetched, nothing goes wrong, the slider counts right, all can read it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from brandlens.evaluation.report import pages, results

sync_api = pytest.importorskip("playwright.sync_api", reason='no playwright: pip install ".[browser]"')
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason='no axe-core: pip install ".[browser]"')

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: apt-get install chromium")
NAMES = ("index", "logo", "sentiment")
SCREENS = {"desk": (1280, "light"), "phone": (390, "dark")}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    boxed = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with sync_api.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=PROGRAM, args=boxed)
        yield running
        running.close()


@pytest.fixture(scope="module")
def folder(reports: SimpleNamespace) -> Path:
    pages.write(reports.first)
    return reports.first


class Visit:
    """An open page, with what it complained of and asked for."""

    def __init__(self, browser: Any, path: Path, screen: str = "desk") -> None:
        width, scheme = SCREENS[screen]
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def move(self, threshold: float) -> None:
        self.page.locator("#slider").evaluate(
            "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')) }", threshold
        )

    def live(self, name: str) -> str:
        return self.page.locator(f'[data-live="{name}"]').inner_text()

    def matrix(self) -> list[int]:
        return [int(each.replace(",", "")) for each in self.page.locator("#matrix td").all_inner_texts()]

    def shown(self, items: str) -> int:
        return self.page.locator(f"{items}:visible").count()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_from_disk(browser: Any, folder: Path, name: str, screen: str) -> None:
    path = folder / f"{name}.html"
    visit = Visit(browser, path, screen)
    assert visit.complaints == []
    assert [url for url in visit.asked if not url.startswith("data:")] == [path.as_uri()]
    wide, room = visit.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= room  # only tables scroll sideways, each within itself
    violations = axe.Axe().run(visit.page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in violations] == []
    visit.page.close()


@pytest.mark.parametrize("threshold", [None, 0.0, 0.3, 0.75, 1.0])
def test_the_slider_counts_what_the_predictions_say_of_logos(
    browser: Any, folder: Path, threshold: float | None
) -> None:
    found = results.logo(folder / "logo")
    ranking, _ = found.ranking()
    visit = Visit(browser, folder / "logo.html")
    if threshold is not None:
        visit.move(threshold)
    at = max(found.threshold if threshold is None else threshold, ranking.score.min())
    hits, alarms = ((ranking.score >= at) & ranking.hit).sum(), ((ranking.score >= at) & ~ranking.hit).sum()
    total = int(ranking.labelled.sum())
    assert [visit.live(f"boxes.{name}") for name in ("hits", "alarms", "misses")] == [
        str(hits), str(alarms), str(total - hits),
    ]  # fmt: skip
    assert visit.live("boxes.precision") == f"{round(hits / max(hits + alarms, 1), 4):.3f}"
    assert visit.live("boxes.recall") == f"{round(hits / total, 4):.3f}"
    sure = found.crops["score"] >= at
    said = np.where(sure, found.crops["brand"], "other")
    names = found.classes
    assert visit.matrix() == [
        int(((found.crops["actual"] == a) & (said == b)).sum()) for a in names for b in names
    ]  # fmt: skip
    if threshold is None:
        assert visit.live("boxes.precision") == f"{found.at('boxes', 'precision'):.3f}"
        assert visit.live("pictures.recall") == f"{found.at('pictures', 'recall'):.3f}"
    drawn = visit.page.locator("#gallery rect.hit, #gallery rect.alarm:not([hidden])")
    assert all(float(each.get_attribute("data-score")) >= at for each in drawn.all())
    visit.page.close()


@pytest.mark.parametrize("threshold", [None, 0.0, 0.42, 1.0])
def test_the_slider_counts_what_the_predictions_say_of_reviews(
    browser: Any, folder: Path, threshold: float | None
) -> None:
    found = results.sentiment(folder / "sentiment")
    visit = Visit(browser, folder / "sentiment.html")
    if threshold is not None:
        visit.move(threshold)
    said = found.rows["score"] >= (found.threshold if threshold is None else threshold)
    assert visit.matrix() == [int(((found.truth == a) & (said == b)).sum()) for a in (0, 1) for b in (0, 1)]
    assert visit.live("reviews.accuracy") == f"{round((said == found.truth).mean(), 4):.3f}"
    visit.page.locator("#reset").click()
    assert visit.live("reviews.accuracy") == f"{found.at('accuracy'):.3f}"
    visit.page.close()


def test_filter_and_search_of_pictures(browser: Any, folder: Path) -> None:
    visit = Visit(browser, folder / "logo.html")
    everything = visit.shown("#gallery > li")
    visit.page.get_by_label("with a false alarm").check()
    assert 0 < visit.shown("#gallery > li") < everything
    assert visit.shown("#gallery > li") == visit.page.locator("#gallery > li:has(rect.alarm:not([hidden]))").count()
    visit.page.get_by_label("all", exact=True).check()
    name = visit.page.locator("#gallery > li").first.get_attribute("data-name")
    visit.page.get_by_label("Picture or brand").fill(name.upper())
    assert visit.shown("#gallery > li") == 1
    assert visit.page.locator("#matches").inner_text() == f"1 of {everything}"
    visit.page.get_by_label("Picture or brand").fill("nothing is called that")
    assert visit.shown("#gallery > li") == 0
    visit.page.close()


def test_filter_and_search_of_mistakes(browser: Any, folder: Path) -> None:
    visit = Visit(browser, folder / "sentiment.html")
    rows = visit.page.locator("#mistakes tbody tr")
    visit.page.get_by_label("really negative").check()
    negative = visit.shown("#mistakes tbody tr")
    assert negative == visit.page.locator('#mistakes tr[data-kind="negative"]').count()
    visit.page.get_by_label("really positive").check()
    assert visit.shown("#mistakes tbody tr") == rows.count() - negative
    visit.page.close()


def test_the_keyboard_moves_the_slider(browser: Any, folder: Path) -> None:
    visit = Visit(browser, folder / "sentiment.html")
    before = visit.page.locator("#shown").inner_text()
    visit.page.locator("#slider").focus()
    visit.page.keyboard.press("ArrowRight")
    assert float(visit.page.locator("#shown").inner_text()) > float(before)
    visit.page.close()


def test_without_a_script_all_is_there_but_the_controls(browser: Any, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "logo.html").as_uri())
    assert page.locator("#gallery > li:visible").count() > 0
    assert page.locator("#slider:visible").count() == 0
    context.close()
