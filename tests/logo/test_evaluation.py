"""What is told of a split: metrics over crops, boxes and pictures, and the files that show them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo import evaluate
from brandlens.logo.crops.extract import CropRecord
from brandlens.logo.evaluation import Evaluation

LABELS = ("cola", "fizz")
COUNTS = ("true_positives", "false_positives", "false_negatives")


@pytest.fixture
def outcome() -> Evaluation:
    """Two pictures: a cola that is found, beside a false alarm; and a large fizz that is not."""
    pictures = [
        Picture(Path("a.jpg"), (Box(0, 0, 30, 30, "cola"),)), Picture(Path("b.jpg"), (Box(0, 0, 200, 90, "fizz"),)),
    ]  # fmt: skip
    found = [[Detection("cola", 0.9, 1, 0, 30, 30), Detection("fizz", 0.7, 300, 0, 40, 40)], []]
    rows = [
        CropRecord(f"{at}.png", "test", label, "box", picture, 0, 0, 10, 10)
        for at, (picture, label) in enumerate([("a.jpg", "cola"), ("b.jpg", "fizz"), ("b.jpg", "other")])
    ]
    probabilities = np.array([[0.1, 0.9, 0.0], [0.8, 0.1, 0.1], [0.9, 0.05, 0.05]], np.float32)
    return Evaluation(
        LABELS, 0.5, evaluate.Predictions(pictures, found, np.full(2, 0.01)), rows, np.array([1, 2, 0]), probabilities,
        {"majority": np.zeros(3, np.int64)},
    )  # fmt: skip


def test_metrics(outcome: Evaluation) -> None:
    metrics = outcome.metrics()
    assert metrics["threshold"] == 0.5
    assert metrics["crops"]["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert metrics["baselines"]["majority"]["crops"]["accuracy"] == pytest.approx(1 / 3, abs=1e-4)
    assert tuple(metrics["boxes"][name] for name in COUNTS) == (1, 1, 1)
    assert metrics["boxes"]["by_size"] == {
        "24-31": {"count": 1.0, "true_positives": 1.0, "recall": 1.0, "ap50": 1.0},
        "128-191": {"count": 1.0, "true_positives": 0.0, "recall": 0.0, "ap50": 0.0},
    }  # fmt: skip
    assert metrics["pictures"]["recall"] == 0.5
    assert metrics["intervals"]["boxes"]["by_size"]["24-31"]["recall"] == [0.2065, 1.0]
    assert metrics["intervals"]["baselines"]["majority"]["crops"]["accuracy"] == [0.0, 0.5]


def test_what_is_written(outcome: Evaluation, tmp_path: Path) -> None:
    outcome.write(tmp_path)
    names = {"precision_recall.csv", "precision_recall.png", "confusion.csv", "confusion.png"}
    names |= {"predictions.csv", "boxes.csv", "crops.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    with (tmp_path / "boxes.csv").open(newline="", encoding="utf-8") as file:
        assert [row["outcome"] for row in csv.DictReader(file)] == ["true_positive", "false_positive", "false_negative"]
    with (tmp_path / "crops.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["y_true"], row["y_pred"], row["majority"]) for row in rows] == [
        ("cola", "cola", "other"), ("fizz", "other", "other"), ("other", "other", "other"),
    ]  # fmt: skip
