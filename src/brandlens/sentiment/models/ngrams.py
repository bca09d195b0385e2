"""A linear model of n-grams inside a network: the wide of "wide and deep" (Cheng et al. 2016).

It finds what an LSTM misses and the other way round. The n-grams need no list of texts: tabulation hashing (Zobrist
1970) gives each a code, the sum of one random number for each of its words at its position, and the code a bucket and a
key, by which an n-gram that was never seen is kept apart from the one that has the bucket.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, layers, ops
from scipy.sparse import csr_matrix

from brandlens.metrics.calibration import temperature
from brandlens.sentiment.linear import BalancedIdfLogReg, BalancedNBLogReg, FeatureRows, min_df, to_logits
from brandlens.sentiment.models.layers import Shape, lengths, registered
from brandlens.sentiment.text.vocabulary import UNKNOWN, pad_sequences

ROW = 64  # weights in a row of the table of n-grams, which int8 compression gives a scale of their own
BUCKETS = 2**14, 2**21  # fewest and most; the most have room for 3 of 4 n-grams of Stanford's training reviews
NONE = -1  # the code of what is no n-gram
NO_KEY = 255  # the key of a bucket without an n-gram; those of n-grams are smaller
HALF = 20  # tokens of a review in which the linear model weighs half of its most; chosen on validation
BATCH = 256  # reviews whose n-grams are hashed at once

Rows = Sequence[np.ndarray]
Labelled = tuple[Rows, np.ndarray]  # reviews as (t,) int32 token ids, and their (n,) class numbers


@registered
class HashedNgrams(layers.Layer):
    """(n, time) tokens → (n, labels) float32 logits: the sum of the n-grams' weights for each label, normalized.

    A bucket has the weights of one n-gram, and its key; those of other keys count nothing, nor do those with PAD or
    UNKNOWN in them (see `random_codes`). An n-gram counts once a review, and the sum is divided by the square root of
    how many there are, the norm of the review, so that long reviews are no surer than short ones. Two labels share one
    weight an n-gram: their logits are half the sum, ±. max_ngram: words of the longest one. num_words: token ids that
    there are. num_buckets: weights of a label; a multiple of ROW.
    """

    def __init__(self, max_ngram: int, num_words: int, num_buckets: int, num_labels: int = 2, **options: Any) -> None:
        super().__init__(**{**options, "dtype": "float32"})
        self.max_ngram, self.num_words, self.num_buckets = max_ngram, num_words, num_buckets
        self.num_labels, self.num_sums = num_labels, 1 if num_labels == 2 else num_labels
        self.codes = self.add_weight(
            shape=(max_ngram, num_words), dtype="int32", initializer="zeros", trainable=False, name="codes"
        )
        self.keys = self.add_weight(
            shape=(num_buckets,), dtype="uint8", initializer="zeros", trainable=False, name="keys"
        )
        self.table = self.add_weight(
            shape=(self.num_sums * num_buckets // ROW, ROW), initializer="zeros", trainable=False, name="table"
        )
        bias_shape = () if num_labels == 2 else (num_labels,)
        self.bias = self.add_weight(shape=bias_shape, initializer="zeros", trainable=False, name="bias")

    def call(self, tokens: KerasTensor) -> KerasTensor:
        codes = hash_ngrams(tokens, self.codes)
        buckets = ops.maximum(codes, 0) % self.num_buckets
        keys = ops.cast(ops.take(self.keys, buckets), "int32")
        has_bucket = ops.logical_and(codes != NONE, codes // self.num_buckets == keys)
        buckets = ops.sort(ops.where(has_bucket, buckets, self.num_buckets), axis=1)
        first = ops.concatenate([buckets[:, :1] >= 0, buckets[:, 1:] != buckets[:, :-1]], axis=1)
        counted = ops.cast(ops.logical_and(first, buckets < self.num_buckets), "float32")
        value = counted / ops.sqrt(ops.maximum(ops.sum(counted, axis=1, keepdims=True), 1.0))
        table, places = ops.reshape(self.table, (-1,)), ops.minimum(buckets, self.num_buckets - 1)
        sums = [
            ops.sum(value * ops.take(table, places + row * self.num_buckets), axis=1) for row in range(self.num_sums)
        ]
        if self.num_sums == 1:
            half = (sums[0] + self.bias) / 2
            return ops.stack([-half, half], axis=1)
        return ops.stack(sums, axis=1) + self.bias

    def compute_output_shape(self, tokens_shape: Shape) -> Shape:
        return tokens_shape[0], self.num_labels

    def get_config(self) -> dict[str, Any]:
        names = ("max_ngram", "num_words", "num_buckets", "num_labels")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@registered
class WeightByLength(layers.Layer):
    """(n, labels) logits of a network and of a linear model, and (n, time) tokens → (n, labels) float32, their mean.

    Of t tokens the linear model weighs t / (t + HALF) / 2, the network the rest: n-grams that were seen often enough
    are few in a clause, and what "not" does to a word is not among them. In a long review both weigh the same.
    """

    def call(self, logits: KerasTensor, linear_logits: KerasTensor, tokens: KerasTensor) -> KerasTensor:
        length = ops.cast(lengths(tokens), "float32")
        weight = (length / (length + HALF) / 2)[:, None]
        return weight * linear_logits + (1 - weight) * logits

    def compute_output_shape(self, logits_shape: Shape, linear_logits_shape: Shape, tokens_shape: Shape) -> Shape:
        return logits_shape


def random_codes(max_ngram: int, num_words: int, num_buckets: int, seed: int) -> np.ndarray:
    """Return (max_ngram, num_words) int32 random numbers of each word at each position of an n-gram.

    The code of an n-gram is their sum; its bucket is the code modulo num_buckets, its key, below NO_KEY, the rest.
    """
    size = max_ngram, num_words
    return np.random.default_rng(seed).integers(0, num_buckets * NO_KEY // max_ngram, size, dtype=np.int32)


def hash_ngrams(tokens: KerasTensor, codes: KerasTensor) -> KerasTensor:
    """Return the codes of all n-grams of (n, time) tokens, (n, n-grams) int32; NONE for those not counted.

    codes: (longest n-gram, words) int32, as `random_codes` makes them.
    """
    total, is_known, every = None, None, []
    for position in range(codes.shape[0]):
        code, known = ops.take(codes[position], tokens[:, position:]), tokens[:, position:] > UNKNOWN
        total = code if total is None else total[:, :-1] + code
        is_known = known if is_known is None else ops.logical_and(is_known[:, :-1], known)
        every.append(ops.where(is_known, total, NONE))
    return ops.concatenate(every, axis=1)


class HashingVectorizer:
    """Counts the n-grams of token ids exactly as HashedNgrams does, for linear models to be fitted on.

    codes: (longest n-gram, words) int32. After `fit_transform`: keys (num_buckets,) uint8, those of the n-grams that
    have the buckets, NO_KEY for none. Where two fall into one the more frequent has it.
    """

    def __init__(self, codes: np.ndarray, num_buckets: int) -> None:
        self.codes, self.num_buckets = codes, num_buckets
        self.keys = np.full(num_buckets, NO_KEY, np.uint8)

    def fit_transform(self, rows: Rows) -> csr_matrix:
        """Give the n-grams of the reviews their buckets, of many not those in one review alone; `transform` them."""
        reviews = self._distinct_codes(rows)
        codes, count = np.unique(_concatenate(reviews), return_counts=True)
        order = np.argsort(-count, kind="stable")
        order = order[count[order] >= min_df(len(rows))]
        keys, buckets = np.divmod(codes[order], self.num_buckets)
        buckets, first = np.unique(buckets, return_index=True)
        self.keys = np.full(self.num_buckets, NO_KEY, np.uint8)
        self.keys[buckets] = keys[first]
        return self._features(reviews)

    def transform(self, rows: Rows) -> csr_matrix:
        """Return (n, buckets) float64 rows of norm 1: the same value wherever a review has the n-gram of a bucket."""
        return self._features(self._distinct_codes(rows))

    def _features(self, reviews: Rows) -> csr_matrix:
        codes, ends = _concatenate(reviews), np.cumsum([0, *map(len, reviews)])
        keys, buckets = np.divmod(codes, self.num_buckets)
        has_bucket = self.keys[buckets] == keys
        ends = np.concatenate([[0], np.cumsum(has_bucket)])[ends]
        counts = np.diff(ends)
        values = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
        return csr_matrix((values, buckets[has_bucket], ends), shape=(len(reviews), self.num_buckets))

    def _distinct_codes(self, rows: Rows) -> list[np.ndarray]:
        """Return the codes of each review's n-grams, each once."""
        weights, reviews = ops.convert_to_tensor(self.codes), list[np.ndarray]()
        for start in range(0, len(rows), BATCH):
            tokens = ops.convert_to_tensor(pad_sequences(rows[start : start + BATCH]))
            reviews += [np.unique(row[row != NONE]) for row in ops.convert_to_numpy(hash_ngrams(tokens, weights))]
        return reviews


