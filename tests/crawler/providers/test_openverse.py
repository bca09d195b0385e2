import asyncio
import time

import pytest

from brandlens.crawler.providers.candidates import Candidate, SearchError
from brandlens.crawler.providers.openverse import ID, SECRET, Openverse


def pages(provider, query="mug", first=1, most=100):
    """Up to so many of a provider's pages."""

    async def go():
        found = []
        answers = provider.pages(query, first)
        async for page in answers:
            found.append(page)
            if len(found) == most:
                break
        await answers.aclose()
        return found

    return asyncio.run(go())


@pytest.fixture
def openverse(web):
    return Openverse("a test", base=web.url, pace=0.01)


def test_nothing_found(openverse, web):
    assert pages(openverse) == []
    assert web.asked["/v1/images/"] == 1


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
    assert web.agents == {"a test"}


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        pytest.param(20, [20], id="one full page"),
        pytest.param(45, [20, 20, 5], id="a rest"),
        pytest.param(2000, [20] * 20, id="no more than its terms allow"),
    ],
)
def test_pages(openverse, web, count, sizes):
    web.results["mug"] = [f"/{number}" for number in range(count)]
    assert [len(page) for page in pages(openverse)] == sizes
    assert web.asked["/v1/images/"] == len(sizes)


def test_going_on_from_a_page(openverse, web):
    web.results["mug"] = [f"/{number}" for number in range(45)]
    assert [len(page) for page in pages(openverse, first=3)] == [5]
    assert pages(openverse, first=21) == []


def test_the_pace_is_kept(web):
    web.results["mug"] = [f"/{number}" for number in range(60)]
    start = time.perf_counter()
    pages(Openverse("a test", base=web.url, pace=0.1))
    assert time.perf_counter() - start >= 0.2


def test_it_is_asked_again_when_it_is_busy(openverse, web):
    web.results["mug"] = ["/1"]
    web.refusals = [(429, 0), (503, None)]
    assert len(pages(openverse)) == 1
    assert web.asked["/v1/images/"] == 3


@pytest.mark.parametrize(
    ("refusals", "times", "words"),
    [
        pytest.param(
            [(429, 3600)], 1, r"throttled \(asks to wait 3600 s\); .*OPENVERSE_CLIENT_ID", id="too long a wait"
        ),
        pytest.param([(500, None)] * 9, 4, "throttled; run it again later", id="down"),
        pytest.param([(400, None)], 1, "throttled", id="a wrong question"),
    ],
)
def test_refusals(openverse, web, refusals, times, words):
    web.refusals = refusals
    with pytest.raises(SearchError, match=f"^openverse: Request was {words}"):
        pages(openverse)
    assert web.asked["/v1/images/"] == times


@pytest.mark.parametrize(
    "answer", [[], {}, {"results": None}, {"results": [None, {"url": None}, {"url": "/1", "width": "x"}]}], ids=repr
)
def test_answers_that_are_not_as_documented(openverse, web, faulty, monkeypatch, answer):
    monkeypatch.setitem(faulty.APIS, "/v1/images/", lambda *_: (200, answer))
    if isinstance(answer, list):
        with pytest.raises(SearchError, match="not the JSON that it documents"):
            pages(openverse)
    else:
        assert [each.url for page in pages(openverse) for each in page] == ["/1"] * bool(answer.get("results"))


def test_a_server_that_is_down():
    with pytest.raises(SearchError, match=r"openverse: .*run it again later"):
        pages(Openverse("a test", base="http://127.0.0.1:9", pace=0.01))


def test_credentials(web):
    web.results["mug"] = [f"/{number}" for number in range(40)]
    assert len(pages(Openverse("a test", base=web.url, credentials=("me", "right"), pace=0.01))) == 2
    assert web.asked["/v1/auth_tokens/token/"] == 1
    with pytest.raises(SearchError, match=f"openverse: invalid_client; .*check {ID} and {SECRET}"):
        pages(Openverse("a test", base=web.url, credentials=("me", "wrong"), pace=0.01))


def test_credentials_come_from_the_environment(monkeypatch):
    monkeypatch.delenv(ID, raising=False)
    monkeypatch.delenv(SECRET, raising=False)
    anonymous = Openverse.of_environment("a test")
    monkeypatch.setenv(ID, "me")
    with pytest.raises(SearchError, match="one is not set"):
        Openverse.of_environment("a test")
    monkeypatch.setenv(SECRET, "right")
    known = Openverse.of_environment("a test")
    assert (anonymous.credentials, known.credentials) == (None, ("me", "right"))
    assert known.api.pace < anonymous.api.pace == 1.0
