"""What a journal's records add up to: the searches, and of every address what became of it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from brandlens.crawler.journal import Record
from brandlens.crawler.providers.candidates import LISTS, Candidate

Wanted = tuple[str, str, bool]  # provider, query, whether for negatives


@dataclass
class Search:
    """A query to a provider. negative: for pictures that do not show the logo.

    number: of the searches of a folder, the first is 0. pages, found: so far. done: the provider has no more.
    """

    number: int
    provider: str
    query: str
    negative: bool
    pages: int = 0
    found: int = 0
    done: bool = False


@dataclass(frozen=True)
class Fetched:
    """A picture that arrived and was proven. name: of its file, by its content. fingerprint: see `duplicates`."""

    name: str
    sha256: str
    fingerprint: int
    width: int
    height: int
    size: int
    at: str


@dataclass(frozen=True)
class Failed:
    """Why a picture was refused: a key of refusals.REASONS, and a detail for people."""

    reason: str
    detail: str
    at: str


Outcome = Fetched | Failed | None


@dataclass
class Entry:
    """An address, the search that names it first, and its place among that search's candidates."""

    candidate: Candidate
    search: Search
    rank: int
    outcome: Outcome = None

    @property
    def order(self) -> tuple[bool, int, int]:
        """What decides which of two equal pictures is kept: one that may show the logo first."""
        return self.search.negative, self.search.number, self.rank


@dataclass
class CrawlState:
    """searches: by provider, query and whether negative. entries: by address. kept: SHA-256s of the last settlement."""

    searches: dict[Wanted, Search] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    @classmethod
    def of(cls, records: Iterable[Record]) -> "CrawlState":
        """The ledger that these records lead to."""
        ledger = cls()
        for record in records:
            ledger.enter(record)
        return ledger

    def enter(self, record: Record) -> None:
        """One more record, of one of the kinds that are made below."""
        match record["kind"]:
            case "wanted":
                for provider, query, negative in record["searches"]:
                    number = len(self.searches)
                    self.searches[provider, query, negative] = Search(number, provider, query, negative)
            case "page":
                self._page(self._numbered(record["search"]), [Candidate(**each) for each in record["candidates"]])
            case "done":
                self._numbered(record["search"]).done = True
            case "fetched":
                self.entries[record["url"]].outcome = _made(Fetched, record)
            case "failed":
                self.entries[record["url"]].outcome = _made(Failed, record)
            case "settled":
                self.kept = frozenset(record["kept"])

    def _numbered(self, number: int) -> Search:
        return next(search for search in self.searches.values() if search.number == number)

    def _page(self, search: Search, candidates: list[Candidate]) -> None:
        search.pages += 1
        for rank, candidate in enumerate(candidates, search.found):
            there = self.entries.get(candidate.url)
            entry = Entry(candidate, search, rank, there.outcome if there else None)
            if there is None or entry.order < there.order:
                self.entries[candidate.url] = entry
        search.found += len(candidates)

    def holds(self, candidate: Candidate, search: Search | None) -> bool:
        """Whether it is an entry of this search already."""
        entry = self.entries.get(candidate.url)
        return entry is not None and entry.search is search

    def waiting(self, limit: int) -> Iterator[Entry]:
        """Those to be fetched, of each search its `limit` first, of a user's own list all."""
        asked = (entry for entry in self.entries.values() if entry.outcome is None)
        return (entry for entry in asked if entry.rank < limit or entry.search.provider in LISTS)


def wanted(searches: Iterable[Wanted]) -> Record:
    """Searches that a run is to make, in an order that no answer's speed decides."""
    return {"kind": "wanted", "searches": [list(each) for each in searches]}


def page(of: Search, candidates: Iterable[Candidate]) -> Record:
    """The next page of a search."""
    return {"kind": "page", "search": of.number, "candidates": [_terse(each) for each in candidates]}


def done(of: Search) -> Record:
    """A search has no further page."""
    return {"kind": "done", "search": of.number}


def outcome(url: str, came: Fetched | Failed) -> Record:
    """What became of an address."""
    return {"kind": "fetched" if isinstance(came, Fetched) else "failed", "url": url, **asdict(came)}


def settled(kept: Iterable[str]) -> Record:
    """The pictures that a run ended with, by their SHA-256s."""
    return {"kind": "settled", "kept": sorted(kept)}


def _terse(candidate: Candidate) -> dict[str, Any]:
    return {name: value for name, value in asdict(candidate).items() if value not in ("", None)}


def _made(kind: type[Any], record: Record) -> Any:
    return kind(**{each.name: record[each.name] for each in fields(kind)})
