"""Reading results: what is missing or broken names its file, its place and the fix."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from brandlens.io import text_digest
from brandlens.report import load
from brandlens.report.load import ResultsError


def test_what_was_written_is_read(reports: SimpleNamespace) -> None:
    results = load.read_logo(reports.first / "logo")
    boxes, detections = results.metric("boxes"), results.detections()
    assert results.labels == ["cola", "Dr. <Fizz>"]
    assert results.baselines == ["majority", "sift"]
    reached = detections["score"] >= results.threshold
    assert boxes["true_positives"] == (reached & (detections["outcome"] == "true_positive")).sum()
    assert boxes["true_positives"] + boxes["false_negatives"] == len(results.labelled()["label"])
    reviews = load.read_sentiment(reports.first / "sentiment")
    assert reviews.metric("accuracy") == pytest.approx((reviews.y_true == reviews.y_pred).mean(), abs=1e-4)
    assert reviews.baselines == ["majority", "tfidf"]


def test_intervals(reports: SimpleNamespace) -> None:
    results = load.read_logo(reports.first / "logo")
    low, high = results.interval("boxes", "per_class", "Dr. <Fizz>", "recall") or (0, 0)
    assert low <= results.metric("boxes", "per_class", "Dr. <Fizz>", "recall") <= high
    assert results.interval("speed", "picture_ms") is None
    assert replace(results, metrics={}).interval("boxes", "ap50") is None


def test_params_have_dotted_names(reports: SimpleNamespace) -> None:
    results = load.read_sentiment(reports.first / "sentiment")
    assert results.params["sentiment.train.epochs"] == 7
    assert replace(results, run={}).params == {}
    assert results.calibration_bins == 10


@pytest.mark.parametrize(
    ("section", "flat"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param(
            {"a": {"b": 1, "c": {"d": None}}, "e": [2]}, {"x.a.b": 1, "x.a.c.d": None, "x.e": [2]}, id="nested"
        ),
        pytest.param({"artwork": {}}, {"x.artwork": {}}, id="an empty mapping is a value"),
    ],
)
def test_flatten(section: dict[str, object], flat: dict[str, object]) -> None:
    assert load.flatten(section, "x") == flat


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        pytest.param("metrics.json", None, r"metrics.json: no such file; make it with: dvc repro", id="no metrics"),
        pytest.param("metrics.json", lambda _: "{", r"metrics.json: cannot be read as JSON", id="half a file"),
        pytest.param("metrics.json", lambda _: "[]", r"metrics.json: not a JSON object", id="a list"),
        pytest.param("predictions.csv", None, r"predictions.csv: no such file", id="no predictions"),
        pytest.param(
            "predictions.csv", replaced("score", "points"), r'predictions.csv: no column "score"', id="another version"
        ),
        pytest.param(
            "predictions.csv", replaced("r:0,negative,", "r:0,nice,"), r"'nice' is in one file only", id="another label"
        ),
        pytest.param(
            "predictions.csv", lambda text: text.replace(",0.", ",x0.", 1), r'row 1: score is "x0\.', id="no number"
        ),
        pytest.param("predictions.csv", lambda text: "", "the file is empty", id="an empty file"),
        pytest.param("predictions.csv", lambda text: text[:99], r"row \d: cut short or damaged", id="cut within a row"),
        pytest.param(
            "predictions.csv",
            lambda text: "".join(text.splitlines(keepends=True)[:50]),
            r"predictions.csv: 49 rows where metrics.json counts 200; copy the whole folder",
            id="cut between rows",
        ),
    ],
)
def test_what_is_broken_is_named(
    tmp_path: Path, reports: SimpleNamespace, name: str, change: Callable[[str], str] | None, message: str
) -> None:
    folder = tmp_path / "sentiment"
    shutil.copytree(reports.first / "sentiment", folder)
    path = folder / name
    if change:
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        path.unlink()
    with pytest.raises(ResultsError, match=message):
        _ = load.read_sentiment(folder).y_true


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crops.csv", r"crops\.csv: 49 rows where metrics\.json counts 90"),
        ("boxes.csv", r"boxes\.csv: \d+ labelled boxes where metrics\.json counts \d+"),
        ("predictions.csv", r"predictions\.csv: \d+ labels that pictures show where boxes\.csv counts \d+"),
    ],
)
def test_a_table_that_was_half_copied(tmp_path: Path, reports: SimpleNamespace, name: str, message: str) -> None:
    folder = shutil.copytree(reports.first / "logo", tmp_path / "logo")
    lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / name).write_text("".join(lines[: 50 if name == "crops.csv" else len(lines) // 2]), encoding="utf-8")
    with pytest.raises(ResultsError, match=message):
        load.read_logo(folder)


@pytest.mark.parametrize("name", ["predictions.csv", "metrics.json"])
def test_a_file_that_is_not_as_its_run_left_it(tmp_path: Path, reports: SimpleNamespace, name: str) -> None:
    folder = shutil.copytree(reports.first / "sentiment", tmp_path / "sentiment")
    run = json.loads((folder / "run.json").read_text())
    run["files"] = {file: text_digest(folder / file) for file in ("predictions.csv", "metrics.json")}
    (folder / "run.json").write_text(json.dumps(run))
    assert load.read_sentiment(folder).run == run
    path = folder / name
    path.write_text(re.sub(r"0\.\d", "0.4", path.read_text(encoding="utf-8"), count=1), encoding="utf-8")
    with pytest.raises(ResultsError, match=f"{name}: not the one that run.json noted"):
        load.read_sentiment(folder)


def test_a_metric_that_is_not_there(reports: SimpleNamespace) -> None:
    with pytest.raises(ResultsError, match=r"metrics.json: no boxes.nothing; evaluate again: dvc repro"):
        load.read_logo(reports.first / "logo").metric("boxes", "nothing")


def test_columns_of_a_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("id,score\n", encoding="utf-8")
    columns = load.read_columns(tmp_path / "empty.csv", {"id": str, "score": float})
    assert [len(column) for column in columns.values()] == [0, 0]
    assert columns["score"].dtype == np.float64
