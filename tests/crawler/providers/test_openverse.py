import asyncio
import time

import pytest

from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.openverse import ID, SECRET, Openverse


def pages(provider, query="mug", first_page=1, max_pages=100):
    """Return at most so many of a provider's pages."""

    async def go():
        collected = []
        generator = provider.pages(query, first_page)
        async for page in generator:
            collected.append(page)
            if len(collected) == max_pages:
                break
        await generator.aclose()
        return collected

    return asyncio.run(go())


@pytest.fixture
def openverse(web):
    return Openverse("a test", base_url=web.url, interval=0.01)


def test_nothing_found(openverse, web):
    assert pages(openverse) == []
    assert web.request_counts["/v1/images/"] == 1


def test_a_candidate(openverse, web):
    web.results["mug"] = ["/pictures/good/1.jpg"]
    assert pages(openverse) == [
        (
            Candidate(
                url=f"{web.url}/pictures/good/1.jpg",
                page=f"{web.url}/page",
                title="Picture 1.jpg",
                licence="CC BY 2.0",
                licence_url="https://creativecommons.org/licenses/by/2.0/",
                creator="Ada",
                attribution='"Picture 1.jpg" by Ada is licensed under CC BY 2.0.',
                width=160,
                height=120,
            ),
        )
    ]
    assert web.user_agents == {"a test"}


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        pytest.param(20, [20], id="one full page"),
        pytest.param(45, [20, 20, 5], id="a last page"),
        pytest.param(2000, [20] * 20, id="at most what its terms allow"),
    ],
)
def test_pages(openverse, web, count, sizes):
    web.results["mug"] = [f"/{number}" for number in range(count)]
    assert [len(page) for page in pages(openverse)] == sizes
    assert web.request_counts["/v1/images/"] == len(sizes)


def test_starting_at_a_later_page(openverse, web):
    web.results["mug"] = [f"/{number}" for number in range(45)]
    assert [len(page) for page in pages(openverse, first_page=3)] == [5]
    assert pages(openverse, first_page=21) == []


def test_requests_are_spaced(web):
    web.results["mug"] = [f"/{number}" for number in range(60)]
    start = time.perf_counter()
    pages(Openverse("a test", base_url=web.url, interval=0.1))
    assert time.perf_counter() - start >= 0.2


def test_busy_answers_are_retried(openverse, web):
    web.results["mug"] = ["/1"]
    web.api_errors = [(429, 0), (503, None)]
    assert len(pages(openverse)) == 1
    assert web.request_counts["/v1/images/"] == 3


@pytest.mark.parametrize(
    ("api_errors", "num_requests", "message"),
    [
        pytest.param(
            [(429, 3600)], 1, r"throttled \(asks to wait 3600 s\); .*OPENVERSE_CLIENT_ID", id="wait is too long"
        ),
        pytest.param([(500, None)] * 9, 4, "throttled; rerun later", id="down"),
        pytest.param([(400, None)], 1, "throttled", id="bad request"),
    ],
)
def test_error_messages(openverse, web, api_errors, num_requests, message):
    web.api_errors = api_errors
    with pytest.raises(SearchError, match=f"^openverse: Request was {message}"):
        pages(openverse)
    assert web.request_counts["/v1/images/"] == num_requests


@pytest.mark.parametrize(
    "answer", [[], {}, {"results": None}, {"results": [None, {"url": None}, {"url": "/1", "width": "x"}]}], ids=repr
)
def test_undocumented_answers(openverse, web, fake_web, monkeypatch, answer):
    monkeypatch.setitem(fake_web.APIS, "/v1/images/", lambda *_: (200, answer))
    if isinstance(answer, list):
        with pytest.raises(SearchError, match="not the JSON that it documents"):
            pages(openverse)
    else:
        assert [candidate.url for page in pages(openverse) for candidate in page] == ["/1"] * bool(
            answer.get("results")
        )


def test_a_server_that_is_down():
    with pytest.raises(SearchError, match=r"openverse: .*rerun later"):
        pages(Openverse("a test", base_url="http://127.0.0.1:9", interval=0.01))


def test_credentials(web):
    web.results["mug"] = [f"/{number}" for number in range(40)]
    assert len(pages(Openverse("a test", base_url=web.url, credentials=("me", "right"), interval=0.01))) == 2
    assert web.request_counts["/v1/auth_tokens/token/"] == 1
    with pytest.raises(SearchError, match=f"openverse: invalid_client; .*check {ID} and {SECRET}"):
        pages(Openverse("a test", base_url=web.url, credentials=("me", "wrong"), interval=0.01))


def test_credentials_from_the_environment(monkeypatch):
    monkeypatch.delenv(ID, raising=False)
    monkeypatch.delenv(SECRET, raising=False)
    anonymous = Openverse.from_environment("a test")
    monkeypatch.setenv(ID, "me")
    with pytest.raises(SearchError, match="one is not set"):
        Openverse.from_environment("a test")
    monkeypatch.setenv(SECRET, "right")
    registered = Openverse.from_environment("a test")
    assert (anonymous.credentials, registered.credentials) == (None, ("me", "right"))
    assert registered.api.interval < anonymous.api.interval == 1.0
