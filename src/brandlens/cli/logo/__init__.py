"""`brandlens logo`: its commands, a module each."""

from collections.abc import Sequence

from brandlens.cli import lazy
from brandlens.cli.parser import Commands

COMMANDS = ("detect", "collect", "suggest", "check", "convert")


def add_parser(root: Commands, words: Sequence[str] = ()) -> None:
    """Add the parser of `logo` with all its commands, or with the one that `words` begin with."""
    logo = root.add_parser("logo", help="detect logos in pictures and videos; label pictures to train on")
    commands = logo.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in lazy.load_commands(__name__, COMMANDS, words):
        command.add_parser(commands)
