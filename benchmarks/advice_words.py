"""One-hot words against word vectors → benchmarks/results/advice.json, as advice.py does.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/advice_words.py

A small LSTM reads the sample's reviews, which have three labels; their words come as one-hot vectors of the commonest
ones, as random vectors that are trained along, as word2vec's of the training reviews, or as GloVe's. The same steps and
the same three seeds for each; error on the validation reviews. Prints one JSON object.
"""

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import advice
import numpy as np
import scratch

from brandlens import config, training
from brandlens.config.sentiment import Embed
from brandlens.digits.evaluation import error
from brandlens.sentiment.embeddings import pretrained, word2vec
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

# isort: split
import keras

MAX_LENGTH = 40  # tokens; few of the reviews are longer
MAX_ONE_HOT = 1000  # words of their own; what is rarer is one word
UNITS, EPOCHS, BATCH_SIZE, LEARNING_RATE = 32, 6, 32, 0.003


@dataclass(frozen=True)
class Words:
    """A vocabulary and what the LSTM is given for each word, (words, values) float32; trained: along with the LSTM."""

    name: str
    vocabulary: Vocabulary
    vectors: np.ndarray
    trained: bool = False


def read() -> dict[str, tuple[list[list[str]], np.ndarray]]:
    """Return the tokens and labels of the sample's training and validation reviews."""
    with (scratch.HOME / "data/sentiment/sample.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = sorted({row["label"] for row in rows})
    chosen = {split: [row for row in rows if row["split"] == split] for split in ("train", "val")}
    return {
        split: ([tokenize(row["text"]) for row in of], np.array([labels.index(row["label"]) for row in of]))
        for split, of in chosen.items()
    }


def forms(texts: Sequence[Sequence[str]], embed: Embed) -> list[Words]:
    """Return the ways in which words are given, the base first."""
    vocabulary, vectors = word2vec.train_embeddings(texts, embed, seed=1)
    vectors /= vectors.std()
    common = Vocabulary(vocabulary.words[: 2 + MAX_ONE_HOT])
    drawn = np.random.default_rng(1).normal(size=vectors.shape).astype(np.float32)
    path = scratch.dataset("vectors", "glove_6b_100d_100k.txt.gz") / "glove_6b_100d_100k.txt.gz"
    others, glove, _ = pretrained.pretrained_embeddings(texts, path, replace(embed, epochs=0), seed=1)
    return [
        Words(f"one-hot, the {MAX_ONE_HOT:,} commonest words", common, np.eye(len(common), dtype=np.float32)),
        Words("random vectors, trained along", vocabulary, drawn, trained=True),
        Words("word2vec, fixed", vocabulary, vectors),
        Words("word2vec, trained along", vocabulary, vectors, trained=True),
        Words("GloVe, fixed", others, glove / glove.std()),
    ]


def measure(words: Words, seed: int, sets: dict[str, tuple[list[list[str]], np.ndarray]]) -> float:
    """Train an LSTM; return its error on the validation reviews."""
    training.set_up(seed)
    ids = {name: encode(texts, words.vocabulary) for name, (texts, _) in sets.items()}
    embedding = keras.layers.Embedding(*words.vectors.shape, weights=[words.vectors], trainable=words.trained)
    lstm = keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_sequences=True))
    model = keras.Sequential(
        [keras.Input((MAX_LENGTH,), dtype="int32"), embedding, lstm, keras.layers.GlobalMaxPooling1D(),
         keras.layers.Dense(3)]
    )  # fmt: skip
    steps = EPOCHS * -(-len(ids["train"]) // BATCH_SIZE)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(training.optimizer("adam", LEARNING_RATE, "cosine", steps), loss, jit_compile=False)
    model.fit(ids["train"], sets["train"][1], batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    return error(model.predict(ids["val"], batch_size=500, verbose=0), sets["val"][1])


def encode(texts: Sequence[Sequence[str]], vocabulary: Vocabulary) -> np.ndarray:
    """Return (n, MAX_LENGTH) int32 ids, 0 after the last word."""
    rows = np.zeros((len(texts), MAX_LENGTH), np.int32)
    for row, text in zip(rows, texts, strict=True):
        known = vocabulary.encode(text, MAX_LENGTH)
        row[: len(known)] = known
    return rows


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    wall, cpu = time.perf_counter(), time.process_time()
    sets = read()
    errors: dict[str, list[float]] = {}
    for words in forms(sets["train"][0], config.load(scratch.HOME / "params.yaml").sentiment.embed):
        errors[words.name] = [measure(words, seed, sets) for seed in advice.SEEDS]
        print(words.name, errors[words.name], file=sys.stderr, flush=True)
    base, *others = errors
    scratch.keep("advice", "words", {
        "reviews": {split: len(labels) for split, (_, labels) in sets.items()}, "seeds": len(advice.SEEDS),
        "base": base, "base_error": round(100 * float(np.mean(errors[base])), 3),
        "rows": [{"group": f"words (base: {base})", "name": name, **advice.effect(errors[name], errors[base])}
                 for name in others],
        "seconds": round(time.perf_counter() - wall), "cpu_seconds": round(time.process_time() - cpu),
    })  # fmt: skip


if __name__ == "__main__":
    main()
