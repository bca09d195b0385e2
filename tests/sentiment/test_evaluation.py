"""What is told of a split: metrics of the network and of the baselines, and the files that show them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from brandlens.datasets.reviews import Review, Reviews
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.evaluation import Evaluation

ROWS = [  # text, label, stars
    ("good good film", 1, 9.0), ("great", 1, np.nan), ("bad the film", 0, 2.0), ("good the film", 0, 2.0),
]  # fmt: skip


@pytest.fixture
def outcome(classifier: SentimentClassifier) -> Evaluation:
    """Four reviews, the last of which the classifier takes for praise; the one baseline is always right."""
    reviews = Reviews.from_rows(
        Review(f"r{at}", text, label, stars, "", "test") for at, (text, label, stars) in enumerate(ROWS)
    )
    score = classifier.probabilities([classifier.vocabulary.encode(text.split(), 8) for text, _, _ in ROWS])
    return Evaluation(reviews, score, [3, 1, 3, 3], classifier, {"bayes": reviews.label.astype(np.float32)}, bins=10)


def test_metrics(outcome: Evaluation) -> None:
    metrics = outcome.metrics()
    assert (metrics["threshold"], metrics["temperature"]) == (0.5, 2.0)
    assert metrics["accuracy"] == 0.75
    assert metrics["baselines"]["bayes"]["accuracy"] == 1.0
    low, high = metrics["intervals"]["accuracy"]
    assert low < 0.75 <= high
    assert metrics["intervals"]["baselines"]["bayes"]["accuracy"] == [0.5101, 1.0]


def test_what_is_written(outcome: Evaluation, tmp_path: Path) -> None:
    outcome.write(tmp_path, mistakes=5)
    tables = ("confusion", "precision_recall", "reliability", "by_length", "by_rating")
    names = {f"{name}.{kind}" for name in tables for kind in ("csv", "png")} | {"predictions.csv", "mistakes.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert [row["id"] for row in read(tmp_path / "mistakes.csv")] == ["r3"]
    assert [(row["group"], row["accuracy"], row["baseline"]) for row in read(tmp_path / "by_rating.csv")] == [
        ("2", "0.5", "1.0"), ("9", "1.0", "1.0"),
    ]  # fmt: skip
    assert [row["y_pred"] for row in read(tmp_path / "predictions.csv")] == ["positive"] * 2 + [
        "negative", "positive",
    ]  # fmt: skip


def test_no_mistakes_are_wanted(outcome: Evaluation, tmp_path: Path) -> None:
    outcome.write(tmp_path, mistakes=0)
    assert read(tmp_path / "mistakes.csv") == []


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
