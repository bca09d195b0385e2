"""Colors on a terminal, and nowhere else."""

import io

import pytest

from brandlens.cli.output.colors import colorizer


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def color_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_gets_colors() -> None:
    assert colorizer(Terminal())("yes", "good") == "\x1b[32myes\x1b[0m"


def test_a_file_gets_none() -> None:
    assert colorizer(io.StringIO())("yes", "good") == "yes"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_without_colors_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert colorizer(Terminal())("yes", "good") == "yes"
