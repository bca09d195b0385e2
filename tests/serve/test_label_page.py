"""The label page in a real browser: what is drawn arrives in the XML to the pixel, and is right to look at."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.serve.settings import Settings

from .conftest import BOX, running

sync_api = pytest.importorskip("playwright.sync_api", reason='no playwright: pip install ".[browser]"')
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason='no axe-core: pip install ".[browser]"')

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: apt-get install chromium")
EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # turned clockwise
SCREENS = {"desk": (1280, 900, "light"), "phone": (390, 844, "dark")}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    flags = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=PROGRAM, args=flags)
        yield started
        started.close()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, scene: Callable[..., np.ndarray]) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for name in ("a", "b", "c <b>", "d", "e"):
        images.write(folder / f"{name}.png", scene((160, 120), BOX))
    jpeg = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))[1].tobytes()
    exif = b"\xff\xe1" + (len(EXIF) + 2).to_bytes(2, "big") + EXIF
    (folder / "turned.jpg").write_bytes(jpeg[:2] + exif + jpeg[2:])
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:200])
    return folder


@pytest.fixture(scope="module")
def address(photos: Path, model_folder: Path) -> Iterator[str]:
    with running(Settings(logo=model_folder, label_folder=photos, port=0)) as port:
        yield f"http://127.0.0.1:{port}"


class Window:
    """A window with the label page open, at the picture of a name."""

    def __init__(self, page: Any, address: str, name: str) -> None:
        self.page, self.messages = page, list[str]()
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("console", lambda message: self.messages.append(message.text))
        rows = httpx.get(f"{address}/label/pictures").json()["pictures"]
        names = [row["name"] for row in rows if row["id"] and not row["error"]]
        page.goto(f"{address}/label")
        page.locator("#number").wait_for()
        sync_api.expect(page.locator("#name")).not_to_be_empty()
        page.locator("#number").fill(str(names.index(name) + 1))
        page.locator("#number").press("Enter")
        sync_api.expect(page.locator("#name")).to_have_text(name)
        sync_api.expect(page.locator("#stage")).not_to_have_attribute("aria-busy", "true")
        page.locator("#stage").focus()

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a corner of a picture's pixel is in the window."""
        corner = self.page.locator("#picture").evaluate(
            "(picture, [x, y]) => { const place = picture.getBoundingClientRect();"
            "const scale = place.width / picture.offsetWidth; return [place.left + x * scale, place.top + y * scale] }",
            [x, y],
        )
        return corner[0], corner[1]

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        for at, action in ((start, self.page.mouse.down), (end, self.page.mouse.up)):
            self.page.mouse.move(*self.place(*at), steps=3)
            action()

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def wait_saved(self) -> None:
        sync_api.expect(self.page.locator("#saved")).to_have_text("Saved")


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Window]]:
    """A function of (name, screen=) that opens a window."""
    contexts = []

    def opened(name: str, screen: str = "desk") -> Window:
        width, height, scheme = SCREENS[screen]
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme))
        return Window(contexts[-1].new_page(), address, name)

    yield opened
    for context in contexts:
        context.close()


def saved(photos: Path, name: str) -> tuple[Box, ...] | None:
    """Return a picture's boxes in the file; None where it is not in it."""
    file = photos / "annotations.xml"
    pictures: list[Picture] = annotations.read(file) if file.exists() else []
    return next((picture.boxes for picture in pictures if picture.path.name == name), None)


def test_boxes_by_mouse_and_keyboard_at_two_zooms(visit: Callable[..., Window], photos: Path) -> None:
    window = visit("a.png")
    window.drag((13, 17), (41, 52))
    window.keys("Escape")
    for _ in range(4):
        window.page.locator("#zoom-in").click()
    window.page.locator("#stage").focus()
    window.drag((60, 40), (97, 71))
    window.drag((97, 71), (99, 73))  # the corner, now that it is selected
    window.drag((75, 50), (80, 53))  # the box
    window.wait_saved()
    first, second = Box(13, 17, 28, 35, "cola"), Box(65, 43, 39, 33, "cola")
    assert saved(photos, "a.png") == (first, second)
    window.keys("b", "Shift+ArrowRight", "ArrowUp", "Alt+ArrowRight", "Alt+Shift+ArrowDown", "i")
    window.wait_saved()
    (*_, third) = saved(photos, "a.png") or ()
    assert third.ignore
    shown = window.page.locator("#boxes li:last-child small").inner_text()
    assert shown == f"{third.width} × {third.height} at {third.left}, {third.top}"
    window.keys("f", "Delete", "Control+z", "Control+z", "Control+y", "Delete", ",", "Delete", ",", "Delete")
    window.wait_saved()
    assert saved(photos, "a.png") == (first,)
    assert window.messages == []


def test_a_turned_picture(visit: Callable[..., Window], photos: Path) -> None:
    window = visit("turned.jpg")
    assert window.page.locator("#picture").evaluate("picture => [picture.naturalWidth, picture.naturalHeight]") == [
        120, 160
    ]  # fmt: skip
    window.drag((10, 20), (40, 100))
    window.wait_saved()
    assert saved(photos, "turned.jpg") == (Box(20, 120 - 10 - 30, 80, 30, "cola"),)


def test_no_logo_and_suggestions(visit: Callable[..., Window], photos: Path) -> None:
    window = visit("b.png")
    window.page.locator("#suggested").wait_for()
    window.keys("a")
    window.wait_saved()
    boxes = saved(photos, "b.png")
    assert boxes and boxes[0].label == "cola"
    window.keys("0")  # and on
    sync_api.expect(window.page.locator("#name")).to_have_text("c <b>.png")
    window.wait_saved()
    assert saved(photos, "b.png") == ()
    assert (window.page.locator("#unreadable li").text_content() or "").startswith("broken.png")
    assert "brandlens init my-logo --pictures" in window.page.locator("#commands").inner_text()


def test_the_later_window_is_told(visit: Callable[..., Window], photos: Path) -> None:
    first, second = visit("d.png"), visit("d.png")
    first.drag((10, 10), (30, 30))
    first.wait_saved()
    second.drag((50, 50), (70, 70))
    second.page.locator("#conflict").wait_for()
    assert saved(photos, "d.png") == (Box(10, 10, 20, 20, "cola"),)
    second.page.locator("#keep-mine").click()
    second.wait_saved()
    assert saved(photos, "d.png") == (Box(50, 50, 20, 20, "cola"),)


def test_a_lost_connection(visit: Callable[..., Window], photos: Path) -> None:
    window = visit("e.png")
    window.page.context.set_offline(True)
    window.drag((10, 10), (30, 30))
    sync_api.expect(window.page.locator("#saved")).to_contain_text("trying again")
    window.page.context.set_offline(False)
    window.wait_saved()
    assert saved(photos, "e.png") == (Box(10, 10, 20, 20, "cola"),)


@pytest.mark.parametrize("screen", SCREENS)
def test_it_is_accessible_and_fits(visit: Callable[..., Window], screen: str) -> None:
    window = visit("c <b>.png", screen)
    window.page.locator("#suggested").wait_for()
    window.keys("b", "i")
    window.page.locator("#keys summary").click()
    result = axe.Axe().run(window.page)
    assert result.response["violations"] == [], result.generate_report()
    if folder := os.environ.get("BRANDLENS_SCREENSHOTS"):
        window.page.screenshot(path=f"{folder}/label-{screen}.png", full_page=True)
    widths = window.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    window.keys("Control+z", "Control+z")