def _concatenate(reviews: Rows) -> np.ndarray:
    return np.concatenate(reviews) if len(reviews) else np.zeros(0, np.int32)


def fit_ngrams(
    training: Labelled, validation: Labelled, *, max_ngram: int, num_words: int, seed: int, num_labels: int = 2
) -> HashedNgrams | None:
    """Fit the layer on training reviews; None where those lack a label.

    Its weights are the mean of those of two models, TF-IDF and naive Bayes, each calibrated on validation: together
    they fit unlike reviews better than one of them (benchmarks/sentiment_folds.py). Validation chooses the
    regularisation and adds nothing to the weights: it stays unseen. seed: of the codes. The layer is float32, whatever
    dtype policy is set.
    """
    rows, labels = training
    if len(np.unique(labels)) < num_labels:
        return None
    num_buckets = int(np.clip(2 ** np.ceil(np.log2(sum(map(len, rows)))), *BUCKETS))
    codes = random_codes(max_ngram, num_words, num_buckets, seed)
    vectorizer = HashingVectorizer(codes, num_buckets)
    features, val_features = vectorizer.fit_transform(rows), vectorizer.transform(validation[0])
    fits = []
    for kind in (BalancedIdfLogReg, BalancedNBLogReg):
        model = kind(FeatureRows(), num_labels)
        model.fit((features, labels), (val_features, validation[1]))
        fits.append(_calibrated(model.weights, model.bias, val_features, validation[1]))
    mean_weights, mean_bias = (np.mean(parts, axis=0) for parts in zip(*fits, strict=True))
    weights, bias = _calibrated(mean_weights, mean_bias, val_features, validation[1])
    layer = HashedNgrams(max_ngram, num_words, num_buckets, num_labels, name="ngrams")
    layer.set_weights([codes, vectorizer.keys, weights.reshape(-1, ROW), bias.reshape(layer.bias.shape)])
    return layer


def _calibrated(
    weights: np.ndarray, bias: np.ndarray, features: csr_matrix, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights (r, buckets) and bias (r,) divided by the temperature that suits these reviews."""
    scale = temperature(to_logits(features @ weights.T + bias), labels)
    return weights / scale, bias / scale


def add_linear_branch(network: keras.Model, linear: HashedNgrams | None, scale: float) -> keras.Model:
    """Return the network with its logits divided by `scale` and, where there is a linear model, averaged with its.

    See `WeightByLength`. The network must end in a dense layer named "label", whose weights are changed.
    """
    label = network.get_layer("label")
    label.set_weights([weight / scale for weight in label.get_weights()])
    if linear is None:
        return network
    average = WeightByLength(dtype="float32", name="average")
    logits = average(network.output["label"], linear(network.input), network.input)
    return keras.Model(network.input, {"label": logits}, name=network.name)
