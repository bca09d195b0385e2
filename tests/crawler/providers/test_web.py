import asyncio
import sys

import pytest

from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.web import MAX_TRIES, Web


class FakeEngine:
    """Replaces ddgs: returns these pages in turn, or raises them."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def __call__(self, query, *, page, max_results):
        self.requests.append((query, page, max_results))
        answer = self.answers.pop(0) if self.answers else RuntimeError("No results found.")
        if isinstance(answer, Exception):
            raise answer
        return answer


def result(name):
    return {"title": name.upper(), "image": f"https://a.example/{name}", "thumbnail": "t", "url": "https://a.example",
            "height": "60", "width": 80, "source": "Bing"}  # fmt: skip


def pages(engine, first_page=1):
    async def go():
        return [page async for page in Web(engine, interval=0.001).pages("mug", first_page)]

    return asyncio.run(go())


def test_nothing_found():
    assert pages(FakeEngine()) == []


def test_pages():
    engine = FakeEngine([result("a"), {"image": None}, {}], [result("a"), result("b")])
    first, second = pages(engine)
    assert first == (Candidate("https://a.example/a", "https://a.example", "A", width=80, height=60),)
    assert [candidate.url for candidate in second] == ["https://a.example/b"]
    assert engine.requests == [("mug", 1, None), ("mug", 2, None), ("mug", 3, None)]


def test_an_engine_that_repeats_its_last_page_ends_the_search():
    engine = FakeEngine(*[[result("a")]] * 50)
    assert len(pages(engine)) == 1
    assert len(engine.requests) == 2


def test_errors_are_retried():
    assert len(pages(FakeEngine(RuntimeError("202 Ratelimit"), TimeoutError(), [result("a")]))) == 1


def test_the_number_of_tries_is_limited():
    engine = FakeEngine(*[RuntimeError("202 Ratelimit")] * 50)
    with pytest.raises(SearchError, match=r"web: 202 Ratelimit; .*rerun in an hour"):
        pages(engine)
    assert len(engine.requests) == MAX_TRIES


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "ddgs", None)
    with pytest.raises(SearchError, match=r"pip install \"brandlens\[web\]\""):
        Web()


def test_with_the_package():
    ddgs = pytest.importorskip("ddgs")
    assert Web().search_images.__func__ is ddgs.ddgs.DDGS.images
