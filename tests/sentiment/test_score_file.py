"""Whole files: every row in its place, a killed run resumes, no other's parts are used; and training reads the same."""

import contextlib
import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.config.sentiment import Columns, Files
from brandlens.datasets import import_reviews
from brandlens.errors import UserError
from brandlens.sentiment import score_file
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.score_file import ScoringJob, read_chunks

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

SUFFIXES = [".csv", ".jsonl", ".parquet"]
REVIEWS = ["good film", "bad film", "zzz", "", "great !", "the film is awful", "good good"]


class RecordingClassifier:
    """A classifier that records what it scores, and is interrupted before more than `limit` reviews."""

    def __init__(self, classifier: SentimentClassifier, limit: int = 1000) -> None:
        self.classifier, self.limit, self.scored = classifier, limit, list[str]()

    def score(self, texts: Sequence[str]) -> list[Any]:
        if len(self.scored) + len(texts) > self.limit:
            raise KeyboardInterrupt
        self.scored += texts
        return self.classifier.score(texts)

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


def make_job(source: Path, suffix: str = ".csv", **changes: Any) -> ScoringJob:
    out = source.with_name(f"scored{suffix}")
    fields = {"source": source, "column": "text", "out": out, "explained": False, "model": "m"}
    return ScoringJob(**fields | changes)


def read_column(path: Path, name: str) -> list[str]:
    return [text for chunk in read_chunks(path, name, 100) for text in chunk.texts]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_explained_words_in_a_table(classifier: SentimentClassifier) -> None:
    records = SentimentPredictor(classifier, explained=True).predict(["the good film", "zzz"])
    assert [tuple(score_file.flatten(record)) for record in records] == [tuple(score_file.column_names(True))] * 2
    assert [score_file.flatten(record)["words"] for record in records] == ["good +0.12", ""]
    assert score_file.flatten({"text": "a"}) == {"text": "a", "reason": None}
    assert [score_file.flatten(record)["reason"] for record in records] == [None, "too few known words"]


# Chunks


@pytest.mark.parametrize(("size", "lengths"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (100, [7])])
def test_chunks(source: Path, size: int, lengths: list[int]) -> None:
    chunks = list(read_chunks(source, "text", size))
    assert [len(chunk.texts) for chunk in chunks] == lengths
    assert [text for chunk in chunks for text in chunk.texts] == REVIEWS
    assert chunks[-1].progress == 1


def test_problems_of_chunks(source: Path) -> None:
    source.write_text('{"text": "a"}\n{"text": "b"}\n{}\n{"text": "d"}\n')
    assert [(chunk.texts, chunk.problems) for chunk in read_chunks(source, "text", 2)] == [
        (["a", "b"], []), (["", "d"], [f'{source}, row 3: no "text"']),
    ]  # fmt: skip
    with pytest.raises(UserError, match=r'no column "body"; there are: text; choose one with --column'):
        list(read_chunks(source, "body", 2))


# Training and scoring

PIECES = [
    b"good", b"good film,1\n", b"bad;0\n", b"fine\t1\n", b'"so, so",0\n', b'"two\nlines",1\n', b'"', b'""', b",", b";",
    b"\t", b"\n", b"\r\n", b"\r", b" ", b"1", b"\x00", b"\xe9", b"\x81", "é".encode(), "äöü".encode(),
    b'{"text": "a", "label": 1}\n', b'{"text": "\\ud800", "label": 0}\n', b'{"text": 7, "label": 0}\n',
    b'{"text": null, "label": 1}\n', b'{"text": "b"}\n', b'{"text":', b"[1]\n", b"bad|0\n", b'\\"',
    b'"so \\"so\\", so",1\n', "да".encode("cp1251"), "良い".encode("cp932"), b'{"text": "b", "text": "c", "label": 0}',
    b"]", b"sep=;\n",
]  # fmt: skip
HEADERS = [
    b"text,label\n", b"text;label\n", b"text\tlabel\n", b"label,text\r\n", b"\xef\xbb\xbftext,label\n", b"",
    b'{"text": "first", "label": 1}\n', b"sep=|\r\ntext|label\r\n", b'[{"text": "first", "label": 1},',
    b"\xff\xfet\0e\0x\0t\0", b"t\0e\0x\0t\0,\0l\0a\0b\0e\0l\0\n\0", b"\x1f\x8b\x08", b"PAR1", b"PK\3\4",
]  # fmt: skip


