"""`brandlens`: one subcommand a side, logo and sentiment, and some for projects and this machine."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from brandlens import __version__, errors
from brandlens.cli import lazy
from brandlens.cli.output import streams
from brandlens.cli.parser import Parser

COMMANDS = ("init", "logo", "sentiment", "report", "serve", "doctor", "completion")


class Version(argparse.Action):
    """Prints the version, and for each model in ./models whose training started from others' weights, which."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print, and end the program."""
        from brandlens import model_card, provenance  # noqa: PLC0415, no other start needs them

        print(f"brandlens {__version__}")
        for kind in ("logo", "sentiment"):
            folder = Path("models", kind)
            try:
                of_card = provenance.from_mappings(model_card.read(folder, kind)["provenance"].get("pretrained", []))
            except (errors.ModelError, LookupError, TypeError, AttributeError):
                continue  # no model, or one that says nothing of it
            for pretrained in of_card:
                print(f"{folder} started from {pretrained}")
        parser.exit()


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Build the parser of all commands, or of the one that `words` begin with alone, which starts sooner."""
    root = Parser(
        prog="brandlens",
        description="Which pictures show our logo? Do people like us? Makes projects, whose models `dvc repro` trains, "
        "and runs these models.",
    )
    root.add_argument("--version", action=Version, nargs=0, help="show the version, and what models here started from")
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
    """Print what may come next on the shell's line, and exit."""
    import argcomplete  # noqa: PLC0415, only a shell that completes needs it

    argcomplete.autocomplete(parser(os.environ.get("COMP_LINE", "").split()[1:]), exit_method=sys.exit)


def main() -> NoReturn:
    """Run the program `brandlens`."""
    streams.prepare()
    errors.run_program(call)
