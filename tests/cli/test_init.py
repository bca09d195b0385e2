"""`brandlens init`: what its flags become. What it does is tested in tests/project."""

import sys
from pathlib import Path
from typing import Any

import pytest

from brandlens.cli import main
from brandlens.errors import UserError
from brandlens.project import run as project


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, bool | None]]:
    """What was asked for: to make or update, the options, and whether there are questions."""
    calls: list[tuple[str, Any, bool | None]] = []
    monkeypatch.setattr(
        project, "make", lambda options, questions: calls.append(("make", options, questions.interactive))
    )
    monkeypatch.setattr(project, "update", lambda options: calls.append(("update", options, None)))
    return calls


@pytest.mark.parametrize(
    ("is_terminal", "yes", "asks"), [(True, [], True), (True, ["--yes"], False), (False, [], False)]
)
def test_questions_are_for_terminals(
    called: list[Any], monkeypatch: pytest.MonkeyPatch, is_terminal: bool, yes: list[str], asks: bool
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    assert main.call(["init", "mine", "--pictures", "a.xml", "b.xml", *yes]) == 0
    assert called == [("make", project.Options(Path("mine"), [Path("a.xml"), Path("b.xml")], [], [], []), asks)]


def test_files_may_be_named_one_by_one(called: list[Any]) -> None:
    words = ["--pictures", "a.xml", "--reviews", "a.csv", "--pictures", "b.xml", "--reviews", "b.csv", "c.csv"]
    assert main.call(["init", "mine", *words, "--yes"]) == 0
    assert called[0][1].pictures == [Path("a.xml"), Path("b.xml")]
    assert called[0][1].reviews == [Path("a.csv"), Path("b.csv"), Path("c.csv")]


def test_update(called: list[Any]) -> None:
    assert main.call(["init", "mine", "--update", "--set", "seed=2", "--set", "a=b"]) == 0
    assert called[0][0] == "update"
    assert called[0][1].changes == ["seed=2", "a=b"]


def test_without_the_packages_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("brandlens.project")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    with pytest.raises(UserError, match=r'making a project needs ruamel.*pip install "brandlens\[train\]"'):
        main.call(["init", "mine"])