def score_reading(path: Path) -> tuple[list[str], list[str]]:
    """The texts of all rows as scoring reads them, and what it reports."""
    chunks = list(read_chunks(path, "text", 2))
    return [text for chunk in chunks for text in chunk.texts], [line for chunk in chunks for line in chunk.problems]


def train_reading(path: Path, split: str, encoding: str | None = None) -> tuple[list[str], list[str]]:
    """The texts of a file for this split as training reads them, and what it reports."""
    columns = Columns(
        "text", "label", None, None, None, None, None, ("1",), ("0",), (), (1, 5), (2, 4), "drop", encoding, 1.0
    )
    files = Files(**{"train": (), "val": (), "test": (), "unlabelled": (), split: (str(path),)}, columns=columns)
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        reviews = import_reviews.import_reviews(files)
    lines = stderr.getvalue().split("left out: ")[1:]
    return [review.text for review in reviews], [line.strip() for line in lines]


def places(problems: Sequence[str]) -> set[str]:
    return {problem.split(": ")[0] for problem in problems}


@settings(max_examples=50)
@given(
    st.sampled_from([".csv", ".tsv", ".jsonl", ".json", ".txt"]),
    st.sampled_from(HEADERS),
    st.lists(st.sampled_from(PIECES)),
)
def test_training_and_scoring_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, header: bytes, pieces: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("tables") / f"reviews{suffix}"
    path.write_bytes(header + b"".join(pieces))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_reviews, "MAX_REPORTED", 1000)
        try:
            texts, problems = score_reading(path)
        except UserError as error:
            message = str(error).split("; choose")[0].replace("--encoding", "sentiment.collect.files.columns.encoding")
            with pytest.raises(UserError, match=re.escape(message)):
                train_reading(path, "unlabelled")
            return
        if not texts:
            with pytest.raises(UserError, match="no rows in these files"):
                train_reading(path, "unlabelled")
            return
        unlabelled, reported = train_reading(path, "unlabelled")
        assert unlabelled == [text for text in texts if text.strip()]
        assert [line for line in reported if not line.endswith(': no text in column "text"')] == problems
        try:
            labelled, reported = train_reading(path, "train")
        except UserError as error:
            assert 'no column "label"' in str(error)  # which scoring does without
            return
        assert len(labelled) + len(reported) == len(texts)
        assert places(problems) <= places(reported)
        rest = iter(texts)
        assert all(text in rest for text in labelled)  # in the same order


WORDS = st.text(st.sampled_from([*"ab0 5,;|.'\"\\\n\réя良é😀\u2028\t"]), max_size=12)


@st.composite
def honest_tables(draw: st.DrawFn) -> tuple[str, bytes, list[tuple[str, str]], str | None]:
    """A table as one of people's tools writes it: its suffix, its bytes, its texts and labels, its encoding."""
    rows = draw(st.lists(st.tuples(WORDS, st.sampled_from("01")), min_size=1, max_size=6))
    kind = draw(st.sampled_from(["csv", "csv", "csv", "jsonl", "json", "parquet", "txt"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]))
    if kind == "parquet":
        texts, labels = map(list, zip(*rows, strict=True))
        column = pyarrow.array([text.encode() for text in texts]).cast(
            draw(st.sampled_from([pyarrow.binary(), pyarrow.large_binary(), pyarrow.string(), pyarrow.large_string()]))
        )
        buffer = io.BytesIO()
        parquet.write_table(pyarrow.table({"text": column, "label": labels}), buffer)
        return ".parquet", buffer.getvalue(), rows, None
    if kind == "txt":
        rows = [(text.replace("\n", " ").replace("\r", " "), label) for text, label in rows]
        content = "".join(f"{text}\n" for text, _ in rows)
    elif kind == "csv":
        delimiter, first = draw(st.sampled_from([(",", ""), (";", ""), ("|", ""), ("\t", ""), ("^", "sep=^\r\n")]))
        out = io.StringIO(newline="")
        ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
        writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=ending)
        writer.writerows([("text", "label"), *rows])
        content = first + out.getvalue()
    else:
        records = [{"text": text, "label": label} for text, label in rows]
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        content = lines if kind == "jsonl" else json.dumps(records, indent=draw(st.sampled_from([None, 1])))
    named = encoding if encoding == "gb18030" or encoding.startswith("utf-16-") else None
    return f".{kind}", content.encode(encoding), rows, named


