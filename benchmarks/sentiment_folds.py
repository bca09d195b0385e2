"""Is the network ahead on reviews unlike those it learned from? → benchmarks/results/sentiment_folds.json.

    python benchmarks/sentiment_folds.py --scratch /tmp/folds [--schemes phrases lengths] [--folds 0 1]

Cross-validation over the training and validation reviews of the built-in sample, for its random validation split
resembles them more than the test split does. phrases: no phrase of five words is in two folds, as none of the test
split is in the others. lengths: negative and positive reviews in the order of their length, neutral ones at random, so
that of fold 0 all are shorter than those that it is trained on, and of fold 4 longer. Beside the network, and its two
branches, the linear baselines, all on the same folds; as in `dvc repro` a tenth of the rest is for validation. Logits
are kept in the scratch folder, so that a run that was cut goes on. Prints one JSON object a scheme: accuracy, macro F1,
log-loss, neutral reviews predicted by those there are, and how much more the network has right, with its interval.
"""

import argparse
import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import scratch

from brandlens import config, training
from brandlens.metrics.calibration import softmax
from brandlens.metrics.significance import difference
from brandlens.sentiment import baselines
from brandlens.sentiment.batches import predict_logits
from brandlens.sentiment.embeddings import word2vec
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.train import Data, train

