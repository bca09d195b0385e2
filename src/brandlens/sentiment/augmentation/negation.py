"""Clauses with a negator put in, taken out, or with another polar word: what they say is then known.

Counterfactually augmented data (Kaushik et al. 2020), made by rule: where a clause has one polar word, that word and
whether it is negated decide what the clause says.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from brandlens.sentiment.augmentation.polarity import SCOPE, Tokens, in_scope, polar_words

LENGTHS = 2, 12  # tokens of a clause, fewest and most
MIN_COUNT = 2  # times that a word stood before a negator, for a negator to be put after it
TRIES = 20  # clauses that are tried for each that is drawn, at most
START = -1  # stands for the word before a clause

Slots = dict[tuple[int, int], np.ndarray]  # (word, sign) → polar words of that sign that stood after it


@dataclass(frozen=True)
class Clause:
    """A clause with one polar word. negator: the place of the negator before it; None: it is not negated."""

    row: tuple[int, ...]
    polar: int
    negator: int | None


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """What clauses are made of: see `fit`.

    polarity: (words,) int8. clauses: those that are negated, and those that are not. followers: the negators that stood
    after each word, once for each time.
    """

    polarity: np.ndarray
    clauses: dict[bool, list[Clause]]
    slots: Slots
    followers: dict[int, np.ndarray]

    @classmethod
    def fit(cls, rows: Sequence[np.ndarray], signs: np.ndarray, words: Sequence[str]) -> "Counterfactuals":
        """Collect polar words, clauses and places for negators from training reviews.

        rows: (t,) int32 token ids of each review; signs: (n,) 1 for positive reviews, -1 for negative ones, 0 for
        others. A clause counts where what it says is what its review is labelled. words: the vocabulary's.
        """
        tokens = Tokens.of(words)
        polarity = polar_words(rows, signs, tokens)
        clauses: dict[bool, list[Clause]] = {False: [], True: []}
        slots, followers = defaultdict[tuple[int, int], set[int]](set), defaultdict[int, list[int]](list)
        for row, sign in zip(rows, signs, strict=True):
            for clause in split(row, tokens):
                before = np.concatenate([[START], clause[:-1]])
                for place in np.flatnonzero(polarity[clause]):
                    slots[int(before[place]), int(polarity[clause[place]])].add(int(clause[place]))
                for place in np.flatnonzero(tokens.negator[clause]):
                    followers[int(before[place])].append(int(clause[place]))
                known = read(clause, tokens, polarity) if sign else None
                if known is not None and polarity[known.row[known.polar]] * (-1) ** (known.negator is not None) == sign:
                    clauses[known.negator is not None].append(known)
        frequent = {word: Counter(negators) for word, negators in followers.items()}
        return cls(
            polarity,
            clauses,
            {key: np.array(sorted(found)) for key, found in slots.items()},
            {
                word: np.array(kept)
                for word, negators in followers.items()
                if (kept := [negator for negator in negators if frequent[word][negator] >= MIN_COUNT])
            },
        )

    def draw(self, count: int, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
        """Return up to `count` clauses as (t,) int32 token ids, and their signs, (count,) int64.

        In pairs: a clause with a negator and the same one without it, half of them from clauses that had one. None
        where there are no clauses of both kinds; fewer than `count` where most cannot be changed.
        """
        rows, signs = list[np.ndarray](), list[int]()
        tries = count * TRIES if all(self.clauses.values()) else 0
        while len(rows) < count and (tries := tries - 1) >= 0:
            pool = self.clauses[bool(rng.random() < 0.5)]
            for row, sign in self._make_pair(pool[rng.integers(len(pool))], rng):
                rows.append(np.array(row, np.int32))
                signs.append(sign)
        return rows[:count], np.array(signs[:count], np.int64)

    def _make_pair(self, clause: Clause, rng: np.random.Generator) -> list[tuple[list[int], int]]:
        """Return a clause without and with a negator, with another polar word, and their signs; [] where that fails."""
        row, others = list(clause.row), self._substitutes(clause, int(rng.choice((-1, 1))))
        if not len(others):
            return []
        row[clause.polar] = int(others[rng.integers(len(others))])
        sign = int(self.polarity[row[clause.polar]])
        if clause.negator is not None:
            return [(row[: clause.negator] + row[clause.negator + 1 :], sign), (row, -sign)]
        before = [START, *row]
        places = [
            at for at in range(max(0, clause.polar - SCOPE + 1), clause.polar + 1) if before[at] in self.followers
        ]
        if not places:
            return []
        place = places[rng.integers(len(places))]
        negators = self.followers[before[place]]
        return [(row, sign), ([*row[:place], int(negators[rng.integers(len(negators))]), *row[place:]], -sign)]

    def _substitutes(self, clause: Clause, sign: int) -> np.ndarray:
        """Return the polar words of a sign that stood after the word before a clause's polar word.

        After a negator those that stood after the word before that count too. None at the beginning of a clause, where
        any word may stand.
        """
        before = [START, *clause.row]
        words = [before[clause.polar]]
        if clause.negator is not None and clause.negator == clause.polar - 1:
            words.append(before[clause.negator])
        known = [self.slots[word, sign] for word in words if word != START and (word, sign) in self.slots]
        return np.unique(np.concatenate(known)) if known else np.zeros(0, np.int64)


def split(row: np.ndarray, tokens: Tokens) -> Iterator[np.ndarray]:
    """Yield the clauses of a review, with the mark that ends a sentence and without other breaks at their ends."""
    start = 0
    for place in [*np.flatnonzero(tokens.breaks[row]), len(row)]:
        end = place + (place < len(row) and bool(tokens.ends[row[place]]))
        if place > start:
            yield row[start:end]
        start = place + 1


def read(clause: np.ndarray, tokens: Tokens, polarity: np.ndarray) -> Clause | None:
    """Return a clause that has one polar word and at most one negator, which negates it; None for any other."""
    low, high = LENGTHS
    polar, negators = np.flatnonzero(polarity[clause]), np.flatnonzero(tokens.negator[clause])
    if not low <= len(clause) <= high or len(polar) != 1 or len(negators) > 1:
        return None
    if len(negators) and not in_scope(clause, tokens)[polar[0]]:
        return None
    return Clause(tuple(map(int, clause)), int(polar[0]), int(negators[0]) if len(negators) else None)
