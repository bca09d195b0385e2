"""A classifier's scores of reviews → its threshold, metrics, and the tables and charts of a test split."""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from brandlens import io
from brandlens.config.sentiment import Evaluate
from brandlens.config.types import ThresholdConfig
from brandlens.datasets.reviews import POSITIVE, Reviews
from brandlens.metrics import calibration, classification, plots, thresholds
from brandlens.metrics.classification import LabelledRows
from brandlens.metrics.intervals import wilson
from brandlens.metrics.registry import Rows, compute, compute_intervals, unflatten
from brandlens.sentiment import baselines, inference
from brandlens.sentiment.classifier import UNSURE, SentimentClassifier, decide
from brandlens.sentiment.explain import Span, explain, largest_changes, to_cell
from brandlens.sentiment.text.tokenizer import tokenize

LENGTHS = (10, 25, 50, 100, 200, 400)  # tokens: the longest review of each group; longer ones make the last group
PREDICTION_COLUMNS = ("id", "y_true", "y_pred", "score")  # see `prediction_columns`
STRONG_BASELINE = "bayes"  # what groups of reviews are compared with

Groups = Iterator[tuple[str, np.ndarray]]
Progress = Callable[[Sequence[str]], Iterable[str]]


def no_progress(texts: Sequence[str]) -> Iterable[str]:
    """Return the texts as they are, without a progress bar."""
    return texts


def calibrate(
    classifier: SentimentClassifier, rows: Sequence[np.ndarray], labels: np.ndarray, rule: ThresholdConfig
) -> SentimentClassifier:
    """Return the classifier with temperature and threshold chosen on validation, both rounded to four digits.

    rows: (t,) int32 token ids of each review; labels: (n,) class numbers. More than two labels have no threshold.
    """
    logits = inference.predict_logits(classifier.network, rows, classifier.threads)
    calibrated = replace(classifier, temperature=round(calibration.temperature(logits, labels), 4))
    if len(classifier.labels) > 2:
        return calibrated
    return replace(calibrated, threshold=choose_threshold(calibrated.probabilities(rows)[:, 1], labels, rule))


def choose_threshold(score: np.ndarray, y_true: np.ndarray, rule: ThresholdConfig) -> float:
    """Return the threshold that meets the rule on (n,) probabilities of "positive" and their (n,) 0 or 1 labels.

    A precision or recall is that of the positive label. The best F1 is the macro mean over both labels; of all
    thresholds within one standard error of the best the one nearest to 0.5 is taken (the rule of Breiman et al. 1984),
    since the very best of a few hundred reviews is mostly luck. 0.5 without rows.
    """
    score, y_true = np.asarray(score, np.float64), np.asarray(y_true)
    if rule.maximize is None or not len(y_true):
        curve = thresholds.precision_recall_curve(y_true == 1, score)
        return round(thresholds.choose_threshold(curve, rule), 4)
    values = np.unique([0, *score, 1])
    candidates = np.concatenate([[0.5], (values[1:] + values[:-1]) / 2])
    below = {label: np.searchsorted(np.sort(score[y_true == label]), candidates) for label in (0, 1)}
    num_positive = int((y_true == 1).sum())
    num_wrong = below[1] + (len(y_true) - num_positive - below[0])
    f1 = [2 * right / np.maximum(2 * right + num_wrong, 1) for right in (below[0], num_positive - below[1])]
    macro_f1 = (f1[0] + f1[1]) / 2
    smoothed = (macro_f1.max() * len(y_true) + 2) / (len(y_true) + 4)  # Agresti and Coull 1998: 1 is not certain
    standard_error = math.sqrt(smoothed * (1 - smoothed) / len(y_true))
    good = candidates[macro_f1 >= macro_f1.max() - standard_error]
    return round(float(good[np.abs(good - 0.5).argmin()]), 4)


def labelled_rows(probabilities: np.ndarray, reviews: Reviews, threshold: float, calibration_bins: int) -> LabelledRows:
    """Return reviews with their (n, labels) probabilities, for `compute`; each review is a unit."""
    count, y_pred = len(reviews), decide(probabilities, threshold, ordered=reviews.ordered)
    score = probabilities[:, 1] if len(reviews.labels) == 2 else probabilities
    return LabelledRows(
        reviews.labels, reviews.label.astype(np.int64), y_pred, np.arange(count), count, score, calibration_bins,
        ordered=reviews.ordered,
    )  # fmt: skip


