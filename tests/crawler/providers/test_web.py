import asyncio
import sys

import pytest

from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.web import TRIES, Web


class Engine:
    """Stands in for ddgs: gives these pages in turn, or raises them."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, query, *, page, max_results):
        self.asked.append((query, page, max_results))
        answer = self.answers.pop(0) if self.answers else RuntimeError("No results found.")
        if isinstance(answer, Exception):
            raise answer
        return answer


def result(name):
    return {"title": name.upper(), "image": f"https://a.example/{name}", "thumbnail": "t", "url": "https://a.example",
            "height": "60", "width": 80, "source": "Bing"}  # fmt: skip


def pages(engine, first=1):
    async def go():
        return [page async for page in Web(engine, pace=0.001).pages("mug", first)]

    return asyncio.run(go())


def test_nothing_found():
    assert pages(Engine()) == []


def test_pages():
    engine = Engine([result("a"), {"image": None}, {}], [result("a"), result("b")])
    first, second = pages(engine)
    assert first == (Candidate("https://a.example/a", "https://a.example", "A", width=80, height=60),)
    assert [each.url for each in second] == ["https://a.example/b"]
    assert engine.asked == [("mug", 1, None), ("mug", 2, None), ("mug", 3, None)]


def test_an_engine_that_repeats_its_last_page_is_not_asked_for_ever():
    engine = Engine(*[[result("a")]] * 50)
    assert len(pages(engine)) == 1
    assert len(engine.asked) == 2


def test_an_engine_that_turns_away_is_asked_again():
    assert len(pages(Engine(RuntimeError("202 Ratelimit"), TimeoutError(), [result("a")]))) == 1


def test_but_not_for_ever():
    engine = Engine(*[RuntimeError("202 Ratelimit")] * 50)
    with pytest.raises(SearchError, match=r"web: 202 Ratelimit; .*run it again in an hour"):
        pages(engine)
    assert len(engine.asked) == TRIES


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "ddgs", None)
    with pytest.raises(SearchError, match=r"pip install \"brandlens\[web\]\""):
        Web()


def test_with_the_package():
    ddgs = pytest.importorskip("ddgs")
    assert Web().images.__func__ is ddgs.ddgs.DDGS.images
