"""`brandlens sentiment score`: its output for texts, lines and files, and its errors."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from brandlens.cli import main
from brandlens.errors import ModelError, UserError

Score = Callable[..., tuple[int, list[str], list[str]]]

ROWS = [["text", "id"], ["good film", "1"], ["zzz", "2"], ["the film, is\nawful", "3"]]


@pytest.fixture
def score(sentiment_folder: Path, capfd: pytest.CaptureFixture[str]) -> Score:
    """A function of command line words → exit code, lines of standard output, lines of standard error."""

    def called(*words: object, model: Path = sentiment_folder) -> tuple[int, list[str], list[str]]:
        code = main.call(["sentiment", "score", "--model", str(model), *map(str, words)])
        out, err = capfd.readouterr()
        return code, out.split("\n")[:-1], err.splitlines()

    return called


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """A function that puts bytes on standard input."""
    return lambda content: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.fixture
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CSV file in the folder to be in."""
    monkeypatch.chdir(tmp_path)
    with Path("reviews.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(ROWS)
    return Path("reviews.csv")


# Formats


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("good film", "positive 0.62  good film", id="positive"),
        pytest.param("Awful!", "negative 0.29  Awful!", id="negative"),
        pytest.param("Ganz gut", "unsure   0.50  Ganz gut  [too few known words]", id="another language"),
        pytest.param("", "unsure   0.50    [no words]", id="nothing"),
        pytest.param(
            "good\n\tfilm\x1b[31m \u2028!", "positive 0.65  good film [31m !", id="one line, no control characters"
        ),
    ],
)
def test_text(score: Score, text: str, line: str) -> None:
    assert score(text) == (0, [line], [])


def test_explained_text(score: Score) -> None:
    out = score("--explain", "the good film!", "the film", "zzz")[1]
    assert out == [
        "positive 0.65  the good film!",
        f"{'':15}good +0.12  ! +0.03",
        "positive 0.50  the film",
        f"{'':15}no single word changes it",
        "unsure   0.50  zzz  [too few known words]",
        f"{'':15}no single word changes it",
    ]


def test_json(score: Score) -> None:
    code, out, err = score("--format", "json", "good film", 'é "😀"\n')
    assert (code, err) == (0, [])
    assert [json.loads(line) for line in out] == [
        {"text": "good film", "label": "positive", "score": 0.6225},
        {"text": 'é "😀"\n', "label": "unsure", "score": 0.5, "reason": "too few known words"},
    ]
    assert "é" in out[1]


def test_explained_json(score: Score) -> None:
    line = json.loads(score("--format", "json", "--explain", "Good Film")[1][0])
    assert [word for word, _ in line["words"]] == ["good", "film"]
    assert line["words"][0][1] == pytest.approx(0.1225)


def test_html(score: Score) -> None:
    code, out, err = score("--format", "html", "the <b>good</b> film", "zzz")
    assert (code, err) == (0, [])
    assert out[-1] == "</html>"
    assert [line for line in out if line.startswith("<h2>")] == ["<h2>positive 0.62</h2>", "<h2>unsure 0.50</h2>"]
    marks = '<mark class="up">towards positive</mark>, <mark class="down">towards negative</mark>'
    assert f"<p>Marked is what moved the score {marks}.</p>" in out
    assert '<p>the &lt;b&gt;<mark class="up" title="+0.12">good</mark>&lt;/b&gt; film</p>' in out
    assert '<p>zzz<br><span class="soft">too few known words</span></p>' in out


def test_a_terminal_gets_colors_and_a_summary(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    _, out, err = score("good film", "awful", "zzz")
    assert out == [
        "\x1b[32mpositive 0.62\x1b[0m  good film",
        "\x1b[31mnegative 0.27\x1b[0m  awful",
        "\x1b[33munsure   0.50\x1b[0m  zzz  [too few known words]",
    ]
    assert err == ["3 texts: 1 positive, 1 negative, 1 unsure"]


@pytest.mark.parametrize("explained", [False, True])
def test_csv(score: Score, explained: bool) -> None:
    texts = ["good film", 'the "film", is\nbad film', "=zzz"]
    out = score("--format", "csv", *(["--explain"] if explained else []), *texts)[1]
    rows = list(csv.DictReader(io.StringIO("\n".join(out))))
    assert list(rows[0]) == ["text", "label", "score", "reason", *(["words"] if explained else [])]
    assert [row["text"] for row in rows] == texts  # as they are: programs read them back
    assert [row["score"] for row in rows] == ["0.6225", "0.3775", "0.5"]
    assert [row["reason"] for row in rows] == ["", "", "too few known words"]
    if explained:
        assert [row["words"] for row in rows] == ["good +0.12", "bad -0.12", ""]


# Lines


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        pytest.param(b"", [], id="no lines"),
        pytest.param(b"good\n", ["good"], id="one"),
        pytest.param(b"good\r\n\nbad", ["good", "", "bad"], id="Windows lines, an empty one, none at the end"),
        pytest.param("good\r\né".encode("utf-16"), ["good", "é"], id="UTF-16, as PowerShell writes it"),
        pytest.param(b"good film " * 20_000 + b"\nbad\n", ["good film " * 20_000, "bad"], id="longer than a block"),
    ],
)
def test_lines_of_standard_input(
    score: Score, typed: Callable[[bytes], None], content: bytes, texts: list[str]
) -> None:
    typed(content)
    code, out, err = score("--format", "json")
    assert (code, err) == (0, [])
    assert [json.loads(line)["text"] for line in out] == texts


