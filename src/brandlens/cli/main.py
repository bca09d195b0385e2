"""`brandlens`: one subcommand a side, logo and sentiment, and some for projects and this machine."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from brandlens import __version__, errors
from brandlens.cli import lazy
from brandlens.cli.parser import Parser

COMMANDS = ("init", "logo", "sentiment", "report", "doctor", "completion")


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Build the parser of all commands, or of the one that `words` begin with alone, which starts sooner."""
    root = Parser(
        prog="brandlens",
        description="Which pictures show our logo? Do people like us? Makes projects, whose models `dvc repro` trains, "
        "and runs these models.",
    )
    root.add_argument("--version", action="version", version=f"brandlens {__version__}")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in lazy.load_commands("brandlens.cli", COMMANDS, words):
        command.add_parser(commands, words[1:])
    return root


def call(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. words: as in sys.argv, without the program's name."""
    words = sys.argv[1:] if words is None else words
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what may come next
        complete()
    arguments = parser(words).parse_args(words)
    return arguments.run(arguments)


def complete() -> None:
    """Tell the shell what may come next on its line, and exit."""
    import argcomplete  # noqa: PLC0415, only a shell that completes needs it

    argcomplete.autocomplete(parser(os.environ.get("COMP_LINE", "").split()[1:]), exit_method=sys.exit)


def main() -> NoReturn:
    """Run the program `brandlens`."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name need not be valid text; JSON can read what this prints
        sys.stdout.reconfigure(errors="backslashreplace")
    errors.run_program(call)
