"""Which modules of commands are imported."""

import pytest

from brandlens.cli import lazy

NAMES = ("logo", "report")


@pytest.mark.parametrize(
    ("words", "loaded"),
    [
        pytest.param([], NAMES, id="no words"),
        pytest.param(["report", "logo"], ("report",), id="a command"),
        pytest.param(["--help"], NAMES, id="an option"),
        pytest.param(["logos"], NAMES, id="no command"),
    ],
)
def test_load_commands(words: list[str], loaded: tuple[str, ...]) -> None:
    assert [module.__name__ for module in lazy.load_commands("brandlens.cli", NAMES, words)] == [
        f"brandlens.cli.{name}" for name in loaded
    ]
