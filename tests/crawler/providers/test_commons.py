import asyncio

import pytest

from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.commons import Commons


def pages(provider, query="mug", first_page=1):
    async def go():
        return [page async for page in provider.pages(query, first_page)]

    return asyncio.run(go())


@pytest.fixture
def commons(web):
    return Commons("a test", "me@example.org", base_url=web.url, interval=0.01)


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
    assert [candidate.url for page in found for candidate in page] == [f"{web.url}/{number}" for number in range(120)]
    assert [len(page) for page in pages(commons, first_page=3)] == [20]


def test_a_lag_of_its_databases_is_retried(commons, fake_web, web, monkeypatch):
    """MediaWiki reports it in an answer whose status is 200."""
    web.results["mug"] = ["/1"]
    lag = {"error": {"code": "maxlag", "info": "Waiting for a database: 6 seconds lagged."}}
    answers = [(200, lag, 0), (200, lag)]  # the second answer has no Retry-After

    def answer(*arguments):
        return answers.pop(0) if answers else fake_web.commons(*arguments)

    monkeypatch.setitem(fake_web.APIS, "/w/api.php", answer)
    with pytest.raises(SearchError, match=r"commons: Waiting for a database: 6 seconds lagged; rerun later"):
        pages(commons)
    assert web.request_counts["/w/api.php"] == 2
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
def test_undocumented_answers(commons, fake_web, monkeypatch, answer):
    monkeypatch.setitem(fake_web.APIS, "/w/api.php", lambda *_: (200, answer))
    assert pages(commons) == [()]


def test_a_file_with_little_metadata(commons, fake_web, monkeypatch):
    info = {"url": "https://a.example/b.jpg", "width": 20, "height": 10, "extmetadata": [], "thumburl": ""}
    page = {"title": "File:A.b.jpg", "imageinfo": [info]}
    monkeypatch.setitem(fake_web.APIS, "/w/api.php", lambda *_: (200, {"query": {"pages": [page]}}))
    assert pages(commons) == [(Candidate("https://a.example/b.jpg", title="A.b", width=20, height=10),)]


def test_a_contact_is_required():
    with pytest.raises(SearchError, match="--contact"):
        Commons("a test", None)
