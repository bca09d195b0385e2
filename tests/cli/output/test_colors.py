"""Colours where they are seen."""

import io

import pytest

from brandlens.cli.output.colors import colorizer


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_shows_colours() -> None:
    assert colorizer(Terminal())("yes", "good") == "\x1b[32myes\x1b[0m"


def test_a_file_does_not() -> None:
    assert colorizer(io.StringIO())("yes", "good") == "yes"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_nor_does_one_who_does_not_want_them(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert colorizer(Terminal())("yes", "good") == "yes"
