"""Find labels that may be others, spelt otherwise: pure functions on counts of boxes."""

import itertools
from collections.abc import Iterator, Mapping

MIN_BOXES = 5  # of a label that can be learned, let alone measured
MAX_SHARE = 0.2  # of another label's boxes, up to which a label may be that one misspelt


def variants(counts: Mapping[str, int]) -> dict[str, str]:
    """Return labels that differ from a commoner one in case or space alone → that one."""
    groups: dict[str, list[str]] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        groups.setdefault("".join(label.casefold().split()), []).append(label)
    return {other: first for first, *others in groups.values() for other in others}


def misspelt(counts: Mapping[str, int]) -> dict[str, str]:
    """Return rare labels that are one edit or, from 8 characters, two away from a much commoner one → that one.

    Labels of fewer than 4 characters are too short to tell. The distance is counted in edits, which
    difflib.get_close_matches cannot: its ratio would call labels of one length alike that differ in a third of it.
    """
    labels = sorted(set(counts) - set(variants(counts)))
    corrections: dict[str, str] = {}
    for rare_label, common in itertools.permutations(labels, 2):
        max_edits = 0 if len(rare_label) < 4 else 1 if len(rare_label) < 8 else 2
        if counts[rare_label] <= MAX_SHARE * counts[common] and edit_distance(rare_label, common) <= max_edits:
            corrections.setdefault(rare_label, common)
    return corrections


def rare(counts: Mapping[str, int]) -> list[str]:
    """Return labels with few boxes."""
    return sorted(label for label, count in counts.items() if count < MIN_BOXES)


def edit_distance(first: str, second: str) -> int:
    """Return how many characters must be added, left out or changed to make one of the other (Levenshtein 1966).

    Case does not count.
    """
    *_, (*_, last) = _rows(first.casefold(), second.casefold())
    return last


def _rows(first: str, second: str) -> Iterator[list[int]]:
    """Yield the rows of the table of distances between all beginnings of the two texts."""
    row = list(range(len(second) + 1))
    yield row
    for index, char in enumerate(first, 1):
        above, row = row, [index]
        for column, other in enumerate(second):
            row.append(min(above[column] + (char != other), above[column + 1] + 1, row[column] + 1))
        yield row
