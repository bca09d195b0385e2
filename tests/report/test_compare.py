"""Runs beside each other, and paired on what they share."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from brandlens.metrics import classification
from brandlens.metrics.registry import Metric
from brandlens.report import compare, load
from brandlens.report.load import ResultsError


@pytest.mark.parametrize(
    ("side", "title", "path", "accuracy"),
    [
        pytest.param("logo", "boxes: recall", ("boxes", "recall"), ("crops", "accuracy"), id="logo"),
        pytest.param("sentiment", "F1", ("f1",), ("accuracy",), id="sentiment"),
    ],
)
def test_two_runs(
    reports: SimpleNamespace, side: str, title: str, path: tuple[str, ...], accuracy: tuple[str, ...]
) -> None:
    comparisons = compare.compare([reports.first, reports.second.parent])
    comparison = next(comparison for comparison in comparisons if comparison.side == side)
    read = load.read_logo if side == "logo" else load.read_sentiment
    runs = [read(folder / side) for folder in (reports.first, reports.second)]
    row = next(row for row in comparison.metrics if row.title == title)
    assert row.values == [(run.metric(*path), run.interval(*path)) for run in runs]
    (pair,) = comparison.pairs
    assert pair.gain == pytest.approx(runs[1].metric(*accuracy) - runs[0].metric(*accuracy), abs=2e-4)
    assert pair.interval.low <= pair.gain <= pair.interval.high
    assert comparison.unpaired == comparison.params == []


def test_a_run_against_itself(reports: SimpleNamespace) -> None:
    for comparison in compare.compare([reports.first, reports.first]):
        (pair,) = comparison.pairs
        assert (pair.gain, pair.p_value, pair.verdict) == (0, 1, "no clear difference")
        assert comparison.runs[0] == comparison.runs[1] == str(reports.first)


def test_an_added_metric_is_compared(reports: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(reports.first / "sentiment", tmp_path / "sentiment")
    path = tmp_path / "sentiment" / "metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    metrics["mcc"], metrics["intervals"]["mcc"] = 0.25, [0.1, 0.4]
    path.write_text(json.dumps(metrics), encoding="utf-8")
    monkeypatch.setitem(classification.METRICS, "mcc", Metric("MCC", classification.accuracy))
    (comparison,) = compare.compare([tmp_path, tmp_path])
    assert [row.values[0] for row in comparison.metrics if row.title == "MCC"] == [(0.25, (0.1, 0.4))]


def test_the_params_that_differ_are_listed(tmp_path: Path, reports: SimpleNamespace) -> None:
    shutil.copytree(reports.first / "sentiment", tmp_path / "other" / "sentiment")
    path = tmp_path / "other" / "sentiment" / "run.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    run["params"]["train"]["epochs"] = 8
    path.write_text(json.dumps(run), encoding="utf-8")
    (comparison,) = compare.compare([reports.first, tmp_path / "other"])
    assert comparison.params == [("sentiment.train.epochs", ["7", "8"])]
    path.unlink()
    (comparison,) = compare.compare([reports.first, tmp_path / "other"])
    assert comparison.params == []


def test_runs_on_other_reviews_are_not_paired(tmp_path: Path, reports: SimpleNamespace) -> None:
    shutil.copytree(reports.first / "sentiment", tmp_path / "sentiment")
    path = tmp_path / "sentiment" / "predictions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("r:", "other:"), encoding="utf-8")
    (comparison,) = compare.compare([reports.first, tmp_path])
    assert comparison.pairs == []
    assert comparison.unpaired == [tmp_path.name]


def test_a_folder_without_results(tmp_path: Path, reports: SimpleNamespace) -> None:
    with pytest.raises(ResultsError, match="no results here; name a folder"):
        compare.compare([reports.first, tmp_path])


def test_runs_that_share_no_side(tmp_path: Path, reports: SimpleNamespace) -> None:
    for side in ("logo", "sentiment"):
        shutil.copytree(reports.first / side, tmp_path / f"only-{side}" / side)
    with pytest.raises(ResultsError, match="nothing to compare"):
        compare.compare([tmp_path / "only-logo", tmp_path / "only-sentiment"])


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param(["a", "b"], ["a", "b"], id="their own names"),
        pytest.param(["a/reports", "b/reports"], ["a", "b"], id="reports says nothing"),
        pytest.param(["x/a", "y/a"], ["x/a", "y/a"], id="two of the same name"),
    ],
)
def test_short_names(folders: list[str], expected: list[str]) -> None:
    assert compare.short_names([Path(folder) for folder in folders]) == [str(Path(name)) for name in expected]
