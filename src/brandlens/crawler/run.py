"""One run of the crawler: searches and fetches at the same time, records the outcomes, then selects what is kept."""

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

from brandlens.crawler import manifest, select, state
from brandlens.crawler.fetch import fetcher
from brandlens.crawler.fetch.fetcher import Download, Fetcher, Limits
from brandlens.crawler.fetch.network import Network
from brandlens.crawler.fetch.reasons import FetchError
from brandlens.crawler.fetch.validate import validate
from brandlens.crawler.host_queues import HostQueues
from brandlens.crawler.journal import Journal, Record
from brandlens.crawler.providers.candidates import USER_LISTS, Provider, SearchError
from brandlens.crawler.providers.registry import LOCAL
from brandlens.crawler.state import CrawlState, Entry, Failed, Fetched, Search, SearchKey
from brandlens.datasets.scraped_layout import FRESH
from brandlens.errors import UserError
from brandlens.io import import_pyarrow

NAME_DIGITS = 20  # of the SHA-256, in a file's name


@dataclass(frozen=True)
class CollectOptions:
    """What a run searches and keeps.

    searches: (provider, query, whether for negatives). limit: candidates of a search. min_side: pixels of a picture's
    shorter side. max_pixels: of a picture in all. dedup_max_distance: bits of the perceptual hash within which pictures
    are duplicates. retry_reasons: failures for these reasons are fetched again.
    """

    searches: Sequence[SearchKey] = ()
    limit: int = 200
    min_side: int = 64
    max_pixels: int = 50_000_000
    dedup_max_distance: int = 6
    retry_reasons: Collection[str] = ()


@dataclass(frozen=True)
class CollectResult:
    """What is in the folder when a run ends.

    status_counts: addresses by status. reason_counts: the failed ones by reason. num_negatives: of the kept ones.
    search_errors: messages of the searches that failed.
    """

    status_counts: Counter[str] = field(default_factory=Counter)
    reason_counts: Counter[str] = field(default_factory=Counter)
    num_negatives: int = 0
    search_errors: Sequence[str] = ()

    @property
    def success_ratio(self) -> float:
        """Return the fraction of the addresses requested so far that gave a picture; 1 for none."""
        num_fetched = sum(self.status_counts[status] for status in ("kept", "duplicate", "removed"))
        total = num_fetched + self.status_counts["failed"]
        return num_fetched / total if total else 1.0


def collect(
    folder: Path,
    options: CollectOptions,
    providers: Mapping[str, Provider],
    *,
    contact: str | None = None,
    limits: Limits | None = None,
    allowed_networks: Sequence[Network] = (),
) -> CollectResult:
    """Fill the folder; what earlier runs fetched into it is not fetched again.

    Raises UserError when there is nothing at all, another run is using the folder, or it cannot be written. Searches
    that fail are in the result, or, where there is nothing at all, in that error.
    """
    import_pyarrow(*manifest.PYARROW)  # fail before anything is fetched
    with Journal(folder) as journal:
        crawl = _Crawl(folder, options, journal, limits or Limits())
        try:
            asyncio.run(crawl.run(providers, fetcher.make_user_agent(contact), allowed_networks))
            return crawl.finish()
        except BaseExceptionGroup as group:
            error = _first_error(group)
        except OSError as failure:
            error = failure
        if isinstance(error, OSError):
            raise UserError(f"{folder}: cannot be written: {error.strerror or error}") from None
        raise error


def _first_error(group: BaseExceptionGroup) -> BaseException:
    error = group.exceptions[0]
    return _first_error(error) if isinstance(error, BaseExceptionGroup) else error


