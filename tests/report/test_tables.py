"""Error types, the smallest logo, and what other thresholds cost."""

from types import SimpleNamespace

import numpy as np
import pytest

from brandlens.report import load, tables


def test_every_false_positive_has_one_error_type(reports: SimpleNamespace) -> None:
    results = load.read_logo(reports.first / "logo")
    assert sum(tables.count_error_types(results).values()) == results.metric("boxes", "false_positives")
    assert "" not in tables.count_error_types(results)


def test_smallest_detected(reports: SimpleNamespace) -> None:
    results = load.read_logo(reports.first / "logo")
    smallest = tables.smallest_detected(results)
    assert smallest is not None
    assert smallest >= results.labelled()["size"].min()


@pytest.mark.parametrize(
    ("unit", "correct", "score", "labelled", "expected"),
    [
        pytest.param([], [], [], [], (0, 0, 0), id="nothing"),
        pytest.param([], [], [], [1, 2], (0, 0, 3), id="nothing predicted"),
        pytest.param([0, 1, 1], [1, 0, 1], [0.5, 0.6, 0.4], [2, 2], (1, 1, 3), id="the threshold itself counts"),
    ],
)
def test_threshold_table(
    unit: list[int], correct: list[int], score: list[float], labelled: list[int], expected: tuple[int, int, int]
) -> None:
    arrays = np.array(unit, int), np.array(correct, bool), np.array(score, float), np.array(labelled, int)
    rows = tables.threshold_table(*arrays, 0.5)
    assert [row.threshold for row in rows] == list(tables.THRESHOLDS)
    (chosen,) = [row for row in rows if row.chosen]
    assert (chosen.true_positives, chosen.false_positives, chosen.false_negatives) == expected
    for row in rows:
        for name, interval in row.intervals.items():
            assert 0 <= interval.low <= getattr(row, name) <= interval.high <= 1


def test_a_threshold_at_which_all_is_right_is_not_certain() -> None:
    rows = tables.threshold_table(np.arange(4), np.ones(4, bool), np.full(4, 0.6), np.ones(4, int), 0.5)
    assert next(row for row in rows if row.chosen).intervals["precision"].low == pytest.approx(0.51, abs=0.01)


def test_at_the_chosen_threshold_it_has_the_metrics_and_their_intervals(reports: SimpleNamespace) -> None:
    results = load.read_logo(reports.first / "logo")
    detections, labelled = results.detections(), results.units(results.labelled())
    rows = tables.threshold_table(
        results.units(detections), detections["outcome"] == "true_positive", detections["score"],
        np.bincount(labelled, minlength=len(results.picture_names)), results.threshold,
    )  # fmt: skip
    chosen = next(row for row in rows if row.chosen)
    for name in ("precision", "recall"):
        assert getattr(chosen, name) == pytest.approx(results.metric("boxes", name), abs=1e-4)
        assert chosen.intervals[name] == pytest.approx(results.interval("boxes", name), abs=1e-4)
