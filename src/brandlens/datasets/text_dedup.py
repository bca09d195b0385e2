"""Which texts are the same but for a few words: groups by their word triples, found exactly and not by chance."""

import math
import re
from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np

from brandlens.errors import UserError

WORD = re.compile(r"\w+")
TAG = re.compile(r"<[A-Za-z/!][^<>]{0,500}>")
ODD, MIXED = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
)  # multipliers of SplitMix64 (Steele et al. 2014)
COUNTERS = 1 << 22  # of how common triples are; those that share one count as commoner than they are, which is harmless
LOWEST = 0.3  # share of triples in common below which almost any two texts are candidates


class _Hashes(dict):
    """A number for each word, the same in every run and for any order of the texts."""

    def __missing__(self, word: str) -> int:
        number = self[word] = crc32(word.encode("utf-8", "surrogatepass"))
        return number


def shingles(text: str, hashes: dict[str, int] | None = None) -> np.ndarray:
    """(n,) uint64, n >= 1, sorted and distinct: a number for each three words in a row.

    Case, tags and punctuation do not count, but in a text without a word (an emoji); one of one or two words has one
    number. hashes: numbers of words known already, to be reused.
    """
    hashes = _Hashes() if hashes is None else hashes
    words = WORD.findall(TAG.sub(" ", text).lower()) or [text.strip()]
    numbers = np.fromiter(map(hashes.__getitem__, words), np.uint64, len(words))
    if len(numbers) < 3:
        numbers = np.append(numbers, np.zeros(3 - len(numbers), np.uint64))
    whole = numbers[:-2]
    for shifted in (numbers[1:-1], numbers[2:]):
        whole = (whole * ODD) ^ (whole >> np.uint64(29)) ^ shifted
    return np.unique((whole ^ (whole >> np.uint64(31))) * MIXED)


def groups(texts: Iterable[str], share: float) -> np.ndarray:
    """(n,) int64 group of each of n texts: those with at least `share` of their word triples in common are together.

    The share is that of the triples of both in those of either (Jaccard). No near pair is missed: of two such texts,
    the rarest triples of one, as many as may be missing from the other and one more, meet the other's (prefix
    filtering; Chaudhuri et al. 2006, Bayardo et al. 2007). Groups are numbered from 0 in the order of their first
    members. Raises UserError for a share outside LOWEST to 1.
    """
    if not LOWEST <= share <= 1:
        raise UserError(f"near-duplicates: share {share:g} of word triples in common; allowed: from {LOWEST:g} to 1")
    hashes, places, sets, whose = _Hashes(), {}, [], []
    for text in texts:
        found = shingles(text, hashes)
        place = places.setdefault(found.tobytes(), len(sets))
        if place == len(sets):
            sets.append(found)
        whose.append(place)
    if not sets:
        return np.zeros(0, np.int64)
    label = np.arange(len(sets))
    for at, rest in _candidates(sets, share):
        others = rest
        while len(others := others[label[others] != label[at]]):
            if _near(sets[at], sets[others[0]], share):
                label[label == label[others[0]]] = label[at]
            others = others[1:]
    _, first, number = np.unique(label[whose], return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def union_groups(*groupings: Sequence[int] | np.ndarray) -> np.ndarray:
    """(n,) int64: what any of these groupings, (n,) int each, puts together is together."""
    parent = list(range(len(groupings[0])))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = at = parent[parent[at]]
        return at

    for grouping in groupings:
        seen: dict[int, int] = {}
        for at, group in enumerate(grouping):
            first, here = root(seen.setdefault(int(group), at)), root(at)
            parent[max(first, here)] = min(first, here)
    return np.array([root(at) for at in range(len(parent))], np.int64)


def _candidates(sets: Sequence[np.ndarray], share: float) -> Iterable[tuple[int, np.ndarray]]:
    """Each set that shares a rare triple with earlier ones of about its size, and those."""
    common = np.zeros(COUNTERS, np.int32)
    for each in sets:
        common[each % COUNTERS] += 1  # distinct triples of a text that share a counter count once
    rare, owner = [], []
    for at, each in enumerate(sets):
        kept = len(each) - math.ceil(share * len(each) - 1e-9) + 1
        rare.append(each[np.argsort(common[each % COUNTERS], kind="stable")[:kept]])
        owner.append(np.full(len(rare[-1]), at, np.int32))
    numbers, owners = np.concatenate(rare), np.concatenate(owner)
    order = np.argsort(numbers, kind="stable")
    numbers, owners = numbers[order], owners[order]
    starts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
    ends = np.append(starts[1:], len(numbers))
    sizes = np.array([len(each) for each in sets])
    shared: dict[int, list[tuple[int, int]]] = {}
    for start, end in zip(starts[ends - starts > 1].tolist(), ends[ends - starts > 1].tolist(), strict=True):
        for place in range(start + 1, end):
            shared.setdefault(int(owners[place]), []).append((start, place))
    for at, runs in sorted(shared.items()):
        others = np.unique(np.concatenate([owners[start:place] for start, place in runs]))
        yield at, others[np.minimum(sizes[others], sizes[at]) >= share * np.maximum(sizes[others], sizes[at]) - 1e-9]


def _near(first: np.ndarray, second: np.ndarray, share: float) -> bool:
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both >= share * (len(first) + len(second) - both) - 1e-9
