"""`brandlens report`: what it prints, and its errors."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from brandlens.cli.main import call
from brandlens.cli.output import html
from brandlens.errors import UserError


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Two runs on four reviews: the first has half of them right, the second all."""
    folders = []
    for name, right in (("<first>", 2), ("second", 4)):
        folder = tmp_path / name / "sentiment"
        folder.mkdir(parents=True)
        metrics = dict.fromkeys(("accuracy", "precision", "recall", "f1", "auc", "ece"), right / 4)
        classes = dict.fromkeys(("negative", "positive"), metrics)
        content = metrics | {
            "intervals": {"accuracy": [0.1, 0.9]},
            "threshold": 0.5,
            "unsure": 0.0,
            "baselines": {},
            "per_class": classes,
        }
        content["speed"] = {"reviews_per_second": 1234.5}
        (folder / "metrics.json").write_text(json.dumps(content))
        with (folder / "predictions.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("id", "y_true", "y_pred", "score"))
            for number in range(4):
                y_true = ("negative", "positive")[number % 2]
                y_pred = y_true if number < right else ("positive", "negative")[number % 2]
                rows.writerow((number, y_true, y_pred, 0.9 if y_pred == "positive" else 0.1))
        folders.append(str(tmp_path / name))
    return folders


def test_text(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["report", *runs]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Reviews", "<first>", "second"]
    assert next(line for line in lines if line.startswith("accuracy")).split()[1:3] == ["0.500", "(0.100–0.900)"]
    assert "second against <first>: +50.0 points of 4 reviews in common" in lines[-1]
    assert "McNemar p = 0.5" in lines[-1]


def test_json(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["report", *runs, "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["sentiment"]["pairs"][0]["gain"] == 0.5
    assert content["sentiment"]["metrics"][0]["title"] == "accuracy"


def test_html(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["report", *runs, "--format", "html"]) == 0
    page = capsys.readouterr().out
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(page)
    assert {"style", "table", "h1", "h2"} <= {*tags}
    assert "first" not in tags
    assert "&lt;first&gt;" in page
    assert "http" not in page


def test_one_folder_alone(runs: list[str]) -> None:
    with pytest.raises(UserError, match="name two folders or more"):
        call(["report", runs[0]])


def test_no_results(runs: list[str], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no results here"):
        call(["report", runs[0], str(tmp_path)])


def test_a_page_of_nothing() -> None:
    assert html.page("Empty & quiet", []).count("Empty &amp; quiet") == 2
    assert "<tbody>\n</tbody>" in html.table(["a", "b"], [])
