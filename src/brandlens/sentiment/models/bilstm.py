"""A bidirectional LSTM over segments of a review, with max and mean pooling over all its states."""

import keras
import numpy as np
from keras import layers

from brandlens.config.sentiment import ModelTraining
from brandlens.sentiment.models.layers import MaxMeanPooling, ReverseSequence, SplitSegments, embed, l2_penalty

FAST_BFLOAT16: tuple[str, ...] = ()  # processor features with which bfloat16 trains faster (benchmarks/dtype_policy.py)
EMBEDDING_STD = 0.3  # standard deviation that the word vectors are scaled to: an LSTM learns slowly from smaller ones


def bilstm(vectors: np.ndarray, cfg: ModelTraining, num_labels: int = 2) -> keras.Model:
    """Build the network: an LSTM in each direction over segments, pooling over the whole review, one dense layer.

    vectors: (words, size) float32 to start from, PAD's and UNKNOWN's first; PAD's become zeros, the others are
    fine-tuned. cfg: units is that of each LSTM. Pooling over all positions of an LSTM that reads segments is that of
    Johnson and Zhang (2016), with the mean beside the maximum.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    segments = SplitSegments(cfg.segment_length, name="segments")(tokens)
    scale = EMBEDDING_STD / max(float(np.std(vectors[1:])), 1e-6)  # without PAD's vector, which is no word's
    x = embed(segments, vectors * np.float32(scale), cfg, trainable=True)

    def lstm(name: str) -> layers.LSTM:
        penalty = l2_penalty(cfg)
        return layers.LSTM(
            cfg.units, return_sequences=True, kernel_regularizer=penalty, recurrent_regularizer=penalty, name=name
        )

    forward = lstm("lstm_forward")(x)
    backward = lstm("lstm_backward")(ReverseSequence(name="reverse")(x, segments))
    states = layers.Concatenate(name="states")([forward, backward])
    x = MaxMeanPooling(dtype="float32", name="pooling")(states, segments, tokens)
    x = layers.Dropout(cfg.dropout, name="dropout")(x)
    return keras.Model(tokens, {"label": layers.Dense(num_labels, dtype="float32", name="label")(x)}, name="bilstm")
