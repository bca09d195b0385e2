"""Which of the fetched pictures are kept: each once, whatever its size, compression or address."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brandlens.crawler.state import CrawlState, Entry, Fetched
from brandlens.datasets.scraped_layout import FRESH, NEGATIVES, PICTURES


@dataclass(frozen=True)
class Decision:
    """status: kept, duplicate, removed (by someone, after it was kept) or lost (its file is gone, before it was kept).

    of: the SHA-256 of the picture that a duplicate is one of.
    """

    status: str
    of: str = ""

    @property
    def lost(self) -> bool:
        """Whether it must be fetched again."""
        return self.status == "lost"


def decide(ledger: CrawlState, folder: Path, distance: int) -> dict[str, Decision]:
    """What becomes of each fetched address.

    Of pictures whose fingerprints differ in at most `distance` bits the first is kept: one that may show the logo
    before one that does not, then one that an earlier run kept, as somebody may have labelled it, then by search and
    rank. So the order in which they arrived decides nothing.
    """
    found: dict[str, Decision] = {}

    def turn(pair: tuple[Entry, Fetched]) -> tuple[object, ...]:
        entry, came = pair
        return entry.search.negative, not _known(ledger, came), entry.order

    fetched = sorted(_fetched(ledger), key=turn)
    kept: list[str] = []
    prints = np.zeros(len(fetched), np.uint64)
    for entry, came in fetched:
        near = np.flatnonzero(np.bitwise_count(prints[: len(kept)] ^ np.uint64(came.fingerprint)) <= distance)
        if len(near):  # the same bytes have the same fingerprint
            verdict = Decision("duplicate", kept[near[0]])
        elif current_path(folder, came.name) is None and not _known(ledger, came):
            verdict = Decision("lost")
        else:
            verdict = Decision("kept" if current_path(folder, came.name) else "removed")
            prints[len(kept)] = came.fingerprint
            kept.append(came.sha256)
        found[entry.candidate.url] = verdict
    return found


def move_kept(ledger: CrawlState, found: Mapping[str, Decision], folder: Path) -> None:
    """Put what is kept where it belongs. Doing it again, after a kill in between, changes nothing."""
    for entry, came in _fetched(ledger):
        there = current_path(folder, came.name)
        if found[entry.candidate.url].status == "kept" and there:
            target = target_path(folder, entry, came)
            target.parent.mkdir(exist_ok=True)
            if there != target:
                there.replace(target)


def kept(ledger: CrawlState, found: Mapping[str, Decision]) -> frozenset[str]:
    """The SHA-256s of what is kept, or was until someone removed it: it is not to come back."""
    return frozenset(
        came.sha256 for entry, came in _fetched(ledger) if found[entry.candidate.url].status in ("kept", "removed")
    )


def delete_duplicates(ledger: CrawlState, found: Mapping[str, Decision], folder: Path) -> None:
    """Remove the files of duplicates."""
    rest = kept(ledger, found)
    for _, came in _fetched(ledger):
        if came.sha256 not in rest and (there := current_path(folder, came.name)):
            there.unlink()
    shutil.rmtree(folder / FRESH, ignore_errors=True)


def target_path(folder: Path, entry: Entry, came: Fetched) -> Path:
    """Where a kept picture's file belongs."""
    return folder / (NEGATIVES if entry.search.negative else PICTURES) / came.name


def current_path(folder: Path, name: str) -> Path | None:
    """Where the file of this name lies now."""
    return next((path for each in (PICTURES, NEGATIVES, FRESH) if (path := folder / each / name).exists()), None)


def _fetched(ledger: CrawlState) -> Iterator[tuple[Entry, Fetched]]:
    return ((entry, entry.outcome) for entry in ledger.entries.values() if isinstance(entry.outcome, Fetched))


def _known(ledger: CrawlState, came: Fetched) -> bool:
    return came.sha256 in ledger.kept
