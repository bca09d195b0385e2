"""Intervals around the metrics, sizes, causes and the ladder of thresholds."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from brandlens.report import load, tables


@pytest.mark.parametrize("side", ["logo", "sentiment"])
def test_every_interval_is_around_its_metric(reports: SimpleNamespace, side: str) -> None:
    found = getattr(load, side)(reports.first / side)
    intervals = (tables.logo_intervals if side == "logo" else tables.sentiment_intervals)(found)
    assert len(intervals) > 15
    for path, interval in intervals.items():
        assert interval.low - 1e-3 <= found.at(*path) <= interval.high + 1e-3, path


def test_logo_intervals_are_of_all_that_is_shown(reports: SimpleNamespace) -> None:
    told = {*tables.logo_intervals(load.logo(reports.first / "logo"))}
    assert {
        ("boxes", "ap50"),
        ("boxes", "ap"),
        ("pictures", "accuracy"),
        ("crops", "recall"),
        ("baselines", "sift", "crops", "f1"),
    } <= told
    assert ("boxes", "per_class", "Dr. <Fizz>", "ap50") in told


def test_a_picture_that_is_known_by_its_crops_alone(reports: SimpleNamespace) -> None:
    found = load.logo(reports.first / "logo")
    gone = found.pictures[0]
    kept = {
        name: {key: column[getattr(found, name)["picture"] != gone] for key, column in getattr(found, name).items()}
        for name in ("boxes", "rows")
    }
    less = replace(found, **kept)
    assert less.pictures == found.pictures
    assert ("crops", "recall") in tables.logo_intervals(less)


def test_sentiment_intervals_are_of_all_that_is_shown(reports: SimpleNamespace) -> None:
    found = tables.sentiment_intervals(load.sentiment(reports.first / "sentiment"))
    assert {("ece",), ("baselines", "tfidf", "ece"), ("auc",), ("unsure",)} <= {*found}
    assert all(interval.low >= 0 for interval in found.values())


def test_boxes_whose_overlaps_are_not_known(reports: SimpleNamespace) -> None:
    found = load.logo(reports.first / "logo")
    older = replace(
        found, boxes={name: column for name, column in found.boxes.items() if not name.startswith("outcome_")}
    )
    assert ("boxes", "ap") not in tables.logo_intervals(older)


def test_a_brand_that_few_pictures_show_is_not_sure(reports: SimpleNamespace) -> None:
    found = load.logo(reports.first / "logo")
    outcome, score = found.boxes["outcome"].copy(), found.boxes["score"].copy()
    fizz = np.flatnonzero(
        (found.boxes["label"] == "Dr. <Fizz>") & np.isin(outcome, ("true_positive", "false_negative"))
    )
    outcome[found.boxes["label"] == "Dr. <Fizz>"] = "ignored"
    outcome[fizz[:2]], score[fizz[:2]] = "true_positive", 0.9
    few = replace(found, boxes={**found.boxes, "outcome": outcome, "score": score})
    few.metrics["boxes"]["per_class"]["Dr. <Fizz>"]["recall"] = 1.0
    assert tables.logo_intervals(few)["boxes", "per_class", "Dr. <Fizz>", "recall"].low < 0.4


def test_by_size_holds_every_logo_once(reports: SimpleNamespace) -> None:
    found = load.logo(reports.first / "logo")
    groups = tables.by_size(found)
    assert sum(group.labelled for group in groups) == len(found.labelled()[0])
    assert sum(group.found for group in groups) == found.at("boxes", "hits")
    assert [group.low for group in groups] == sorted(group.low for group in groups)
    assert all(group.interval.low <= group.recall <= group.interval.high for group in groups)


def test_by_cause_holds_every_false_alarm_once(reports: SimpleNamespace) -> None:
    found = load.logo(reports.first / "logo")
    assert sum(tables.by_cause(found).values()) == found.at("boxes", "false_alarms")
    assert "" not in tables.by_cause(found)


def test_smallest(reports: SimpleNamespace) -> None:
    found = load.logo(reports.first / "logo")
    smallest = tables.smallest(found)
    assert smallest is not None
    assert smallest >= found.labelled()[2].min()


@pytest.mark.parametrize(
    ("unit", "positive", "score", "labelled", "expected"),
    [
        pytest.param([], [], [], [], (0, 0, 0), id="nothing"),
        pytest.param([], [], [], [1, 2], (0, 0, 3), id="nothing found"),
        pytest.param([0, 1, 1], [1, 0, 1], [0.5, 0.6, 0.4], [2, 2], (1, 1, 3), id="the threshold itself counts"),
    ],
)
def test_ladder(
    unit: list[int], positive: list[int], score: list[float], labelled: list[int], expected: tuple[int, int, int]
) -> None:
    arrays = np.array(unit, int), np.array(positive, bool), np.array(score, float), np.array(labelled, int)
    rungs = tables.threshold_table(*arrays, 0.5)
    assert [rung.threshold for rung in rungs] == list(tables.LADDER)
    assert next((rung.hits, rung.alarms, rung.misses) for rung in rungs if rung.chosen) == expected
    for rung in rungs:
        for name, interval in rung.intervals.items():
            assert 0 <= interval.low <= getattr(rung, name) <= interval.high <= 1


def test_a_rung_on_which_all_is_right_is_not_sure() -> None:
    many = np.arange(4)
    rungs = tables.threshold_table(many, np.ones(4, bool), np.full(4, 0.6), np.ones(4, int), 0.5)
    assert next(rung for rung in rungs if rung.chosen).intervals["precision"].low == pytest.approx(0.51, abs=0.01)


def test_the_ladders_chosen_rung_is_what_the_metrics_say(reports: SimpleNamespace) -> None:
    found = load.logo(reports.first / "logo")
    ranking, _ = found.ranking()
    rungs = tables.threshold_table(
        ranking.unit, ranking.hit, ranking.score, ranking.labelled.sum(axis=1), found.threshold
    )
    chosen = next(rung for rung in rungs if rung.chosen)
    assert chosen.precision == pytest.approx(found.at("boxes", "precision"), abs=1e-4)
    assert chosen.recall == pytest.approx(found.at("boxes", "recall"), abs=1e-4)
