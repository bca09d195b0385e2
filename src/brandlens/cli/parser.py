"""A parser that names what is nearest to a command or an option that it does not know."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # of a program, or of one side of it


class Parser(argparse.ArgumentParser):
    """argparse's, with suggestions, which it has itself from Python 3.14 on, there for choices alone."""

    def __init__(self, **options: Any) -> None:
        if sys.version_info >= (3, 14):
            options.setdefault("suggest_on_error", False)
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message with a suggestion, and exit with code 2."""
        if choice := re.search(r"invalid choice: '?([^\s']*)'? \(", message):
            message += suggestion(choice[1], _choices(self))
        elif options := re.match(r"unrecognized arguments: (.*)", message):
            unknown = [word.partition("=")[0] for word in options[1].split() if word.startswith("-")]
            message += "".join(suggestion(word, _options(self)) for word in unknown[:1])
        super().error(message)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean NAME?" for the known name that is nearest to a word, "" where none is near."""
    near = difflib.get_close_matches(word, sorted(set(known)), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def add_command(
    commands: Commands, name: str, help: str, description: str, examples: Sequence[str], end: str
) -> argparse.ArgumentParser:
    """Add a command and return its parser.

    help: a few words for the list of commands. description: shown as it is laid out. examples, end: see `epilog`.
    """
    return commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=epilog(examples, end),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def epilog(examples: Sequence[str], end: str) -> str:
    """Return what stands at the end of a command's help: command lines that a test runs, and the exit codes."""
    return "\n".join(["examples:", *(f"  {line}" for line in examples), "", end])


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers of the commands under a parser, or itself where there are none."""
    below = [command for action in parser._actions for command in _parsers(action)]
    for command in below:
        yield from commands(command)
    if not below:
        yield parser


def _parsers(action: argparse.Action) -> list[argparse.ArgumentParser]:
    return list(action.choices.values()) if isinstance(action.choices, dict) else []


def _choices(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from map(str, action.choices or ())


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        for command in _parsers(action):
            yield from _options(command)
