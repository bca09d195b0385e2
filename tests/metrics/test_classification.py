import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.metrics.classification import (
    PRCurve,
    ThresholdRule,
    choose_threshold,
    confusion,
    curve,
    metrics,
    unflatten,
)

scored = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])), max_size=30)
shares = st.floats(0, 1)


def columns(rows):
    return np.array([row[0] for row in rows], bool), np.array([row[1] for row in rows], float)


@pytest.mark.parametrize(
    ("truth", "predicted", "expected"),
    [
        pytest.param([], [], [[0, 0], [0, 0]], id="no rows"),
        pytest.param([0, 1], [0, 1], [[1, 0], [0, 1]], id="all right"),
        pytest.param([0, 0, 1], [1, 0, 1], [[1, 1], [0, 1]], id="rows are truth"),
    ],
)
def test_confusion(truth, predicted, expected):
    counts = confusion(np.array(truth), np.array(predicted), 2)
    assert counts.dtype == np.int64
    assert counts.tolist() == expected


def test_confusion_refuses_a_label_number_out_of_range():
    with pytest.raises(IndexError):
        confusion(np.array([0]), np.array([2]), 2)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=40))
def test_confusion_counts_every_row_once(rows):
    truth, predicted = (np.array([row[at] for row in rows], int) for at in (0, 1))
    counts = confusion(truth, predicted, 3)
    assert counts.sum() == len(rows)
    assert counts.sum(axis=1).tolist() == np.bincount(truth, minlength=3).tolist()


@pytest.mark.parametrize(
    ("truth", "predicted", "expected"),
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
def test_metrics(truth, predicted, expected):
    flat = metrics(np.array(truth, int), np.array(predicted, int), ["cola", "Dr. Pepper"])
    assert {name: flat[name] for name in expected} == pytest.approx(expected)
    assert len(flat) == 4 + 2 * 4
    assert all(type(value) is float and np.isfinite(value) for value in flat.values())


def test_metrics_of_the_published_matrix():
    """The matrix that the talk shows, and the macro figures that it states."""
    truth = np.repeat([0, 0, 1, 1], [140, 42, 3, 855])
    predicted = np.repeat([0, 1, 0, 1], [140, 42, 3, 855])
    flat = metrics(truth, predicted, ["logo", "other"])
    assert flat["precision"] == pytest.approx(0.9661, abs=5e-5)
    assert flat["recall"] == pytest.approx(0.8829, abs=5e-5)


@pytest.mark.parametrize(
    ("positive", "score", "total", "expected"),
    [
        pytest.param([], [], None, ([], [], []), id="no rows"),
        pytest.param([], [], 3, ([], [], []), id="nothing scored, three missed"),
        pytest.param([0, 0], [0.2, 0.7], None, ([0.7, 0.2], [0, 0], [0, 0]), id="no positives"),
        pytest.param([1, 0, 1], [0.9, 0.8, 0.7], None, ([0.9, 0.8, 0.7], [1, 1 / 2, 2 / 3], [0.5, 0.5, 1]), id="three"),
        pytest.param(
            [1, 0, 1], [0.9, 0.8, 0.7], 4, ([0.9, 0.8, 0.7], [1, 1 / 2, 2 / 3], [1 / 4, 1 / 4, 2 / 4]), id="missed"
        ),
        pytest.param([1, 0, 1], [0.5, 0.5, 0.5], None, ([0.5], [2 / 3], [1]), id="one distinct score"),
    ],
)
def test_curve(positive, score, total, expected):
    found = curve(np.array(positive), np.array(score), total)
    for values, wanted in zip((found.threshold, found.precision, found.recall), expected, strict=True):
        assert values.tolist() == pytest.approx(wanted)


@settings(deadline=None)
@given(scored, st.integers(0, 5))
def test_curve_falls_in_threshold_and_never_in_recall(rows, missed):
    positive, score = columns(rows)
    found = curve(positive, score, int(positive.sum()) + missed)
    assert (np.diff(found.threshold) < 0).all()
    assert (np.diff(found.recall) >= 0).all()
    for values in (found.precision, found.recall, found.f1):
        assert ((values >= 0) & (values <= 1)).all()


@settings(deadline=None)
@given(scored.filter(bool), shares)
def test_curve_at_a_threshold_is_what_counting_gives(rows, threshold):
    positive, score = columns(rows)
    precision, recall = curve(positive, score).at(threshold)
    kept = score >= threshold
    assert precision == pytest.approx(positive[kept].mean() if kept.any() else 0)
    assert recall == pytest.approx((positive & kept).sum() / max(positive.sum(), 1))


NOTHING = PRCurve(np.zeros(0), np.zeros(0), np.zeros(0))
HIGH, LOW = curve(np.array([1, 0]), np.array([0.9, 0.5])), curve(np.array([0, 1]), np.array([0.7, 0.5]))


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
    found = PRCurve.mean(curves)
    for values, wanted in zip((found.threshold, found.precision, found.recall), expected, strict=True):
        assert values.dtype == np.float64
        assert values.tolist() == pytest.approx(wanted)


@settings(deadline=None)
@given(st.lists(scored, min_size=1, max_size=3), shares)
def test_mean_curve_is_the_mean_at_any_threshold(tables, threshold):
    curves = [curve(*columns(rows)) for rows in tables]
    mean = PRCurve.mean(curves)
    assert (np.diff(mean.threshold) < 0).all()
    assert (np.diff(mean.recall) >= -1e-12).all()
    assert mean.at(threshold) == pytest.approx(np.mean([each.at(threshold) for each in curves], axis=0))


# scores 0.9 to 0.5: hit, hit, alarm, hit, alarm: precision 1, 1, 2/3, 3/4, 3/5 and recall 1/3, 2/3, 2/3, 1, 1
FIVE = curve(np.array([1, 1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.6, 0.5]))


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        pytest.param(ThresholdRule(precision=1.0), 0.75, id="precision 1: as low as it holds"),
        pytest.param(ThresholdRule(precision=0.7), 0.55, id="precision regained lower down"),
        pytest.param(ThresholdRule(precision=0.1), 0.25, id="any precision will do: under the lowest score"),
        pytest.param(ThresholdRule(recall=0.3), 0.85, id="little recall: as high as it holds"),
        pytest.param(ThresholdRule(recall=0.6), 0.75, id="recall 0.6"),
        pytest.param(ThresholdRule(recall=1.0), 0.55, id="all of the recall"),
        pytest.param(ThresholdRule(best="f1"), 0.55, id="best F1"),
    ],
)
def test_choose_threshold(wish, expected):
    assert choose_threshold(FIVE, wish) == pytest.approx(expected)


