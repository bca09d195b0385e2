"""The networks that read a review: they know nothing of texts, data or params.

Input: (n, time) int32 numbers of tokens, padded with PAD on the right, no row empty. Output: "label", (n, 2) float32
logits of negative and positive; their softmax is the probability. A review scores the same alone and in any batch.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import KerasTensor, layers

from brandlens.errors import ModelError, ParamsError
from brandlens.sentiment.models.layers import LastState, MaxMeanPooling, ReverseSequence, SplitSegments, WordDropout
from brandlens.sentiment.text.vocabulary import PAD

DEVIATION = 0.3  # of the numbers in the vectors that `pooled` starts from: LSTMs learn slowly from smaller ones
SEEN = "seen"  # the layer that gives the vectors as the LSTMs read them: (n * segments, length, size)


def bilstm(
    vectors: np.ndarray, *, units: int, segment: int = 0, dropout: float = 0.0, forget: float = 0.0, l2: float = 0.0
) -> keras.Model:
    """An LSTM each way over segments, the largest and the mean of its states over the whole review, one dense layer.

    vectors: (words, size) float32 to start from, PAD's and UNKNOWN's first; PAD's become zeros, the others are
    fine-tuned. units: of each LSTM. segment: tokens, 0 for the whole review at once. Pooling over all places of an LSTM
    that reads segments is Johnson and Zhang's (2016), with the mean beside the maximum.
    """
    penalty = keras.regularizers.L2(l2) if l2 else None
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    cut = SplitSegments(segment, name="segments")(tokens)
    scale = DEVIATION / max(float(np.std(vectors[1:])), 1e-6)  # PAD's vector is nobody's
    x = _seen(cut, vectors * np.float32(scale), trainable=True, dropout=dropout, forget=forget)
    both = [
        layers.LSTM(units, return_sequences=True, kernel_regularizer=penalty, recurrent_regularizer=penalty, name=name)(
            way
        )
        for name, way in (("ahead", x), ("back", ReverseSequence(name="reversed")(x, cut)))
    ]
    x = MaxMeanPooling(dtype="float32", name="pooled")(layers.Concatenate()(both), cut, tokens)
    x = layers.Dropout(dropout)(x)
    return keras.Model(tokens, {"label": layers.Dense(2, dtype="float32", name="label")(x)}, name="pooled")


def snowdon(
    vectors: np.ndarray, *, units: int, segment: int = 0, dropout: float = 0.0, forget: float = 0.0, l2: float = 0.0
) -> keras.Model:
    """The network of Dave Snowdon's talk "Neural networks across space & time": one LSTM, its last state, two classes.

    vectors: (words, size) float32, as they are and for good. Raises ParamsError for a segment: this one reads a review
    in one go. The talk's softmax is in the loss.
    """
    if segment:
        raise ParamsError(f"sentiment.train.talk.segment is {segment}; the talk's network wants 0")
    penalty = keras.regularizers.L2(l2) if l2 else None
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = _seen(tokens, vectors, trainable=False, dropout=dropout, forget=forget)
    ahead = layers.LSTM(
        units, return_sequences=True, kernel_regularizer=penalty, recurrent_regularizer=penalty, name="ahead"
    )
    x = layers.Dropout(dropout)(LastState(dtype="float32", name="last")(ahead(x), tokens))
    label = layers.Dense(2, dtype="float32", kernel_regularizer=penalty, name="label")(x)
    return keras.Model(tokens, {"label": label}, name="talk")


def _seen(tokens: KerasTensor, vectors: np.ndarray, *, trainable: bool, dropout: float, forget: float) -> KerasTensor:
    """(n, time) tokens → (n, time, size) vectors; while training, some words and some values are missing."""
    embedding = layers.Embedding(*vectors.shape, trainable=trainable, name="vectors")
    x = embedding(WordDropout(forget, name="forget")(tokens))
    numbers = np.arange(len(vectors))[:, None]
    embedding.set_weights([np.where(numbers == PAD, 0, vectors)])
    return layers.SpatialDropout1D(dropout, name=SEEN)(x)


# processor features with which a network was measured to train faster in bfloat16 (benchmarks/dtype_policy.py)
FAST_BFLOAT16: dict[str, tuple[str, ...]] = {"pooled": (), "talk": ("amx_bf16", "avx512_bf16")}
NETWORKS: dict[str, Callable[..., keras.Model]] = {"pooled": bilstm, "talk": snowdon}


def load(path: Path) -> keras.Model:
    """A network that was saved; Keras knows its layers since this module does. Raises ModelError with the file."""
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path}: not a saved network: {str(error).splitlines()[0]}; train one again") from None
