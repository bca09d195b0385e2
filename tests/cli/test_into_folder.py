"""`logo detect --out FOLDER` and `sentiment score --out FOLDER`."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from brandlens import images
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.errors import UserError
from brandlens.logo.predictor import LogoPredictor
from brandlens.sentiment.predictor import SentimentPredictor

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    model_folder: Path, sentiment_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: Callable,
    capfd: pytest.CaptureFixture[str],
) -> Call:  # fmt: skip
    """A function of command line words → exit code, standard output and error, in a folder with inputs."""
    monkeypatch.chdir(tmp_path)
    images.write(Path("album/logo.png"), scene((200, 150), Box(20, 30, 60, 60, "cola")))
    images.write(Path("album/none.png"), scene((200, 150)))
    Path("reviews.csv").write_text('text,n\n"good\nfilm",a\nawful,b\nzzz,c\n')

    def called(side: str, *words: str) -> tuple[int, str, str]:
        model = {"logo": model_folder, "sentiment": sentiment_folder}[side]
        command = {"logo": "detect", "sentiment": "score"}[side]
        code = main.call([side, command, *words, "--model", str(model)])
        return code, *capfd.readouterr()

    return called


def rows(folder: str) -> list[dict]:
    return parquet.read_table(folder).to_pylist()


def test_pictures(call: Call, model_folder: Path) -> None:
    code, out, err = call("logo", "album", "--out", "found")
    assert (code, err) == (0, "")
    assert out.startswith("found: 2 pictures; 0:00:0")
    picture, detections = LogoPredictor.load(model_folder).predict(Path("album/logo.png").read_bytes(), "")
    assert np.array_equal(picture.shape, (150, 200, 3))
    first, second = rows("found")
    assert [first["id"], first["width"], first["height"], first["error"]] == ["album/logo.png", 200, 150, None]
    assert [(box["label"], box["left"]) for box in first["detections"]] == [(box.label, box.left) for box in detections]
    assert second["detections"] == []
    assert len(first["model_revision"]) == 12


def test_pictures_that_cannot_be_read(call: Call) -> None:
    Path("album/bad.jpg").write_bytes(b"\xff\xd8\xffno")
    code, out, err = call("logo", "album", "--out", "found", "--csv", "found.csv")
    assert code == 1
    assert "3 pictures" in out
    assert "1 error: 1 cut short or damaged (JPEG)" in out
    assert 'in the column "error" of found' in err
    with Path("found.csv").open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [(row["picture"], row["label"], bool(row["error"])) for row in read] == [
        ("album/bad.jpg", "", True), ("album/logo.png", "cola", False), ("album/none.png", "", False),
    ]  # fmt: skip


def test_reviews(call: Call, sentiment_folder: Path) -> None:
    code, out, err = call("sentiment", "--file", "reviews.csv", "--out", "scored", "--id-column", "n", "--explain")
    assert (code, err) == (0, "")
    assert out.startswith("scored: 3 reviews; ")
    expected = SentimentPredictor.load(sentiment_folder, explained=True).predict(["good\nfilm", "awful", "zzz"])
    for row, record, row_id in zip(rows("scored"), expected, "abc", strict=True):
        assert [row["id"], row["input"], row["label"], row["score"]] == [
            row_id, record["text"], record["label"], record["score"],
        ]  # fmt: skip
        assert [[word["word"], word["change"]] for word in row["words"]] == record["words"]
        assert row["reason"] == record.get("reason")


def test_the_csv_of_a_folder_is_for_spreadsheets(call: Call) -> None:
    Path("reviews.csv").write_text("text,n\n=good,a\nzzz,-b\n")
    options = ["--id-column", "n", "--explain", "--terms", "film"]
    assert call("sentiment", "--file", "reviews.csv", "--out", "scored", "--csv", "scored.csv", *options)[0] == 0
    with Path("scored.csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert list(first) == ["id", "text", "label", "score", "reason", "words", "terms", "error"]
    assert [first["text"], first["reason"]] == ["'=good", ""]
    assert [second["id"], second["text"], second["reason"]] == ["'-b", "zzz", "too few known words"]
    assert rows("scored")[0]["input"] == "=good"


def test_the_same_again_does_nothing_and_another_is_refused(call: Call) -> None:
    assert call("sentiment", "--file", "reviews.csv", "--out", "scored")[0] == 0
    before = [(path.name, path.stat().st_mtime_ns) for path in sorted(Path("scored").glob("part-*"))]
    code, out, _ = call("sentiment", "--file", "reviews.csv", "--out", "scored", "--csv", "scored.csv")
    assert (code, out) == (0, "scored: 3 reviews, 3 of them by an earlier run\n")
    assert [(path.name, path.stat().st_mtime_ns) for path in sorted(Path("scored").glob("part-*"))] == before
    assert Path("scored.csv").read_text().splitlines()[0] == "id,text,label,score,reason,error"
    with pytest.raises(UserError, match='is of another job: column was "text", and is "n"'):
        call("sentiment", "--file", "reviews.csv", "--out", "scored", "--column", "n")
    assert call("sentiment", "--file", "reviews.csv", "--out", "scored", "--column", "n", "--overwrite")[0] == 0
    assert [row["input"] for row in rows("scored")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["logo", "album", "--workers", "2"], "--workers is for results in a folder"),
        (["logo", "album", "--csv", "a.csv"], "--csv is for results in a folder"),
        (["logo", "album", "--out", "a.csv"], "--out a.csv: name a folder, without a suffix"),
        (["logo", "album", "--out", "a", "--draw", "b"], "--draw is not for results in a folder"),
        (["logo", "none", "--out", "a"], "none: no such file"),
        (["sentiment", "--file", "reviews.csv", "--out", "a.csv", "--overwrite"], "--overwrite is for results in"),
        (["sentiment", "--file", "reviews.csv", "x.csv", "--out", "a.csv"], "several inputs need a folder"),
        (["sentiment", "--file", "none.csv", "--out", "a"], "none.csv: no such file"),
        (["sentiment", "--file", "reviews.csv", "--column", "b", "--out", "a"], 'no column "b"'),
        (["sentiment", "--file", "reviews.csv", "--out", "."], "holds other files, such as album"),
    ],
)
def test_errors(call: Call, words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        call(*words)


def test_state(call: Call) -> None:
    call("sentiment", "--file", "reviews.csv", "--out", "scored")
    state = json.loads(Path("scored/_job.json").read_text())
    assert [state["side"], state["inputs"], state["column"]] == ["sentiment", ["reviews.csv"], "text"]
    assert json.loads(Path("scored/_SUCCESS").read_text()) == {"parts": 1, "rows": 3}


def test_terms(call: Call) -> None:
    code, _, err = call("sentiment", "--file", "reviews.csv", "--out", "scored", "--terms", "film", "--csv", "all.csv")
    assert (code, err) == (0, "")
    clause = {"term": "film", "clause": "good\nfilm", "label": "positive", "score": 0.6225, "sentiment": 0.2449}
    assert [row["terms"] for row in rows("scored")] == [[clause], [], []]
    with Path("all.csv").open(encoding="utf-8", newline="") as file:
        assert [row["terms"] for row in csv.DictReader(file)] == ["film positive 0.62", "", ""]
