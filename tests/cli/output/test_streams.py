"""Every command with standard streams that are closed, full, of another encoding, or that nobody reads."""

import csv
import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from brandlens import images
from brandlens.annotations import Picture
from brandlens.annotations import write as write_annotations
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.cli.output import streams

NAME = "Très-日本-😀.png"
TEXT = "très good 日本 😀 film"
COMMANDS = {
    "detect": "logo detect --model {logo} {picture}",
    "detect, json": "logo detect --model {logo} --format json {picture}",
    "detect, csv": "logo detect --model {logo} --format csv {picture}",
    "detect, html": "logo detect --model {logo} --format html {picture}",
    "suggest": "logo suggest --model {logo} --out suggested.xml {picture}",
    "check": "logo check labels.xml",
    "convert": "logo convert labels.xml labels.json",
    "collect": "logo collect --provider folder --out collected .",
    "score": "sentiment score --model {sentiment} {text}",
    "score, json": "sentiment score --model {sentiment} --format json {text}",
    "score, csv": "sentiment score --model {sentiment} --format csv {text}",
    "score, html": "sentiment score --model {sentiment} --format html {text}",
    "score into a file": "sentiment score --model {sentiment} --file reviews.csv --out scores.csv",
    "report": "report {first} {second}",
    "report, json": "report --format json {first} {second}",
    "report, html": "report --format html {first} {second}",
    "help": "--help",
    "version": "--version",
}
SLOW = ("collect",)
Run = Callable[[str], int]


class Broken(io.RawIOBase):
    """A stream that takes nothing."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        raise self.error


def text_stream(raw: io.RawIOBase | io.BytesIO, encoding: str = "utf-8") -> io.TextIOWrapper:
    buffer = raw if isinstance(raw, io.BytesIO) else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, encoding, newline="\n")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders of results that `brandlens report` can compare; the smallest that it takes."""
    folders = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    scores = dict.fromkeys(("accuracy", "precision", "recall", "f1", "auc", "ece"), 1.0)
    for folder in folders:
        side = folder / "sentiment"
        side.mkdir()
        counts = {label: {"count": 1.0} for label in ("negative", "positive")}
        metrics = scores | {"per_class": counts, "baselines": {}, "speed": {"reviews_per_second": 9.0}}
        (side / "metrics.json").write_text(json.dumps(metrics))
        (side / "run.json").write_text(json.dumps({"params": {"note": f"日本 {folder.name}"}}))
        (side / "predictions.csv").write_text(
            "id,y_true,y_pred,score\na,negative,negative,0.1\nb,positive,positive,0.9\n"
        )
    return folders


@pytest.fixture
def run(
    tmp_path: Path,
    model_folder: Path,
    sentiment_folder: Path,
    results: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """A function that runs a command as the program does, in a folder with what it needs; returns its exit code."""
    monkeypatch.chdir(tmp_path)
    images.write(tmp_path / NAME, np.random.default_rng(0).integers(0, 255, (80, 90, 3), np.uint8))
    write_annotations(Path("labels.xml"), [Picture(Path(NAME), (Box(5, 5, 30, 20, "日本"),), 90, 80)])
    (tmp_path / "reviews.csv").write_text(f"text\n{TEXT}\n", encoding="utf-8")
    values = {"logo": model_folder, "sentiment": sentiment_folder, "first": results[0], "second": results[1]}

    def called(command: str) -> int:
        words = [word.format(picture=NAME, text=TEXT, **values) for word in COMMANDS[command].split()]
        monkeypatch.setattr(sys, "argv", ["brandlens", *words])
        with pytest.raises(SystemExit) as end:
            main.main()
        return int(end.value.code or 0)

    return called


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setattr(sys, "stdout", text_stream(Broken(OSError(errno.ENOSPC, "No space left on device"))))
    assert run(command) == 2
    err = capsys.readouterr().err
    assert err.splitlines()[-1] == "brandlens: standard output: No space left on device"
    assert "Traceback" not in err


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in SLOW])
def test_a_reader_that_has_gone(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setattr(sys, "stdout", text_stream(Broken(BrokenPipeError(errno.EPIPE, "Broken pipe"))))
    assert run(command) == 0
    assert "Broken" not in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_closed_streams(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """As `>&- 2>&-` leaves them, and `pythonw`: Python sets them to None."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert run(command) == 0


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in SLOW])
def test_another_encoding(run: Run, monkeypatch: pytest.MonkeyPatch, command: str, encoding: str) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", text_stream(raw, encoding))
    assert run(command) == 0
    _, _, format = command.partition(", ")
    output = raw.getvalue().decode("utf-8" if format else encoding)
    if format == "json" and not command.startswith("report"):
        row = json.loads(output)
        assert row.get("picture", row.get("text")) in (NAME, TEXT)
    elif format == "csv":
        first = list(csv.reader(io.StringIO(output)))[1][0]
        assert first in (NAME, TEXT)
    elif format == "html":
        assert 'charset="utf-8"' in output or "charset=utf-8" in output
        assert NAME in output or "très" in output or "日本" in output
    elif command == "report, json":
        assert "日本" in json.dumps(json.loads(output), ensure_ascii=False)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        pytest.param(b"caf\xe9.png", "caf\\udce9.png", id="no UTF-8"),
        pytest.param("café.png".encode(), "café.png", id="UTF-8 of a C locale"),
        pytest.param(b"\xe9 \xc3\xa9", "\\udce9 é", id="one and the other"),
    ],
)
def test_bytes_that_python_could_not_decode(monkeypatch: pytest.MonkeyPatch, name: bytes, printed: str) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", text_stream(raw, "ascii"))
    print(name.decode("ascii", "surrogateescape"), end="", file=streams.output("json"), flush=True)
    assert raw.getvalue().decode() == printed


def test_nothing_on_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed, as of a service: there is nothing to wait for. An empty file has no rows, and no mistake in it."""
    error = io.BytesIO()
    monkeypatch.setitem(COMMANDS, "lines", "sentiment score --model {sentiment}")
    monkeypatch.setattr(sys, "stderr", text_stream(error))
    for stdin, code in ((None, 2), (io.TextIOWrapper(io.BytesIO()), 0)):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert run("lines") == code
    assert error.getvalue().decode() == (
        "brandlens: nothing to score; give a text, a --file, or lines on standard input\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="a shell that closes streams")
@pytest.mark.parametrize(
    ("words", "code", "err"),
    [
        pytest.param('--model {model} "good film" >&-', 0, "", id="closed output"),
        pytest.param("--model none <&- >&- 2>&-", 2, "", id="all closed"),
        pytest.param(
            '--model {model} "good film" >/dev/full', 2, "brandlens: standard output: No space", id="a full disk"
        ),
    ],
)
def test_in_a_process_of_its_own(sentiment_folder: Path, tmp_path: Path, words: str, code: int, err: str) -> None:
    if "/dev/full" in words and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    program = f"'{sys.executable}' -c 'from brandlens.cli.main import main; main()' sentiment score "
    done = subprocess.run(
        program + words.format(model=sentiment_folder), shell=True, cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == code
    assert done.stderr.decode().startswith(err)
    assert len(done.stderr.splitlines()) == bool(err)
