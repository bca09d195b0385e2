"""Stanford's movie reviews → benchmarks/results/imdb.json: the stages in a scratch copy, and what they are worth.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/sentiment_real.py --scratch /tmp/imdb

ours: the default network, its test accuracy beside the linear baselines', minutes of each stage, and accuracy on
validation epoch by epoch. talk: the talk's network on the same vectors. transfer: sentences about products and places,
which no model here was trained on. examples: the talk's four reviews. speed: reviews a second, beside Keras.
Run again in the same scratch folder, what DVC has already made is not made again.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scratch

from brandlens import onnx_runtime
from brandlens.datasets import reviews
from brandlens.sentiment import baselines, inference
from brandlens.sentiment.batches import Batches
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.models import network
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary, pad_sequences

COMMON = {
    "collect.source": "files",
    "collect.files.train": ["imdb/train.parquet"],
    "collect.files.test": ["imdb/test.parquet"],
    "collect.files.unlabelled": ["imdb/unsup.parquet"],
    "collect.files.columns.label": None,
    "collect.files.columns.rating": "rating",
    "collect.files.columns.rating_cutoffs": [4.0, 7.0],
    "collect.files.columns.id": "id",
    "collect.files.columns.group": "movie",
    "collect.split_ratios": [0.9, 0.1, 0.0],
    "embed.vector_size": 128,
    "embed.epochs": 3,
    "embed.min_count": 5,
    "embed.workers": 2,
}
OURS = {
    "train.pooled.leaning": 0.0,
    "train.pooled.units": 128,
    "train.pooled.longest": 800,
    "train.pooled.epochs": 3,
    "train.pooled.taught": 3,
    "train.pooled.batch": 128,
}
TALK = {"train.network": "talk", "train.talk.epochs": 2, "train.talk.batch": 128}
REVIEWS, REPORT = Path("data/sentiment/reviews.parquet"), Path("reports/sentiment")
TOLD = (  # the talk's examples, and whether they are meant as praise
    ("VMware Horizon rocks!", 1),
    ("I don't like it at all. It does not work the way I think it should", 0),
    ("It crashes. It's buggy. Don't waste your time on this", 0),
    ("This software is market leading and will change the world", 1),
)


THREADS = {"TF_NUM_INTRAOP_THREADS": "1"}  # on two cores the two LSTMs side by side, each on one, are quicker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument(
        "--only", nargs="*", choices=PARTS, default=list(PARTS), help="these parts; the others need ours"
    )
    arguments = parser.parse_args()
    movies = scratch.dataset("imdb", "movie_ids.parquet")
    other = scratch.dataset("reviews_other", "uci_sentences.parquet")
    scratch.enter(arguments.scratch)
    with_movies(movies, Path("imdb"))
    for name in arguments.only:
        scratch.keep("imdb", name, PARTS[name](other))


def with_movies(source: Path, into: Path) -> None:
    """The dataset's tables with one more column, the movie that a review is about."""
    into.mkdir(exist_ok=True)
    movie = {row["id"]: row["movie"] for row in pq.read_table(source / "movie_ids.parquet").to_pylist()}
    for name in ("train", "test", "unsup"):
        table = pq.read_table(source / f"{name}.parquet", columns=["id", "rating", "label", "text"])
        about = pa.array([movie[each] for each in table["id"].to_pylist()])
        pq.write_table(table.append_column("movie", about), into / f"{name}.parquet")


def ours(_: Path) -> dict[str, Any]:
    """The stages one by one, with the minutes that each took, and the scores."""
    scratch.write_params("sentiment", {**COMMON, **OURS})
    os.environ.update(THREADS if onnx_runtime.cores() <= 2 else {})
    minutes = {}
    for stage in ("collect", "embed", "train", "evaluate", "export"):
        start = time.perf_counter()
        scratch.repro(f"sentiment-{stage}")
        minutes[stage] = round((time.perf_counter() - start) / 60, 2)
    metrics = json.loads((REPORT / "metrics.json").read_text())
    return {"minutes": minutes, "ladder": epochs(), "halves": halves(), **training(), **metrics}


def halves() -> dict[str, float]:
    """Accuracy on validation of the trained network, and of its halves: LSTMs that read, n-grams that count."""
    model = network.load(Path("data/sentiment/trained/model.keras"))
    held = reviews.read(REVIEWS).of("val")
    vocabulary = Vocabulary.load(Path("data/sentiment/embedded/vocabulary.txt"))
    rows = [vocabulary.encode(tokenize(text), OURS["train.pooled.longest"]) for text in held.text]
    named = {"reads": model.get_layer("label").output, "counts": model.get_layer("grams").output, **model.output}
    found = keras.Model(model.input, named).predict(pad_sequences(rows), batch_size=128, verbose=0)
    found["both"] = found.pop("label")
    return {name: round(float((logits.argmax(axis=1) == held.label).mean()), 4) for name, logits in found.items()}