def by_length(lengths: np.ndarray) -> Groups:
    """Yield names of groups, such as "11-25", and their (n,) bool rows, of (n,) lengths in tokens; no empty groups."""
    for first, last in zip((0, *(length + 1 for length in LENGTHS)), (*LENGTHS, None), strict=True):
        members = (lengths >= first) & (lengths <= (math.inf if last is None else last))
        if members.any():
            yield f"{first}-{last}" if last else f"{first}+", members


def by_rating(ratings: np.ndarray) -> Groups:
    """Yield names of groups, such as "4", and their (n,) bool rows, of (n,) star ratings, rising; NaN is in none."""
    for rating in np.unique(ratings[np.isfinite(ratings)]):
        yield f"{rating:g}", ratings == rating


def accuracy_by_group(groups: Groups, correct: np.ndarray, baseline_correct: np.ndarray) -> list[dict[str, object]]:
    """Return a row for each group: number of reviews, accuracy with its 95 % interval, and a baseline's accuracy.

    correct, baseline_correct: (n,) bool. The interval is Wilson's (1927), which holds for few reviews and near 1.
    """
    rows = []
    for name, members in groups:
        count, accuracy = int(members.sum()), float(correct[members].mean())
        low, high = wilson(accuracy, count)
        values = {"accuracy": accuracy, "low": low, "high": high, "baseline": float(baseline_correct[members].mean())}
        rows.append({"group": name, "reviews": count} | {key: round(value, 4) for key, value in values.items()})
    return rows


def prediction_columns(labels: Sequence[str], baselines: Iterable[str]) -> list[str]:
    """Return the columns of predictions.csv.

    Of two labels score is the probability of the last one, and so is a baseline's column; of more it is that of y_pred,
    each label has a column of its own, and a baseline's column is the label that it predicts.
    """
    scores = [f"score_{label}" for label in labels] if len(labels) > 2 else []
    return [*PREDICTION_COLUMNS, *scores, *baselines]


def prediction_rows(
    reviews: Reviews, probabilities: np.ndarray, threshold: float, baselines: Mapping[str, np.ndarray]
) -> Iterator[Mapping[str, object]]:
    """Yield the rows of predictions.csv, in file order; probabilities, and those of each baseline: (n, labels)."""
    labels, rounded = reviews.labels, np.asarray(probabilities, np.float64).round(4).tolist()
    y_pred = decide(probabilities, threshold, ordered=reviews.ordered)
    guesses = {name: decide(scores, 0.5, ordered=reviews.ordered) for name, scores in baselines.items()}
    for index, review_id in enumerate(reviews.id):
        row = {"id": review_id, "y_true": labels[reviews.label[index]], "y_pred": labels[y_pred[index]]}
        if len(labels) == 2:
            scores = {name: round(float(scores[index, 1]), 4) for name, scores in baselines.items()}
            yield {**row, "score": round(float(probabilities[index, 1]), 4), **scores}
        else:
            own = {f"score_{label}": score for label, score in zip(labels, rounded[index], strict=True)}
            others = {name: labels[guess[index]] for name, guess in guesses.items()}
            yield {**row, "score": rounded[index][y_pred[index]], **own, **others}


def mistake_columns(labels: Sequence[str]) -> list[str]:
    """Return the columns of mistakes.csv: of more than two labels the predicted one is needed too."""
    return ["id", "y_true", *(["y_pred"] if len(labels) > 2 else []), "score", "text", "words", "spans"]


