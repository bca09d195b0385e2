"""The pages in a real browser: nothing is fetched, nothing fails, the slider counts right, it is accessible."""

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
    flags = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with sync_api.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=PROGRAM, args=flags)
        yield running
        running.close()


@pytest.fixture(scope="module")
def folder(reports: SimpleNamespace) -> Path:
    pages.write(reports.first)
    return reports.first


class Visit:
    """A window in which a page is open, with its console messages and its requests."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.messages: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: Path) -> "Visit":
        self.messages.clear()
        self.requests.clear()
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
    visited = visit(name, screen)
    assert visited.messages == []
    assert {url for url in visited.requests if not url.startswith("data:")} == {(folder / f"{name}.html").as_uri()}
    page_width, window_width = visited.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert page_width <= window_width  # only tables scroll sideways, each within itself
    too_wide = "cards => cards.filter(card => card.scrollWidth > card.clientWidth).map(card => card.innerText)"
    assert visited.page.locator(".cards li").evaluate_all(too_wide) == []
    violations = axe.Axe().run(visited.page).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in violations] == []


@pytest.mark.parametrize("threshold", [None, 0.0, 0.3, 0.75, 1.0])
def test_the_slider_counts_what_the_predictions_say_of_logos(
    visit: Visits, folder: Path, threshold: float | None
) -> None:
    results = load.read_logo(folder / "logo")
    detections = results.detections()
    score, correct = detections["score"], detections["outcome"] == "true_positive"
    visited = visit("logo")
    if threshold is not None:
        visited.move(threshold)
    used = max(results.threshold if threshold is None else threshold, score.min())
    right, wrong = ((score >= used) & correct).sum(), ((score >= used) & ~correct).sum()
    total = len(results.labelled()["label"])
    names = ("true_positives", "false_positives", "false_negatives")
    assert [visited.live(f"boxes.{name}") for name in names] == [str(right), str(wrong), str(total - right)]
    assert visited.live("boxes.precision") == f"{round(right / max(right + wrong, 1), 4):.3f}"
    assert visited.live("boxes.recall") == f"{round(right / total, 4):.3f}"
    background = results.classes[0]
    y_pred = np.where(results.crops["score"] >= used, results.crops["brand"], background)
    assert visited.matrix() == [
        int(((results.crops["y_true"] == label) & (y_pred == predicted)).sum())
        for label in results.classes for predicted in results.classes
    ]  # fmt: skip
    if threshold is None:
        assert visited.live("boxes.precision") == f"{results.metric('boxes', 'precision'):.3f}"
        assert visited.live("pictures.recall") == f"{results.metric('pictures', 'recall'):.3f}"
    drawn = visited.page.locator("#gallery rect.true_positive, #gallery rect.false_positive:not([hidden])")
    assert all(score >= used for score in drawn.evaluate_all("all => all.map(each => Number(each.dataset.score))"))


@pytest.mark.parametrize("threshold", [None, 0.0, 0.42, 1.0])
def test_the_slider_counts_what_the_predictions_say_of_reviews(
    visit: Visits, folder: Path, threshold: float | None
) -> None:
    results = load.read_sentiment(folder / "sentiment")
    visited = visit("sentiment")
    if threshold is not None:
        visited.move(threshold)
    y_true, y_pred = results.y_true, results.score >= (results.threshold if threshold is None else threshold)
    assert visited.matrix() == [
        int(((y_true == label) & (y_pred == predicted)).sum()) for label in (0, 1) for predicted in (0, 1)
    ]
    assert visited.live("reviews.accuracy") == f"{round((y_pred == y_true).mean(), 4):.3f}"
    visited.page.locator("#reset").click()
    assert visited.live("reviews.accuracy") == f"{results.metric('accuracy'):.3f}"


def test_filter_and_search_of_pictures(visit: Visits) -> None:
    visited = visit("logo")
    everything = visited.shown("#gallery > li")
    visited.page.get_by_label("with a false positive").check()
    assert 0 < visited.shown("#gallery > li") < everything
    assert (
        visited.shown("#gallery > li")
        == visited.page.locator("#gallery > li:has(rect.false_positive:not([hidden]))").count()
    )
    visited.page.get_by_label("all", exact=True).check()
    name = visited.page.locator("#gallery > li").first.get_attribute("data-name")
    visited.page.get_by_label("Picture or brand").fill(name.upper())
    assert visited.shown("#gallery > li") == 1
    assert visited.page.locator("#matches").inner_text() == f"1 of {everything}"
    visited.page.get_by_label("Picture or brand").fill("nothing is called that")
    assert visited.shown("#gallery > li") == 0


def test_filter_and_search_of_mistakes(visit: Visits) -> None:
    visited = visit("sentiment")
    rows = visited.page.locator("#mistakes tbody tr")
    visited.page.get_by_label("labelled negative").check()
    negative = visited.shown("#mistakes tbody tr")
    assert negative == visited.page.locator('#mistakes tr[data-label="negative"]').count()
    visited.page.get_by_label("labelled positive").check()
    assert visited.shown("#mistakes tbody tr") == rows.count() - negative


def test_the_keyboard_moves_the_slider(visit: Visits) -> None:
    visited = visit("sentiment")
    before = visited.page.locator("#threshold-value").inner_text()
    visited.page.locator("#slider").focus()
    visited.page.keyboard.press("ArrowRight")
    assert float(visited.page.locator("#threshold-value").inner_text()) > float(before)


def test_without_a_script_all_is_there_but_the_controls(browser: Any, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "logo.html").as_uri())
    assert page.locator("#gallery > li:visible").count() > 0
    assert page.locator("img[src^='data:image/jpeg'][alt^='Heatmap of']").count() > 0
    assert page.locator("#slider:visible").count() == 0
    context.close()
