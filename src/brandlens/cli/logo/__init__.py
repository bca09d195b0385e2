"""`brandlens logo`: its commands, a module each."""

import argparse
from collections.abc import Sequence

from brandlens.cli import lazy

COMMANDS = ("detect", "collect", "suggest", "check", "convert")


def add_parser(sides: "argparse._SubParsersAction[argparse.ArgumentParser]", words: Sequence[str] = ()) -> None:
    """Hang `logo` and its commands, or the one that the words begin with, into the parser."""
    side = sides.add_parser("logo", help="find logos in pictures; label pictures to learn from")
    commands = side.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in lazy.load_commands(__name__, COMMANDS, words):
        command.add_parser(commands)