@pytest.mark.parametrize("wish", [ThresholdRule(precision=0.9), ThresholdRule(recall=0.9), ThresholdRule(best="f1")])
def test_choose_threshold_of_an_empty_curve(wish):
    assert choose_threshold(curve(np.array([]), np.array([])), wish) == 0.5


def test_choose_threshold_comes_as_close_as_it_can():
    half = PRCurve(np.array([0.8, 0.6, 0.4]), np.array([0.5, 0.6, 0.6]), np.array([0.1, 0.2, 0.3]))
    assert choose_threshold(half, ThresholdRule(precision=0.99)) == pytest.approx(0.2)
    assert choose_threshold(half, ThresholdRule(recall=0.99)) == pytest.approx(0.2)


def test_choose_threshold_takes_the_middle_of_equally_good_ones():
    flat = PRCurve(np.array([0.9, 0.7, 0.5]), np.array([0.5, 0.5, 0.5]), np.array([0.5, 0.5, 0.5]))
    assert choose_threshold(flat, ThresholdRule(best="f1")) == pytest.approx(0.6)


def test_choose_threshold_between_neighbouring_floats():
    high = np.nextafter(0.5, 1)
    assert choose_threshold(curve(np.array([1, 0]), np.array([high, 0.5])), ThresholdRule(precision=1.0)) == high


@settings(deadline=None)
@given(scored.filter(bool), shares)
def test_chosen_threshold_fulfils_the_wish_where_it_can_be(rows, wished):
    positive, score = columns(rows)
    found = curve(positive, score)
    threshold = choose_threshold(found, ThresholdRule(precision=wished))
    assert found.at(threshold)[0] >= min(wished, found.precision.max()) - 1e-9
    threshold = choose_threshold(found, ThresholdRule(recall=wished))
    assert found.at(threshold)[1] >= min(wished, found.recall.max()) - 1e-9
    precision, recall = found.at(choose_threshold(found, ThresholdRule(best="f1")))
    assert 2 * precision * recall / max(precision + recall, 1e-9) == pytest.approx(found.f1.max())


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({}, id="nothing wished for"),
        pytest.param({"precision": 0.9, "recall": 0.9}, id="two wishes"),
        pytest.param({"recall": 0.9, "best": "f1"}, id="a wish and the best"),
    ],
)
def test_wish_is_exactly_one(wish):
    with pytest.raises(ValueError, match="exactly one"):
        ThresholdRule(**wish)


@pytest.mark.parametrize(
    ("flat", "expected"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"ap50": 0.123456}, {"ap50": 0.1235}, id="rounded"),
        pytest.param({"box.f1": 1.0}, {"box": {"f1": 1.0}}, id="one dot"),
        pytest.param(
            {"per_class.Red Bull.recall": 0.5, "per_class.Red Bull.f1": 0.25, "f1": 0.75},
            {"per_class": {"Red Bull": {"recall": 0.5, "f1": 0.25}}, "f1": 0.75},
            id="a space",
        ),
        pytest.param(
            {"per_class.Dr. Pep.per.f1": 1.0}, {"per_class": {"Dr. Pep.per": {"f1": 1.0}}}, id="dots in a label"
        ),
        pytest.param({"per_class..net.f1": 1.0}, {"per_class": {".net": {"f1": 1.0}}}, id="a dot first"),
        pytest.param({"n": np.float32(0.5)}, {"n": 0.5}, id="a numpy number"),
    ],
)
def test_nested(flat, expected):
    assert unflatten(flat) == expected


@pytest.mark.parametrize(
    ("flat", "says"),
    [
        pytest.param({"f1": float("nan")}, "f1 is nan", id="not a number"),
        pytest.param({"box.f1": float("inf")}, "box.f1 is inf", id="infinite"),
        pytest.param({"box": 1.0, "box.f1": 1.0}, "box is a value already", id="a value becomes a group"),
        pytest.param({"box.f1": 1.0, "box": 1.0}, "box is a group already", id="a group becomes a value"),
    ],
)
def test_nested_refuses(flat, says):
    with pytest.raises(ValueError, match=says):
        unflatten(flat)
