"""exported network + test split → models/sentiment/model.json + reports/sentiment/metrics.json, run.json, tables"""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import config, errors, onnx_runtime, provenance
from brandlens.datasets import reviews
from brandlens.metrics.intervals import wilson
from brandlens.metrics.registry import unflatten
from brandlens.sentiment import baselines, evaluation
from brandlens.sentiment.classifier import NETWORK, SentimentClassifier
from brandlens.sentiment.evaluation import Evaluation
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

MODEL, REPORT = Path("models/sentiment"), Path("reports/sentiment")


def main() -> None:
    params = config.load().sentiment
    cfg, max_length = params.evaluate, params.train.active.max_length
    all_reviews = reviews.read(Path("data/sentiment/reviews.parquet"))
    splits = {name: all_reviews.of(name) for name in ("train", "val", "test")}
    tokens = {name: [tokenize(text) for text in progress(split.text, name)] for name, split in splits.items()}
    vocabulary = Vocabulary.load(MODEL / "vocabulary.txt")
    rows = {name: [vocabulary.encode(words, max_length) for words in tokens[name]] for name in ("val", "test")}
    val, test = splits["val"], splits["test"]

    session = onnx_runtime.session(MODEL / NETWORK, 1)
    raw = SentimentClassifier(session, vocabulary, max_length, 0.5, 1.0, {}, onnx_runtime.cores())
    classifier = evaluation.calibrate(raw, rows["val"], val.label, cfg.threshold)
    start = time.perf_counter()
    predictions = classifier.score(test.text)
    speed = len(test) / (time.perf_counter() - start)
    training, validation = ((tokens[name], splits[name].label) for name in ("train", "val"))
    scores = {name: classifier.probabilities(rows[name]) for name in ("val", "test")}
    result = Evaluation(
        test, scores["test"], [len(words) for words in tokens["test"]], classifier,
        baselines.predict(training, validation, tokens["test"]), cfg.calibration_bins,
    )  # fmt: skip
    val_metrics = evaluation.metrics(scores["val"], val.label, classifier.threshold, cfg.calibration_bins)
    metrics = {
        **result.metrics(),
        "unsure": round(sum(each.label == "unsure" for each in predictions) / max(len(predictions), 1), 4),
        "validation": unflatten(val_metrics),
        "speed": {"reviews_per_second": round(speed, 1)},
    }
    if len(test):
        metrics["intervals"] |= unflatten({"unsure": wilson(metrics["unsure"], len(test))})
    counts = {name: label_counts(split.label) for name, split in splits.items()}
    run = provenance.describe_run(params, params.train.model, params.collect.source, counts)
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    (REPORT / "run.json").write_text(json.dumps(run, indent=2) + "\n")
    result.write(REPORT, cfg.max_mistakes)
    card = provenance.card_provenance(params.train.model, metrics, params.collect.source)
    replace(classifier, provenance=card).save_card(MODEL)
    print(
        f"threshold {classifier.threshold:.2f}: accuracy {metrics['accuracy']:.3f} on {len(test):,} reviews; baselines "
        + ", ".join(f"{name} {baseline['accuracy']:.3f}" for name, baseline in metrics["baselines"].items())
        + f"; calibration error {metrics['ece']:.3f}, {speed:,.0f} reviews a second"
    )


def label_counts(labels: np.ndarray) -> dict[str, int]:
    """Return how many reviews of each label a split has."""
    return {name: int((labels == label).sum()) for label, name in enumerate(evaluation.LABELS)}


def progress(texts: Sequence[str], name: str) -> Sequence[str]:
    """Return the texts behind a progress bar."""
    return tqdm(texts, desc=name, unit="review", mininterval=1)


if __name__ == "__main__":
    errors.run_program(main)