def test_lines_in_other_encodings(score: Score, typed: Callable[[bytes], None]) -> None:
    content = "gut é".encode() + b"\ncaf\xe9\ncaf\xe8\n" + "отлично".encode("cp1251")
    typed(content)
    code, out, err = score("--format", "json")
    assert (code, [json.loads(line)["text"] for line in out]) == (1, ["gut é", "café", "cafè", ""])
    assert err == [
        "standard input: line 2 and maybe others: not UTF-8, read as Windows-1252; if that is wrong, name the encoding "
        "by --encoding",
        "brandlens: standard input, line 4: bytes that are no text in this encoding",
    ]
    typed("отлично".encode("cp1251"))
    code, out, err = score("--format", "json", "--encoding", "cp1251")
    assert (code, json.loads(out[0])["text"], err) == (0, "отлично", [])
    typed(b"good")
    with pytest.raises(UserError, match="standard input: no encoding is named 'klingon'"):
        score("--encoding", "klingon")


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08\0", b"PK\3\4\x14\0", b"\xff\xd8\xff\xe0", b"%PDF-1.7\n"])
def test_standard_input_that_is_no_text(score: Score, typed: Callable[[bytes], None], data: bytes) -> None:
    typed(data)
    with pytest.raises(UserError, match=r"standard input: not text, but (a|compressed)"):
        score()


def test_a_line_is_answered_at_once(sentiment_folder: Path) -> None:
    """In a process of its own, whose input stays open."""
    words = ["sentiment", "score", "--model", str(sentiment_folder)]
    code = "from brandlens.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as program:
        assert program.stdin
        assert program.stdout
        for text, answer in (("good", "positive"), ("bad", "negative")):
            program.stdin.write(f"{text}\n")
            assert program.stdout.readline().startswith(answer)
        program.stdin.close()
        assert program.wait(60) == 0


def test_nothing_to_score(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda _: True})())
    with pytest.raises(UserError, match="nothing to score"):
        score()
    with pytest.raises(UserError, match="--file -: lines on standard input need no --file"):
        score("--file", "-")


# Files


def test_a_file_on_standard_output(reviews: Path, score: Score) -> None:
    code, out, err = score("--file", reviews, "--format", "json")
    assert (code, err) == (0, [])
    assert [(json.loads(line)["text"], json.loads(line)["label"]) for line in out] == [
        ("good film", "positive"), ("zzz", "unsure"), ("the film, is\nawful", "negative"),
    ]  # fmt: skip


def test_another_column(reviews: Path, score: Score) -> None:
    assert [json.loads(line)["text"] for line in score("--file", reviews, "--column", "id", "--format", "json")[1]] == [
        "1", "2", "3",
    ]  # fmt: skip


def test_another_encoding(reviews: Path, score: Score) -> None:
    reviews.write_bytes("text\ngood é\n".encode("cp1252"))
    for words, report in (
        ([], ["reviews.csv: not UTF-8, read as Windows-1252; if that is wrong, name its encoding by --encoding"]),
        (["--encoding", "cp1252"], []),
    ):
        code, out, err = score("--file", reviews, "--format", "json", *words)
        assert (code, [json.loads(line)["text"] for line in out], err) == (0, ["good é"], report)


@pytest.mark.parametrize("out", ["scored.csv", "scored.jsonl", "scored.parquet"])
def test_a_file_to_a_file(reviews: Path, score: Score, out: str) -> None:
    assert score("--file", reviews, "--out", out) == (0, [f"{out}: 3 rows scored"], [])
    again = [json.loads(line) for line in score("--file", out, "--format", "json")[1]]
    assert [row["text"] for row in again] == [row[0] for row in ROWS[1:]]
    assert sorted(path.name for path in Path().iterdir()) == ["reviews.csv", out]


