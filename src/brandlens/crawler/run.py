"""A run: searches and fetches side by side, writes down what comes of it, and settles what is kept."""

import asyncio
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tqdm import tqdm

from brandlens.crawler import manifest, select
from brandlens.crawler import state as book
from brandlens.crawler.fetch import fetcher
from brandlens.crawler.fetch.fetcher import Download, Fetcher, Limits
from brandlens.crawler.fetch.network import Network
from brandlens.crawler.fetch.reasons import FetchError
from brandlens.crawler.fetch.validate import validate
from brandlens.crawler.host_queues import HostQueues
from brandlens.crawler.journal import Journal, Record
from brandlens.crawler.providers.candidates import LISTS, Provider, SearchError
from brandlens.crawler.providers.registry import LOCAL
from brandlens.crawler.state import CrawlState, Entry, Failed, Fetched, Search, Wanted
from brandlens.datasets.scraped_layout import FRESH
from brandlens.errors import UserError

DIGITS = 20  # of the SHA-256, in a file's name


@dataclass(frozen=True)
class CollectOptions:
    """What a run is to bring. limit: candidates of a search. distance: bits within which pictures are duplicates.

    smallest: pixels that a picture's shorter side must have; largest: pixels in all that it may have.
    retry: reasons of refusals that are asked again.
    """

    searches: Sequence[Wanted] = ()
    limit: int = 200
    smallest: int = 64
    largest: int = 50_000_000
    distance: int = 6
    retry: Collection[str] = ()


