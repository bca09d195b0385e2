"""What a metric is: compute, intervals, their names; and a metric added from outside, in files and on pages."""

import numpy as np
import pytest

from brandlens.metrics import classification, detection
from brandlens.metrics.classification import LabelledRows
from brandlens.metrics.detection import match_pictures, mean_average_precision
from brandlens.metrics.intervals import Interval, wilson
from brandlens.metrics.registry import Metric, bootstrap_ratios, compute, compute_intervals, divide, unflatten


def mcc(rows: LabelledRows, weights: np.ndarray) -> np.ndarray:
    """Return (r,) Matthews' correlation coefficient (Gorodkin 2004), as docs/extending.md adds it."""
    correct, labelled, predicted = (weights @ counts for counts in rows.margins)
    total, agreed = labelled.sum(axis=1), correct.sum(axis=1)
    spread = [total**2 - (counts**2).sum(axis=1) for counts in (labelled, predicted)]
    return divide(agreed * total - (labelled * predicted).sum(axis=1), np.sqrt(spread[0] * spread[1]))


def ap75(boxes: detection.MatchedBoxes, weights: np.ndarray) -> np.ndarray:
    """Return (r,) average precision at an IoU of 0.75."""
    return mean_average_precision(boxes, weights, level=5)


@pytest.fixture
def extended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(classification.METRICS, "mcc", Metric("MCC", mcc))
    monkeypatch.setitem(detection.BOX_METRICS, "ap75", Metric("AP75", ap75))


def rows_of(count: int = 40, score: bool = True) -> LabelledRows:
    random = np.random.default_rng(1)
    y_true = np.arange(count) % 2
    probability = np.clip(0.3 * y_true + 0.7 * random.random(count), 0, 1)
    y_pred = (probability >= 0.5).astype(int)
    return LabelledRows(("no", "yes"), y_true, y_pred, np.arange(count), count, probability if score else None)


def test_every_metric_is_within_its_interval() -> None:
    values, intervals = compute(rows_of()), compute_intervals(rows_of())
    assert {*values} - {*intervals} == {"per_class.no.count", "per_class.yes.count"}
    for name, interval in intervals.items():
        assert interval.low - 1e-6 <= values[name] <= interval.high + 1e-6, name
    assert intervals["ece"].low >= 0


def test_without_rows_there_are_values_but_no_intervals() -> None:
    assert compute(rows_of(0))["auc"] == 0.5
    assert compute_intervals(rows_of(0)) == {}


def test_all_right_on_few_is_not_certainty() -> None:
    rows = LabelledRows(("no", "yes"), np.arange(4) % 2, np.arange(4) % 2, np.arange(4), 4)
    assert compute_intervals(rows)["accuracy"].low == pytest.approx(0.51, abs=0.01)


@pytest.mark.usefixtures("extended")
def test_an_added_metric_of_reviews_has_its_value_and_its_interval() -> None:
    rows = rows_of()
    expected = np.corrcoef(rows.y_true, rows.y_pred)[0, 1]
    assert compute(rows)["mcc"] == pytest.approx(expected)
    low, high = compute_intervals(rows)["mcc"]
    assert low < expected < high


@pytest.mark.usefixtures("extended")
def test_an_added_metric_of_boxes_has_its_value_and_its_interval() -> None:
    boxes = match_pictures([[]], [[]], ["cola"])
    assert compute(boxes)["ap75"] == 0.0
    assert "ap75" not in compute_intervals(boxes)


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
        pytest.param({"box.f1": Interval(0.12345, 0.5)}, {"box": {"f1": [0.1235, 0.5]}}, id="an interval"),
    ],
)
def test_unflatten(flat, expected):
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
def test_unflatten_refuses(flat, says):
    with pytest.raises(ValueError, match=says):
        unflatten(flat)


def test_ratios_of_sums() -> None:
    right, some = np.array([1, 0, 1, 1, 0]), np.array([1, 1, 1, 1, 0])
    ratios = bootstrap_ratios({"some": (right, some), "all": (some, some), "none": (right, np.zeros(5))}, 5)
    assert set(ratios) == {"some", "all"}
    assert ratios["some"].low < 0.75 < ratios["some"].high
    assert ratios["all"] == wilson(1.0, 4)  # units without any are no evidence
    assert bootstrap_ratios({"some": (np.zeros(0), np.zeros(0))}, 0) == {}