@pytest.mark.parametrize("out", [[], ["--out", "scored.csv"]])
@pytest.mark.parametrize("num_bad", [1, 12])
def test_rows_that_cannot_be_read_are_named(reviews: Path, score: Score, out: list[str], num_bad: int) -> None:
    reviews.write_text("id,text\n1,good\n" + "2\n" * num_bad + "3,bad\n")
    code, printed, err = score("--file", reviews, *out)
    assert code == 1
    assert len(printed) == (1 if out else 2 + num_bad)
    assert err[0] == "brandlens: reviews.csv, row 3: field count 1, not 2 (line 3)"
    assert len(err) == min(num_bad, 10) + (num_bad > 10)
    if num_bad > 10:
        assert err[-1] == "brandlens: 2 more rows could not be read"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["good", "--file", "reviews.csv"], "TEXT and --file", id="a text and a file"),
        pytest.param(["good", "--out", "scored.csv"], "--out is for", id="an out without a file"),
        pytest.param(
            ["--file", "reviews.csv", "--out", "a.csv", "--format", "csv"], "--format is for", id="two formats"
        ),
        pytest.param(["--file", "reviews.csv", "--out", "a.xlsx"], "must end in", id="an unknown format of out"),
        pytest.param(["--file", "none.csv"], "none.csv: cannot be read", id="no file"),
        pytest.param(["--file", "none.csv", "--out", "a.csv"], "none.csv: cannot be read", id="no file for an out"),
        pytest.param(["--file", "reviews.csv", "--column", "body"], "choose one with --column", id="no column"),
        pytest.param(["good", "--encoding", "utf-8"], "--encoding is for", id="an encoding without a file"),
        pytest.param(["--file", "reviews.csv", "--encoding", "klingon"], "no encoding is named", id="no encoding"),
    ],
)
def test_errors(reviews: Path, score: Score, words: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        score(*words)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert [path.name for path in Path().iterdir()] == ["reviews.csv"]


@pytest.mark.parametrize("words", [["good"], ["--file", "reviews.csv", "--out", "scored.csv"]])
def test_no_model(reviews: Path, score: Score, words: list[str]) -> None:
    with pytest.raises(ModelError, match="no model"):
        score(*words, model=Path("none"))


def test_a_killed_program_resumes(tmp_path: Path, sentiment_folder: Path) -> None:
    """Killed outright after some parts, and started again by the same command."""
    source, out = tmp_path / "reviews.jsonl", tmp_path / "scored.jsonl"
    texts = [f"good film {'bad ' * (number % 7)}number {number}" for number in range(30_000)]
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    words = ["sentiment", "score", "--model", str(sentiment_folder), "--file", str(source), "--out", str(out)]
    command = [sys.executable, "-c", "from brandlens.cli.main import main; main()", *words]
    parts = tmp_path / "scored.jsonl.parts"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as program:
        while program.poll() is None and len(list(parts.glob("0*.jsonl"))) < 2:
            time.sleep(0.002)
        program.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    assert not out.exists()
    before = {path.name: path.stat().st_mtime_ns for path in parts.glob("0*.jsonl")}
    assert len(before) >= 2
    kept: list[int] = []
    original = Path.replace

    def recorded(path: Path, target: Path) -> Path:
        if Path(target) == out:
            kept.extend(
                part.stat().st_mtime_ns == before[part.name] for part in parts.glob("0*.jsonl") if part.name in before
            )
        return original(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", recorded)
        assert main.call(words) == 0
    assert kept == [True] * len(before)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["text"] for row in rows] == texts
    assert not parts.exists()


def test_running_it_loads_the_light_libraries_alone(tmp_path: Path, sentiment_folder: Path) -> None:
    """In a process of its own; a Parquet file aside, what it needs are numpy and ONNX Runtime."""
    heavy = ("keras", "tensorflow", "gensim", "sklearn", "scipy", "matplotlib", "pyarrow", "pandas", "onnx", "ruamel")
    (tmp_path / "reviews.csv").write_text("text\ngood\n")
    code = f"""
import sys
from brandlens.cli import main
words = ["sentiment", "score", "--model", {str(sentiment_folder)!r}]
assert main.call([*words, "--explain", "good film"]) == 0
assert main.call([*words, "--file", "reviews.csv", "--out", "scored.jsonl"]) == 0
print([name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ
    )
    assert (done.stdout.splitlines()[-1:], done.stderr) == (["[]"], "")


def test_terms(score: Score, reviews: Path) -> None:
    code, out, _ = score("good film, the bad film", "good", "--terms", "film,price", "--format", "json")
    assert code == 0
    terms = json.loads(out[0])["terms"]
    assert [(term["term"], term["clause"], term["label"]) for term in terms] == [
        ("film", "good film,", "positive"), ("film", "the bad film", "negative"),
    ]  # fmt: skip
    assert json.loads(out[1])["terms"] == []
    code, out, _ = score("--file", reviews, "--terms", "film,price")
    assert [line.split() for line in out[-2:]] == [
        ["film", "2", "-0.11", "(-1.00", "to", "+1.00)", "-"],
        ["price", "0", "-", "-"],
    ]
    code, out, _ = score("--file", reviews, "--terms", "film", "--out", "scored.csv")
    rows = csv.DictReader(io.StringIO(Path("scored.csv").read_text(encoding="utf-8")))
    assert [row["terms"] for row in rows] == ["film positive 0.62", "", "film negative 0.73"]


def test_terms_that_are_none(score: Score) -> None:
    with pytest.raises(UserError, match="no terms"):
        score("good", "--terms", "")
