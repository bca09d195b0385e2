import asyncio

import pytest

from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.commons import Commons


def pages(provider, query="mug", first=1):
    async def go():
        return [page async for page in provider.pages(query, first)]

    return asyncio.run(go())


@pytest.fixture
def commons(web):
    return Commons("a test", "me@example.org", base=web.url, pace=0.01)


def test_nothing_found(commons):
    assert pages(commons) == [()]


def test_a_candidate(commons, web):
    web.results["mug"] = ["/pictures/good/1.jpg"]
    assert pages(commons) == [
        (
            Candidate(
                url=f"{web.url}/pictures/good/1.jpg",
                page=f"{web.url}/wiki",
                title="1",
                licence="CC BY-SA 4.0",
                licence_url="https://creativecommons.org/licenses/by-sa/4.0",
                creator="Ada & Co",
                width=1280,
                height=960,
            ),
        )
    ]


def test_pages_in_the_order_of_the_search(commons, web):
    web.results["mug"] = [f"/{number}" for number in range(120)]
    found = pages(commons)
    assert [len(page) for page in found] == [50, 50, 20]
    assert [each.url for page in found for each in page] == [f"{web.url}/{number}" for number in range(120)]
    assert [len(page) for page in pages(commons, first=3)] == [20]


def test_it_is_asked_again_when_its_databases_lag(commons, faulty, web, monkeypatch):
    """MediaWiki says so in an answer that is fine by its status."""
    web.results["mug"] = ["/1"]
    lag = {"error": {"code": "maxlag", "info": "Waiting for a database: 6 seconds lagged."}}
    answers = [(200, lag, 0), (200, lag)]  # the second time it does not say when to come again

    def answered(*words):
        return answers.pop(0) if answers else faulty.commons(*words)

    monkeypatch.setitem(faulty.APIS, "/w/api.php", answered)
    with pytest.raises(SearchError, match=r"commons: Waiting for a database: 6 seconds lagged; run it again later"):
        pages(commons)
    assert web.asked["/w/api.php"] == 2
    assert len(pages(commons)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"query": []},
        {"query": {"pages": {"1": {}}}},
        {"query": {"pages": [None, {}, {"imageinfo": []}, {"imageinfo": [{"url": None}]}]}},
    ],
    ids=repr,
)
def test_answers_that_are_not_as_documented(commons, faulty, monkeypatch, answer):
    monkeypatch.setitem(faulty.APIS, "/w/api.php", lambda *_: (200, answer))
    assert pages(commons) == [()]


def test_a_file_of_which_little_is_known(commons, faulty, monkeypatch):
    info = {"url": "https://a.example/b.jpg", "width": 20, "height": 10, "extmetadata": [], "thumburl": ""}
    page = {"title": "File:A.b.jpg", "imageinfo": [info]}
    monkeypatch.setitem(faulty.APIS, "/w/api.php", lambda *_: (200, {"query": {"pages": [page]}}))
    assert pages(commons) == [(Candidate("https://a.example/b.jpg", title="A.b", width=20, height=10),)]


def test_wikimedia_wants_a_contact():
    with pytest.raises(SearchError, match="--contact"):
        Commons("a test", None)
