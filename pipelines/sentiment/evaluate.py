"""trained model + test split → reports/sentiment/metrics.json, run.json, tables of predictions, curves and groups"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import errors, params, provenance, runtime
from brandlens.evaluation import calibration, classification, plots
from brandlens.sentiment import baselines, evaluate, reviews, runs
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.explain import explain, telling
from brandlens.sentiment.tokens import tokens
from brandlens.sentiment.vocabulary import Vocabulary

REPORT = Path("reports/sentiment")


def main() -> None:
    sentiment = params.load().sentiment
    wish = sentiment.evaluate
    found = reviews.read(Path("data/sentiment/reviews.parquet"))
    split = {name: found.of(name) for name in ("train", "val", "test")}
    words = {name: [tokens(text) for text in bar(each.text, name)] for name, each in split.items()}
    vocabulary = Vocabulary.load(Path("data/sentiment/embedded/vocabulary.txt"))
    longest = (sentiment.train.pooled if sentiment.train.network == "pooled" else sentiment.train.talk).longest
    session = runtime.session(Path("data/sentiment/trained/network.onnx"), 1)
    raw = SentimentClassifier(session, vocabulary, longest, 0.5, 1.0, {}, runtime.cores())

    rows = {name: [vocabulary.encode(each, longest) for each in words[name]] for name in ("val", "test")}
    temperature = round(
        calibration.temperature(runs.logits(session, rows["val"], runtime.cores()), split["val"].label), 4
    )
    warm = replace(raw, temperature=temperature)
    probability = {name: warm.probabilities(each) for name, each in rows.items()}
    chosen = classification.Wish(**asdict(wish.threshold))
    threshold = evaluate.choose_threshold(probability["val"], split["val"].label, chosen)
    test, truth, score = split["test"], split["test"].label, probability["test"]
    start = time.perf_counter()
    scored = replace(warm, threshold=threshold).score(test.text)
    pace = len(test) / (time.perf_counter() - start)
    rivals = baselines.predictions(*((words[name], split[name].label) for name in ("train", "val")), words["test"])

    metrics = {
        "threshold": threshold,
        "temperature": temperature,
        **classification.nested(evaluate.metrics(score, truth, threshold, wish.bins)),
        "unsure": round(sum(each.label == "unsure" for each in scored) / max(len(scored), 1), 4),
        "baselines": {
            name: classification.nested(evaluate.metrics(guess, truth, 0.5, wish.bins))
            for name, guess in rivals.items()
        },
        "validation": classification.nested(
            evaluate.metrics(probability["val"], split["val"].label, threshold, wish.bins)
        ),
        "speed": {"reviews_per_second": round(pace, 1)},
    }
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    counts = {name: count(each) for name, each in split.items()}
    run = provenance.run(sentiment, sentiment.train.network, sentiment.collect.source, counts)
    (REPORT / "run.json").write_text(json.dumps(run, indent=2) + "\n")
    show(test, score, rivals, [len(each) for each in words["test"]], replace(warm, threshold=threshold), wish)
    print(
        f"threshold {threshold:.2f}: accuracy {metrics['accuracy']:.3f} on {len(test):,} reviews; baselines "
        + ", ".join(f"{name} {each['accuracy']:.3f}" for name, each in metrics["baselines"].items())
        + f"; calibration error {metrics['ece']:.3f}, {pace:,.0f} reviews a second"
    )


def show(
    test: reviews.Reviews, score: np.ndarray, rivals: dict[str, np.ndarray], lengths: Sequence[int],
    classifier: SentimentClassifier, wish: params.sentiment.Evaluate,
) -> None:  # fmt: skip
    """Write the tables and plots."""
    truth, threshold = test.label, classifier.threshold
    predicted = evaluate.decide(score, threshold)
    right, rival = predicted == truth, evaluate.decide(rivals["bayes"], 0.5) == truth
    caption = f"Test reviews at threshold {threshold:.2f}: rows are what they are, columns what the network says."
    matrix = classification.confusion(truth, predicted, len(evaluate.LABELS))
    plots.write_confusion(matrix, evaluate.LABELS, REPORT / "confusion.csv", REPORT / "confusion.png", caption)
    curve = classification.curve(truth == 1, score)
    plots.write_curve(curve, REPORT / "precision_recall.csv", REPORT / "precision_recall.png", threshold)
    table = calibration.reliability(score, truth, wish.bins)
    plots.write_reliability(table, REPORT / "reliability.csv", REPORT / "reliability.png")
    groups = {"length": evaluate.by_length(np.array(lengths)), "rating": evaluate.by_rating(test.rating)}
    for name, label in (("length", "tokens"), ("rating", "stars")):
        rows = evaluate.accuracies(groups[name], right, rival)
        plots.write_accuracies(rows, REPORT / f"by_{name}.csv", REPORT / f"by_{name}.png", label, "linear")
    plots.write_predictions(
        evaluate.prediction_rows(test.id, truth, score, threshold, rivals),
        REPORT / "predictions.csv",
        (*evaluate.PREDICTIONS, *rivals),
    )
    plots.write_predictions(
        evaluate.mistakes(
            test.id,
            test.text,
            truth,
            score,
            threshold,
            wish.mistakes,
            lambda text: telling(explain(classifier, text)),
        ),
        REPORT / "mistakes.csv",
        evaluate.MISTAKES,
    )


def count(part: reviews.Reviews) -> dict[str, int]:
    """How many reviews of each label a split has."""
    return {label: int((part.label == at).sum()) for at, label in enumerate(evaluate.LABELS)}


def bar(texts: Sequence[str], name: str) -> Sequence[str]:
    """A progress bar over texts."""
    return tqdm(texts, desc=name, unit="review", mininterval=1)


if __name__ == "__main__":
    errors.run(main)
