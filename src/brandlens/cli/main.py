"""`brandlens`: one subcommand a side, logo and sentiment, and one for reports."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from brandlens import __version__, errors
from brandlens.cli import lazy
from brandlens.cli.output import streams

COMMANDS = ("logo", "sentiment", "report")


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Build the parser of all commands, or of the one that `words` begin with alone, which starts sooner."""
    root = argparse.ArgumentParser(
        prog="brandlens",
        description="Which pictures show our logo? Do people like us? Runs models that `dvc repro` trained.",
    )
    root.add_argument("--version", action="version", version=f"brandlens {__version__}")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in lazy.load_commands("brandlens.cli", COMMANDS, words):
        command.add_parser(commands, words[1:])
    return root


def call(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. words: as in sys.argv, without the program's name."""
    words = sys.argv[1:] if words is None else words
    arguments = parser(words).parse_args(words)
    return arguments.run(arguments)


def main() -> NoReturn:
    """Run the program `brandlens`."""
    streams.prepare()
    errors.run_program(call)
