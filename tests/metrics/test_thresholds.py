"""Precision-recall curves, and the threshold that a rule asks for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.config.types import ThresholdConfig
from brandlens.metrics.thresholds import PRCurve, choose_threshold, precision_recall_curve

scored = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])), max_size=30)
shares = st.floats(0, 1)


def columns(rows):
    return np.array([row[0] for row in rows], bool), np.array([row[1] for row in rows], float)


@pytest.mark.parametrize(
    ("positive", "score", "num_positives", "expected"),
    [
        pytest.param([], [], None, ([], [], []), id="no rows"),
        pytest.param([], [], 3, ([], [], []), id="nothing scored, three positives"),
        pytest.param([0, 0], [0.2, 0.7], None, ([0.7, 0.2], [0, 0], [0, 0]), id="no positives"),
        pytest.param([1, 0, 1], [0.9, 0.8, 0.7], None, ([0.9, 0.8, 0.7], [1, 1 / 2, 2 / 3], [0.5, 0.5, 1]), id="three"),
        pytest.param(
            [1, 0, 1],
            [0.9, 0.8, 0.7],
            4,
            ([0.9, 0.8, 0.7], [1, 1 / 2, 2 / 3], [1 / 4, 1 / 4, 2 / 4]),
            id="two without a score",
        ),
        pytest.param([1, 0, 1], [0.5, 0.5, 0.5], None, ([0.5], [2 / 3], [1]), id="one distinct score"),
    ],
)
def test_curve(positive, score, num_positives, expected):
    curve = precision_recall_curve(np.array(positive), np.array(score), num_positives)
    for values, wanted in zip((curve.threshold, curve.precision, curve.recall), expected, strict=True):
        assert values.tolist() == pytest.approx(wanted)


@given(scored, st.integers(0, 5))
def test_curve_falls_in_threshold_and_never_in_recall(rows, unscored):
    positive, score = columns(rows)
    curve = precision_recall_curve(positive, score, int(positive.sum()) + unscored)
    assert (np.diff(curve.threshold) < 0).all()
    assert (np.diff(curve.recall) >= 0).all()
    for values in (curve.precision, curve.recall, curve.f1):
        assert ((values >= 0) & (values <= 1)).all()


@given(scored.filter(bool), shares)
def test_curve_at_a_threshold_is_what_counting_gives(rows, threshold):
    positive, score = columns(rows)
    precision, recall = precision_recall_curve(positive, score).look_up(threshold)
    kept = score >= threshold
    assert precision == pytest.approx(positive[kept].mean() if kept.any() else 0)
    assert recall == pytest.approx((positive & kept).sum() / max(positive.sum(), 1))


NOTHING = PRCurve(np.zeros(0), np.zeros(0), np.zeros(0))
HIGH, LOW = (
    precision_recall_curve(np.array([1, 0]), np.array([0.9, 0.5])),
    precision_recall_curve(np.array([0, 1]), np.array([0.7, 0.5])),
)


@pytest.mark.parametrize(
    ("curves", "expected"),
    [
        pytest.param([], ([], [], []), id="none"),
        pytest.param([NOTHING, NOTHING], ([], [], []), id="empty ones"),
        pytest.param([HIGH], ([0.9, 0.5], [1, 1 / 2], [1, 1]), id="one is itself"),
        pytest.param([HIGH, HIGH], ([0.9, 0.5], [1, 1 / 2], [1, 1]), id="two alike"),
        pytest.param([HIGH, LOW], ([0.9, 0.7, 0.5], [1 / 2, 1 / 2, 1 / 2], [1 / 2, 1 / 2, 1]), id="at all scores"),
        pytest.param([NOTHING, HIGH], ([0.9, 0.5], [1 / 2, 1 / 4], [1 / 2, 1 / 2]), id="an empty one counts as 0"),
    ],
)  # fmt: skip
def test_mean_curve(curves, expected):
    curve = PRCurve.mean(curves)
    for values, wanted in zip((curve.threshold, curve.precision, curve.recall), expected, strict=True):
        assert values.dtype == np.float64
        assert values.tolist() == pytest.approx(wanted)


@given(st.lists(scored, min_size=1, max_size=3), shares)
def test_mean_curve_is_the_mean_at_any_threshold(tables, threshold):
    curves = [precision_recall_curve(*columns(rows)) for rows in tables]
    mean = PRCurve.mean(curves)
    assert (np.diff(mean.threshold) < 0).all()
    assert (np.diff(mean.recall) >= -1e-12).all()
    assert mean.look_up(threshold) == pytest.approx(np.mean([curve.look_up(threshold) for curve in curves], axis=0))


# scores 0.9 to 0.5: right, right, wrong, right, wrong: precision 1, 1, 2/3, 3/4, 3/5 and recall 1/3, 2/3, 2/3, 1, 1
FIVE = precision_recall_curve(np.array([1, 1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.6, 0.5]))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(ThresholdConfig(min_precision=1.0), 0.75, id="precision 1: as low as it holds"),
        pytest.param(ThresholdConfig(min_precision=0.7), 0.55, id="precision regained lower down"),
        pytest.param(ThresholdConfig(min_precision=0.1), 0.25, id="any precision will do: under the lowest score"),
        pytest.param(ThresholdConfig(min_recall=0.3), 0.85, id="little recall: as high as it holds"),
        pytest.param(ThresholdConfig(min_recall=0.6), 0.75, id="recall 0.6"),
        pytest.param(ThresholdConfig(min_recall=1.0), 0.55, id="all of the recall"),
        pytest.param(ThresholdConfig(maximize="f1"), 0.55, id="best F1"),
    ],
)
def test_choose_threshold(rule, expected):
    assert choose_threshold(FIVE, rule) == pytest.approx(expected)


@pytest.mark.parametrize(
    "rule", [ThresholdConfig(min_precision=0.9), ThresholdConfig(min_recall=0.9), ThresholdConfig(maximize="f1")]
)
def test_choose_threshold_of_an_empty_curve(rule):
    assert choose_threshold(precision_recall_curve(np.array([]), np.array([])), rule) == 0.5


def test_choose_threshold_comes_as_close_as_it_can():
    half = PRCurve(np.array([0.8, 0.6, 0.4]), np.array([0.5, 0.6, 0.6]), np.array([0.1, 0.2, 0.3]))
    assert choose_threshold(half, ThresholdConfig(min_precision=0.99)) == pytest.approx(0.2)
    assert choose_threshold(half, ThresholdConfig(min_recall=0.99)) == pytest.approx(0.2)


def test_choose_threshold_takes_the_middle_of_equally_good_ones():
    flat = PRCurve(np.array([0.9, 0.7, 0.5]), np.array([0.5, 0.5, 0.5]), np.array([0.5, 0.5, 0.5]))
    assert choose_threshold(flat, ThresholdConfig(maximize="f1")) == pytest.approx(0.6)


def test_choose_threshold_between_neighbouring_floats():
    high = np.nextafter(0.5, 1)
    assert (
        choose_threshold(
            precision_recall_curve(np.array([1, 0]), np.array([high, 0.5])), ThresholdConfig(min_precision=1.0)
        )
        == high
    )


@given(scored.filter(bool), shares)
def test_chosen_threshold_does_what_the_rule_asks_for_where_it_can(rows, minimum):
    positive, score = columns(rows)
    curve = precision_recall_curve(positive, score)
    threshold = choose_threshold(curve, ThresholdConfig(min_precision=minimum))
    assert curve.look_up(threshold)[0] >= min(minimum, curve.precision.max()) - 1e-9
    threshold = choose_threshold(curve, ThresholdConfig(min_recall=minimum))
    assert curve.look_up(threshold)[1] >= min(minimum, curve.recall.max()) - 1e-9
    precision, recall = curve.look_up(choose_threshold(curve, ThresholdConfig(maximize="f1")))
    assert 2 * precision * recall / max(precision + recall, 1e-9) == pytest.approx(curve.f1.max())
