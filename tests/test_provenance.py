"""The git revision and the rest of what a model's card and a run's report say of their making."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from brandlens import __version__, provenance
from brandlens.io import text_digest

IDENTITY = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false")

Git = Callable[..., str]


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a working folder without git: neither a repository around it nor the user's settings are seen."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def git(outside: Path) -> Git:
    """Return a function that runs git in a repository of its own, in which params.yaml and dvc.lock are committed."""

    def run(*words: str) -> str:
        done = subprocess.run(["git", *IDENTITY, *words], capture_output=True, text=True, check=True, cwd=outside)
        return done.stdout.strip()

    run("init")
    Path("params.yaml").write_text("seed: 1\n")
    Path("dvc.lock").write_text("old")
    run("add", "params.yaml", "dvc.lock")
    run("commit", "--message", "Start")
    return run


def test_no_repository(outside: Path) -> None:
    assert provenance.revision() == "unknown"


def test_no_git_program(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert provenance.revision() == "unknown"


def test_no_commit_yet(outside: Path) -> None:
    subprocess.run(["git", "init"], check=True, capture_output=True, cwd=outside)
    assert provenance.revision() == "unknown"


@pytest.mark.parametrize(
    ("change", "mark"),
    [
        pytest.param(lambda git: None, "", id="nothing"),
        pytest.param(lambda git: Path("notes.txt").write_text("new"), "", id="a file that git does not track"),
        pytest.param(lambda git: Path("dvc.lock").write_text("new"), "", id="dvc.lock, which a run changes"),
        pytest.param(lambda git: Path("params.yaml").write_text("seed: 2\n"), "+", id="a file that git tracks"),
        pytest.param(lambda git: Path("params.yaml").unlink(), "+", id="a file gone"),
        pytest.param(lambda git: git("rm", "--cached", "params.yaml"), "+", id="a change that is staged"),
    ],
)
def test_changes_since_the_commit_are_marked(git: Git, change: Callable[[Git], object], mark: str) -> None:
    change(git)
    assert provenance.revision() == git("rev-parse", "HEAD") + mark


def test_a_folder_inside_the_repository(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("params.yaml").write_text("seed: 2\n")
    Path("models").mkdir()
    monkeypatch.chdir("models")
    assert provenance.revision() == git("rev-parse", "HEAD") + "+"


def test_card_provenance(git: Git) -> None:
    card = provenance.card_provenance("fcn", {"detection": {"ap50": 0.5}}, "sample")
    assert json.loads(json.dumps(card)) == {
        "brandlens": __version__,
        "revision": git("rev-parse", "HEAD"),
        "model": "fcn",
        "source": "sample",
        "pretrained": [],
        "metrics": {"detection": {"ap50": 0.5}},
    }


def test_describe_run(outside: Path) -> None:
    @dataclass(frozen=True)
    class Section:
        seed: int = 1
        sizes: tuple[int, ...] = (75, 22)

    (outside / "a.csv").write_bytes(b"x\r\n1\r\n")
    run = provenance.describe_run(Section(), "fcn", "sample", {"train": {"positive": 3}}, [outside / "a.csv"])
    (outside / "a.csv").write_bytes(b"x\n1\n")
    assert run.pop("files") == {"a.csv": text_digest(outside / "a.csv")}
    assert date.fromisoformat(run.pop("date")) >= date(2020, 1, 1)
    assert json.loads(json.dumps(run)) == {
        "brandlens": __version__, "revision": "unknown", "model": "fcn", "source": "sample",
        "pretrained": [], "splits": {"train": {"positive": 3}}, "params": {"seed": 1, "sizes": [75, 22]},
    }  # fmt: skip


def test_what_a_training_started_from_goes_into_the_card(git: Git, tmp_path: Path) -> None:
    assert provenance.read_pretrained(tmp_path / "missing.json") == []
    started = [provenance.Pretrained("Net", "net-weights 1.0", "Apache-2.0", "ab" * 32)]
    provenance.write_pretrained(tmp_path / "run", started)
    assert provenance.read_pretrained(tmp_path / "run" / provenance.PRETRAINED) == started
    training = tmp_path / "training.json"
    training.write_text(json.dumps({"weights": 1}))
    assert provenance.read_pretrained(training) == []
    training.write_text(json.dumps({"weights": 1, "pretrained": [vars(each) for each in started]}))
    card = provenance.card_provenance("one_stage", {}, "folder", provenance.read_pretrained(training))
    assert card["pretrained"] == [
        {"name": "Net", "source": "net-weights 1.0", "license": "Apache-2.0", "sha256": "ab" * 32}
    ]
    assert str(started[0]) == f"Net (net-weights 1.0; Apache-2.0; SHA-256 {'ab' * 32})"
