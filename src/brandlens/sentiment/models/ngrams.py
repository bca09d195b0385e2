"""A linear model of words in a row, inside the network that reads: the wide of "wide and deep" (Cheng et al. 2016).

Counting finds what reading misses and the other way round. N-grams need no list: each has a bucket by tabulation
hashing (Zobrist 1970), the sum of a random number for each of its words at its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops
from scipy.sparse import csr_matrix

from brandlens.metrics.calibration import temperature
from brandlens.sentiment import baselines
from brandlens.sentiment.baselines import RARE, NBLogReg
from brandlens.sentiment.models.layers import ROW, HashedNgrams, hash_ngrams
from brandlens.sentiment.text.vocabulary import pad_sequences

BUCKETS = 2**14, 2**21  # fewest and most; the most hold three n-grams of four of Stanford's training reviews apart
BATCH = 256  # reviews whose n-grams are numbered at once

Rows = Sequence[np.ndarray]
Labelled = tuple[Rows, np.ndarray]  # reviews as (t,) int32 numbers of tokens, and their (n,) 0 or 1 labels


@dataclass(frozen=True, eq=False)
class HashingVectorizer:
    """What `baselines.fitted` calls for a naive-Bayes model of n-grams in buckets, and what counts them for it."""

    codes: np.ndarray
    buckets: int
    costs, shares = NBLogReg.costs, NBLogReg.shares

    def __call__(self, rows: Rows, truth: np.ndarray) -> NBLogReg:
        return NBLogReg(rows, truth, self)

    def fit_transform(self, rows: Rows) -> csr_matrix:
        """As `transform`; of many reviews without n-grams that occur in one alone."""
        there = self.transform(rows)
        if len(rows) <= RARE:
            return there
        often = np.bincount(there.indices, minlength=self.buckets) > 1
        there.data[~often[there.indices]] = 0
        there.eliminate_zeros()
        return there

    def transform(self, rows: Rows) -> csr_matrix:
        """(n, buckets) float64: 1 where a review has an n-gram of a bucket."""
        found = [
            each for at in range(0, len(rows), BATCH) for each in self._distinct(pad_sequences(rows[at : at + BATCH]))
        ]
        ends = np.cumsum([0, *map(len, found)])
        columns = np.concatenate(found) if found else np.zeros(0, np.int32)
        return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), self.buckets))

    def _distinct(self, tokens: np.ndarray) -> list[np.ndarray]:
        tokens, codes = ops.convert_to_tensor(tokens), ops.convert_to_tensor(self.codes)
        numbers = ops.convert_to_numpy(hash_ngrams(tokens, codes, self.buckets))
        return [np.unique(row[row < self.buckets]) for row in numbers]


def fitted(training: Labelled, validation: Labelled, *, longest: int, words: int, seed: int) -> HashedNgrams | None:
    """The layer for these training reviews, its logits calibrated on validation; None where they have but one label.

    Validation chooses how the weights are regularised and adds nothing to them: it stays unseen. seed: of the codes.
    """
    rows, truth = training
    if len(np.unique(truth)) < 2:
        return None
    buckets = int(np.clip(2 ** np.ceil(np.log2(sum(map(len, rows)))), *BUCKETS))
    codes = np.random.default_rng(seed).integers(0, buckets, (longest, words), dtype=np.int32)
    model = baselines.fitted(HashingVectorizer(codes, buckets), training, validation, both=False)
    held = model.log_odds(validation[0])
    scale = temperature(np.stack([np.zeros_like(held), held], axis=1), validation[1])
    layer = HashedNgrams(longest, words, buckets, name="grams")
    weights = model.kind.ratio * model.weights / scale
    layer.set_weights([codes, weights.reshape(-1, ROW), np.asarray(model.bias / scale)])
    return layer


def add_linear_branch(network: keras.Model, grams: HashedNgrams | None, scale: float) -> keras.Model:
    """The network, its logits divided by `scale`; where there is a linear model, the mean of them and its.

    The network must end in a dense layer named "label"; that one's weights are changed.
    """
    label = network.get_layer("label")
    label.set_weights([weight / scale for weight in label.get_weights()])
    if grams is None:
        return network
    both = layers.Average(name="both")([network.output["label"], grams(network.input)])
    return keras.Model(network.input, {"label": both}, name=network.name)
