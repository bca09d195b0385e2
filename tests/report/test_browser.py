"""The pages in a real browser: nothing is fetched, nothing goes wrong, the slider counts right, all can read it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from brandlens.report import load, pages

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
    """A window in which a page is open, with what that page complained of and asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path: Path) -> "Visit":
        self.complaints.clear()
        self.asked.clear()
        self.page.goto(path.as_uri())
        return self

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


Visits = Callable[..., Visit]


@pytest.fixture(scope="module")
def visit(browser: Any, folder: Path) -> Visits:
    """A function of (name, screen=) that opens a page, as it is at first, in the one window of that screen."""
    windows = {
        name: Visit(browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme))
        for name, (width, scheme) in SCREENS.items()
    }
    return lambda name, screen="desk": windows[screen].open(folder / f"{name}.html")


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_from_disk(visit: Visits, folder: Path, name: str, screen: str) -> None:
    seen = visit(name, screen)
    assert seen.complaints == []
    assert {url for url in seen.asked if not url.startswith("data:")} == {(folder / f"{name}.html").as_uri()}
    wide, room = seen.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= room  # only tables scroll sideways, each within itself
    violations = axe.Axe().run(seen.page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in violations] == []


@pytest.mark.parametrize("threshold", [None, 0.0, 0.3, 0.75, 1.0])
def test_the_slider_counts_what_the_predictions_say_of_logos(
    visit: Visits, folder: Path, threshold: float | None
) -> None:
    found = load.logo(folder / "logo")
    ranking, _ = found.ranking()
    seen = visit("logo")
    if threshold is not None:
        seen.move(threshold)
    at = max(found.threshold if threshold is None else threshold, ranking.score.min())
    hits, alarms = ((ranking.score >= at) & ranking.hit).sum(), ((ranking.score >= at) & ~ranking.hit).sum()
    total = int(ranking.labelled.sum())
    assert [seen.live(f"boxes.{name}") for name in ("hits", "alarms", "misses")] == [
        str(hits), str(alarms), str(total - hits),
    ]  # fmt: skip
    assert seen.live("boxes.precision") == f"{round(hits / max(hits + alarms, 1), 4):.3f}"
    assert seen.live("boxes.recall") == f"{round(hits / total, 4):.3f}"
    sure = found.crops["score"] >= at
    said = np.where(sure, found.crops["brand"], "other")
    names = found.classes
    assert seen.matrix() == [
        int(((found.crops["actual"] == a) & (said == b)).sum()) for a in names for b in names
    ]  # fmt: skip
    if threshold is None:
        assert seen.live("boxes.precision") == f"{found.at('boxes', 'precision'):.3f}"
        assert seen.live("pictures.recall") == f"{found.at('pictures', 'recall'):.3f}"
    drawn = seen.page.locator("#gallery rect.hit, #gallery rect.alarm:not([hidden])")
    assert all(score >= at for score in drawn.evaluate_all("all => all.map(each => Number(each.dataset.score))"))


@pytest.mark.parametrize("threshold", [None, 0.0, 0.42, 1.0])
def test_the_slider_counts_what_the_predictions_say_of_reviews(
    visit: Visits, folder: Path, threshold: float | None
) -> None:
    found = load.sentiment(folder / "sentiment")
    seen = visit("sentiment")
    if threshold is not None:
        seen.move(threshold)
    said = found.rows["score"] >= (found.threshold if threshold is None else threshold)
    assert seen.matrix() == [int(((found.truth == a) & (said == b)).sum()) for a in (0, 1) for b in (0, 1)]
    assert seen.live("reviews.accuracy") == f"{round((said == found.truth).mean(), 4):.3f}"
    seen.page.locator("#reset").click()
    assert seen.live("reviews.accuracy") == f"{found.at('accuracy'):.3f}"


def test_filter_and_search_of_pictures(visit: Visits) -> None:
    seen = visit("logo")
    everything = seen.shown("#gallery > li")
    seen.page.get_by_label("with a false alarm").check()
    assert 0 < seen.shown("#gallery > li") < everything
    assert seen.shown("#gallery > li") == seen.page.locator("#gallery > li:has(rect.alarm:not([hidden]))").count()
    seen.page.get_by_label("all", exact=True).check()
    name = seen.page.locator("#gallery > li").first.get_attribute("data-name")
    seen.page.get_by_label("Picture or brand").fill(name.upper())
    assert seen.shown("#gallery > li") == 1
    assert seen.page.locator("#matches").inner_text() == f"1 of {everything}"
    seen.page.get_by_label("Picture or brand").fill("nothing is called that")
    assert seen.shown("#gallery > li") == 0


def test_filter_and_search_of_mistakes(visit: Visits) -> None:
    seen = visit("sentiment")
    rows = seen.page.locator("#mistakes tbody tr")
    seen.page.get_by_label("really negative").check()
    negative = seen.shown("#mistakes tbody tr")
    assert negative == seen.page.locator('#mistakes tr[data-kind="negative"]').count()
    seen.page.get_by_label("really positive").check()
    assert seen.shown("#mistakes tbody tr") == rows.count() - negative


def test_the_keyboard_moves_the_slider(visit: Visits) -> None:
    seen = visit("sentiment")
    before = seen.page.locator("#shown").inner_text()
    seen.page.locator("#slider").focus()
    seen.page.keyboard.press("ArrowRight")
    assert float(seen.page.locator("#shown").inner_text()) > float(before)


def test_without_a_script_all_is_there_but_the_controls(browser: Any, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "logo.html").as_uri())
    assert page.locator("#gallery > li:visible").count() > 0
    assert page.locator("img[src^='data:image/jpeg'][alt^='The heat of']").count() > 0
    assert page.locator("#slider:visible").count() == 0
    context.close()