class _Crawl:
    def __init__(self, folder: Path, options: CollectOptions, journal: Journal, limits: Limits) -> None:
        self.folder, self.options, self.journal, self.limits = folder, options, journal, limits
        self.state = CrawlState.from_records(journal.records())
        decisions = select.decide(self.state, folder, options.dedup_max_distance)
        lost = {url for url, decision in decisions.items() if decision.lost}
        self.to_retry = [
            entry for url, entry in self.state.entries.items()
            if url in lost or (isinstance(entry.outcome, Failed) and entry.outcome.reason in options.retry_reasons)
        ]  # fmt: skip
        for entry in self.to_retry:
            entry.outcome = None
        self.queued: set[str] = set()
        self.failure_counts: Counter[str] = Counter()
        self.search_errors: list[str] = []

    async def run(
        self, providers: Mapping[str, Provider], user_agent: str, allowed_networks: Sequence[Network]
    ) -> None:
        """Search and fetch until there is no more of either."""
        for leftover in (self.folder / FRESH).glob("*.part"):  # of a run that was killed
            leftover.unlink()
        with (
            ThreadPoolExecutor(1) as self.decoder,  # one picture at a time: a large one takes much memory once decoded
            tqdm(unit="picture", total=0, mininterval=0.5, file=sys.stderr, disable=None) as self.progress,
        ):
            async with (
                Fetcher(user_agent, self.limits, allowed_networks) as self.fetcher,
                asyncio.TaskGroup() as tasks,
            ):
                self.queues: HostQueues[Entry] = HostQueues(tasks, self.fetch, self.limits.max_connections_per_host)
                self.enqueue_pending()
                for name, provider in providers.items():
                    searches = [search for search in self.options.searches if search[0] == name]
                    tasks.create_task(self.search_all(provider, searches))

    async def search_all(self, provider: Provider, keys: Sequence[SearchKey]) -> None:
        """Make all searches at one provider, one after another: it would not answer several faster."""
        for key in keys:
            try:
                await self.search(provider, key)
            except SearchError as error:
                self.search_errors.append(str(error))

    async def search(self, provider: Provider, key: SearchKey) -> None:
        """Search up to the limit, from the page where an earlier run ended; read a user's list as a whole."""
        name, query, _ = key
        is_list = name in USER_LISTS
        search = self.state.searches.get(key)
        if search and not is_list and (search.exhausted or search.num_candidates >= self.options.limit):
            return
        first_page = search.num_pages + 1 if search and not is_list else 1
        async with aclosing(provider.pages(query, first_page)) as pages:
            async for candidates in pages:
                search = self.recorded_search(key) if candidates else search
                new = [candidate for candidate in candidates if not self.state.contains(candidate, search)]
                if search and (new or not is_list):
                    self.record(state.page_record(search, new))
                    self.enqueue_pending()
                if search and not is_list and search.num_candidates >= self.options.limit:
                    return
        if not search or not search.num_candidates:
            raise SearchError(f'{name}: nothing found for "{query}"; try other or fewer words, or another --provider')
        if not search.exhausted:
            self.record(state.exhausted_record(search))

    def recorded_search(self, key: SearchKey) -> Search:
        """Return the search as the journal has it; with the first that has a result, record all searches of this run.

        So their indices, and with them which of two equal pictures is kept, do not depend on who answers first.
        """
        if key not in self.state.searches:
            new = [search for search in self.options.searches if search not in self.state.searches]
            self.record(state.searches_record(new))
        return self.state.searches[key]

    def enqueue_pending(self) -> None:
        """Queue what is pending and not queued yet."""
        pending = [] if self.options.retry_reasons else self.state.pending(self.options.limit)
        for entry in [*self.to_retry, *pending]:
            url = entry.candidate.url
            if url not in self.queued:
                self.queued.add(url)
                self.queues.put(_host(url), entry)
        self.progress.total = len(self.queued)
        self.update_progress()

    async def fetch(self, entry: Entry) -> None:
        """Fetch one address, and record the outcome."""
        url = entry.candidate.url
        fresh = self.folder / FRESH
        fresh.mkdir(exist_ok=True)
        partial = fresh / f"{blake2b(url.encode('utf-8', 'backslashreplace'), digest_size=12).hexdigest()}.part"
        outcome: Fetched | Failed
        try:
            if entry.search.provider == LOCAL:
                download = await asyncio.to_thread(_copy_local, url, partial, self.limits.max_bytes)
            else:
                download = await self.fetcher.fetch(url, partial)
            info = await asyncio.get_running_loop().run_in_executor(
                self.decoder, validate, partial, self.options.min_side, self.options.max_pixels
            )
            name = download.sha256[:NAME_DIGITS] + info.suffix
            partial.replace(fresh / name)
            outcome = Fetched(
                name, download.sha256, info.phash, info.width, info.height, download.num_bytes, _timestamp()
            )
        except FetchError as error:
            outcome = Failed(error.reason, error.detail, _timestamp())
            self.failure_counts[error.reason] += 1
        finally:
            partial.unlink(missing_ok=True)
        self.record(state.outcome_record(url, outcome))
        self.progress.update()
        self.update_progress()

    def record(self, record: Record) -> None:
        """Write a record to the journal, then apply it to the state."""
        self.journal.add(record)
        self.state.apply(record)

    def update_progress(self) -> None:
        """Set the progress bar's counts: of all candidates, and of what this run fetched and failed to fetch."""
        num_fetched = self.progress.n - self.failure_counts.total()
        failures = [f"{count:,} {reason}" for reason, count in self.failure_counts.most_common()]
        words = [f"{len(self.state.entries):,} found", f"{num_fetched:,} fetched", *failures]
        self.progress.set_postfix_str(", ".join(words), refresh=False)

    def finish(self) -> CollectResult:
        """Select what is kept and write the tables. After a kill in between, the next run does it again."""
        if not self.state.entries:
            message = f"{self.folder}: nothing to resume; give a QUERY"
            raise SearchError("; ".join(self.search_errors) or message)
        decisions = select.decide(self.state, self.folder, self.options.dedup_max_distance)
        select.move_kept(self.state, decisions, self.folder)
        kept = select.kept_sha256s(self.state, decisions)
        if kept != self.state.kept:
            self.record(state.kept_record(kept))
        table = manifest.rows(self.state, decisions)
        manifest.write(self.folder, table)
        select.delete_duplicates(self.state, decisions, self.folder)
        return CollectResult(
            Counter(row["status"] for row in table),
            Counter(row["reason"] for row in table if row["reason"]),
            sum(row["negative"] for row in table if row["status"] == "kept"),
            tuple(self.search_errors),
        )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # the fetcher reports what is wrong with it
        return ""


def _timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _copy_local(url: str, path: Path, max_bytes: int) -> Download:
    """Copy a picture of this machine to `path`. Raises FetchError."""
    source = Path(url2pathname(urlsplit(url).path))
    try:
        num_bytes = source.stat().st_size
        if num_bytes > max_bytes:
            raise FetchError("large", f"{num_bytes:,} bytes are more than {max_bytes:,}")
        data = source.read_bytes()
    except OSError as error:
        raise FetchError("missing", f"{error.strerror or error}") from None
    path.write_bytes(data)
    return Download(sha256(data).hexdigest(), len(data))
