"""Labels that may be others, spelt otherwise: pure functions on counts."""

import itertools
from collections.abc import Iterator, Mapping

FEW = 5  # boxes of a label that can hardly be learned, let alone measured
RARER = 0.2  # share of another label's boxes up to which a label may be that one misspelt


def variants(counts: Mapping[str, int]) -> dict[str, str]:
    """Labels that differ from a commoner one in case or space alone → that one."""
    alike: dict[str, list[str]] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        alike.setdefault("".join(label.casefold().split()), []).append(label)
    return {other: first for first, *others in alike.values() for other in others}


def misspelt(counts: Mapping[str, int]) -> dict[str, str]:
    """Rare labels that are an edit or, if long, two away from a much commoner one → that one."""
    known = variants(counts)
    found = {}
    for rare, common in itertools.permutations(sorted(set(counts) - set(known)), 2):
        near = 0 if len(rare) < 4 else 1 if len(rare) < 8 else 2
        if counts[rare] <= RARER * counts[common] and distance(rare, common) <= near:
            found.setdefault(rare, common)
    return found


def rare(counts: Mapping[str, int]) -> list[str]:
    """Labels with few boxes."""
    return sorted(label for label, count in counts.items() if count < FEW)


def distance(first: str, second: str) -> int:
    """How many letters must be added, left out or changed to make one of the other (Levenshtein), whatever their
    case."""
    *_, (*_, last) = _rows(first.casefold(), second.casefold())
    return last


def _rows(first: str, second: str) -> Iterator[list[int]]:
    row = list(range(len(second) + 1))
    yield row
    for at, letter in enumerate(first, 1):
        above, row = row, [at]
        for column, other in enumerate(second):
            row.append(min(above[column] + (letter != other), above[column + 1] + 1, row[column] + 1))
        yield row
