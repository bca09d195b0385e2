"""The page where anyone tries the models, in a real browser: what it shows and saves is what the service answers."""

import csv
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from brandlens import annotations
from brandlens.annotations import orientation
from brandlens.boxes import Box
from brandlens.image_headers import Header
from brandlens.serve.settings import Settings

from .conftest import BOX, running

sync_api = pytest.importorskip("playwright.sync_api", reason='no playwright: pip install ".[browser]"')
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason='no axe-core: pip install ".[browser]"')

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: apt-get install chromium")
SLOW = 30_000  # milliseconds that a busy machine may take to show a page
SCREENS = {"desk": (1280, "light"), "phone": (390, "dark")}
EVIL = "<img src=x onerror=alert(1)>&'.png"
TEXTS = ["good film", "bad film", "<b>good</b> great", "=good", "zzz"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    flags = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with sync_api.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=PROGRAM, args=flags)
        yield running
        running.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, picture: bytes) -> Path:
    """Pictures: one, one with a name that is HTML, one that EXIF turns by 90 degrees, and one that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "a.png").write_bytes(picture)
    (folder / EVIL).write_bytes(picture)
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    stored = cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)  # orientation 6 turns it back
    jpeg = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, 98])[1].tobytes()
    tiff = b"MM\0*\0\0\0\x08" + b"\0\x01" + b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" + b"\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    (folder / "turned.jpg").write_bytes(jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:])
    (folder / "none.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(params=SCREENS)
def page(request: pytest.FixtureRequest, browser: Any, port: int) -> Iterator[Any]:
    """The page, in a window of each screen; at the end nothing may have failed in it."""
    width, scheme = SCREENS[request.param]
    window = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    messages = list[str]()
    window.on("console", lambda message: messages.append(message.text))
    window.on("pageerror", lambda error: messages.append(str(error)))
    window.goto(f"http://127.0.0.1:{port}/")
    sync_api.expect(window.locator("#sentiment")).to_be_visible(timeout=SLOW)
    yield window
    assert not [message for message in messages if "status of 422" not in message]  # asked for in the tests
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    window.close()


def show(page: Any, folder: Path) -> None:
    page.set_input_files("#pictures", sorted(folder.iterdir()))
    sync_api.expect(page.locator("#gallery figcaption")).to_have_count(3)
    sync_api.expect(page.locator("#logo-summary")).to_have_text("3 of 3 pictures with a logo: 3 cola; 1 cannot be read")


def saved(page: Any, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click(button)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def assert_accessible(page: Any) -> None:
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_pictures(page: Any, folder: Path, tmp_path: Path) -> None:
    show(page, folder)
    assert "none.png: not a picture" in page.inner_text("#gallery .failed")
    assert EVIL in page.inner_text("#gallery")
    assert page.locator("#gallery rect").count() == 3
    assert_accessible(page)

    target = tmp_path / "saved"
    shutil.copytree(folder, target)
    coco = saved(page, "#save-coco", target)
    imglab = saved(page, "#save-imglab", target)
    assert {row["score"] for row in json.loads(coco.read_text())["annotations"]} != set()
    for file, exif in ((imglab, "ignored"), (coco, "applied")):
        pictures = {each.path.name: each for each in annotations.read(file)}
        assert sorted(pictures) == sorted(["a.png", EVIL, "turned.jpg"])
        for name, picture in pictures.items():
            (box,) = picture.boxes
            header = orientation.header_of(target / name)
            shown = orientation.to_shown(box, header) if exif == "ignored" else box
            assert abs(shown.left - BOX.left) < 16 and abs(shown.top - BOX.top) < 16, (file, name)
            assert box.label == "cola"

    page.locator("#threshold").evaluate("slider => { slider.value = 1; slider.dispatchEvent(new Event('input')) }")
    assert page.locator("#gallery rect").count() == 0
    page.select_option("#shown", "with")
    assert page.locator("#gallery > li:visible").count() == 1  # the one that cannot be read
    page.click("#threshold-reset")
    assert page.locator("#gallery rect").count() == 3


def test_heat_map(page: Any, folder: Path) -> None:
    show(page, folder)
    page.check("#heat")
    sync_api.expect(page.locator("#gallery canvas")).to_have_count(3)
    page.uncheck("#heat")
    sync_api.expect(page.locator("#gallery canvas")).to_have_count(0)
    page.click("#clear-pictures")
    assert not page.locator("#logo-results").is_visible()


def test_reviews(page: Any, tmp_path: Path) -> None:
    page.fill("#texts", "\n".join(TEXTS))
    page.press("#texts", "Control+Enter")
    sync_api.expect(page.locator("#reviews tr")).to_have_count(5)
    assert page.inner_text("#mood") == "All: 75 % positive of 4 reviews (95 % interval 30 to 95 %); 1 unsure"
    assert page.locator("#reviews mark.up").count() >= 3
    assert "<b>good</b>" in page.inner_text("#reviews")
    page.fill("#word", "FILM")
    assert page.locator("#reviews tr").count() == 2
    assert page.inner_text("#word-mood").startswith("“FILM”: 50 % positive of 2 reviews")
    assert "Not clearly different from the rest." in page.inner_text("#word-mood")
    assert_accessible(page)
    page.fill("#word", "")
    assert page.locator("#reviews tr").last.inner_text().split() == [
        "zzz",
        "unsure",
        "too",
        "few",
        "known",
        "words",
        "0.50",
    ]
    with saved(page, "#save-csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [*TEXTS[:3], "'=good", "zzz"]
    assert [row["label"] for row in rows] == ["positive", "negative", "positive", "positive", "unsure"]
    assert [row["reason"] for row in rows] == [""] * 4 + ["too few known words"]


def test_terms(page: Any, tmp_path: Path) -> None:
    page.fill("#texts", "good film, awful plot\n=the <b>film</b>\nzzz")
    page.fill("#terms", "film, plot, sound")
    page.press("#texts", "Control+Enter")
    sync_api.expect(page.locator("#reviews tr")).to_have_count(3)
    assert page.locator("#reviews li").all_inner_texts()[:2] == ["film: positive 0.62", "plot: negative 0.73"]
    assert page.locator("#reviews li").first.get_attribute("title") == "good film,"
    assert [row.split("\t") for row in page.locator("#term-rows tr").all_inner_texts()] == [
        ["plot", "1", "−0.46", "1 negative"], ["film", "2", "+0.12", "2 positive"],
    ]  # fmt: skip
    assert_accessible(page)
    with saved(page, "#save-csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["terms"] for row in rows] == ["film positive 0.62; plot negative 0.73", "film positive 0.50", ""]
    page.fill("#terms", "film, FILM")
    page.press("#texts", "Control+Enter")
    sync_api.expect(page.locator("#review-error")).to_have_text(
        "terms[1]: 'film' stands for 'film' already; leave one out"
    )
    table = tmp_path / "reviews.csv"
    table.write_text("text\ngood film\n")
    page.fill("#terms", "film")
    page.set_input_files("#table", table)
    sync_api.expect(page.locator("#reviews li")).to_have_text(["film: positive 0.62"])
    page.click("#clear-reviews")
    assert page.input_value("#terms") == ""


def test_a_table(page: Any, tmp_path: Path) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text("id,review\n" + "".join(f"{index},{text}\n" for index, text in enumerate(TEXTS * 60)))
    page.set_input_files("#table", table)
    sync_api.expect(page.locator("#review-error")).to_contain_text('no column "text"; there are: id, review')
    page.fill("#column", "review")
    page.set_input_files("#table", table)
    sync_api.expect(page.locator("#reviews-caption")).to_have_text("The first 200 of 300 reviews; the CSV has all")
    assert page.inner_text("#mood").startswith("All: 75 % positive of 240 reviews")


def test_boxes_as_stored_are_those_of_python(page: Any) -> None:
    size, box = {"width": 100, "height": 60}, {"left": 10, "top": 5, "width": 30, "height": 20}
    call = "([box, size, turned]) => import('/static/exif.js').then(module => module.toStored(box, size, turned))"
    for turned in range(1, 9):
        stored_size = (60, 100) if turned >= 5 else (100, 60)
        stored = orientation.to_stored(Box(**box, label=""), Header("JPEG", *stored_size, turned))
        expected = {"left": stored.left, "top": stored.top, "width": stored.width, "height": stored.height}
        assert page.evaluate(call, [box, size, turned]) == expected


def test_terms_are_whole_words(page: Any) -> None:
    call = "([term, text]) => import('/static/statistics.js').then(module => module.matcher(term)?.(text) ?? null)"
    cases = {
        ("bat", "battery"): False, ("battery life", "Battery  LIFE!"): True, ("größe", "Die Größe passt"): True,
        ("c++", "C++ is fine"): True, (" ", "a"): None, ("a.c", "abc"): False,
    }  # fmt: skip
    assert {case: page.evaluate(call, list(case)) for case in cases} == cases


@pytest.mark.parametrize("with_logo", [True, False])
def test_the_token_is_asked_for_and_only_what_there_is_is_shown(
    browser: Any, model_folder: Path, sentiment_folder: Path, with_logo: bool
) -> None:
    models = {"logo": model_folder} if with_logo else {"sentiment": sentiment_folder}
    with running(Settings(**models, port=0, token="secret")) as port:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        for token, text in itertools.zip_longest(("wrong", "secret"), ("That token is not the service's.",)):
            page.fill("[name=token]", token)
            page.press("[name=token]", "Enter")
            if text:
                sync_api.expect(page.locator("#status")).to_have_text(text)
        sync_api.expect(page.locator("#logo" if with_logo else "#sentiment")).to_be_visible(timeout=SLOW)
        assert not page.locator("#sentiment" if with_logo else "#logo").is_visible()
        page.close()
