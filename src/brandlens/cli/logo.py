"""`brandlens logo`: its commands, a module each."""

import argparse

from brandlens.cli import check, collect, convert, detect, suggest


def add(sides: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `logo` and its commands into the parser."""
    side = sides.add_parser("logo", help="find logos in pictures; label pictures to learn from")
    commands = side.add_subparsers(title="commands", metavar="COMMAND", required=True)
    detect.add(commands)
    collect.add(commands)
    suggest.add(commands)
    check.add(commands)
    convert.add(commands)
