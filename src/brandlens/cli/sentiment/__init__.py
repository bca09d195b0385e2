"""`brandlens sentiment`: its commands, a module each."""

from collections.abc import Sequence

from brandlens.cli import lazy
from brandlens.cli.parser import Commands

COMMANDS = ("score", "summary")


def add_parser(root: Commands, words: Sequence[str] = ()) -> None:
    """Add the parser of `sentiment` with all its commands, or with the one that `words` begin with."""
    sentiment = root.add_parser("sentiment", help="classify reviews as positive or negative, and summarize them")
    commands = sentiment.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in lazy.load_commands(__name__, COMMANDS, words):
        command.add_parser(commands)
