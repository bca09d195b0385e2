"""`brandlens`: one subcommand a side."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from brandlens import __version__, errors
from brandlens.cli import lazy

SIDES = ("logo", "sentiment", "report")


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """All commands and their options; those of one command alone where the words begin with it, to start sooner."""
    top = argparse.ArgumentParser(
        prog="brandlens",
        description="Which pictures show our logo? Do people like us? Runs models that `dvc repro` trained.",
    )
    top.add_argument("--version", action="version", version=f"brandlens {__version__}")
    sides = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for side in lazy.load_commands("brandlens.cli", SIDES, words):
        side.add_parser(sides, words[1:])
    return top


def call(words: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. words: as in sys.argv, without the program's name."""
    words = sys.argv[1:] if words is None else words
    arguments = parser(words).parse_args(words)
    return arguments.run(arguments)


def main() -> NoReturn:
    """The program `brandlens`."""
    # a file's name need not be text; what this makes of such a one, JSON reads
    sys.stdout.reconfigure(errors="backslashreplace")
    errors.run_program(call)