def mistake_rows(
    reviews: Reviews, probabilities: np.ndarray, threshold: float, max_mistakes: int,
    explain_text: Callable[[str], Sequence[Span]],
) -> list[dict[str, object]]:  # fmt: skip
    """Return the rows of mistakes.csv: at most so many reviews that are classified wrong, the surest first.

    The score is that of predictions.csv. explain_text: a text → the spans that changed its score. words: these, as
    "not bad +0.20; other -0.13". spans: the same as JSON, [[start, end, change], ...], in characters of the row's text.
    """
    probabilities, labels = np.asarray(probabilities, np.float64), reviews.labels
    y_true, y_pred = reviews.label.astype(np.int64), decide(probabilities, threshold, ordered=reviews.ordered)
    rows = np.arange(len(reviews))
    if len(labels) == 2:
        score, error = probabilities[:, 1], np.abs(probabilities[:, 1] - y_true)
    else:
        score = error = probabilities[rows, y_pred]
    wrong = np.flatnonzero(y_pred != y_true)
    worst = wrong[np.argsort(-error[wrong], kind="stable")][:max_mistakes]
    rows_of_worst = list[dict[str, object]]()
    for index in worst:
        text = "\n".join(reviews.text[index].splitlines())
        spans = largest_changes(explain_text(text))
        rows_of_worst.append({
            "id": reviews.id[index],
            "y_true": labels[y_true[index]],
            **({"y_pred": labels[y_pred[index]]} if len(labels) > 2 else {}),
            "score": round(float(score[index]), 4),
            "text": text,
            "words": to_cell(text, spans),
            "spans": json.dumps([[start, end, round(change, 4)] for start, end, change in spans]),
        })  # fmt: skip
    return rows_of_worst


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A split's reviews with the classifier's scores of them and those of the baselines.

    probabilities: (n, labels), calibrated. lengths: (n,) tokens of each review. baselines: the (n, labels)
    probabilities of each. validation: the metrics of the validation split, by flat names. unsure: fraction of the
    reviews that the classifier calls unsure. reviews_per_second: at which it scored them.
    """

    reviews: Reviews
    probabilities: np.ndarray
    lengths: Sequence[int]
    classifier: SentimentClassifier
    baselines: Mapping[str, np.ndarray]
    calibration_bins: int
    validation: Mapping[str, float]
    unsure: float
    reviews_per_second: float

    @cached_property
    def y_pred(self) -> np.ndarray:
        """(n,) int64 class numbers, as the classifier decides."""
        return self.classifier.decide(self.probabilities)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The metrics of the classifier by its threshold, and of the baselines by 0.5; nested.

        Of more than two labels there is no threshold.
        intervals: the same tree, with [low, high] of the 95 % interval; reviews are resampled.
        """
        rows = labelled_rows(self.probabilities, self.reviews, self.classifier.threshold, self.calibration_bins)
        baselines = {
            name: labelled_rows(probabilities, self.reviews, 0.5, self.calibration_bins)
            for name, probabilities in self.baselines.items()
        }

        def measure(function: Callable[[Rows], Mapping[str, Any]]) -> dict[str, Any]:
            of_baselines = {name: unflatten(function(baseline)) for name, baseline in baselines.items()}
            return {**unflatten(function(rows)), "baselines": of_baselines}

        intervals = measure(compute_intervals)
        if len(self.reviews):
            intervals |= unflatten({"unsure": wilson(self.unsure, len(self.reviews))})
        return {
            **({"threshold": self.classifier.threshold} if len(self.reviews.labels) == 2 else {}),
            "temperature": self.classifier.temperature,
            **measure(compute),
            "intervals": intervals,
            "unsure": self.unsure,
            "validation": unflatten(dict(self.validation)),
            "speed": {"reviews_per_second": self.reviews_per_second},
        }

    def summary(self) -> str:
        """Return a line that tells how good the classifier is, and how fast."""
        metrics = self.metrics
        baselines = ", ".join(f"{name} {baseline['accuracy']:.3f}" for name, baseline in metrics["baselines"].items())
        return (
            f"{describe_decision(self.classifier)}: accuracy {metrics['accuracy']:.3f} on {len(self.reviews):,} "
            f"reviews; baselines {baselines}; calibration error {metrics['ece']:.3f}, "
            f"{self.reviews_per_second:,.0f} reviews a second"
        )

    def write(self, output_dir: Path, max_mistakes: int) -> None:
        """Write metrics.json, predictions.csv, mistakes.csv (at most so many), and tables with charts.

        Those are confusion, precision_recall, reliability, by_length and by_rating, each as .csv and .png.
        """
        output_dir.mkdir(parents=True, exist_ok=True)
        io.write_json(self.metrics, output_dir / "metrics.json")
        labels, y_true, threshold = self.reviews.labels, self.reviews.label, self.classifier.threshold
        how = f"{'at' if len(labels) == 2 else 'by'} {describe_decision(self.classifier)}"
        caption = f"Test reviews {how}: rows are the labels, columns the predictions."
        matrix = classification.confusion(y_true, self.y_pred, len(labels))
        plots.write_confusion(matrix, labels, output_dir / "confusion.csv", output_dir / "confusion.png", caption)
        self._write_curves(output_dir)
        self._write_groups(output_dir)
        predictions = prediction_rows(self.reviews, self.probabilities, threshold, self.baselines)
        columns = prediction_columns(labels, self.baselines)
        io.write_csv(predictions, output_dir / "predictions.csv", columns)
        mistakes = mistake_rows(
            self.reviews,
            self.probabilities,
            threshold,
            max_mistakes,
            lambda text: explain(self.classifier, text).spans,
        )
        io.write_csv(mistakes, output_dir / "mistakes.csv", mistake_columns(labels))

    def _write_curves(self, output_dir: Path) -> None:
        """Write precision and recall of positive, or else of the last label, and how often scores are right.

        Of more than two labels the curve has no threshold, and the scores are those of the likeliest labels.
        """
        labels, y_true = self.reviews.labels, self.reviews.label
        main_label = labels.index(POSITIVE) if POSITIVE in labels else len(labels) - 1
        curve = thresholds.precision_recall_curve(y_true == main_label, self.probabilities[:, main_label])
        threshold = self.classifier.threshold if len(labels) == 2 else None
        plots.write_curve(curve, output_dir / "precision_recall.csv", output_dir / "precision_recall.png", threshold)
        score, outcome = self.probabilities[:, 1], y_true
        if len(labels) > 2:
            score, outcome = calibration.confidence(self.probabilities), self.probabilities.argmax(axis=1) == y_true
        table = calibration.reliability(score, outcome, self.calibration_bins)
        plots.write_reliability(table, output_dir / "reliability.csv", output_dir / "reliability.png")

    def _write_groups(self, output_dir: Path) -> None:
        """Write the accuracy of the classifier and of the strong baseline by the reviews' length and by their stars."""
        correct = self.y_pred == self.reviews.label
        baseline = decide(self.baselines[STRONG_BASELINE], 0.5, ordered=self.reviews.ordered)
        baseline_correct = baseline == self.reviews.label
        for name, unit, groups in (
            ("length", "tokens", by_length(np.array(self.lengths))),
            ("rating", "stars", by_rating(self.reviews.rating)),
        ):
            rows = accuracy_by_group(groups, correct, baseline_correct)
            csv_path, png_path = (output_dir / f"by_{name}.{suffix}" for suffix in ("csv", "png"))
            plots.write_accuracies(rows, csv_path, png_path, unit, "linear")


