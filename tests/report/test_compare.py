"""Runs beside each other, and paired on what they share."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from brandlens.report import compare, load
from brandlens.report.load import ResultsError


def test_two_runs(reports: SimpleNamespace) -> None:
    logo, sentiment = compare.compare([reports.first, reports.second.parent])
    assert (logo.side, sentiment.side) == ("logo", "sentiment")
    for side, folder in ((logo, "logo"), (sentiment, "sentiment")):
        (pair,) = side.pairs
        ours, theirs = (getattr(load, folder)(each / folder) for each in (reports.first, reports.second))
        assert dict(side.rows)["accuracy" if folder == "sentiment" else "boxes: recall"][1][0] == theirs.at(
            *(("accuracy",) if folder == "sentiment" else ("boxes", "recall"))
        )
        path = ("accuracy",) if folder == "sentiment" else ("crops", "accuracy")
        assert pair.gain == pytest.approx(theirs.at(*path) - ours.at(*path), abs=2e-4)
        assert pair.interval.low <= pair.gain <= pair.interval.high
        assert side.missing == side.apart == []


def test_a_run_against_itself(reports: SimpleNamespace) -> None:
    for side in compare.compare([reports.first, reports.first]):
        (pair,) = side.pairs
        assert (pair.gain, pair.chance, pair.verdict) == (0, 1, "no clear difference")
        assert side.runs[0] == side.runs[1] == str(reports.first)


def test_the_params_that_differ_are_told(tmp_path: Path, reports: SimpleNamespace) -> None:
    shutil.copytree(reports.first / "sentiment", tmp_path / "other" / "sentiment")
    path = tmp_path / "other" / "sentiment" / "run.json"
    run = json.loads(path.read_text(encoding="utf-8")) | {"params": {"train": {"seed": 8}}}
    path.write_text(json.dumps(run), encoding="utf-8")
    (side,) = compare.compare([reports.first, tmp_path / "other"])
    assert side.apart == [("sentiment.train.seed", ["7", "8"])]
    path.unlink()
    (side,) = compare.compare([reports.first, tmp_path / "other"])
    assert side.apart == []


def test_runs_on_other_reviews_are_not_paired(tmp_path: Path, reports: SimpleNamespace) -> None:
    shutil.copytree(reports.first / "sentiment", tmp_path / "sentiment")
    path = tmp_path / "sentiment" / "predictions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("r:", "other:"), encoding="utf-8")
    (side,) = compare.compare([reports.first, tmp_path])
    assert side.pairs == []
    assert side.missing == [tmp_path.name]


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
        pytest.param(["x/a", "y/a"], ["x/a", "y/a"], id="two that are called the same"),
    ],
)
def test_names(folders: list[str], expected: list[str]) -> None:
    assert compare.names([Path(each) for each in folders]) == [str(Path(each)) for each in expected]