@settings(max_examples=50)
@given(honest_tables())
def test_an_honest_table_is_read_right_by_both(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[str, bytes, list[tuple[str, str]], str | None]
) -> None:
    suffix, content, rows, encoding = table
    path = tmp_path_factory.mktemp("tables") / f"reviews{suffix}"
    path.write_bytes(content)
    chunks = list(read_chunks(path, "text", 2, encoding))
    assert [problem for chunk in chunks for problem in chunk.problems] == []
    assert [text for chunk in chunks for text in chunk.texts] == [text for text, _ in rows]
    if suffix != ".txt":
        labelled = train_reading(path, "train", encoding)[0]
        assert labelled == [text for text, _ in rows if text.strip()]


@pytest.mark.parametrize("values", [["good", None, "", " ", "bad"], [1, 2], [0.5, float("nan")], [b"good", b"\xff"]])
def test_training_and_scoring_read_the_same_parquet(tmp_path: Path, values: list[Any]) -> None:
    path = tmp_path / "reviews.parquet"
    parquet.write_table(pyarrow.table({"text": values}), path)
    texts, problems = score_reading(path)
    unlabelled, reported = train_reading(path, "unlabelled")
    assert len(texts) == len(values)
    assert unlabelled == [text for text in texts if text.strip()]
    assert [line for line in reported if not line.endswith(': no text in column "text"')] == problems


