"""Whole files: every row in its place, a killed run goes on, and nothing else is taken for its parts."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from brandlens.errors import UserError
from brandlens.sentiment import score_file, text_reader
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.score_file import ScoringJob

parquet = pytest.importorskip("pyarrow.parquet")

ENDS = [".csv", ".jsonl", ".parquet"]
REVIEWS = ["good film", "bad film", "zzz", "", "great !", "the film is awful", "good good"]


class Watched:
    """A classifier that counts what it scores, and breaks down before the review after the last that it may."""

    def __init__(self, classifier: SentimentClassifier, most: int = 1000) -> None:
        self.classifier, self.most, self.seen = classifier, most, []

    def score(self, some: Sequence[str]) -> list[Any]:
        if len(self.seen) + len(some) > self.most:
            raise KeyboardInterrupt
        self.seen += some
        return self.classifier.score(some)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.classifier, name)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_file, "CHUNK", 2)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in REVIEWS))
    return path


def job(source: Path, end: str = ".csv", **changes: Any) -> ScoringJob:
    facts = {
        "source": source,
        "column": "text",
        "out": source.with_name(f"scored{end}"),
        "explained": False,
        "model": "m",
    }
    return ScoringJob(**facts | changes)


def column(path: Path, name: str) -> list[str]:
    return [text for chunk in text_reader.chunks(path, name, 100) for text in chunk.texts]


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Rows


def test_rows(classifier: SentimentClassifier) -> None:
    assert score_file.rows(classifier, [], False) == []
    found = score_file.rows(classifier, REVIEWS, False)
    assert [tuple(each) for each in found] == [("text", "label", "score")] * len(REVIEWS)
    assert [each["text"] for each in found] == REVIEWS
    assert [each["label"] for each in found][:3] == ["positive", "negative", "unsure"]
    assert [each["score"] for each in found][:4] == [0.6225, 0.3775, 0.5, 0.5]


def test_explained_rows(classifier: SentimentClassifier) -> None:
    found = score_file.rows(classifier, ["the good film", "zzz"], True)
    assert [tuple(each) for each in found] == [tuple(score_file.columns(True))] * 2
    assert found[0]["words"] == [["the", 0.0], ["good", 0.1225], ["film", 0.0]]
    assert found[1]["words"] == []
    assert [score_file.flatten(each)["words"] for each in found] == ["good +0.12", ""]
    assert score_file.flatten({"text": "a"}) == {"text": "a"}


# Files


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("explained", [False, True])
def test_every_row_has_its_place(classifier: SentimentClassifier, source: Path, end: str, explained: bool) -> None:
    wanted = job(source, end, explained=explained)
    assert score_file.run(wanted, classifier) == len(REVIEWS)
    expected = score_file.rows(classifier, REVIEWS, explained)
    if end == ".parquet":
        assert parquet.read_table(wanted.out).to_pylist() == [score_file.flatten(row) for row in expected]
    elif end == ".jsonl":
        assert [json.loads(line) for line in wanted.out.open()] == expected
    else:
        assert column(wanted.out, "text") == REVIEWS
        assert column(wanted.out, "score") == [str(row["score"]) for row in expected]
    assert left(source.parent) == ["reviews.jsonl", wanted.out.name]


@pytest.mark.parametrize("end", ENDS)
def test_a_file_without_rows(classifier: SentimentClassifier, tmp_path: Path, end: str) -> None:
    (tmp_path / "empty.csv").write_text("text\n")
    wanted = job(tmp_path / "empty.csv", end)
    assert score_file.run(wanted, classifier) == 0
    assert left(tmp_path) == ["empty.csv", wanted.out.name]
    assert list(text_reader.chunks(wanted.out, "text", 9)) == []


def test_progress_is_told(classifier: SentimentClassifier, source: Path) -> None:
    told = []
    score_file.run(job(source), classifier, lambda chunk, kept: told.append((len(chunk.texts), kept)))
    assert told == [(2, False), (2, False), (2, False), (1, False)]


# A killed run


@pytest.mark.parametrize("end", ENDS)
def test_a_killed_run_goes_on(classifier: SentimentClassifier, source: Path, end: str) -> None:
    whole = job(source, end, out=source.with_name(f"whole{end}"))
    score_file.run(whole, classifier)
    wanted, told = job(source, end), []
    with pytest.raises(KeyboardInterrupt):
        score_file.run(wanted, Watched(classifier, 5))
    assert not wanted.out.exists()
    second = Watched(classifier)
    assert score_file.run(wanted, second, lambda chunk, kept: told.append(kept)) == len(REVIEWS)
    assert second.seen == REVIEWS[4:]
    assert told == [True, True, False, False]
    assert wanted.out.read_bytes() == whole.out.read_bytes()
    assert not Path(f"{wanted.out}.parts").exists()


def test_half_a_part_is_no_part(classifier: SentimentClassifier, source: Path) -> None:
    wanted = job(source)
    with pytest.raises(KeyboardInterrupt):
        score_file.run(wanted, Watched(classifier, 2))
    Path(f"{wanted.out}.parts", ".4711.000001.csv").write_text("good film,posi")
    score_file.run(wanted, classifier)
    assert column(wanted.out, "text") == REVIEWS


def test_killed_while_joining(classifier: SentimentClassifier, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = job(source)
    wanted.out.write_text("an older one")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            score_file.run(wanted, classifier)
    assert wanted.out.read_text() == "an older one"
    second = Watched(classifier)
    score_file.run(wanted, second)
    assert second.seen == []
    assert len(column(wanted.out, "text")) == len(REVIEWS)


@pytest.mark.parametrize("change", ["text", "column", "model", "explained", "rows a part"])
def test_parts_of_another_job_are_not_kept(
    classifier: SentimentClassifier, source: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        score_file.run(job(source), Watched(classifier, 4))
    changes: dict[str, Any] = {"model": {"model": "n"}, "explained": {"explained": True}}.get(change, {})
    if change == "text":
        source.write_text(source.read_text().replace("good", "nice"))
    elif change == "column":
        source.write_text("".join(json.dumps({"text": "x", "other": text}) + "\n" for text in REVIEWS))
        changes = {"column": "other"}
    elif change == "rows a part":
        monkeypatch.setattr(score_file, "CHUNK", 3)
    second = Watched(classifier)
    assert score_file.run(job(source, **changes), second) == len(second.seen) == len(REVIEWS)


def test_a_folder_that_is_in_the_way_is_left_alone(classifier: SentimentClassifier, source: Path) -> None:
    wanted = job(source)
    folder = Path(f"{wanted.out}.parts")
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match=r"scored\.csv\.parts: is in the way"):
        score_file.run(wanted, classifier)
    assert left(folder) == ["thesis.txt"]


# What cannot be


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("scored.xlsx", "must end in .csv, .jsonl, .parquet", id="another kind"),
        pytest.param("none/scored.csv", "there is no folder", id="no folder"),
        pytest.param("folder.csv", "is a folder", id="a folder"),
        pytest.param("reviews.jsonl", "is the file to be scored", id="itself"),
        pytest.param("folder.csv/../reviews.jsonl", "is the file to be scored", id="itself by another name"),
    ],
)
def test_files_that_cannot_be_written(source: Path, name: str, words: str) -> None:
    (source.parent / "folder.csv").mkdir()
    with pytest.raises(UserError, match=words):
        job(source, out=source.parent / name)


def test_a_file_that_cannot_be_read_leaves_nothing(classifier: SentimentClassifier, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.csv: cannot be read"):
        score_file.run(job(tmp_path / "none.csv"), classifier)
    assert left(tmp_path) == []


def test_a_full_disk_is_one_line(
    classifier: SentimentClassifier, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match=r"--out .*scored\.csv: cannot be written: No space left on device"):
        score_file.run(job(source), classifier)


def test_a_digest_tells_models_apart(sentiment_folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(sentiment_folder, tmp_path / "other")
    assert score_file.digest(other) == score_file.digest(sentiment_folder)
    (other / "vocabulary.txt").write_text("changed")
    assert score_file.digest(other) != score_file.digest(sentiment_folder)
