"""Suggestions, and the examples in the help of every command."""

import shlex
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.cli.parser import commands, suggestion
from brandlens.doctor import run as examination
from brandlens.project import files, minutes
from brandlens.project import run as project
from brandlens.serve import server
from brandlens.serve.app import create_app

PARSERS = {parser.prog: parser for parser in commands(main.parser())}
EXAMPLES = [
    line.strip()
    for parser in PARSERS.values()
    for line in (parser.epilog or "").splitlines()
    if line.startswith("  brandlens ")
]
NETWORK = 'brandlens logo collect "acme mug"'  # searches the web


@pytest.mark.parametrize(
    ("words", "near"),
    [
        pytest.param(["lgo"], "logo", id="a side"),
        pytest.param(["logo", "detct"], "detect", id="a command"),
        pytest.param(["logo", "detect", "x", "--formt=json"], "--format", id="an option"),
        pytest.param(["logo", "detect", "x", "--format", "jsno"], "json", id="a choice"),
        pytest.param(["completion", "bsh"], "bash", id="a choice without an option"),
        pytest.param(["xyzzy"], None, id="nothing near"),
        pytest.param(["logo", "detect", "x", "--xyzzy"], None, id="no option near"),
    ],
)
def test_what_is_nearest(capsys: pytest.CaptureFixture[str], words: list[str], near: str | None) -> None:
    with pytest.raises(SystemExit) as caught:
        main.call(words)
    assert caught.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.endswith(f"; did you mean {near}?") if near else "did you mean" not in error


def test_suggestion() -> None:
    assert suggestion("x", []) == ""
    assert suggestion("--modl", ["--mode", "--model"]) == "; did you mean --model?"


@pytest.mark.parametrize("name", PARSERS)
def test_every_command_has_two_examples(name: str) -> None:
    assert sum(line.startswith(f"{name} ") or line == name for line in EXAMPLES) >= 2


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, model_folder: Path, sentiment_folder: Path) -> Path:
    """A folder with all that the examples name."""
    home = tmp_path_factory.mktemp("world")
    random = np.random.default_rng(0)
    pictures = []
    for name in "abcdef":
        path = home / f"photos/{name}.png"
        images.write(path, random.integers(0, 256, (120, 160, 3), np.uint8))
        pictures.append(Picture(path, (Box(5, 5, 30, 20, "acme"),)))
    shutil.copy(home / "photos/a.png", home / "photos/a.jpg")
    shutil.copy(home / "photos/a.png", home / "acme.png")
    annotations.write(home / "pictures.xml", pictures)
    video = cv2.VideoWriter(str(home / "match.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 5, (64, 48))
    for _ in range(5):
        video.write(np.full((48, 64, 3), 128, np.uint8))
    video.release()
    rows = [f"{'good' if n % 2 else 'bad'} film number {n} is what it is,{n % 2}" for n in range(40)]
    (home / "reviews.csv").write_text("\n".join(["text,label", *rows]))
    shutil.copytree(model_folder, home / "models/logo")
    shutil.copytree(sentiment_folder, home / "models/sentiment")
    return home


def make_run(folder: Path) -> None:
    """Write results of reviews as stage sentiment-evaluate does."""
    names = ("accuracy", "precision", "recall", "f1", "auc", "ece")
    metrics = dict.fromkeys(names, 0.5) | {"threshold": 0.5, "unsure": 0.0, "baselines": {}, "intervals": {}}
    classes = {label: dict.fromkeys(names, 0.5) for label in ("negative", "positive")}
    folder.mkdir(parents=True)
    content = metrics | {"per_class": classes, "speed": {"reviews_per_second": 1.0}}
    (folder / "metrics.json").write_text(str(content).replace("'", '"'))
    (folder / "predictions.csv").write_text(
        "id,y_true,y_pred,score\n1,positive,positive,0.9\n2,negative,positive,0.9\n"
    )


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_run(
    line: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a copy of the folder; neither the web, nor DVC, nor Keras is asked."""
    words = shlex.split(line)[1:]
    assert main.parser(words).parse_args(words).run
    if line.startswith(NETWORK):
        return
    if "completion" in words:
        pytest.importorskip("argcomplete")
    monkeypatch.setattr(files, "start_dvc", lambda _: None)
    monkeypatch.setattr(project.Devices, "start", lambda _: None)
    monkeypatch.setattr(minutes, "measure", lambda: 100.0)
    monkeypatch.setattr(examination.probe, "installed", list)
    monkeypatch.setattr(server, "run", lambda settings, _: create_app(settings))
    home = shutil.copytree(world, tmp_path / "home")
    monkeypatch.chdir(home)
    if "report" in words:
        for name in ("first", "second"):
            make_run(home / name / "sentiment")
    if "--update" in words:
        assert main.call(["init", "acme", "--pictures", "pictures.xml", "--yes"]) == 0
    assert main.call(words) == 0, capsys.readouterr().err
    assert "Traceback" not in capsys.readouterr().err


def test_completion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shell asks for it: the line in the environment, the answer into a file."""
    pytest.importorskip("argcomplete")
    out = tmp_path / "out"
    line = "brandlens logo detect --fo"
    for name, value in {
        "_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(out), "COMP_LINE": line, "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9", "_ARGCOMPLETE_IFS": "\n",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        main.call([])
    assert caught.value.code == 0
    assert out.read_text().split() == ["--format"]