def talk(_: Path) -> dict[str, Any]:
    """The talk's network on the same reviews and vectors; scored by the likelier class."""
    scratch.write_params("sentiment", {**COMMON, **OURS, **TALK})
    kept = {path: path.read_bytes() for path in trained() if path.exists()}
    usual = {name: value for name, value in os.environ.items() if name not in THREADS}  # there is but one LSTM
    subprocess.run([sys.executable, "pipelines/sentiment/train.py"], check=True, stdout=sys.stderr, env=usual)
    session = onnx_runtime.session(Path("data/sentiment/trained/network.onnx"), 1)
    found = reviews.read(REVIEWS)
    vocabulary = Vocabulary.load(Path("data/sentiment/embedded/vocabulary.txt"))
    accuracy = {}
    for split in ("val", "test"):
        rows = [vocabulary.encode(tokenize(text), 256) for text in found.of(split).text]
        right = inference.predict_logits(session, rows, onnx_runtime.cores()).argmax(axis=1) == found.of(split).label
        accuracy[split] = round(float(right.mean()), 4)
    result = {"accuracy": accuracy, "ladder": epochs(), **training()}
    for path, content in kept.items():  # the others are about ours
        path.write_bytes(content)
    return result


def transfer(other: Path) -> dict[str, Any]:
    """Trained on movies, asked about products: everyone's accuracy at the threshold that movies gave."""
    found = reviews.read(REVIEWS)
    labelled = [([tokenize(text) for text in some.text], some.label) for some in (found.of("train"), found.of("val"))]
    classifier = SentimentClassifier.load("models/sentiment")
    linear = {
        name: baselines.fitted(kind, *labelled, both=True)
        for name, kind in (("tfidf", baselines.Tfidf), ("bayes", baselines.NBLogReg))
    }
    result = {}
    for path in sorted(other.glob("*.parquet")):
        table = pq.read_table(path, columns=["text", "label"]).to_pydict()
        words, truth = [tokenize(text) for text in table["text"]], np.array(table["label"])
        rows = [classifier.vocabulary.encode(each, classifier.max_length) for each in words]
        guesses = {"ours": classifier.probabilities(rows) >= classifier.threshold}
        guesses |= {name: model.log_odds(words) >= 0 for name, model in linear.items()}
        accuracy = {name: round(float((guess == truth).mean()), 4) for name, guess in guesses.items()}
        unsure = sum(each.label == "unsure" for each in classifier.score(table["text"]))
        result[path.stem] = {"sentences": len(truth), **accuracy, "unsure": unsure}
    return result


def examples(_: Path) -> dict[str, Any]:
    """The talk's four reviews."""
    scored = SentimentClassifier.load("models/sentiment").score([text for text, _ in TOLD])
    told = ("negative", "positive")
    return {
        text: {"label": each.label, "score": round(each.score, 4), "right": each.label == told[truth]}
        for (text, truth), each in zip(TOLD, scored, strict=True)
    }


def speed(_: Path) -> dict[str, Any]:
    """Reviews a second of `score` on the texts of the test split, and of Keras' predict on their tokens, by length."""
    test = reviews.read(REVIEWS).of("test")
    classifier = SentimentClassifier.load("models/sentiment")
    rows = [classifier.vocabulary.encode(tokenize(text), classifier.max_length) for text in test.text]
    model = network.load(Path("data/sentiment/trained/model.keras"))
    batches = Batches(rows, test.label, batch=128, segment=model.get_layer("segments").length)
    calls: dict[str, Callable[[], Any]] = {
        "score": lambda: classifier.score(test.text),
        "network_alone": lambda: classifier.probabilities(rows),
        "keras_predict": lambda: model.predict(batches, verbose=0),
    }
    pace = {name: round(len(test) / scratch.best_time(call, 2), 1) for name, call in calls.items()}
    return {"reviews": len(test), **pace, "times_keras": round(pace["score"] / pace["keras_predict"], 2)}


def trained() -> Sequence[Path]:
    """What a training writes."""
    return [
        *(Path("data/sentiment/trained", name) for name in ("model.keras", "network.onnx")),
        *(REPORT / f"training.{end}" for end in ("csv", "json")),
    ]


def training() -> dict[str, Any]:
    """What the last training tells of itself."""
    return json.loads((REPORT / "training.json").read_text())


def epochs() -> list[dict[str, float]]:
    """Of each epoch of the last training: part (1: with unlabelled reviews), accuracy on validation, loss there."""
    with (REPORT / "training.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        {"part": int(row["part"]), **{key: round(float(row[key]), 4) for key in ("loss", "val_accuracy", "val_loss")}}
        for row in rows
    ]


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "ours": ours, "talk": talk, "transfer": transfer, "examples": examples, "speed": speed,
}  # fmt: skip

if __name__ == "__main__":
    main()
