import pytest

from brandlens.crawler import state
from brandlens.crawler.providers.candidates import Candidate
from brandlens.crawler.state import CrawlState, Failed, Fetched

MUG, DESK = ("openverse", "mug", False), ("openverse", "desk", True)
FETCHED = Fetched("ab.jpg", "abcd", 7, 80, 60, 999, "2026-03-01T12:00:00+00:00")
FAILED = Failed("missing", "404 Not Found", "2026-03-01T12:00:00+00:00")


def candidates(*names):
    return [Candidate(f"https://a.example/{name}", title=name) for name in names]


@pytest.fixture
def crawl():
    """Return the state of two searches, of which the first has two pages."""
    made = CrawlState.from_records([state.searches_record([MUG, DESK])])
    made.apply(state.page_record(made.searches[MUG], candidates("a", "b")))
    made.apply(state.page_record(made.searches[MUG], candidates("c")))
    made.apply(state.page_record(made.searches[DESK], candidates("d", "a")))
    return made


def test_no_records():
    assert CrawlState.from_records([]) == CrawlState()
    assert list(CrawlState().pending(10)) == []


def test_searches(crawl):
    mug = crawl.searches[MUG]
    assert (mug.index, mug.num_pages, mug.num_candidates, mug.exhausted) == (0, 2, 3, False)
    crawl.apply(state.exhausted_record(mug))
    assert mug.exhausted
    crawl.apply(state.searches_record([("commons", "mug", False)]))
    assert crawl.searches["commons", "mug", False].index == 2


def test_an_address_belongs_to_the_search_that_may_show_the_logo(crawl):
    entry = crawl.entries["https://a.example/a"]
    assert (entry.search.query, entry.rank) == ("mug", 0)
    crawl.apply(state.searches_record([("commons", "table", False)]))
    crawl.apply(state.outcome_record("https://a.example/d", FETCHED))
    crawl.apply(state.page_record(crawl.searches["commons", "table", False], candidates("b", "d")))
    entry = crawl.entries["https://a.example/d"]
    assert (entry.search.query, entry.outcome) == ("table", FETCHED)  # a negative before, and fetched already
    assert crawl.entries["https://a.example/b"].search.query == "mug"


def test_pending(crawl):
    crawl.apply(state.outcome_record("https://a.example/a", FETCHED))
    crawl.apply(state.outcome_record("https://a.example/b", FAILED))
    assert [entry.candidate.title for entry in crawl.pending(3)] == ["c", "d"]
    assert [entry.candidate.title for entry in crawl.pending(2)] == ["d"]
    crawl.apply(state.outcome_record("https://a.example/b", FETCHED))  # the last outcome counts
    assert crawl.entries["https://a.example/b"].outcome == FETCHED


def test_records_hold_what_is_stated(crawl):
    full = Candidate("u", "p", "t", "l", "lu", "c", "a", 1, 2)
    record = state.page_record(crawl.searches[MUG], [full, Candidate("v")])
    assert record["candidates"][1] == {"url": "v"}
    crawl.apply(record)
    assert crawl.entries["u"].candidate == full
    crawl.apply(state.kept_record({"b", "a"}))
    assert crawl.kept == {"a", "b"}
