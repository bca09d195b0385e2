"""Clauses with a negator put in, taken out, or with another polar word: what they say is then known.

Counterfactually augmented data (Kaushik et al. 2020), made by rule: where a clause has one polar word, that word and
whether it is negated decide what the clause says; a clause of a neutral review without one stays neutral.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brandlens.sentiment.augmentation.endings import Ending, learn_endings, split
from brandlens.sentiment.augmentation.polarity import SCOPE, Tokens, in_scope, polar_words

LENGTHS = 2, 12  # tokens of a clause, fewest and most
MIN_COUNT = 2  # times that a word stood before a negator, for a negator to be put after it
TRIES = 20  # clauses that are tried for each that is drawn, at most
NEUTRAL_SHARE = 0.2  # of the pairs, those of neutral clauses
ENDING_SHARE = 0.3  # of the clauses that end with a negated polar word, those that get an ending
START = -1  # stands for the word before a clause

Slots = dict[tuple[int, int], np.ndarray]  # (word, sign) → polar words of that sign that stood after it


@dataclass(frozen=True)
class Clause:
    """A clause with at most one polar word. polar: its place. negator: that of the negator, which is before it."""

    row: tuple[int, ...]
    polar: int | None
    negator: int | None


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """What clauses are made of: see `fit`.

    polarity: (words,) int8. clauses: those that are negated, and those that are not. followers: the negators that stood
    after each word, once for each time. neutral: clauses of neutral reviews. endings: of negated clauses.
    ends: (words,) bool, the marks that end a sentence.
    """

    polarity: np.ndarray
    clauses: dict[bool, list[Clause]]
    slots: Slots
    followers: dict[int, np.ndarray]
    neutral: list[Clause]
    endings: list[Ending]
    ends: np.ndarray

    @classmethod
    def fit(
        cls, rows: Sequence[np.ndarray], signs: np.ndarray, is_neutral: np.ndarray, words: Sequence[str]
    ) -> "Counterfactuals":
        """Collect polar words, clauses and places for negators from training reviews.

        rows: (t,) int32 token ids of each review; signs: (n,) 1 for positive reviews, -1 for negative ones, 0 for
        others. is_neutral: (n,) bool. A clause counts where what it says is what its review is labelled. words: the
        vocabulary's.
        """
        tokens = Tokens.of(words)
        polarity = polar_words(rows, signs, tokens)
        clauses: dict[bool, list[Clause]] = {False: [], True: []}
        neutral = list[Clause]()
        slots, followers = defaultdict[tuple[int, int], set[int]](set), defaultdict[int, list[int]](list)
        for row, sign, has_no_side in zip(rows, signs, is_neutral, strict=True):
            for clause in split(row, tokens):
                before = np.concatenate([[START], clause[:-1]])
                for place in np.flatnonzero(polarity[clause]):
                    slots[int(before[place]), int(polarity[clause[place]])].add(int(clause[place]))
                for place in np.flatnonzero(tokens.negator[clause]):
                    followers[int(before[place])].append(int(clause[place]))
                known = read(clause, tokens, polarity)
                if known is None:
                    continue
                if known.polar is None and has_no_side:
                    neutral.append(known)
                elif known.polar is not None and sign == (
                    polarity[known.row[known.polar]] * (-1) ** (known.negator is not None)
                ):
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
            neutral,
            learn_endings(rows, tokens),
            tokens.ends,
        )

    def draw(self, count: int, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
        """Return up to `count` clauses as (t,) int32 token ids, and their signs, (count,) int64; 0 for neutral ones.

        In pairs: a clause with a negator and the same one without it, half of them from clauses that had one. None
        where there are no clauses of both kinds; fewer than `count` where most cannot be changed.
        """
        rows, signs = list[np.ndarray](), list[int]()
        tries = count * TRIES if all(self.clauses.values()) else 0
        while len(rows) < count and (tries := tries - 1) >= 0:
            is_neutral = bool(self.neutral) and rng.random() < NEUTRAL_SHARE
            pool = self.neutral if is_neutral else self.clauses[bool(rng.random() < 0.5)]
            clause = pool[rng.integers(len(pool))]
            for row, sign in self._make_pair(clause, rng):
                rows.append(np.array(row, np.int32))
                signs.append(sign)
        return rows[:count], np.array(signs[:count], np.int64)

    def _make_pair(self, clause: Clause, rng: np.random.Generator) -> list[tuple[list[int], int]]:
        """Return a clause without and with a negator, with another polar word, and their signs; [] where that fails."""
        row, sign = list(clause.row), 0
        if clause.polar is not None:
            others = self._substitutes(clause, clause.polar, int(rng.choice((-1, 1))))
            if not len(others):
                return []
            row[clause.polar] = int(others[rng.integers(len(others))])
            sign = int(self.polarity[row[clause.polar]])
        if clause.negator is not None:
            plain, negated = row[: clause.negator] + row[clause.negator + 1 :], row
        else:
            plain, negated = row, self._negate(row, clause.polar, rng)
        if not negated:
            return []
        return [(plain, sign), (self._end(negated, rng), -sign)]

    def _negate(self, row: list[int], polar: int | None, rng: np.random.Generator) -> list[int]:
        """Return a clause with a negator where one may stand, up to SCOPE before its polar word; [] where none may."""
        before, stop = [START, *row], len(row) - 1 if polar is None else polar
        first = 0 if polar is None else max(0, polar - SCOPE + 1)
        places = [place for place in range(first, stop + 1) if before[place] in self.followers]
        if not places:
            return []
        place = places[rng.integers(len(places))]
        negators = self.followers[before[place]]
        return [*row[:place], int(negators[rng.integers(len(negators))]), *row[place:]]

    def _end(self, row: list[int], rng: np.random.Generator) -> list[int]:
        """Return a negated clause, now and then with an ending where its polar word is the last one."""
        last = len(row) - bool(self.ends[row[-1]])
        if not self.endings or not self.polarity[row[last - 1]] or rng.random() >= ENDING_SHARE:
            return row
        return [*row[:last], *self.endings[rng.integers(len(self.endings))], *row[last:]]

    def _substitutes(self, clause: Clause, polar: int, sign: int) -> np.ndarray:
        """Return the polar words of a sign that stood after the word before a clause's polar word, at this place.

        After a negator those that stood after the word before that count too. None at the beginning of a clause, where
        any word may stand.
        """
        before = [START, *clause.row]
        words = [before[polar]]
        if clause.negator is not None and clause.negator == polar - 1:
            words.append(before[clause.negator])
        known = [self.slots[word, sign] for word in words if word != START and (word, sign) in self.slots]
        return np.unique(np.concatenate(known)) if known else np.zeros(0, np.int64)


def read(clause: np.ndarray, tokens: Tokens, polarity: np.ndarray) -> Clause | None:
    """Return a clause that has at most one polar word and one negator, which negates that; None for any other."""
    low, high = LENGTHS
    polar, negators = np.flatnonzero(polarity[clause]), np.flatnonzero(tokens.negator[clause])
    if not low <= len(clause) <= high or len(polar) > 1 or len(negators) > 1:
        return None
    if len(polar) and len(negators) and not in_scope(clause, tokens)[polar[0]]:
        return None
    places = (int(found[0]) if len(found) else None for found in (polar, negators))
    return Clause(tuple(map(int, clause)), *places)
