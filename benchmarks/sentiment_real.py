"""Stanford's movie reviews → benchmarks/results/imdb.json: the stages in a scratch copy, and how well they do.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/sentiment_real.py --scratch /tmp/imdb

ours: bilstm, its test accuracy beside the linear baselines', minutes of each stage, and accuracy on validation epoch by
epoch. transfer: sentences about products and places, which no model here was trained on. examples: the talk's four
reviews. speed: reviews a second, beside Keras. When it is run again in the same scratch folder, stages whose inputs are
the same are not. Prints one JSON object a part.
"""

import argparse
import csv
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scratch

from brandlens import onnx_runtime
from brandlens.datasets import reviews
from brandlens.sentiment import baselines
from brandlens.sentiment.batches import ReviewBatches, pad_to
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.linear import decide
from brandlens.sentiment.models import registry
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

COMMON = {
    "collect.source": "files",
    "collect.files.train": ["imdb/train.parquet"],
    "collect.files.test": ["imdb/test.parquet"],
    "collect.files.unlabelled": ["imdb/unsup.parquet"],
    "collect.files.columns.label": None,
    "collect.files.columns.rating": "rating",
    "collect.files.columns.rating_scale": [1, 10],
    "collect.files.columns.rating_cutoffs": [4.0, 7.0],
    "collect.files.columns.id": "id",
    "collect.files.columns.group": "movie",
    "collect.split_ratios": [0.9, 0.1, 0.0],
    "embed.vector_size": 128,
    "embed.epochs": 3,
    "embed.min_count": 5,
    "embed.workers": 2,
}
MAX_LENGTH = 800  # tokens that ours reads
OURS = {
    "train.bilstm.nb_log_ratio": 0.0,
    "train.bilstm.units": 128,
    "train.bilstm.max_length": MAX_LENGTH,
    "train.bilstm.epochs": 3,
    "train.bilstm.self_training_epochs": 3,
    "train.bilstm.batch_size": 128,
}
REVIEWS, REPORT = Path("data/sentiment/reviews.parquet"), Path("reports/sentiment")
TRAINED = Path("data/sentiment/trained")
MODEL, VOCABULARY = TRAINED / "model.keras", TRAINED / "vocabulary.txt"
EXAMPLES = (  # the talk's, and whether they are meant as positive
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
    add_movies(movies, Path("imdb"))
    for name in arguments.only:
        scratch.keep("imdb", name, PARTS[name](other))


def add_movies(source: Path, folder: Path) -> None:
    """Write the dataset's tables with one more column, the movie that a review is about."""
    folder.mkdir(exist_ok=True)
    movies = {row["id"]: row["movie"] for row in pq.read_table(source / "movie_ids.parquet").to_pylist()}
    for name in ("train", "test", "unsup"):
        table = pq.read_table(source / f"{name}.parquet", columns=["id", "rating", "label", "text"])
        column = pa.array([movies[review_id] for review_id in table["id"].to_pylist()])
        pq.write_table(table.append_column("movie", column), folder / f"{name}.parquet")


def ours(_: Path) -> dict[str, Any]:
    """Run the stages one by one; return the minutes that each took, and the scores."""
    scratch.write_params("sentiment", {**COMMON, **OURS})
    os.environ.update(THREADS if onnx_runtime.cores() <= 2 else {})
    minutes = {}
    for stage in ("collect", "embed", "train", "export", "evaluate"):
        start = time.perf_counter()
        scratch.repro(f"sentiment-{stage}")
        minutes[stage] = round((time.perf_counter() - start) / 60, 2)
    metrics = json.loads((REPORT / "metrics.json").read_text())
    return {"minutes": minutes, "by_epoch": epochs(), "branches": branches(), **training(), **metrics}


def branches() -> dict[str, float]:
    """Return the accuracy on validation of the trained network, and of its branches: LSTMs and n-grams."""
    model = registry.load(MODEL)
    val = reviews.read(REVIEWS).of("val")
    vocabulary = Vocabulary.load(VOCABULARY)
    rows = [vocabulary.encode(tokenize(text), MAX_LENGTH) for text in val.text]
    outputs = {"lstm": model.get_layer("label").output, "ngrams": model.get_layer("ngrams").output}
    branched = keras.Model(model.input, {**outputs, "both": model.output["label"]})
    predictions = branched.predict(pad_to(rows, max(len(row) for row in rows)), batch_size=128, verbose=0)
    return {
        name: round(float((logits.argmax(axis=1) == val.label).mean()), 4) for name, logits in predictions.items()
    }  # fmt: skip


def transfer(other: Path) -> dict[str, Any]:
    """Score models trained on movies on reviews of products, at the threshold that was chosen on movies."""
    all_reviews = reviews.read(REVIEWS)
    splits = (all_reviews.of(name) for name in ("train", "val"))
    train, val = (([tokenize(text) for text in split.text], split.label) for split in splits)
    classifier = SentimentClassifier.load("models/sentiment")
    linear = {name: model.fit(train, val, refit=True) for name, model in baselines.linear_models().items()}
    result = {}
    for path in sorted(other.glob("*.parquet")):
        table = pq.read_table(path, columns=["text", "label"]).to_pydict()
        tokens, y_true = [tokenize(text) for text in table["text"]], np.array(table["label"])
        rows = [classifier.vocabulary.encode(words, classifier.max_length) for words in tokens]
        y_pred = {"ours": classifier.probabilities(rows)[:, 1] >= classifier.threshold}
        y_pred |= {name: decide(model.log_odds(tokens)) for name, model in linear.items()}
        accuracy = {name: round(float((labels == y_true).mean()), 4) for name, labels in y_pred.items()}
        unsure = sum(prediction.label == "unsure" for prediction in classifier.score(table["text"]))
        result[path.stem] = {"sentences": len(y_true), **accuracy, "unsure": unsure}
    return result


def examples(_: Path) -> dict[str, Any]:
    """Score the talk's four reviews."""
    predictions = SentimentClassifier.load("models/sentiment").score([text for text, _ in EXAMPLES])
    result = {}
    for (text, y_true), prediction in zip(EXAMPLES, predictions, strict=True):
        correct = prediction.label == ("negative", "positive")[y_true]
        result[text] = {"label": prediction.label, "score": round(prediction.score, 4), "correct": correct}
    return result


def speed(_: Path) -> dict[str, Any]:
    """Return reviews a second of `score` on the texts of the test split, and of Keras' predict on their tokens."""
    test = reviews.read(REVIEWS).of("test")
    classifier = SentimentClassifier.load("models/sentiment")
    rows = [classifier.vocabulary.encode(tokenize(text), classifier.max_length) for text in test.text]
    model = registry.load(MODEL)
    segment_length = model.get_layer("segments").length
    batches = ReviewBatches(rows, test.label, batch_size=128, segment_length=segment_length)
    calls: dict[str, Callable[[], Any]] = {
        "score": lambda: classifier.score(test.text),
        "network_alone": lambda: classifier.probabilities(rows),
        "keras_predict": lambda: model.predict(batches, verbose=0),
    }
    pace = {name: round(len(test) / scratch.best_time(call, 2), 1) for name, call in calls.items()}
    return {"reviews": len(test), **pace, "times_keras": round(pace["score"] / pace["keras_predict"], 2)}


def training() -> dict[str, Any]:
    """Return the facts of the last training."""
    return json.loads((REPORT / "training.json").read_text())


def epochs() -> list[dict[str, float]]:
    """Return, of each epoch of the last training, its phase (1: with unlabelled reviews), losses and val_accuracy."""
    with (REPORT / "training.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    numbers = ("loss", "val_accuracy", "val_loss")
    return [{"phase": int(row["phase"]), **{key: round(float(row[key]), 4) for key in numbers}} for row in rows]


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "ours": ours, "transfer": transfer, "examples": examples, "speed": speed,
}  # fmt: skip

if __name__ == "__main__":
    main()