def evaluate(
    classifier: SentimentClassifier,
    reviews: Mapping[str, Reviews],
    cfg: Evaluate,
    progress: Callable[[str], Progress] = lambda split: no_progress,
) -> Evaluation:
    """Evaluate a classifier on the test split, with temperature and threshold chosen on the validation split.

    classifier: of any temperature and threshold. reviews: of the splits train, from which the baselines learn, val and
    test, with the classifier's labels. progress: of a split's name, wraps its texts while they are tokenized.
    """
    tokens = {split: [tokenize(text) for text in progress(split)(of_split.text)] for split, of_split in reviews.items()}
    encode, max_length = classifier.vocabulary.encode, classifier.max_length
    rows = {split: [encode(words, max_length) for words in tokens[split]] for split in ("val", "test")}
    val, test = reviews["val"], reviews["test"]
    calibrated = calibrate(classifier, rows["val"], val.label, cfg.threshold)
    start = time.perf_counter()
    predictions = calibrated.score(test.text)
    seconds = time.perf_counter() - start
    probabilities = {split: calibrated.probabilities(ids) for split, ids in rows.items()}
    training, validation = ((tokens[split], reviews[split].label) for split in ("train", "val"))
    return Evaluation(
        test, probabilities["test"], [len(words) for words in tokens["test"]], calibrated,
        baselines.predict(training, validation, tokens["test"], len(test.labels)), cfg.calibration_bins,
        validation=compute(labelled_rows(probabilities["val"], val, calibrated.threshold, cfg.calibration_bins)),
        unsure=round(sum(prediction.label == UNSURE for prediction in predictions) / max(len(predictions), 1), 4),
        reviews_per_second=round(len(test) / max(seconds, 1e-9), 1),
    )  # fmt: skip


def describe_decision(classifier: SentimentClassifier) -> str:
    """Return in words how the classifier decides."""
    if len(classifier.labels) == 2:
        return f"threshold {classifier.threshold:.2f}"
    return "the median label" if classifier.ordered else "the likeliest label"
