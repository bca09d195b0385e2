"""The network of Dave Snowdon's talk "Neural networks across space & time": one LSTM, its last state, a softmax."""

import keras
import numpy as np
from keras import layers

from brandlens.config.sentiment import ModelTraining
from brandlens.errors import ParamsError
from brandlens.sentiment.models.layers import LastState, embed, l2_penalty

FAST_BFLOAT16: tuple[str, ...] = ("amx_bf16", "avx512_bf16")  # with these bfloat16 trains faster, as measured


def snowdon(vectors: np.ndarray, cfg: ModelTraining, num_labels: int = 2) -> keras.Model:
    """Build the network; the talk's softmax is part of the loss.

    vectors: (words, size) float32, which are not trained. Raises ParamsError for a segment_length: this network reads a
    review as one.
    """
    if cfg.segment_length:
        raise ParamsError(
            f"sentiment.train.snowdon.segment_length is {cfg.segment_length}; "
            "this model reads a review as one and wants 0"
        )
    penalty = l2_penalty(cfg)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = embed(tokens, vectors, cfg, trainable=False)
    lstm = layers.LSTM(
        cfg.units, return_sequences=True, kernel_regularizer=penalty, recurrent_regularizer=penalty, name="lstm"
    )
    x = LastState(dtype="float32", name="last_state")(lstm(x), tokens)
    x = layers.Dropout(cfg.dropout, name="dropout")(x)
    label = layers.Dense(num_labels, dtype="float32", kernel_regularizer=penalty, name="label")(x)
    return keras.Model(tokens, {"label": label}, name="snowdon")
