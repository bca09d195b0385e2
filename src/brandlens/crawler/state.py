"""The state that a journal's records lead to: the searches, and of every address its outcome."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from brandlens.crawler.journal import Record
from brandlens.crawler.providers.candidates import USER_LISTS, Candidate

SearchKey = tuple[str, str, bool]  # provider, query, whether for negatives


@dataclass
class Search:
    """A query to a provider, and how far it has come.

    index: among the searches of a folder. negative: for pictures that do not show the logo. num_pages, num_candidates:
    received so far. exhausted: the provider has no more.
    """

    index: int
    provider: str
    query: str
    negative: bool
    num_pages: int = 0
    num_candidates: int = 0
    exhausted: bool = False


@dataclass(frozen=True)
class Fetched:
    """A picture that was fetched and validated.

    file_name: made of its content. phash: see `datasets.image_dedup`. fetched_at: ISO 8601, in UTC.
    """

    file_name: str
    sha256: str
    phash: int
    width: int
    height: int
    num_bytes: int
    fetched_at: str


@dataclass(frozen=True)
class Failed:
    """A picture that was not taken. reason: a key of REASONS. detail: for people. failed_at: ISO 8601, in UTC."""

    reason: str
    detail: str
    failed_at: str


Outcome = Fetched | Failed | None


@dataclass
class Entry:
    """An address, the search that names it first, and its rank among that search's candidates."""

    candidate: Candidate
    search: Search
    rank: int
    outcome: Outcome = None

    @property
    def priority(self) -> tuple[bool, int, int]:
        """Return the key that decides which of two equal pictures is kept: one that may show the logo comes first."""
        return self.search.negative, self.search.index, self.rank


@dataclass
class CrawlState:
    """searches: by provider, query and negative. entries: by address. kept: SHA-256s of what the last run kept."""

    searches: dict[SearchKey, Search] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> "CrawlState":
        """Apply the records of a journal, in their order, to an empty state."""
        state = cls()
        for record in records:
            state.apply(record)
        return state

    def apply(self, record: Record) -> None:
        """Apply one more record, of one of the kinds that the functions below make."""
        match record["kind"]:
            case "searches":
                for provider, query, negative in record["searches"]:
                    index = len(self.searches)
                    self.searches[provider, query, negative] = Search(index, provider, query, negative)
            case "page":
                candidates = [Candidate(**values) for values in record["candidates"]]
                self._add_page(self._search_at(record["search"]), candidates)
            case "exhausted":
                self._search_at(record["search"]).exhausted = True
            case "fetched":
                self.entries[record["url"]].outcome = _from_record(Fetched, record)
            case "failed":
                self.entries[record["url"]].outcome = _from_record(Failed, record)
            case "kept":
                self.kept = frozenset(record["sha256s"])

    def _search_at(self, index: int) -> Search:
        return next(search for search in self.searches.values() if search.index == index)

    def _add_page(self, search: Search, candidates: list[Candidate]) -> None:
        search.num_pages += 1
        for rank, candidate in enumerate(candidates, search.num_candidates):
            known = self.entries.get(candidate.url)
            entry = Entry(candidate, search, rank, known.outcome if known else None)
            if known is None or entry.priority < known.priority:
                self.entries[candidate.url] = entry
        search.num_candidates += len(candidates)

    def contains(self, candidate: Candidate, search: Search | None) -> bool:
        """Return whether the candidate is an entry of this search already."""
        entry = self.entries.get(candidate.url)
        return entry is not None and entry.search is search

    def pending(self, limit: int) -> Iterator[Entry]:
        """Return the entries to be fetched: of each search the first `limit`, of a user's own list all."""
        without_outcome = (entry for entry in self.entries.values() if entry.outcome is None)
        return (entry for entry in without_outcome if entry.rank < limit or entry.search.provider in USER_LISTS)


def searches_record(searches: Iterable[SearchKey]) -> Record:
    """Return the record of new searches, in an order that does not depend on which provider answers first."""
    return {"kind": "searches", "searches": [list(search) for search in searches]}


def page_record(search: Search, candidates: Iterable[Candidate]) -> Record:
    """Return the record of the next page of a search."""
    return {"kind": "page", "search": search.index, "candidates": list(map(_stated_fields, candidates))}


def exhausted_record(search: Search) -> Record:
    """Return the record that a search has no further page."""
    return {"kind": "exhausted", "search": search.index}


def outcome_record(url: str, outcome: Fetched | Failed) -> Record:
    """Return the record of what became of an address."""
    return {"kind": "fetched" if isinstance(outcome, Fetched) else "failed", "url": url, **asdict(outcome)}


def kept_record(sha256s: Iterable[str]) -> Record:
    """Return the record of the pictures that a run kept, by their SHA-256s."""
    return {"kind": "kept", "sha256s": sorted(sha256s)}


def _stated_fields(candidate: Candidate) -> dict[str, Any]:
    return {name: value for name, value in asdict(candidate).items() if value not in ("", None)}


def _from_record(kind: type[Any], record: Record) -> Any:
    return kind(**{field.name: record[field.name] for field in fields(kind)})
