"""Layers that the networks share: segments, word dropout, reversal, pooling, none of which padding changes.

Rows are padded with PAD on the right. What a layer returns for a token or a row does not depend on how much padding
follows it, so a review scores the same alone and in any batch, and no mask has to enter an LSTM (a masked one loses
the fused operator, on GPUs and in ONNX).
"""

from typing import Any

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from brandlens.config.sentiment import ModelTraining
from brandlens.sentiment.text.vocabulary import PAD, UNKNOWN

EMBEDDED = "embedded"  # the layer whose output, (n, time, size) word vectors after dropout, an adversary may perturb
Shape = tuple[int | None, ...]
registered = keras.saving.register_keras_serializable("brandlens")


def embed(tokens: KerasTensor, vectors: np.ndarray, cfg: ModelTraining, *, trainable: bool) -> KerasTensor:
    """Return the (n, time, size) vectors of (n, time) tokens; in training some words and some values are dropped.

    vectors: (words, size) float32 to start from; PAD's become zeros. trainable: whether training changes them.
    """
    embedding = layers.Embedding(*vectors.shape, trainable=trainable, name="embedding")
    x = embedding(WordDropout(cfg.word_dropout, name="word_dropout")(tokens))
    ids = np.arange(len(vectors))[:, None]
    embedding.set_weights([np.where(ids == PAD, 0, vectors)])
    return layers.SpatialDropout1D(cfg.dropout, name=EMBEDDED)(x)


def l2_penalty(cfg: ModelTraining) -> keras.regularizers.Regularizer | None:
    """Return the penalty on a layer's weights, or None: where there is none, or the optimizer applies it."""
    return keras.regularizers.L2(cfg.l2) if cfg.l2 and cfg.optimizer != "dl4j_adam" else None


def lengths(tokens: KerasTensor) -> KerasTensor:
    """Return how many of each row's tokens are not padding: (n, time) → (n,) int32."""
    return ops.sum(ops.cast(tokens != PAD, "int32"), axis=1)


@registered
class SplitSegments(layers.Layer):
    """(n, time) tokens → (n * segments, length): each row cut into segments, which are read independently.

    length: tokens a segment, the last one padded; 0, or no more than that many tokens in a row: nothing is cut.
    """

    def __init__(self, length: int, **options: Any) -> None:
        super().__init__(**options)
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
    """(n, time) tokens → the same, in training some of them UNKNOWN, lest one word decides (Iyyer et al. 2015)."""

    def __init__(self, rate: float, **options: Any) -> None:
        super().__init__(**options)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, tokens: KerasTensor, training: bool = False) -> KerasTensor:
        if not (training and self.rate):
            return tokens
        dropped = keras.random.uniform(ops.shape(tokens), dtype="float32", seed=self.seed_generator) < self.rate
        return ops.where(ops.logical_and(dropped, tokens != PAD), ops.cast(UNKNOWN, tokens.dtype), tokens)

    def compute_output_shape(self, tokens_shape: Shape) -> Shape:
        return tokens_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate}


@registered
class ReverseSequence(layers.Layer):
    """(n, time, size) vectors and their (n, time) tokens → each row's vectors backwards, padding still at the end."""

    def call(self, vectors: KerasTensor, tokens: KerasTensor) -> KerasTensor:
        num_rows, time, size = ops.shape(vectors)
        position, length = ops.arange(time, dtype="int32")[None], lengths(tokens)[:, None]
        source = ops.where(position < length, length - 1 - position, position)
        flat = ops.reshape(source + ops.arange(num_rows, dtype="int32")[:, None] * time, (-1,))
        return ops.reshape(ops.take(ops.reshape(vectors, (-1, size)), flat, axis=0), (num_rows, time, size))

    def compute_output_shape(self, vectors_shape: Shape, tokens_shape: Shape) -> Shape:
        return vectors_shape


@registered
class MaxMeanPooling(layers.Layer):
    """(n * segments, length, size) LSTM states → (n, 2 * size): maximum and mean over all tokens of a review.

    Called with the states, their (n * segments, length) tokens and the (n, time) tokens before they were cut. The
    states must be greater than -1, as an LSTM's are.
    """

    def call(self, states: KerasTensor, segments: KerasTensor, tokens: KerasTensor) -> KerasTensor:
        num_rows, size = ops.shape(tokens)[0], states.shape[-1]
        is_token = ops.expand_dims(segments != PAD, -1)
        for_max, for_sum = (ops.where(is_token, states, ops.cast(filler, states.dtype)) for filler in (-1, 0))
        for_max, for_sum = (ops.reshape(values, (num_rows, -1, size)) for values in (for_max, for_sum))
        count = ops.cast(ops.maximum(lengths(tokens), 1), states.dtype)
        return ops.concatenate([ops.max(for_max, axis=1), ops.sum(for_sum, axis=1) / count[:, None]], axis=-1)

    def compute_output_shape(self, states_shape: Shape, segments_shape: Shape, tokens_shape: Shape) -> Shape:
        return tokens_shape[0], 2 * (states_shape[-1] or 0)


@registered
class LastState(layers.Layer):
    """(n, time, size) LSTM states and their (n, time) tokens → (n, size): the state after each row's last token."""

    def call(self, states: KerasTensor, tokens: KerasTensor) -> KerasTensor:
        num_rows, time, size = ops.shape(states)
        last = ops.arange(num_rows, dtype="int32") * time + ops.maximum(lengths(tokens), 1) - 1
        return ops.take(ops.reshape(states, (-1, size)), last, axis=0)

    def compute_output_shape(self, states_shape: Shape, tokens_shape: Shape) -> Shape:
        return states_shape[0], states_shape[2]
