"""The two networks of Dave Snowdon's talk, trained as the talk trained them → benchmarks/results/talk.json.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/talk.py --scratch /tmp/talk

By `snowdon` of params.yaml on both sides: the hyperparameters of the talk and the optimizer of its framework.
cnn: ten epochs on crops of 75x22, as many as the talk had and as many with a logo, of one brand of drinks5 (see
training_cost.py). fcn: the default network on the same crops and nothing else. Both are scored on the crops of
validation and test pictures, unchanged, by the likelier class, as in the talk. lstm: five epochs on Stanford's movie
reviews, with word vectors of their own (128 values) and with GloVe's (100). The talk had 300 values of Google News, an
LSTM with peepholes, all 25,000 training reviews, and of each the first 256 tokens; here 22,390 train, and of each the
first and the last 128 tokens are read.
Killed, a training goes on when the script is run again in the same folder. Prints one JSON object a network.
"""

import argparse
import contextlib
import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import scratch
import sentiment_real
import training_cost

from brandlens import config, onnx_runtime, training
from brandlens.datasets import reviews
from brandlens.logo.crops import crop_set
from brandlens.logo.detectors import registry as logo_registry
from brandlens.logo.detectors.sliding_window import network
from brandlens.metrics.intervals import wilson
from brandlens.sentiment import export, inference
from brandlens.sentiment.models import registry
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

GLOVE = "glove_6b_100d_100k.txt.gz"
LABELS = ("loss", "accuracy", "val_loss", "val_accuracy")
PARTS = ("cnn", "fcn", "lstm: own vectors", "lstm: GloVe")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for the copy; kept")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS, help="these networks; default: all four")
    arguments = parser.parse_args()
    drinks, movies = scratch.dataset("drinks5", "train.xml"), scratch.dataset("imdb", "movie_ids.parquet")
    vectors = scratch.dataset("vectors", GLOVE) / GLOVE
    scratch.enter(arguments.scratch)
    if set(PARTS[:2]) & set(arguments.only):
        training_cost.make_crops(drinks, "Lavie")
    if not Path("imdb/test.parquet").exists():
        sentiment_real.add_movies(movies, Path("imdb"))
    glove = {"embed.method": "pretrained", "embed.vectors": str(vectors), "embed.vectors_license": "PDDL-1.0",
             "embed.epochs": 0}  # fmt: skip
    parts = dict(zip(PARTS, (
        partial(train_crops, "snowdon"), partial(train_crops, "fcn"), partial(lstm, {}), partial(lstm, glove),
    ), strict=True))  # fmt: skip
    for name in arguments.only:
        with contextlib.redirect_stdout(sys.stderr):  # Keras prints a line an epoch
            result = parts[name]()
        scratch.keep("talk", name, {"where": f"{onnx_runtime.cores()} cores", **result})


def train_crops(name: str) -> dict[str, Any]:
    """Train a network on the crops, by a section of params.yaml; return its scores, and the log of every epoch."""
    params = config.load()
    policy = training.dtype_policy("auto", logo_registry.find(name).fast_bfloat16(params.logo))
    crops = crop_set.load(training_cost.AUGMENTED)
    unchanged = {split: training_cost.read_crops(split) for split in ("val", "test")}
    counts = {split: training_cost.counts(each) for split, each in {"train": crops, **unchanged}.items()}
    cfg = replace(getattr(params.logo.train, name), mining_rounds=0)
    run_dir = Path("logs/talk", name)
    model, log = training_cost.train(getattr(network, name), crops, unchanged["val"], cfg, policy, run_dir)
    return {
        "crops": counts, "epochs": len(log), "dtype_policy": policy, "weights": model.count_params(),
        "minutes": round(sum(epoch["seconds"] for epoch in log) / 60, 1),
        **{key: training_cost.score(model, each) for key, each in unchanged.items()},
        "by_epoch": [rounded(epoch) for epoch in log],
    }  # fmt: skip


def lstm(changes: scratch.Settings) -> dict[str, Any]:
    """Train the LSTM on the movie reviews; return its accuracy by the likelier class, and the log of every epoch."""
    scratch.write_params("sentiment", {**sentiment_real.COMMON, "train.model": "snowdon", **changes})
    scratch.repro("sentiment-embed")
    subprocess.run([sys.executable, "pipelines/sentiment/train.py"], check=True, stdout=sys.stderr)
    session = onnx_runtime.session(export.to_onnx(registry.load(sentiment_real.MODEL)), onnx_runtime.cores())
    all_reviews, vocabulary = reviews.read(sentiment_real.REVIEWS), Vocabulary.load(sentiment_real.VOCABULARY)
    max_length = config.load().sentiment.train.snowdon.max_length
    with (sentiment_real.REPORT / "training.csv").open(newline="", encoding="utf-8") as file:
        log = [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]
    facts = json.loads((sentiment_real.REPORT / "training.json").read_text())
    result = {"epochs": len(log), "weights": facts["weights"], "minutes": round(facts["seconds"] / 60, 1)}
    for name in ("val", "test"):
        split = all_reviews.of(name)
        rows = [vocabulary.encode(tokenize(text), max_length) for text in split.text]
        y_pred = inference.predict_logits(session, rows, onnx_runtime.cores()).argmax(axis=1)
        accuracy = float((y_pred == split.label).mean())
        interval = [round(end, 4) for end in wilson(accuracy, len(split))]
        result[name] = {"reviews": len(split), "accuracy": round(accuracy, 4), "interval": interval}
    return {**result, "by_epoch": [rounded(epoch) for epoch in log]}


def rounded(epoch: Mapping[str, float]) -> dict[str, float]:
    """Return what there is of losses and accuracies of an epoch."""
    return {key: round(epoch[key], 4) for key in LABELS if key in epoch}


if __name__ == "__main__":
    main()
