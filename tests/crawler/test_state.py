import pytest

from brandlens.crawler import state as book
from brandlens.crawler.providers.candidates import Candidate
from brandlens.crawler.state import CrawlState, Failed, Fetched

MUG, DESK = ("openverse", "mug", False), ("openverse", "desk", True)
CAME = Fetched("ab.jpg", "abcd", 7, 80, 60, 999, "2026-03-01T12:00:00+00:00")
NOT = Failed("missing", "404 Not Found", "2026-03-01T12:00:00+00:00")


def candidates(*names):
    return [Candidate(f"https://a.example/{name}", title=name) for name in names]


@pytest.fixture
def ledger():
    """Of two searches, of which the first has two pages."""
    made = CrawlState.of([book.wanted([MUG, DESK])])
    made.enter(book.page(made.searches[MUG], candidates("a", "b")))
    made.enter(book.page(made.searches[MUG], candidates("c")))
    made.enter(book.page(made.searches[DESK], candidates("d", "a")))
    return made


def test_nothing():
    assert CrawlState.of([]) == CrawlState()
    assert list(CrawlState().waiting(10)) == []


def test_searches(ledger):
    mug = ledger.searches[MUG]
    assert (mug.number, mug.pages, mug.found, mug.done) == (0, 2, 3, False)
    ledger.enter(book.done(mug))
    assert mug.done
    ledger.enter(book.wanted([("commons", "mug", False)]))
    assert ledger.searches["commons", "mug", False].number == 2


def test_an_address_belongs_to_the_search_that_may_show_the_logo(ledger):
    entry = ledger.entries["https://a.example/a"]
    assert (entry.search.query, entry.rank) == ("mug", 0)
    ledger.enter(book.wanted([("commons", "table", False)]))
    ledger.enter(book.outcome("https://a.example/d", CAME))
    ledger.enter(book.page(ledger.searches["commons", "table", False], candidates("b", "d")))
    entry = ledger.entries["https://a.example/d"]
    assert (entry.search.query, entry.outcome) == ("table", CAME)  # once a negative, and fetched already
    assert ledger.entries["https://a.example/b"].search.query == "mug"


def test_what_waits(ledger):
    ledger.enter(book.outcome("https://a.example/a", CAME))
    ledger.enter(book.outcome("https://a.example/b", NOT))
    assert [entry.candidate.title for entry in ledger.waiting(3)] == ["c", "d"]
    assert [entry.candidate.title for entry in ledger.waiting(2)] == ["d"]
    ledger.enter(book.outcome("https://a.example/b", CAME))  # the last word counts
    assert ledger.entries["https://a.example/b"].outcome == CAME


def test_records_are_plain(ledger):
    whole = Candidate("u", "p", "t", "l", "lu", "c", "a", 1, 2)
    record = book.page(ledger.searches[MUG], [whole, Candidate("v")])
    assert record["candidates"][1] == {"url": "v"}
    ledger.enter(record)
    assert ledger.entries["u"].candidate == whole
    ledger.enter(book.settled({"b", "a"}))
    assert ledger.kept == {"a", "b"}
