"""The reviews of each epoch of a training: the same ones for the same seed and epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brandlens.config.sentiment import Augmentation
from brandlens.datasets.reviews import NEGATIVE, NEUTRAL, POSITIVE
from brandlens.sentiment.augmentation.length import concatenate, crop
from brandlens.sentiment.augmentation.negation import Counterfactuals
from brandlens.sentiment.augmentation.polarity import Tokens, flip_negated

CURRICULUM, MAX_SHARE = 2, 0.25  # first epochs, which have clauses alone, and the most of all epochs that they are
CERTAINTY = 0.95  # probability of the label of a clause that was made; the rest is neutral's, or the other label's


@dataclass(frozen=True, eq=False)
class Augmenter:
    """Makes other reviews out of training reviews.

    names: of the labels. max_length: tokens of a review. counterfactuals: None where no clauses are made. curriculum:
    first epochs of phase 0 that have clauses alone.
    """

    cfg: Augmentation
    names: Sequence[str]
    max_length: int
    seed: int
    tokens: Tokens
    counterfactuals: Counterfactuals | None
    curriculum: int

    @classmethod
    def fit(
        cls, rows: Sequence[np.ndarray], labels: np.ndarray, words: Sequence[str], names: Sequence[str],
        cfg: Augmentation, max_length: int, epochs: int, seed: int,
    ) -> "Augmenter":  # fmt: skip
        """Learn from labelled reviews what clauses are made of.

        rows: (t,) int32 token ids of each review. labels: (n, labels) probabilities. words: the vocabulary's, or none.
        epochs: of phase 0. Without words, or labels that are called negative and positive, there are no clauses.
        """
        counterfactuals = None
        if cfg.negation and len(words) and {NEGATIVE, POSITIVE} <= set(names):
            likeliest = labels.argmax(axis=1)
            signs = np.array([{NEGATIVE: -1, POSITIVE: 1}.get(name, 0) for name in names])[likeliest]
            is_neutral = np.array([name == NEUTRAL for name in names])[likeliest]
            counterfactuals = Counterfactuals.fit(rows, signs, is_neutral, words)
        curriculum = min(CURRICULUM, int(MAX_SHARE * epochs))
        return cls(cfg, names, max_length, seed, Tokens.of(words), counterfactuals, curriculum)

    def draw(
        self, rows: Sequence[np.ndarray], labels: np.ndarray, phase: int, turn: int
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Return these reviews, some of them longer or shorter, and clauses; and (m, labels) float32 probabilities.

        rows: (t,) int32 token ids of each review. labels: (n, labels) float32 probabilities. The draw depends on seed,
        phase and turn alone. The first epochs, from turn 1 of phase 0 on, have clauses alone, as many as there are
        reviews in others: what negation does is learned in some hundred steps of them, and hardly ever beside
        whole reviews (a curriculum: Bengio et al. 2009).
        """
        rng, count = np.random.default_rng([self.seed, phase, turn]), round(self.cfg.negation * len(rows))
        if self.counterfactuals is None:
            return self._resize(rows, labels, rng), labels
        if phase == 0 and 1 <= turn <= self.curriculum:
            clauses, signs = self.counterfactuals.draw(len(rows) + count, rng)
            return clauses, self._probabilities(signs)
        clauses, signs = self.counterfactuals.draw(count, rng)
        return [*self._resize(rows, labels, rng), *clauses], np.concatenate([labels, self._probabilities(signs)])

    def count_negated(self, rows: Sequence[np.ndarray], labels: np.ndarray) -> tuple[Sequence[np.ndarray], np.ndarray]:
        """Return reviews for words to be counted in, and their (m,) class numbers.

        Where clauses are made, what is negated in a review is one of the opposite label (see `flip_negated`).
        """
        likeliest = labels.argmax(axis=1)
        if self.counterfactuals is None:
            return rows, likeliest
        opposites, sides = np.arange(len(self.names)), [list(self.names).index(name) for name in (NEGATIVE, POSITIVE)]
        opposites[sides] = sides[::-1]
        return flip_negated(rows, likeliest, opposites, self.tokens)

    def _resize(self, rows: Sequence[np.ndarray], labels: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
        neutral = list(self.names).index(NEUTRAL) if NEUTRAL in self.names else None
        longer = concatenate(rows, labels, neutral, self.max_length, self.cfg.concatenation, rng)
        return crop(longer, self.cfg.cropping, rng)

    def _probabilities(self, signs: np.ndarray) -> np.ndarray:
        """Return (n, labels) float32 of the signs of clauses."""
        names = list(self.names)
        polar = [names.index(NEGATIVE), names.index(POSITIVE)]
        neutral = [names.index(NEUTRAL)] if NEUTRAL in names else []
        result = np.zeros((len(signs), len(names)), np.float32)
        for sign, places, rest in ((-1, polar[:1], neutral or polar[1:]), (1, polar[1:], neutral or polar[:1]),
                                   (0, neutral, polar)):  # fmt: skip
            rows = np.flatnonzero(signs == sign)[:, None]
            result[rows, places] = CERTAINTY
            result[rows, rest] = (1 - CERTAINTY) / len(rest)
        return result
