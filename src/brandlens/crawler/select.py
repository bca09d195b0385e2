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
    """What becomes of a fetched picture.

    status: kept, duplicate, removed (by someone, after it was kept) or lost (its file is gone, before it was kept).
    duplicate_of: the SHA-256 of the picture that a duplicate resembles.
    """

    status: str
    duplicate_of: str = ""

    @property
    def lost(self) -> bool:
        """Return whether it must be fetched again."""
        return self.status == "lost"


def decide(state: CrawlState, folder: Path, max_distance: int) -> dict[str, Decision]:
    """Decide what becomes of each fetched address.

    Of pictures whose perceptual hashes differ in at most `max_distance` bits the first is kept: one that may show the
    logo before one that does not, then one that an earlier run kept, as somebody may have labelled it, then by search
    and rank. So the order in which they arrived has no influence.
    """
    decisions: dict[str, Decision] = {}

    def priority(pair: tuple[Entry, Fetched]) -> tuple[object, ...]:
        entry, fetched = pair
        return entry.search.negative, fetched.sha256 not in state.kept, entry.priority

    pairs = sorted(_fetched_entries(state), key=priority)
    kept: list[str] = []
    hashes = np.zeros(len(pairs), np.uint64)
    for entry, fetched in pairs:
        distances = np.bitwise_count(hashes[: len(kept)] ^ np.uint64(fetched.phash))
        near = np.flatnonzero(distances <= max_distance)
        has_file = current_path(folder, fetched.file_name) is not None
        if len(near):  # the same bytes have the same hash
            decision = Decision("duplicate", kept[near[0]])
        elif not has_file and fetched.sha256 not in state.kept:
            decision = Decision("lost")
        else:
            decision = Decision("kept" if has_file else "removed")
            hashes[len(kept)] = fetched.phash
            kept.append(fetched.sha256)
        decisions[entry.candidate.url] = decision
    return decisions


def move_kept(state: CrawlState, decisions: Mapping[str, Decision], folder: Path) -> None:
    """Move the kept files to where they belong. Doing it again, after a kill in between, changes nothing."""
    for entry, fetched in _fetched_entries(state):
        current = current_path(folder, fetched.file_name)
        if decisions[entry.candidate.url].status == "kept" and current:
            target = target_path(folder, entry, fetched)
            target.parent.mkdir(exist_ok=True)
            if current != target:
                current.replace(target)


def kept_sha256s(state: CrawlState, decisions: Mapping[str, Decision]) -> frozenset[str]:
    """Return the SHA-256s of what is kept, or was until someone removed it: it must not come back."""
    return frozenset(
        fetched.sha256
        for entry, fetched in _fetched_entries(state)
        if decisions[entry.candidate.url].status in ("kept", "removed")
    )


def delete_duplicates(state: CrawlState, decisions: Mapping[str, Decision], folder: Path) -> None:
    """Delete the files that are not kept."""
    kept = kept_sha256s(state, decisions)
    for _, fetched in _fetched_entries(state):
        if fetched.sha256 not in kept and (path := current_path(folder, fetched.file_name)):
            path.unlink()
    shutil.rmtree(folder / FRESH, ignore_errors=True)


def target_path(folder: Path, entry: Entry, fetched: Fetched) -> Path:
    """Return where the file of a kept picture belongs."""
    return folder / (NEGATIVES if entry.search.negative else PICTURES) / fetched.file_name


def current_path(folder: Path, file_name: str) -> Path | None:
    """Return where the file of this name is now; None where it is gone."""
    paths = (folder / name / file_name for name in (PICTURES, NEGATIVES, FRESH))
    return next((path for path in paths if path.exists()), None)


def _fetched_entries(state: CrawlState) -> Iterator[tuple[Entry, Fetched]]:
    return ((entry, entry.outcome) for entry in state.entries.values() if isinstance(entry.outcome, Fetched))