# Files


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("explained", [False, True])
def test_every_row_has_its_place(classifier: SentimentClassifier, source: Path, suffix: str, explained: bool) -> None:
    job = make_job(source, suffix, explained=explained)
    assert job.run(classifier) == len(REVIEWS)
    expected = SentimentPredictor(classifier, explained).predict(REVIEWS)
    if suffix == ".parquet":
        assert parquet.read_table(job.out).to_pylist() == [score_file.flatten(record) for record in expected]
    elif suffix == ".jsonl":
        assert [json.loads(line) for line in job.out.open()] == expected
    else:
        assert read_column(job.out, "text") == REVIEWS
        assert read_column(job.out, "score") == [str(record["score"]) for record in expected]
    assert names_in(source.parent) == ["reviews.jsonl", job.out.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_without_rows(classifier: SentimentClassifier, tmp_path: Path, suffix: str) -> None:
    (tmp_path / "empty.csv").write_text("text\n")
    job = make_job(tmp_path / "empty.csv", suffix)
    assert job.run(classifier) == 0
    assert names_in(tmp_path) == ["empty.csv", job.out.name]
    assert list(read_chunks(job.out, "text", 9)) == []


def test_every_chunk_is_reported(classifier: SentimentClassifier, source: Path) -> None:
    calls = []
    make_job(source).run(classifier, lambda chunk, resumed: calls.append((len(chunk.texts), resumed)))
    assert calls == [(2, False), (2, False), (2, False), (1, False)]


def test_a_named_encoding(classifier: SentimentClassifier, tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_bytes("text\n良い good\n".encode("shift-jis"))
    job = make_job(tmp_path / "reviews.csv", ".jsonl", encoding="shift-jis")
    job.run(classifier)
    assert json.loads(job.out.read_text(encoding="utf-8"))["text"] == "良い good"


def test_a_folder_of_parts(classifier: SentimentClassifier, tmp_path: Path) -> None:
    folder = tmp_path / "reviews.csv"
    folder.mkdir()
    for at in range(3):
        (folder / f"part-{at}.csv").write_text(f"text\ngood {at}\n")
    job = make_job(folder, ".csv", out=tmp_path / "scored.csv")
    before = job.state()
    assert job.run(classifier) == 3
    assert read_column(job.out, "text") == ["good 0", "good 1", "good 2"]
    (folder / "part-1.csv").write_text("text\nbad\n")
    assert job.state() != before
    with pytest.raises(UserError, match=r"--out .*scored\.csv: lies in the folder to be scored"):
        make_job(folder, ".csv", out=folder / "scored.csv")


# A killed run


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_killed_run_resumes(classifier: SentimentClassifier, source: Path, suffix: str) -> None:
    uninterrupted = make_job(source, suffix, out=source.with_name(f"whole{suffix}"))
    uninterrupted.run(classifier)
    job, calls = make_job(source, suffix), []
    with pytest.raises(KeyboardInterrupt):
        job.run(RecordingClassifier(classifier, 5))
    assert not job.out.exists()
    second = RecordingClassifier(classifier)
    assert job.run(second, lambda chunk, resumed: calls.append(resumed)) == len(REVIEWS)
    assert second.scored == REVIEWS[4:]
    assert calls == [True, True, False, False]
    assert job.out.read_bytes() == uninterrupted.out.read_bytes()
    assert not Path(f"{job.out}.parts").exists()


def test_half_a_part_is_no_part(classifier: SentimentClassifier, source: Path) -> None:
    job = make_job(source)
    with pytest.raises(KeyboardInterrupt):
        job.run(RecordingClassifier(classifier, 2))
    Path(f"{job.out}.parts", ".4711.000001.csv").write_text("good film,posi")
    job.run(classifier)
    assert read_column(job.out, "text") == REVIEWS


def test_killed_while_joining(classifier: SentimentClassifier, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job(source)
    job.out.write_text("an older one")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            job.run(classifier)
    assert job.out.read_text() == "an older one"
    second = RecordingClassifier(classifier)
    job.run(second)
    assert second.scored == []
    assert len(read_column(job.out, "text")) == len(REVIEWS)


@pytest.mark.parametrize("change", ["text", "column", "model", "explained", "encoding", "rows a part"])
def test_parts_of_another_job_are_not_used(
    classifier: SentimentClassifier, source: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        make_job(source).run(RecordingClassifier(classifier, 4))
    fields: dict[str, Any] = {"model": "n", "explained": True, "encoding": "utf-8"}
    changes = {change: fields[change]} if change in fields else {}
    if change == "text":
        source.write_text(source.read_text().replace("good", "nice"))
    elif change == "column":
        source.write_text("".join(json.dumps({"text": "x", "other": text}) + "\n" for text in REVIEWS))
        changes = {"column": "other"}
    elif change == "rows a part":
        monkeypatch.setattr(score_file, "CHUNK", 3)
    second = RecordingClassifier(classifier)
    assert make_job(source, **changes).run(second) == len(second.scored) == len(REVIEWS)


def test_another_run_is_reported(classifier: SentimentClassifier, source: Path) -> None:
    job = make_job(source)

    def on_chunk(*_: object) -> None:
        with pytest.raises(UserError, match=r"scored\.csv: another run is writing it; wait until it ends"):
            job.run(classifier)

    assert job.run(classifier, on_chunk) == len(REVIEWS)
    assert names_in(source.parent) == ["reviews.jsonl", "scored.csv"]


def test_a_folder_that_is_in_the_way_is_left_alone(classifier: SentimentClassifier, source: Path) -> None:
    job = make_job(source)
    folder = Path(f"{job.out}.parts")
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match=r"scored\.csv\.parts: is in the way"):
        job.run(classifier)
    assert names_in(folder) == ["thesis.txt"]


# Errors


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("scored.xlsx", "must end in .csv, .jsonl, .parquet", id="another format"),
        pytest.param("none/scored.csv", "there is no folder", id="no folder"),
        pytest.param("folder.csv", "is a folder", id="a folder"),
        pytest.param("reviews.jsonl", "is the file to be scored", id="itself"),
        pytest.param("folder.csv/../reviews.jsonl", "is the file to be scored", id="itself by another name"),
    ],
)
def test_files_that_cannot_be_written(source: Path, name: str, words: str) -> None:
    (source.parent / "folder.csv").mkdir()
    with pytest.raises(UserError, match=words):
        make_job(source, out=source.parent / name)


def test_a_file_that_cannot_be_read_leaves_nothing(classifier: SentimentClassifier, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.csv: cannot be read"):
        make_job(tmp_path / "none.csv").run(classifier)
    assert names_in(tmp_path) == []


def test_a_full_disk_is_one_line(
    classifier: SentimentClassifier, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match=r"--out .*scored\.csv: cannot be written: No space left on device"):
        make_job(source).run(classifier)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_the_scores_of_three_labels(
    many_labels: Callable[[Sequence[str]], SentimentClassifier], source: Path, suffix: str
) -> None:
    """Tables have a column of numbers for each label, JSON an object."""
    job = make_job(source, suffix)
    job.run(many_labels(("negative", "neutral", "positive")))
    if suffix == ".jsonl":
        rows = [json.loads(line)["scores"] for line in job.out.read_text(encoding="utf-8").splitlines()]
        assert all(list(row) == ["negative", "neutral", "positive"] for row in rows)
        rows = [list(row.values()) for row in rows]
    else:
        names = ("score_negative", "score_neutral", "score_positive")
        rows = list(zip(*(map(float, read_column(job.out, name)) for name in names), strict=True))
    assert rows
    assert all(abs(sum(row) - 1) < 0.001 for row in rows)
