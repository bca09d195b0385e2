"""What a classifier said of reviews → metrics, and the tables and drawings that show them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from brandlens.datasets.reviews import Reviews
from brandlens.metrics import calibration, classification, plots, thresholds
from brandlens.metrics.registry import Rows, compute, compute_intervals, unflatten
from brandlens.sentiment import evaluate
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.explain import explain, telling


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Of one split, by the classifier's threshold. score: (n,) calibrated probabilities of praise. lengths: tokens of
    each review. rivals: the (n,) probabilities that each baseline says. bins: of the calibration table.
    """

    reviews: Reviews
    score: np.ndarray
    lengths: Sequence[int]
    classifier: SentimentClassifier
    rivals: Mapping[str, np.ndarray]
    bins: int

    @cached_property
    def predicted(self) -> np.ndarray:
        """(n,) int64 labels."""
        return evaluate.decide(self.score, self.classifier.threshold)

    def metrics(self) -> dict[str, Any]:
        """Return the metrics by the threshold and over all of them, and of the baselines at 0.5; nested.

        intervals: the same tree, with [low, high] of the 95 % interval; reviews are resampled.
        """
        truth, threshold = self.reviews.label, self.classifier.threshold
        rows = evaluate.labelled_rows(self.score, truth, threshold, self.bins)
        baselines = {name: evaluate.labelled_rows(guess, truth, 0.5, self.bins) for name, guess in self.rivals.items()}

        def measure(function: Callable[[Rows], Mapping[str, Any]]) -> dict[str, Any]:
            of_baselines = {name: unflatten(function(guesses)) for name, guesses in baselines.items()}
            return {**unflatten(function(rows)), "baselines": of_baselines}

        return {
            "threshold": threshold,
            "temperature": self.classifier.temperature,
            **measure(compute),
            "intervals": measure(compute_intervals),
        }

    def write(self, into: Path, mistakes: int) -> None:
        """predictions.csv and mistakes.csv, at most so many; confusion, precision_recall, reliability, by_length and
        by_rating as .csv and .png."""
        truth, threshold = self.reviews.label, self.classifier.threshold
        caption = f"Test reviews at threshold {threshold:.2f}: rows are what they are, columns what the network says."
        matrix = classification.confusion(truth, self.predicted, len(evaluate.LABELS))
        plots.write_confusion(matrix, evaluate.LABELS, into / "confusion.csv", into / "confusion.png", caption)
        curve = thresholds.precision_recall_curve(truth == 1, self.score)
        plots.write_curve(curve, into / "precision_recall.csv", into / "precision_recall.png", threshold)
        table = calibration.reliability(self.score, truth, self.bins)
        plots.write_reliability(table, into / "reliability.csv", into / "reliability.png")
        self._write_groups(into)
        rows = evaluate.prediction_rows(self.reviews.id, truth, self.score, threshold, self.rivals)
        plots.write_csv(rows, into / "predictions.csv", (*evaluate.PREDICTIONS, *self.rivals))
        worst = evaluate.mistakes(
            self.reviews.id, self.reviews.text, truth, self.score, threshold, mistakes,
            lambda text: telling(explain(self.classifier, text)),
        )  # fmt: skip
        plots.write_csv(worst, into / "mistakes.csv", evaluate.MISTAKES)

    def _write_groups(self, into: Path) -> None:
        """How often it and the better linear model are right, by the reviews' length and by their stars."""
        truth = self.reviews.label
        right, rival = self.predicted == truth, evaluate.decide(self.rivals["bayes"], 0.5) == truth
        by_length, by_rating = evaluate.by_length(np.array(self.lengths)), evaluate.by_rating(self.reviews.rating)
        for name, label, groups in (("length", "tokens", by_length), ("rating", "stars", by_rating)):
            rows = evaluate.accuracy_by_group(groups, right, rival)
            plots.write_accuracies(rows, into / f"by_{name}.csv", into / f"by_{name}.png", label, "linear")
