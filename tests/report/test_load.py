"""Reading results: what is missing or broken names its file, its place and the mend."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from brandlens.report import load
from brandlens.report.load import ResultsError


def test_what_was_written_is_read(reports: SimpleNamespace) -> None:
    found = load.logo(reports.first / "logo")
    ranking, size = found.ranking()
    assert found.labels == ["cola", "Dr. <Fizz>"]
    assert found.at("boxes", "hits") == (ranking.hit & (ranking.score >= found.threshold)).sum()
    assert found.at("boxes", "hits") + found.at("boxes", "misses") == ranking.labelled.sum() == len(found.labelled()[0])
    assert len(size) == len(ranking.score)
    reviews = load.sentiment(reports.first / "sentiment")
    assert reviews.at("accuracy") == pytest.approx((reviews.truth == reviews.predicted).mean(), abs=1e-4)
    assert reviews.baselines == ["majority", "tfidf"]


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
        _ = load.sentiment(folder).truth


def test_a_metric_that_is_not_there(reports: SimpleNamespace) -> None:
    with pytest.raises(ResultsError, match=r"metrics.json: no boxes.nothing; evaluate again: dvc repro"):
        load.logo(reports.first / "logo").at("boxes", "nothing")


def test_columns_of_a_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("id,score\n", encoding="utf-8")
    found = load.columns(tmp_path / "empty.csv", {"id": str, "score": float})
    assert [len(column) for column in found.values()] == [0, 0]
    assert found["score"].dtype == np.float64
