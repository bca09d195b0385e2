"""Layers that the networks need and Keras lacks: rows of tokens cut, reversed, pooled, counted, blind to their padding.

Rows are padded with PAD on the right. Nothing that a layer says of a token or a row depends on how much padding stands
behind it, so that a review scores the same alone and in any batch, and no mask has to enter an LSTM.
"""

from typing import Any

import keras
from keras import KerasTensor, layers, ops

from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN

ROW = 64  # weights in a row of the table of n-grams: what is compressed together
Shape = tuple[int | None, ...]
registered = keras.saving.register_keras_serializable("brandlens")


def lengths(tokens: KerasTensor) -> KerasTensor:
    """(n, time) numbers of tokens → (n,) int32: how many are not padding."""
    return ops.sum(ops.cast(tokens != PAD, "int32"), axis=1)


@registered
class SplitSegments(layers.Layer):
    """(n, time) tokens → (n * segments, length): each row cut into segments, which are read side by side.

    length: tokens a segment, the last one padded; 0, or no more than that many tokens in a row: nothing is cut.
    """

    def __init__(self, length: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.length = length

    def call(self, tokens: KerasTensor) -> KerasTensor:
        if not self.length:
            return tokens
        time = ops.shape(tokens)[1]  # a number, or a tensor where a graph is built for any time
        length = min(time, self.length) if isinstance(time, int) else ops.minimum(time, self.length)
        count = (time + length - 1) // length
        return ops.reshape(ops.pad(tokens, [[0, 0], [0, count * length - time]], constant_values=PAD), (-1, length))

    def compute_output_spec(self, tokens: KerasTensor) -> KerasTensor:
        return KerasTensor((None, None), dtype=tokens.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "length": self.length}


@registered
class WordDropout(layers.Layer):
    """(n, time) tokens → the same, some of them UNKNOWN while training: a network learns to do without any one word."""

    def __init__(self, rate: float, **rest: Any) -> None:
        super().__init__(**rest)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, tokens: KerasTensor, training: bool = False) -> KerasTensor:
        if not (training and self.rate):
            return tokens
        forgotten = keras.random.uniform(ops.shape(tokens), dtype="float32", seed=self.seed_generator) < self.rate
        return ops.where(ops.logical_and(forgotten, tokens != PAD), ops.cast(UNKNOWN, tokens.dtype), tokens)

    def compute_output_shape(self, tokens_shape: Shape) -> Shape:
        return tokens_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate}


@registered
class ReverseSequence(layers.Layer):
    """(n, time, size) vectors and their (n, time) tokens → the vectors of each row backwards, padding still behind."""

    def call(self, vectors: KerasTensor, tokens: KerasTensor) -> KerasTensor:
        rows, time, size = ops.shape(vectors)
        place, length = ops.arange(time, dtype="int32")[None], lengths(tokens)[:, None]
        source = ops.where(place < length, length - 1 - place, place)
        flat = ops.reshape(source + ops.arange(rows, dtype="int32")[:, None] * time, (-1,))
        return ops.reshape(ops.take(ops.reshape(vectors, (-1, size)), flat, axis=0), (rows, time, size))

    def compute_output_shape(self, vectors_shape: Shape, tokens_shape: Shape) -> Shape:
        return vectors_shape


@registered
class MaxMeanPooling(layers.Layer):
    """(n * segments, length, size) states of an LSTM → (n, 2 * size): the largest and the mean over a review's tokens.

    Called with the states, their (n * segments, length) tokens and the uncut (n, time) ones. The states must be greater
    than -1, as an LSTM's are.
    """

    def call(self, states: KerasTensor, tokens: KerasTensor, uncut: KerasTensor) -> KerasTensor:
        rows, size = ops.shape(uncut)[0], states.shape[-1]
        there = ops.expand_dims(tokens != PAD, -1)
        largest, total = (ops.where(there, states, ops.cast(other, states.dtype)) for other in (-1, 0))
        largest, total = (ops.reshape(each, (rows, -1, size)) for each in (largest, total))
        count = ops.cast(ops.maximum(lengths(uncut), 1), states.dtype)
        return ops.concatenate([ops.max(largest, axis=1), ops.sum(total, axis=1) / count[:, None]], axis=-1)

    def compute_output_shape(self, states_shape: Shape, tokens_shape: Shape, uncut_shape: Shape) -> Shape:
        return uncut_shape[0], 2 * states_shape[-1]


@registered
class LastState(layers.Layer):
    """(n, time, size) states of an LSTM and their (n, time) tokens → (n, size): the state after a row's last token."""

    def call(self, states: KerasTensor, tokens: KerasTensor) -> KerasTensor:
        rows, time, size = ops.shape(states)
        last = ops.arange(rows, dtype="int32") * time + ops.maximum(lengths(tokens), 1) - 1
        return ops.take(ops.reshape(states, (-1, size)), last, axis=0)

    def compute_output_shape(self, states_shape: Shape, tokens_shape: Shape) -> Shape:
        return states_shape[0], states_shape[2]


@registered
class HashedNgrams(layers.Layer):
    """(n, time) tokens → (n, 2) float32 logits of negative and positive: the weights of the n-grams that are there.

    Each counts once, however often it stands in a review; one with PAD or UNKNOWN in it counts for nothing. longest:
    words of an n-gram, at most. words: numbers of tokens that there are. buckets: a multiple of ROW.
    """

    def __init__(self, longest: int, words: int, buckets: int, **rest: Any) -> None:
        super().__init__(**{**rest, "dtype": "float32"})
        self.longest, self.words, self.buckets = longest, words, buckets
        self.codes = self.add_weight(
            shape=(longest, words), dtype="int32", initializer="zeros", trainable=False, name="codes"
        )
        self.table = self.add_weight(shape=(buckets // ROW, ROW), initializer="zeros", trainable=False, name="table")
        self.bias = self.add_weight(shape=(), initializer="zeros", trainable=False, name="bias")

    def call(self, tokens: KerasTensor) -> KerasTensor:
        numbers = ops.sort(hash_ngrams(tokens, self.codes, self.buckets), axis=1)
        first = ops.concatenate([numbers[:, :1] >= 0, numbers[:, 1:] != numbers[:, :-1]], axis=1)
        counted = ops.logical_and(first, numbers < self.buckets)
        weights = ops.take(ops.reshape(self.table, (-1,)), ops.minimum(numbers, self.buckets - 1))
        half = (ops.sum(ops.where(counted, weights, 0.0), axis=1) + self.bias) / 2
        return ops.stack([-half, half], axis=1)

    def compute_output_shape(self, tokens_shape: Shape) -> Shape:
        return tokens_shape[0], 2

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "longest": self.longest, "words": self.words, "buckets": self.buckets}


def hash_ngrams(tokens: KerasTensor, codes: KerasTensor, buckets: int) -> KerasTensor:
    """(n, time) tokens → (n, grams) int32 buckets of their n-grams; `buckets` itself for what counts for nothing."""
    total, there, found = None, None, []
    for place in range(codes.shape[0]):
        code, known = ops.take(codes[place], tokens[:, place:]), tokens[:, place:] > UNKNOWN
        total = code if total is None else total[:, :-1] + code
        there = known if there is None else ops.logical_and(there[:, :-1], known)
        found.append(ops.where(there, total % buckets, buckets))
    return ops.concatenate(found, axis=1)
