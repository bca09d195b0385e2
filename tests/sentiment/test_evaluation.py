"""Evaluation: temperature and threshold, metrics of both labels, groups of reviews, mistakes, and the files."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from brandlens.config.types import ThresholdConfig
from brandlens.datasets.reviews import TWO_LABELS, Review, Reviews
from brandlens.metrics.registry import compute
from brandlens.sentiment import evaluation
from brandlens.sentiment.classifier import SentimentClassifier, decide
from brandlens.sentiment.evaluation import Evaluation
from brandlens.sentiment.explain import Span, explain

BEST = ThresholdConfig(maximize="f1")


def array(*values: float) -> np.ndarray:
    return np.array(values, float)


def binary(*score: float) -> np.ndarray:
    """(n, 2) probabilities: of the last label, and the rest."""
    return np.stack([1 - array(*score), array(*score)], axis=1)


def labelled(*labels: int, names: Sequence[str] = TWO_LABELS, ordered: bool = False) -> Reviews:
    rows = (Review(str(index), "so", names[label], np.nan, "", "test") for index, label in enumerate(labels))
    return Reviews.from_rows(rows, names, ordered=ordered)


def metrics(probabilities: np.ndarray, reviews: Reviews) -> dict[str, float]:
    return compute(evaluation.labelled_rows(probabilities, reviews, 0.5, 10))


# The threshold


@pytest.mark.parametrize(
    ("score", "y_true", "rule", "expected"),
    [
        pytest.param([], [], BEST, 0.5, id="no rows, best"),
        pytest.param([], [], ThresholdConfig(min_precision=0.9), 0.5, id="no rows, precision"),
        pytest.param([0.2, 0.9], [0, 1], BEST, 0.5, id="0.5 is as good as any"),
        pytest.param([0.9], [0], BEST, 0.5, id="one label, all wrong"),
        pytest.param(
            [0.1, 0.2, 0.3, 0.4] * 50, [0, 0, 1, 1] * 50, BEST, 0.25, id="all too low: where both labels part"
        ),
        pytest.param([0.6, 0.7, 0.8, 0.9] * 50, [0, 0, 1, 1] * 50, BEST, 0.75, id="all too high"),
        pytest.param([0.6, 0.8, 0.9, 0.95], [1, 0, 1, 0], ThresholdConfig(min_recall=1.0), 0.3, id="minimal recall"),
        pytest.param(
            [0.6, 0.8, 0.9, 0.95], [0, 1, 0, 1], ThresholdConfig(min_precision=1.0), 0.925, id="minimal precision"
        ),
    ],
)
def test_choose_threshold(score: list[float], y_true: list[int], rule: ThresholdConfig, expected: float) -> None:
    result = evaluation.choose_threshold(array(*score), np.array(y_true, np.int8), rule)
    assert type(result) is float
    assert result == expected


def test_luck_does_not_move_the_threshold() -> None:
    """One review more or less right of a hundred is no reason to leave 0.5; a quarter of them is."""
    score = np.concatenate([np.linspace(0.05, 0.45, 50), np.linspace(0.55, 0.95, 50)])
    y_true = (score > 0.5).astype(int)
    assert evaluation.choose_threshold(score, np.where(np.arange(100) == 50, 0, y_true), BEST) == 0.5
    assert evaluation.choose_threshold(score, (np.arange(100) >= 75).astype(int), BEST) > 0.65


rows = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.6, 0.8, 1.0]), st.integers(0, 1)), min_size=1)


@settings(max_examples=40)
@given(rows)
def test_no_other_threshold_is_better_by_more_than_a_standard_error(table: list[tuple[float, int]]) -> None:
    score, y_true = np.array([row[0] for row in table]), np.array([row[1] for row in table])

    def macro(threshold: float) -> float:
        y_pred = decide(binary(*score), threshold)
        return float(f1_score(y_true, y_pred, labels=[0, 1], average="macro", zero_division=0.0))

    result = evaluation.choose_threshold(score, y_true, BEST)
    best = max(macro(threshold) for threshold in (0.05, 0.2, 0.4, 0.55, 0.7, 0.9))
    smoothed = (best * len(table) + 2) / (len(table) + 4)
    assert macro(result) >= best - np.sqrt(smoothed * (1 - smoothed) / len(table)) - 1e-9


# Metrics


def test_metrics_by_hand() -> None:
    """Negative: 2 of 3 right; positive: 1 of 2. One pair of six is in the wrong order, one of them tied."""
    result = metrics(binary(0.1, 0.2, 0.7, 0.7, 0.3), labelled(0, 0, 0, 1, 1))
    assert result["accuracy"] == pytest.approx(3 / 5)
    assert result["precision"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert result["recall"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert result["per_class.negative.recall"] == pytest.approx(2 / 3)
    assert result["per_class.positive.precision"] == pytest.approx(1 / 2)
    assert (result["per_class.negative.count"], result["per_class.positive.count"]) == (3, 2)
    assert result["auc"] == pytest.approx((1 + 1 + 1 + 1 + 0 + 0.5) / 6)
    assert result["ece"] == pytest.approx((0.1 + 0.2 + 2 * 0.2 + 0.7) / 5)


@pytest.mark.parametrize(
    ("score", "y_true", "expected"),
    [
        pytest.param([], [], {"accuracy": 0, "auc": 0.5, "ece": 0}, id="no rows"),
        pytest.param([0.9, 0.8], [1, 1], {"accuracy": 1, "auc": 0.5}, id="one label alone has no order"),
        pytest.param([0.9, 0.1], [1, 0], {"accuracy": 1, "f1": 1, "auc": 1}, id="all right"),
        pytest.param([0.1, 0.9], [1, 0], {"accuracy": 0, "f1": 0, "auc": 0}, id="all wrong"),
    ],
)
def test_metrics_of_few_rows(score: list[float], y_true: list[int], expected: dict[str, float]) -> None:
    result = metrics(binary(*score), labelled(*y_true))
    assert {name: result[name] for name in expected} == pytest.approx(expected)
    assert all(type(value) is float and np.isfinite(value) for value in result.values())


# Groups


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param([0, 1, 10, 11, 25, 400, 401, 9000],
                     {"0-10": [0, 1, 2], "11-25": [3, 4], "201-400": [5], "401+": [6, 7]}, id="the edges"),
    ],
)  # fmt: skip
def test_groups_by_length(lengths: list[int], expected: dict[str, list[int]]) -> None:
    result = {name: np.flatnonzero(members).tolist() for name, members in evaluation.by_length(np.array(lengths, int))}
    assert result == expected


@given(st.lists(st.integers(0, 2000), max_size=30))
def test_every_review_is_in_one_group(lengths: list[int]) -> None:
    counts = sum(
        (members.astype(int) for _, members in evaluation.by_length(np.array(lengths))), np.zeros(len(lengths))
    )
    assert (counts == 1).all()


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param([np.nan, np.nan], {}, id="no stars at all"),
        pytest.param([10, 1, np.nan, 1, 4.5], {"1": [1, 3], "4.5": [4], "10": [0]}, id="rising, the starless in none"),
    ],
)
def test_groups_by_rating(ratings: list[float], expected: dict[str, list[int]]) -> None:
    result = {name: np.flatnonzero(rows).tolist() for name, rows in evaluation.by_rating(np.array(ratings, np.float32))}
    assert list(result.items()) == list(expected.items())


def test_accuracy_by_group() -> None:
    groups = iter([("1", np.array([True, True, False])), ("2", np.array([False, False, True]))])
    result = evaluation.accuracy_by_group(groups, np.array([True, False, True]), np.array([True, True, False]))
    assert [(row["group"], row["reviews"], row["accuracy"], row["baseline"]) for row in result] == [
        ("1", 2, 0.5, 1.0),
        ("2", 1, 1.0, 0.0),
    ]
    assert evaluation.accuracy_by_group(iter([]), array(), array()) == []


# Rows


@pytest.mark.parametrize("count", [0, 3])
def test_prediction_rows(count: int) -> None:
    result = list(
        evaluation.prediction_rows(
            labelled(*[1, 0, 1][:count]), binary(0.123456, 0.2, 0.9)[:count], 0.5,
            {"linear": binary(0.7, 0.65432, 0.1)},
        )
    )  # fmt: skip
    assert all(list(row) == evaluation.prediction_columns(TWO_LABELS, ["linear"]) for row in result)
    assert [tuple(row.values()) for row in result] == [
        ("0", "positive", "negative", 0.1235, 0.7),
        ("1", "negative", "negative", 0.2, 0.6543),
        ("2", "positive", "positive", 0.9, 0.1),
    ][:count]


def reviews(*rows: tuple[str, int, float]) -> Reviews:
    """Text, label and stars of each review, called a, b, c and so on."""
    return Reviews.from_rows(
        Review(name, text, TWO_LABELS[label], stars, "", "test")
        for name, (text, label, stars) in zip("abcdef", rows, strict=False)
    )


@pytest.mark.parametrize(
    ("score", "max_mistakes", "expected"),
    [
        pytest.param([0.9, 0.1, 0.9, 0.1], 9, [], id="all right"),
        pytest.param([0.45, 0.95, 0.9, 0.6], 9, ["b", "d", "a"], id="the surest first"),
        pytest.param([0.45, 0.95, 0.9, 0.6], 2, ["b", "d"], id="at most two"),
        pytest.param([0.45, 0.95, 0.9, 0.6], 0, [], id="none wanted"),
        pytest.param([0.1, 0.9, 0.1, 0.9], 9, ["a", "b", "c", "d"], id="equally wrong: file order"),
    ],
)
def test_mistakes(score: list[float], max_mistakes: int, expected: list[str]) -> None:
    sample = reviews(*((f"text {name}", label, np.nan) for name, label in zip("abcd", [1, 0, 1, 0], strict=True)))
    result = evaluation.mistake_rows(
        sample, binary(*score), 0.5, max_mistakes, lambda text: [Span(0, 4, -0.12), Span(5, 6, 0.20001)]
    )
    assert [row["id"] for row in result] == expected
    for row in result:
        assert list(row) == evaluation.mistake_columns(TWO_LABELS)
        assert row["text"] == f"text {row['id']}"
        assert row["words"] == f"text -0.12; {row['id']} +0.20"
        assert row["spans"] == "[[0, 4, -0.12], [5, 6, 0.2]]"
        assert row["y_true"] == ("positive" if row["id"] in "ac" else "negative")


def test_spans_of_a_mistake_are_places_in_the_row(classifier: SentimentClassifier) -> None:
    sample = reviews(("the film\r\n\r\nis good", 0, np.nan))
    (row,) = evaluation.mistake_rows(sample, binary(0.9), 0.5, 1, lambda text: explain(classifier, text).spans)
    assert row["text"] == "the film\n\nis good"
    assert [str(row["text"])[start:end] for start, end, _ in json.loads(str(row["spans"]))] == ["good"]


# A classifier's evaluation

ROWS = [("good good film", 1, 9.0), ("great", 1, np.nan), ("bad the film", 0, 2.0), ("good the film", 0, 2.0)]


def encoded(classifier: SentimentClassifier) -> list[np.ndarray]:
    return [classifier.vocabulary.encode(text.split(), 8) for text, _, _ in ROWS]


@pytest.mark.parametrize(
    ("labels", "rule", "threshold"),
    [
        pytest.param([1, 1, 0, 1], BEST, 0.5, id="0.5 is as good as any"),
        pytest.param([1, 1, 0, 0], ThresholdConfig(min_precision=1.0), None, id="above the mistake"),
    ],
)
def test_calibrate(
    classifier: SentimentClassifier, labels: list[int], rule: ThresholdConfig, threshold: float | None
) -> None:
    """The temperature comes first, and does not depend on the one that the classifier had."""
    results = [
        evaluation.calibrate(replace(classifier, temperature=old), encoded(classifier), np.array(labels), rule)
        for old in (1.0, 3.0)
    ]
    assert results[0].temperature == results[1].temperature == round(results[0].temperature, 4)
    assert results[0].threshold == results[1].threshold
    if threshold is None:
        assert results[0].threshold > results[0].probabilities(encoded(classifier))[3, 1]
    else:
        assert results[0].threshold == threshold


def test_without_validation_nothing_is_chosen(classifier: SentimentClassifier) -> None:
    result = evaluation.calibrate(classifier, [], np.zeros(0, np.int64), BEST)
    assert (result.temperature, result.threshold) == (1.0, 0.5)


@pytest.fixture
def evaluated(classifier: SentimentClassifier) -> Evaluation:
    """Four reviews, the last of which the classifier takes for positive; the one baseline is always right."""
    sample = reviews(*ROWS)
    scores = classifier.probabilities(encoded(classifier))
    baselines = {"bayes": binary(*sample.label)}
    return Evaluation(
        sample, scores, [3, 1, 3, 3], classifier, baselines, calibration_bins=10,
        validation={"accuracy": 0.5, "per_class.positive.f1": 0.25}, unsure=0.25, reviews_per_second=100.0,
    )  # fmt: skip


def test_metrics_of_classifier_and_baselines(evaluated: Evaluation) -> None:
    metrics = evaluated.metrics
    assert (metrics["threshold"], metrics["temperature"]) == (0.5, 2.0)
    assert metrics["accuracy"] == 0.75
    assert metrics["validation"] == {"accuracy": 0.5, "per_class": {"positive": {"f1": 0.25}}}
    low, high = metrics["intervals"]["unsure"]
    assert low < metrics["unsure"] == 0.25 < high
    assert metrics["baselines"]["bayes"]["accuracy"] == 1.0
    low, high = metrics["intervals"]["accuracy"]
    assert low < 0.75 <= high
    assert metrics["intervals"]["baselines"]["bayes"]["accuracy"] == [0.5101, 1.0]


def test_what_is_written(evaluated: Evaluation, tmp_path: Path) -> None:
    evaluated.write(tmp_path, max_mistakes=5)
    tables = ("confusion", "precision_recall", "reliability", "by_length", "by_rating")
    names = {f"{name}.{suffix}" for name in tables for suffix in ("csv", "png")} | {
        "predictions.csv",
        "mistakes.csv",
        "metrics.json",
    }
    assert {path.name for path in tmp_path.iterdir()} == names
    assert [row["id"] for row in read(tmp_path / "mistakes.csv")] == ["d"]
    assert [(row["group"], row["accuracy"], row["baseline"]) for row in read(tmp_path / "by_rating.csv")] == [
        ("2", "0.5", "1.0"), ("9", "1.0", "1.0"),
    ]  # fmt: skip
    assert [row["y_pred"] for row in read(tmp_path / "predictions.csv")] == [
        "positive", "positive", "negative", "positive",
    ]  # fmt: skip


def test_no_mistakes_are_wanted(evaluated: Evaluation, tmp_path: Path) -> None:
    evaluated.write(tmp_path, max_mistakes=0)
    assert read(tmp_path / "mistakes.csv") == []


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# More labels

THREE, STARS = ("negative", "neutral", "positive"), ("1", "2", "3", "4", "5")


@pytest.mark.parametrize("names", [THREE, STARS], ids=len)
def test_rows_of_more_labels(names: tuple[str, ...]) -> None:
    probabilities = np.full((2, len(names)), 0.1)
    probabilities[0, 0], probabilities[1, 1] = 0.7, 0.6
    sample = labelled(0, 2, names=names)
    rows = list(evaluation.prediction_rows(sample, probabilities, 0.5, {"tfidf": np.eye(len(names))[[2, 0]]}))
    assert list(rows[0]) == evaluation.prediction_columns(names, ["tfidf"])
    assert [row["y_pred"] for row in rows] == [names[0], names[1]]
    assert [row["score"] for row in rows] == [0.7, 0.6] == [rows[0][f"score_{names[0]}"], rows[1][f"score_{names[1]}"]]
    assert [row["tfidf"] for row in rows] == [names[2], names[0]]
    (mistake,) = evaluation.mistake_rows(sample, probabilities, 0.5, 9, lambda _: [])
    assert list(mistake) == evaluation.mistake_columns(names)
    assert (mistake["id"], mistake["y_true"], mistake["y_pred"], mistake["score"]) == ("1", names[2], names[1], 0.6)


def test_an_evaluation_of_three_labels(
    many_labels: Callable[[Sequence[str]], SentimentClassifier], tmp_path: Path
) -> None:
    classifier = replace(many_labels(THREE), ordered=True)
    texts = ["good good film", "the film", "awful", "good"]
    rows = [classifier.vocabulary.encode(text.split(), 8) for text in texts]
    sample = Reviews.from_rows(
        (Review(text, text, THREE[label], np.nan, "", "test") for text, label in zip(texts, [2, 1, 0, 1], strict=True)),
        THREE,
        ordered=True,
    )
    calibrated = evaluation.calibrate(classifier, rows, sample.label, BEST)
    result = Evaluation(
        sample, calibrated.probabilities(rows), [3, 2, 1, 1], calibrated, {"bayes": np.eye(3)[[2, 1, 0, 1]]}, 10,
        validation={}, unsure=0.0, reviews_per_second=1.0,
    )  # fmt: skip
    assert "threshold" not in result.metrics
    assert (result.metrics["accuracy"], result.metrics["polar_accuracy"]) == (0.75, 1.0)
    assert result.metrics["mean_absolute_error"] == 0.25
    assert "the median label" in result.summary()
    result.write(tmp_path, max_mistakes=5)
    assert len(read(tmp_path / "confusion.csv")) == 9
    assert [row["id"] for row in read(tmp_path / "mistakes.csv")] == ["good"]
