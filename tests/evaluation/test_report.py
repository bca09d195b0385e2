import base64
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from brandlens.evaluation.report import Figure, Section, beside, render

EVIL = "<script>alert('title')</script>"


class Page(HTMLParser):
    """What a page is made of: names of tags, addresses, and texts outside the style sheet."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.addresses, self.texts = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        if data.strip() and self.tags[-1] != "style":
            self.texts.append(data.strip())


@pytest.fixture
def png(tmp_path):
    path = tmp_path / "plot.png"
    cv2.imwrite(str(path), np.zeros((4, 4, 3), np.uint8))
    return path


@pytest.mark.parametrize(
    ("sections", "headings"),
    [
        pytest.param([], [], id="no sections"),
        pytest.param([Section("Logo")], ["Logo"], id="a title alone"),
        pytest.param([Section(name) for name in "abc"], list("abcabc"), id="many sections are also linked at the top"),
    ],
)
def test_render_sections(sections, headings):
    page = Page(render("Report", sections))
    assert page.texts == ["Report", "Report", *headings]
    assert page.tags.count("section") == len(sections)


def test_render_everything(png):
    table = beside({"model": {"f1": 0.98765, "hits": 1234}, "always no": {"f1": 0.0}}, {"f1": "F1", "hits": "hits"})
    section = Section("Boxes", "First part.\n\nSecond part.", table, [Figure(png, "Where it was found.")])
    page = Page(render("Report", [section]))
    body = page.texts[page.texts.index("Boxes") :]
    cells = ["model", "always no", "F1", "0.988", "0.000", "hits", "1,234"]
    assert body == ["Boxes", "First part.", "Second part.", *cells, "Where it was found."]
    assert base64.b64decode(page.addresses[0].removeprefix("data:image/png;base64,")) == png.read_bytes()


@pytest.mark.parametrize(
    "section",
    [
        pytest.param(Section(EVIL), id="heading"),
        pytest.param(Section("", EVIL), id="text"),
        pytest.param(Section("", table=([EVIL], [[EVIL]])), id="table"),
    ],
)
def test_render_escapes(section):
    html = render(EVIL, [section] * 3)
    assert "script" not in Page(html).tags
    assert EVIL in Page(html).texts


def test_render_escapes_a_caption(png):
    page = Page(render("Report", [Section("", figures=[Figure(png, '"><script>')])]))
    assert "script" not in page.tags
    assert '"><script>' in page.texts


def test_render_needs_nothing_from_elsewhere(png):
    page = Page(render("Report", [Section(name, figures=[Figure(png, "")]) for name in "abc"]))
    assert all(address.startswith(("data:", "#")) for address in page.addresses)


def test_render_lets_long_texts_run_over_several_lines():
    html = render("Report", [Section("", table=(["score", "text"], [["0.9", "short"], ["0.1", "long " * 20]]))])
    assert html.count('class="prose"') == 1


def test_beside_with_nothing_to_compare():
    assert beside({}, {}) == ([""], [])