@dataclass(frozen=True)
class Result:
    """What is in the folder when a run ends: addresses by status, and the refused ones by reason.

    negatives: of the kept ones. asked: addresses asked for in this run. troubles: searches that brought nothing.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    negatives: int = 0
    asked: int = 0
    troubles: Sequence[str] = ()

    @property
    def share(self) -> float:
        """Of the addresses asked for so far, those that gave a picture; 1 for none."""
        came = sum(self.statuses[status] for status in ("kept", "duplicate", "removed"))
        return came / total if (total := came + self.statuses["refused"]) else 1.0


def collect(
    folder: Path,
    wish: CollectOptions,
    providers: Mapping[str, Provider],
    *,
    contact: str | None = None,
    limits: Limits | None = None,
    allowed: Sequence[Network] = (),
) -> Result:
    """Fill the folder, going on with what earlier runs brought: nothing that came is fetched again.

    Raises UserError when there is nothing at all, another run is at work in the folder, or it cannot be written.
    """
    manifest.pyarrow()  # rather now than when all is fetched
    with Journal(folder) as journal:
        run = _Run(folder, wish, journal, limits or Limits())
        try:
            asyncio.run(run.go(providers, fetcher.agent(contact), allowed))
            return run.end()
        except BaseExceptionGroup as group:
            error = _first(group)
        except OSError as failure:
            error = failure
        if isinstance(error, OSError):
            raise UserError(f"{folder}: cannot be written: {error.strerror or error}") from None
        raise error


def _first(group: BaseExceptionGroup) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


class _Run:
    def __init__(self, folder: Path, wish: CollectOptions, journal: Journal, limits: Limits) -> None:
        self.folder, self.wish, self.journal, self.limits = folder, wish, journal, limits
        self.ledger = CrawlState.of(journal.records())
        lost = {url for url, verdict in select.decide(self.ledger, folder, wish.distance).items() if verdict.lost}
        self.again = [
            entry for url, entry in self.ledger.entries.items()
            if url in lost or (isinstance(entry.outcome, Failed) and entry.outcome.reason in wish.retry)
        ]  # fmt: skip
        for entry in self.again:
            entry.outcome = None
        self.queued: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.troubles: list[str] = []

    async def go(self, providers: Mapping[str, Provider], user_agent: str, allowed: Sequence[Network]) -> None:
        """Search and fetch until there is no more of either."""
        for old in (self.folder / FRESH).glob("*.part"):  # of a run that was killed
            old.unlink()
        with (
            ThreadPoolExecutor(1) as self.prover,  # one picture at a time: decoded, a large one takes much memory
            tqdm(unit="picture", total=0, mininterval=0.5, file=sys.stderr, disable=None) as self.bar,
        ):
            async with Fetcher(user_agent, self.limits, allowed) as self.fetcher, asyncio.TaskGroup() as tasks:
                self.lanes: HostQueues[Entry] = HostQueues(tasks, self.fetch, self.limits.host)
                self.queue()
                for name, provider in providers.items():
                    tasks.create_task(self.ask(provider, [each for each in self.wish.searches if each[0] == name]))

    async def ask(self, provider: Provider, searches: Sequence[Wanted]) -> None:
        """All searches at one provider, one after another, as it would not answer faster."""
        for wanted in searches:
            try:
                await self.search(provider, wanted)
            except SearchError as error:
                self.troubles.append(str(error))
                self.bar.write(f"brandlens: {error}", file=sys.stderr)

    async def search(self, provider: Provider, wanted: Wanted) -> None:
        """A search up to the limit, from where an earlier run left it; a user's list from its beginning to its end."""
        name, query, _ = wanted
        listed = name in LISTS
        search = self.ledger.searches.get(wanted)
        if search and not listed and (search.done or search.found >= self.wish.limit):
            return
        async with aclosing(provider.pages(query, search.pages + 1 if search and not listed else 1)) as pages:
            async for candidates in pages:
                search = self.written(wanted) if candidates else search
                fresh = [each for each in candidates if not self.ledger.holds(each, search)]
                if search and (fresh or not listed):
                    self.enter(book.page(search, fresh))
                    self.queue()
                if search and not listed and search.found >= self.wish.limit:
                    return
        if not search or not search.found:
            raise SearchError(f'{name}: nothing found for "{query}"; try other or fewer words, or another --provider')
        if not search.done:
            self.enter(book.done(search))

    def written(self, wanted: Wanted) -> Search:
        """The search as the journal has it; with the first one that finds something, all of this run are written down.

        So their numbers, and with them which of two equal pictures is kept, do not depend on who answers first.
        """
        if wanted not in self.ledger.searches:
            self.enter(book.wanted(each for each in self.wish.searches if each not in self.ledger.searches))
        return self.ledger.searches[wanted]

    def queue(self) -> None:
        """Hand what waits to the lanes."""
        waiting = self.ledger.waiting(self.wish.limit)
        for entry in self.again if self.wish.retry else [*self.again, *waiting]:
            url = entry.candidate.url
            if url not in self.queued:
                self.queued.add(url)
                self.lanes.put(_host(url), entry)
        self.bar.total = len(self.queued)
        self.show()

    async def fetch(self, entry: Entry) -> None:
        """One address, to its outcome."""
        url = entry.candidate.url
        fresh = self.folder / FRESH
        fresh.mkdir(exist_ok=True)
        partial = fresh / f"{blake2b(url.encode('utf-8', 'backslashreplace'), digest_size=12).hexdigest()}.part"
        came: Fetched | Failed
        try:
            if entry.search.provider == LOCAL:
                body = await asyncio.to_thread(_copied, url, partial, self.limits.size)
            else:
                body = await self.fetcher.fetch(url, partial)
            proof = await asyncio.get_running_loop().run_in_executor(
                self.prover, validate, partial, self.wish.smallest, self.wish.largest
            )
            name = body.sha256[:DIGITS] + proof.suffix
            partial.replace(fresh / name)
            came = Fetched(name, body.sha256, proof.fingerprint, proof.width, proof.height, body.size, _now())
        except FetchError as refusal:
            came = Failed(refusal.reason, refusal.detail, _now())
            self.refused[refusal.reason] += 1
        finally:
            partial.unlink(missing_ok=True)
        self.enter(book.outcome(url, came))
        self.bar.update()
        self.show()

    def enter(self, record: Record) -> None:
        """Write it down, and then believe it."""
        self.journal.add(record)
        self.ledger.enter(record)

    def show(self) -> None:
        """The bar's counts: all found, and what this run fetched and refused."""
        fetched = self.bar.n - self.refused.total()
        words = [f"{len(self.ledger.entries):,} found", f"{fetched:,} fetched", *_counts(self.refused)]
        self.bar.set_postfix_str(", ".join(words), refresh=False)

    def end(self) -> Result:
        """Settle what is kept and write the tables of it. A kill in between only makes the next run do it again."""
        if not self.ledger.entries:
            raise SearchError("; ".join(self.troubles) or f"{self.folder}: nothing to go on with; give a QUERY")
        found = select.decide(self.ledger, self.folder, self.wish.distance)
        select.move_kept(self.ledger, found, self.folder)
        kept = select.kept(self.ledger, found)
        if kept != self.ledger.kept:
            self.enter(book.settled(kept))
        table = manifest.rows(self.ledger, found)
        manifest.write(self.folder, table)
        select.delete_duplicates(self.ledger, found, self.folder)
        return Result(
            Counter(row["status"] for row in table),
            Counter(row["reason"] for row in table if row["reason"]),
            sum(row["negative"] for row in table if row["status"] == "kept"),
            sum(self.ledger.entries[url].outcome is not None for url in self.queued),
            tuple(self.troubles),
        )


def _counts(reasons: Counter[str]) -> list[str]:
    return [f"{count:,} {reason}" for reason, count in reasons.most_common()]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # the fetcher will say what is wrong with it
        return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _copied(url: str, into: Path, most: int) -> Download:
    """A picture on this machine, copied. Raises Refused."""
    path = Path(url2pathname(urlsplit(url).path))
    try:
        size = path.stat().st_size
        if size > most:
            raise FetchError("large", f"{size:,} bytes are more than {most:,}")
        data = path.read_bytes()
    except OSError as error:
        raise FetchError("missing", f"{error.strerror or error}") from None
    into.write_bytes(data)
    return Download(sha256(data).hexdigest(), len(data))