LABELS = ("negative", "neutral", "positive")
NUM_FOLDS, PHRASE = 5, 5  # words of a phrase
NETWORK, BASELINE = "bilstm", "tfidf"
Texts = Sequence[Sequence[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the logits; kept")
    parser.add_argument("--schemes", nargs="+", choices=SCHEMES, default=list(SCHEMES))
    parser.add_argument("--folds", nargs="+", type=int, choices=range(NUM_FOLDS), default=list(range(NUM_FOLDS)))
    arguments = parser.parse_args()
    texts, labels = read_sample()
    for name in arguments.schemes:
        folds = SCHEMES[name](texts, labels)
        parts = []
        for fold in arguments.folds:
            path = arguments.scratch / f"{name}-{fold}.npz"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                np.savez(path, **score_fold(texts, labels, folds == fold, path.with_suffix("")))
            parts.append(dict(np.load(path)))
        members = np.concatenate([np.flatnonzero(folds == fold) for fold in arguments.folds])
        scores = {model: np.concatenate([part[model] for part in parts]) for model in parts[0]}
        key = name if len(arguments.folds) == NUM_FOLDS else f"{name}, folds {' '.join(map(str, arguments.folds))}"
        scratch.keep("sentiment_folds", key, summarize(scores, labels[members]))


def read_sample() -> tuple[list[list[str]], np.ndarray]:
    """Return the tokens and the class numbers of the sample's training and validation reviews."""
    with (scratch.HOME / "data/sentiment/sample.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] != "test"]
    return [tokenize(row["text"]) for row in rows], np.array([LABELS.index(row["label"]) for row in rows])


def phrase_folds(texts: Texts, labels: np.ndarray) -> np.ndarray:
    """Return (n,) folds, about as large, of which none shares a phrase of PHRASE words with another."""
    group = np.arange(len(texts))

    def root(index: int) -> int:
        while group[index] != index:
            group[index] = group[group[index]]
            index = group[index]
        return index

    first: dict[tuple[str, ...], int] = {}
    for index, text in enumerate(texts):
        for start in range(len(text) - PHRASE + 1):
            group[root(index)] = root(first.setdefault(tuple(text[start : start + PHRASE]), index))
    _, members, count = np.unique([root(index) for index in range(len(texts))], return_inverse=True, return_counts=True)
    fold, size = np.zeros(len(count), np.int64), np.zeros(NUM_FOLDS, np.int64)
    order = np.random.default_rng(0).permutation(len(count))
    for each in order[np.argsort(-count[order], kind="stable")]:
        fold[each] = size.argmin()
        size[fold[each]] += count[each]
    return fold[members]


def length_folds(texts: Texts, labels: np.ndarray) -> np.ndarray:
    """Return (n,) folds: negative and positive reviews from the shortest to the longest, neutral ones at random."""
    rng, fold = np.random.default_rng(0), np.zeros(len(texts), np.int64)
    lengths = np.array([len(text) for text in texts]) + rng.random(len(texts))
    for label, name in enumerate(LABELS):
        rows = np.flatnonzero(labels == label)
        order = rng.permutation(rows) if name == "neutral" else rows[np.argsort(lengths[rows])]
        fold[order] = np.arange(len(order)) * NUM_FOLDS // len(order)
    return fold


SCHEMES: Mapping[str, Callable[[Texts, np.ndarray], np.ndarray]] = {"phrases": phrase_folds, "lengths": length_folds}


def score_fold(texts: Texts, labels: np.ndarray, is_test: np.ndarray, run_dir: Path) -> dict[str, np.ndarray]:
    """Return (n, labels) probabilities of the fold's reviews by each model."""
    params = config.load(scratch.HOME / "params.yaml")
    cfg = params.sentiment.train.bilstm
    training.set_up(params.seed)
    rest = np.random.default_rng(0).permutation(np.flatnonzero(~is_test))
    parts = {"val": rest[: len(rest) // 10], "train": rest[len(rest) // 10 :], "test": np.flatnonzero(is_test)}
    tokens = {name: [texts[index] for index in rows] for name, rows in parts.items()}
    vocabulary, vectors = word2vec.train_embeddings(tokens["train"], params.sentiment.embed, params.seed, _ignore)
    rows = {name: [vocabulary.encode(text, cfg.max_length) for text in texts] for name, texts in tokens.items()}
    data = Data(rows["train"], labels[parts["train"]], rows["val"], labels[parts["val"]], vectors,
                num_labels=len(LABELS), words=vocabulary.words, label_names=LABELS)  # fmt: skip
    network = train(data, NETWORK, cfg, run_dir, seed=params.seed)
    branches = {name: keras.Model(network.input, {"label": network.get_layer(layer).output})
                for name, layer in (("LSTMs", "label"), ("n-grams", "ngrams"))}  # fmt: skip
    networks = {NETWORK: network, **branches}
    labelled = ((tokens[name], labels[parts[name]]) for name in ("train", "val"))
    return {
        **{name: softmax(predict_logits(model, rows["test"])) for name, model in networks.items()},
        **baselines.predict(*labelled, tokens["test"], len(LABELS)),
    }


def _ignore(count: int) -> None:
    """Show no progress."""


def summarize(scores: Mapping[str, np.ndarray], labels: np.ndarray) -> dict[str, Any]:
    """Return the figures of each model's (n, labels) probabilities, rounded."""
    right = {name: each.argmax(axis=1) == labels for name, each in scores.items()}
    gain, interval = difference(right[BASELINE], right[NETWORK], np.arange(len(labels)))
    models = {name: measure(each, labels) for name, each in scores.items()}
    return {
        "reviews": len(labels), "models": models, "gain": round(gain, 4), "gain_low": round(interval.low, 4),
        "gain_high": round(interval.high, 4),
    }  # fmt: skip


def measure(scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return accuracy, macro F1, log-loss, and neutral reviews predicted by those there are."""
    predicted = scores.argmax(axis=1)
    f1 = [
        2
        * ((predicted == label) & (labels == label)).sum()
        / max(1, (predicted == label).sum() + (labels == label).sum())
        for label in range(len(LABELS))
    ]
    neutral = LABELS.index("neutral")
    values = {
        "accuracy": (predicted == labels).mean(), "macro_f1": np.mean(f1),
        "log_loss": -np.log(np.maximum(scores[np.arange(len(labels)), labels], 1e-6)).mean(),
        "neutral_ratio": (predicted == neutral).sum() / (labels == neutral).sum(),
    }  # fmt: skip
    return {name: round(float(value), 4) for name, value in values.items()}


if __name__ == "__main__":
    main()
