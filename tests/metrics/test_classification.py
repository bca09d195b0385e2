"""Metrics of rows with one label: by hand, beside scikit-learn's, and over resampled units."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sklearn_metrics

from brandlens.metrics import classification, registry
from brandlens.metrics.classification import LabelledRows, confusion

LABELS = ("cola", "Dr. Pepper", "fizz")
ONCE = np.ones((1, 8))
weights_of_8 = arrays(np.int64, 8, elements=st.integers(0, 3))
scores_of_8 = arrays(np.float64, 8, elements=st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0]))
labels_of_8 = arrays(np.int64, 8, elements=st.integers(0, 1))


def has_rows(table):
    """Whether a resample holds any row; the last column is how often each is drawn."""
    return any(row[-1] for row in table)


def rows_of(y_true, y_pred, labels=LABELS, score=None):
    y_true, y_pred = np.array(y_true, int), np.array(y_pred, int)
    return LabelledRows(labels, y_true, y_pred, np.arange(len(y_true)), len(y_true), score)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "expected"),
    [
        pytest.param([], [], [[0, 0], [0, 0]], id="no rows"),
        pytest.param([0, 1], [0, 1], [[1, 0], [0, 1]], id="all right"),
        pytest.param([0, 0, 1], [1, 0, 1], [[1, 1], [0, 1]], id="rows are y_true"),
    ],
)
def test_confusion(y_true, y_pred, expected):
    counts = confusion(np.array(y_true), np.array(y_pred), 2)
    assert counts.dtype == np.int64
    assert counts.tolist() == expected


def test_confusion_refuses_a_label_number_out_of_range():
    with pytest.raises(IndexError):
        confusion(np.array([0]), np.array([2]), 2)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=40))
def test_confusion_counts_every_row_once(rows):
    y_true, y_pred = np.array(rows, int).reshape(-1, 2).T
    counts = confusion(y_true, y_pred, 3)
    assert counts.sum() == len(rows)
    assert counts.sum(axis=1).tolist() == np.bincount(y_true, minlength=3).tolist()


@pytest.mark.parametrize(
    ("y_true", "y_pred", "expected"),
    [
        pytest.param([], [], {"accuracy": 0, "f1": 0, "per_class.cola.count": 0}, id="no rows"),
        pytest.param([0, 1], [0, 1], {"accuracy": 1, "precision": 1, "recall": 1, "f1": 1}, id="all right"),
        pytest.param(
            [0, 0, 0, 1],
            [0, 0, 1, 1],
            {
                "accuracy": 3 / 4,
                "precision": (1 + 1 / 2) / 2,
                "recall": (2 / 3 + 1) / 2,
                "f1": (4 / 5 + 2 / 3) / 2,
                "per_class.cola.recall": 2 / 3,
                "per_class.Dr. Pepper.precision": 1 / 2,
                "per_class.cola.count": 3,
            },
            id="by hand",
        ),
        pytest.param([0, 0], [0, 0], {"accuracy": 1, "recall": 1 / 2, "f1": 1 / 2}, id="a label that never occurs"),
        pytest.param([1], [0], {"accuracy": 0, "precision": 0, "per_class.cola.recall": 0}, id="all wrong"),
    ],
)
def test_metrics(y_true, y_pred, expected):
    flat = registry.compute(rows_of(y_true, y_pred, ("cola", "Dr. Pepper")))
    assert {name: flat[name] for name in expected} == pytest.approx(expected)
    assert len(flat) == 4 + 2 * 4
    assert all(type(value) is float and np.isfinite(value) for value in flat.values())


def test_metrics_of_the_published_matrix():
    """The matrix that the talk shows, and the macro figures that it states."""
    y_true = np.repeat([0, 0, 1, 1], [140, 42, 3, 855])
    y_pred = np.repeat([0, 1, 0, 1], [140, 42, 3, 855])
    flat = registry.compute(rows_of(y_true, y_pred, ("logo", "background")))
    assert flat["precision"] == pytest.approx(0.9661, abs=5e-5)
    assert flat["recall"] == pytest.approx(0.8829, abs=5e-5)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3)), max_size=40).filter(has_rows))
def test_metrics_are_scikit_learns_also_of_a_resample(table):
    """The last column is how often a row is in the resample."""
    y_true, y_pred, weights = np.array(table).T
    rows = rows_of(y_true, y_pred)
    expected = sklearn_metrics.precision_recall_fscore_support(
        np.repeat(y_true, weights), np.repeat(y_pred, weights), labels=range(3), zero_division=0.0
    )
    for name, values in zip(("precision", "recall", "f1"), expected, strict=False):
        metric = classification.METRICS[name]
        assert metric.by_class(rows, weights[None].astype(np.float32))[0] == pytest.approx(values, abs=1e-6)
        assert metric.function(rows, weights[None].astype(np.float32))[0] == pytest.approx(values.mean(), abs=1e-6)
    accuracy = classification.accuracy(rows, weights[None].astype(np.float32))[0]
    assert accuracy == pytest.approx((weights @ (y_true == y_pred)) / max(weights.sum(), 1), abs=1e-6)


@given(weights_of_8, scores_of_8)
def test_auc_is_scikit_learns_also_of_a_resample(weights, score):
    y_true = np.array([0, 1] * 4)
    value = classification.auc(rows_of(y_true, y_true, score=score), weights[None].astype(np.float32))[0]
    if {*np.repeat(y_true, weights)} == {0, 1}:
        expected = sklearn_metrics.roc_auc_score(np.repeat(y_true, weights), np.repeat(score, weights))
        assert value == pytest.approx(expected, abs=1e-6)
    else:
        assert np.isnan(value)


@given(weights_of_8, scores_of_8, labels_of_8)
def test_ece_of_a_resample_is_that_of_the_rows_drawn(weights, score, y_true):
    drawn = rows_of(np.repeat(y_true, weights), np.repeat(y_true, weights), score=np.repeat(score, weights))
    expected = classification.ece(drawn, np.ones((1, weights.sum())))[0]
    value = classification.ece(rows_of(y_true, y_true, score=score), weights[None].astype(np.float32))[0]
    assert value == pytest.approx(expected, abs=1e-5)


def test_rows_of_one_unit_are_drawn_together():
    rows = LabelledRows(("a", "b"), np.array([0, 1, 1]), np.array([0, 1, 0]), np.array([0, 0, 1]), 2)
    weights = np.array([[1, 1], [2, 1], [0, 1]], np.float32)
    assert classification.accuracy(rows, weights) == pytest.approx([2 / 3, 4 / 5, 0])


@pytest.mark.parametrize(
    ("y_true", "expected"),
    [
        pytest.param([], {"accuracy": 0, "auc": 0.5, "ece": 0}, id="no rows"),
        pytest.param([1, 1], {"accuracy": 1, "auc": 0.5, "ece": 0.25}, id="one label alone has no order"),
    ],
)
def test_score_metrics_of_few_rows(y_true, expected):
    flat = registry.compute(rows_of(y_true, y_true, ("negative", "positive"), np.full(len(y_true), 0.75)))
    assert {name: flat[name] for name in expected} == pytest.approx(expected)


THREE = ("negative", "neutral", "positive")


def scored(y_true, probabilities, labels=THREE, *, ordered=False):
    y_true, probabilities = np.array(y_true, int), np.array(probabilities, float).reshape(-1, len(labels))
    units = np.arange(len(y_true))
    return LabelledRows(labels, y_true, probabilities.argmax(axis=1), units, len(units), probabilities, ordered=ordered)


probability_rows = arrays(np.float64, (8, 3), elements=st.sampled_from([0.1, 0.3, 0.5, 0.9]))


@given(arrays(np.int64, 8, elements=st.integers(0, 2)), probability_rows)
def test_scores_of_three_labels_are_scikit_learns(y_true, raw):
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    rows = scored(y_true, probabilities, ordered=True)
    flat = registry.compute(rows)
    for index, label in enumerate(THREE):
        if 0 < (y_true == index).sum() < 8:
            expected = sklearn_metrics.roc_auc_score(y_true == index, probabilities[:, index])
            assert flat[f"per_class.{label}.auc"] == pytest.approx(expected, abs=1e-6)
    assert flat["mean_absolute_error"] == pytest.approx(np.abs(y_true - rows.y_pred).mean())
    if len({*y_true, *rows.y_pred}) > 1:
        kappa = sklearn_metrics.cohen_kappa_score(y_true, rows.y_pred, weights="quadratic", labels=range(3))
        assert flat["quadratic_kappa"] == pytest.approx(kappa, abs=1e-6)
    polar = y_true != 1
    right = (probabilities[:, 2] >= probabilities[:, 0]) == (y_true == 2)
    assert flat["polar_accuracy"] == pytest.approx(right[polar].mean() if polar.any() else 0.0)


def test_which_metrics_there_are():
    stars = ("1", "2", "3", "4", "5")
    assert set(classification.score_registry(("no", "yes"))) == {*classification.METRICS, *classification.SCORE_METRICS}
    assert "polar_accuracy" in classification.score_registry(THREE)
    assert {"quadratic_kappa", "mean_absolute_error"} <= set(classification.score_registry(stars, ordered=True))
    assert "polar_accuracy" not in classification.score_registry(stars, ordered=True)


def test_three_labels_without_rows():
    flat = registry.compute(scored([], []))
    assert (flat["auc"], flat["ece"], flat["polar_accuracy"]) == (0.5, 0.0, 0.0)


def test_the_intervals_of_calibration_errors_by_class_are_shifted_as_that_of_all():
    random = np.random.default_rng(1)
    rows = scored(np.arange(60) % 3, random.dirichlet((1, 1, 1), 60))
    values, intervals = registry.compute(rows), registry.compute_intervals(rows)
    for name in ("ece", "per_class.neutral.ece"):
        assert intervals[name].low < values[name] < intervals[name].high
