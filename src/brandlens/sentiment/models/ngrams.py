"""A linear model of n-grams inside a network: the wide of "wide and deep" (Cheng et al. 2016).

It finds what an LSTM misses and the other way round. The n-grams need no list: tabulation hashing (Zobrist 1970) gives
each a bucket, the sum of one random number for each of its words at its position.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, layers, ops
from scipy.sparse import csr_matrix

from brandlens.metrics.calibration import temperature
from brandlens.sentiment.linear import NBLogReg, min_df
from brandlens.sentiment.models.layers import Shape, registered
from brandlens.sentiment.text.vocabulary import UNKNOWN, pad_sequences

ROW = 64  # weights in a row of the table of n-grams, which int8 compression gives a scale of their own
BUCKETS = 2**14, 2**21  # fewest and most; the most keep 3 of 4 n-grams of Stanford's training reviews apart
BATCH = 256  # reviews whose n-grams are hashed at once

Rows = Sequence[np.ndarray]
Labelled = tuple[Rows, np.ndarray]  # reviews as (t,) int32 token ids, and their (n,) class numbers


@registered
class HashedNgrams(layers.Layer):
    """(n, time) tokens → (n, labels) float32 logits: the sum of the n-grams' weights for each label.

    Two labels share one weight an n-gram: their logits are half the sum, ±. An n-gram counts once a review; one with
    PAD or UNKNOWN in it counts nothing. max_ngram: words of the longest one. num_words: token ids that there are.
    num_buckets: weights of a label; a multiple of ROW. num_labels: 2 in networks that were saved without it.
    """

    def __init__(self, max_ngram: int, num_words: int, num_buckets: int, num_labels: int = 2, **options: Any) -> None:
        super().__init__(**{**options, "dtype": "float32"})
        self.max_ngram, self.num_words, self.num_buckets = max_ngram, num_words, num_buckets
        self.num_labels, self.num_sums = num_labels, 1 if num_labels == 2 else num_labels
        self.codes = self.add_weight(
            shape=(max_ngram, num_words), dtype="int32", initializer="zeros", trainable=False, name="codes"
        )
        self.table = self.add_weight(
            shape=(self.num_sums * num_buckets // ROW, ROW), initializer="zeros", trainable=False, name="table"
        )
        bias_shape = () if num_labels == 2 else (num_labels,)
        self.bias = self.add_weight(shape=bias_shape, initializer="zeros", trainable=False, name="bias")

    def call(self, tokens: KerasTensor) -> KerasTensor:
        buckets = ops.sort(hash_ngrams(tokens, self.codes, self.num_buckets), axis=1)
        first = ops.concatenate([buckets[:, :1] >= 0, buckets[:, 1:] != buckets[:, :-1]], axis=1)
        counted = ops.logical_and(first, buckets < self.num_buckets)
        table, places = ops.reshape(self.table, (-1,)), ops.minimum(buckets, self.num_buckets - 1)
        if self.num_sums == 1:
            half = (ops.sum(ops.where(counted, ops.take(table, places), 0.0), axis=1) + self.bias) / 2
            return ops.stack([-half, half], axis=1)
        sums = [
            ops.sum(ops.where(counted, ops.take(table, places + label * self.num_buckets), 0.0), axis=1)
            for label in range(self.num_labels)
        ]
        return ops.stack(sums, axis=1) + self.bias

    def compute_output_shape(self, tokens_shape: Shape) -> Shape:
        return tokens_shape[0], self.num_labels

    def get_config(self) -> dict[str, Any]:
        names = ("max_ngram", "num_words", "num_buckets", "num_labels")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def hash_ngrams(tokens: KerasTensor, codes: KerasTensor, num_buckets: int) -> KerasTensor:
    """Return the buckets of all n-grams of (n, time) tokens, (n, n-grams) int32; num_buckets for those not counted.

    codes: (longest n-gram, words) int32, the random number of each word at each position of an n-gram.
    """
    total, is_known, buckets = None, None, []
    for position in range(codes.shape[0]):
        code, known = ops.take(codes[position], tokens[:, position:]), tokens[:, position:] > UNKNOWN
        total = code if total is None else total[:, :-1] + code
        is_known = known if is_known is None else ops.logical_and(is_known[:, :-1], known)
        buckets.append(ops.where(is_known, total % num_buckets, num_buckets))
    return ops.concatenate(buckets, axis=1)


@dataclass(frozen=True, eq=False)
class HashingVectorizer:
    """Counts the n-grams of token ids exactly as HashedNgrams does, for a linear model to be fitted on."""

    codes: np.ndarray
    num_buckets: int

    def fit_transform(self, rows: Rows) -> csr_matrix:
        """Return what `transform` does; of many reviews without the n-grams that are in one alone."""
        presence = self.transform(rows)
        frequent = np.bincount(presence.indices, minlength=self.num_buckets) >= min_df(len(rows))
        presence.data[~frequent[presence.indices]] = 0
        presence.eliminate_zeros()
        return presence

    def transform(self, rows: Rows) -> csr_matrix:
        """Return (n, buckets) float64: 1 where a review has an n-gram of that bucket."""
        buckets = [
            row
            for start in range(0, len(rows), BATCH)
            for row in self._distinct_buckets(pad_sequences(rows[start : start + BATCH]))
        ]
        ends = np.cumsum([0, *map(len, buckets)])
        columns = np.concatenate(buckets) if buckets else np.zeros(0, np.int32)
        return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), self.num_buckets))

    def _distinct_buckets(self, tokens: np.ndarray) -> list[np.ndarray]:
        tensors = ops.convert_to_tensor(tokens), ops.convert_to_tensor(self.codes)
        buckets = ops.convert_to_numpy(hash_ngrams(*tensors, self.num_buckets))
        return [np.unique(row[row < self.num_buckets]) for row in buckets]


def fit_ngrams(
    training: Labelled, validation: Labelled, *, max_ngram: int, num_words: int, seed: int, num_labels: int = 2
) -> HashedNgrams | None:
    """Fit the layer on training reviews, its logits calibrated on validation; None where those lack a label.

    Validation chooses the regularisation and adds nothing to the weights: it stays unseen. seed: of the codes. The
    layer is float32, whatever dtype policy is set.
    """
    rows, labels = training
    if len(np.unique(labels)) < num_labels:
        return None
    num_buckets = int(np.clip(2 ** np.ceil(np.log2(sum(map(len, rows)))), *BUCKETS))
    codes = np.random.default_rng(seed).integers(0, num_buckets, (max_ngram, num_words), dtype=np.int32)
    model = NBLogReg(HashingVectorizer(codes, num_buckets), num_labels).fit(training, validation)
    logits = model.log_odds(validation[0])
    if num_labels == 2:
        logits = np.hstack([np.zeros_like(logits), logits])
    scale = temperature(logits, validation[1])
    layer = HashedNgrams(max_ngram, num_words, num_buckets, num_labels, name="ngrams")
    weights, bias = model.weights / scale, model.bias / scale
    layer.set_weights([codes, weights.reshape(-1, ROW), bias.reshape(layer.bias.shape)])
    return layer


def add_linear_branch(network: keras.Model, linear: HashedNgrams | None, scale: float) -> keras.Model:
    """Return the network with its logits divided by `scale` and, where there is a linear model, averaged with its.

    The network must end in a dense layer named "label", whose weights are changed.
    """
    label = network.get_layer("label")
    label.set_weights([weight / scale for weight in label.get_weights()])
    if linear is None:
        return network
    logits = layers.Average(dtype="float32", name="average")([network.output["label"], linear(network.input)])
    return keras.Model(network.input, {"label": logits}, name=network.name)
