"""Further reviews for each epoch of a training: the same ones for the same seed and epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brandlens.config.sentiment import Augmentation
from brandlens.datasets.reviews import NEGATIVE, NEUTRAL, POSITIVE
from brandlens.sentiment.augmentation.length import concatenate, crop
from brandlens.sentiment.augmentation.negation import Counterfactuals
from brandlens.sentiment.augmentation.polarity import Tokens, flip_negated
from brandlens.sentiment.batches import to_probabilities

CURRICULUM = 2  # first epochs, which have clauses alone
CERTAINTY = 0.95  # probability of the label of a clause that was made; the rest is neutral's, or the other label's


@dataclass(frozen=True, eq=False)
class Augmenter:
    """Makes further reviews out of training reviews.

    rows: (t,) int32 token ids of each review. labels: (n, labels) float32 probabilities. names: of the labels.
    """

    rows: Sequence[np.ndarray]
    labels: np.ndarray
    names: Sequence[str]
    cfg: Augmentation
    max_length: int
    seed: int
    tokens: Tokens
    counterfactuals: Counterfactuals | None

    @classmethod
    def fit(
        cls, rows: Sequence[np.ndarray], labels: np.ndarray, words: Sequence[str], names: Sequence[str],
        cfg: Augmentation, max_length: int, seed: int,
    ) -> "Augmenter":  # fmt: skip
        """Learn from the training reviews what further ones are made of.

        words: the vocabulary's, or none. Without them, or without labels that are called negative and positive, there
        are no clauses.
        """
        counterfactuals = None
        if cfg.negation and words and {NEGATIVE, POSITIVE} <= set(names):
            likeliest = labels.argmax(axis=1)
            signs = np.array([{NEGATIVE: -1, POSITIVE: 1}.get(name, 0) for name in names])[likeliest]
            counterfactuals = Counterfactuals.fit(rows, signs, words)
        return cls(rows, labels, names, cfg, max_length, seed, Tokens.of(words), counterfactuals)

    def draw(
        self, rows: Sequence[np.ndarray], labels: np.ndarray, phase: int, turn: int
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Return these reviews and further ones as (t,) int32 token ids, and (m, labels) float32 probabilities.

        Turn 1 of phase 0, the first epoch, has clauses alone, as many as there are reviews and further ones in others:
        what negation does is learned in a few hundred steps of them, and hardly ever beside whole reviews (a
        curriculum: Bengio et al. 2009).
        """
        rng, size = np.random.default_rng([self.seed, phase, turn]), len(self.rows)
        further = [round(share * size) for share in (self.cfg.concatenation, self.cfg.cropping, self.cfg.negation)]
        neutral = list(self.names).index(NEUTRAL) if NEUTRAL in self.names else None
        if self.counterfactuals is not None and phase == 0 and 1 <= turn <= CURRICULUM:
            clauses, signs = self.counterfactuals.draw(len(rows) + sum(further), rng)
            return clauses, self._probabilities(signs)
        parts = [
            (rows, to_probabilities(labels, len(self.names))),
            concatenate(self.rows, self.labels, neutral, self.max_length, further[0], rng),
            crop(self.rows, self.labels, further[1], rng),
        ]
        if self.counterfactuals is not None:
            clauses, signs = self.counterfactuals.draw(further[2], rng)
            parts.append((clauses, self._probabilities(signs)))
        return [row for each, _ in parts for row in each], np.concatenate([each for _, each in parts])

    def count_negated(self) -> tuple[Sequence[np.ndarray], np.ndarray]:
        """Return the training reviews for words to be counted in, and their (m,) class numbers.

        Where clauses are made, what is negated in a review is one of the opposite label (see `flip_negated`).
        """
        labels = self.labels.argmax(axis=1)
        if self.counterfactuals is None:
            return self.rows, labels
        names = list(self.names)
        opposites = np.arange(len(names))
        opposites[[names.index(NEGATIVE), names.index(POSITIVE)]] = names.index(POSITIVE), names.index(NEGATIVE)
        return flip_negated(self.rows, labels, opposites, self.tokens)

    def _probabilities(self, signs: np.ndarray) -> np.ndarray:
        """Return (n, labels) float32 of the signs of clauses."""
        names = list(self.names)
        result = np.zeros((len(signs), len(names)), np.float32)
        places = np.array([names.index(NEGATIVE), names.index(POSITIVE)])[(signs > 0).astype(int)]
        rest = names.index(NEUTRAL) if NEUTRAL in names else sum(map(names.index, (NEGATIVE, POSITIVE))) - places
        result[np.arange(len(signs)), rest] = 1 - CERTAINTY
        result[np.arange(len(signs)), places] = CERTAINTY
        return result
