"""trained model + test split → reports/sentiment/metrics.json, run.json, tables of predictions, curves and groups"""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from brandlens import config, errors, onnx_runtime, provenance
from brandlens.datasets import reviews
from brandlens.metrics import calibration
from brandlens.metrics.intervals import wilson
from brandlens.metrics.registry import unflatten
from brandlens.sentiment import baselines, evaluate, inference
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.evaluation import Evaluation
from brandlens.sentiment.text.tokenizer import tokenize
from brandlens.sentiment.text.vocabulary import Vocabulary

REPORT = Path("reports/sentiment")


def main() -> None:
    sentiment = config.load().sentiment
    wish = sentiment.evaluate
    found = reviews.read(Path("data/sentiment/reviews.parquet"))
    split = {name: found.of(name) for name in ("train", "val", "test")}
    words = {name: [tokenize(text) for text in bar(each.text, name)] for name, each in split.items()}
    vocabulary = Vocabulary.load(Path("data/sentiment/embedded/vocabulary.txt"))
    longest = (sentiment.train.pooled if sentiment.train.network == "pooled" else sentiment.train.talk).longest
    session = onnx_runtime.session(Path("data/sentiment/trained/network.onnx"), 1)
    raw = SentimentClassifier(session, vocabulary, longest, 0.5, 1.0, {}, onnx_runtime.cores())

    rows = {name: [vocabulary.encode(each, longest) for each in words[name]] for name in ("val", "test")}
    temperature = round(
        calibration.temperature(
            inference.predict_logits(session, rows["val"], onnx_runtime.cores()), split["val"].label
        ),
        4,
    )
    warm = replace(raw, temperature=temperature)
    probability = {name: warm.probabilities(each) for name, each in rows.items()}
    threshold = evaluate.choose_threshold(probability["val"], split["val"].label, wish.threshold)
    test, fit = split["test"], replace(warm, threshold=threshold)
    start = time.perf_counter()
    scored = fit.score(test.text)
    pace = len(test) / (time.perf_counter() - start)
    rivals = baselines.predictions(*((words[name], split[name].label) for name in ("train", "val")), words["test"])

    outcome = Evaluation(test, probability["test"], [len(each) for each in words["test"]], fit, rivals, wish.bins)
    metrics = {
        **outcome.metrics(),
        "unsure": round(sum(each.label == "unsure" for each in scored) / max(len(scored), 1), 4),
        "validation": unflatten(evaluate.metrics(probability["val"], split["val"].label, threshold, wish.bins)),
        "speed": {"reviews_per_second": round(pace, 1)},
    }
    metrics["intervals"] |= unflatten({"unsure": wilson(metrics["unsure"], len(test))} if len(test) else {})
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    counts = {name: count(each) for name, each in split.items()}
    run = provenance.describe_run(sentiment, sentiment.train.network, sentiment.collect.source, counts)
    (REPORT / "run.json").write_text(json.dumps(run, indent=2) + "\n")
    outcome.write(REPORT, wish.mistakes)
    print(
        f"threshold {threshold:.2f}: accuracy {metrics['accuracy']:.3f} on {len(test):,} reviews; baselines "
        + ", ".join(f"{name} {each['accuracy']:.3f}" for name, each in metrics["baselines"].items())
        + f"; calibration error {metrics['ece']:.3f}, {pace:,.0f} reviews a second"
    )


def count(part: reviews.Reviews) -> dict[str, int]:
    """How many reviews of each label a split has."""
    return {label: int((part.label == at).sum()) for at, label in enumerate(evaluate.LABELS)}


def bar(texts: Sequence[str], name: str) -> Sequence[str]:
    """A progress bar over texts."""
    return tqdm(texts, desc=name, unit="review", mininterval=1)


if __name__ == "__main__":
    errors.run_program(main)
