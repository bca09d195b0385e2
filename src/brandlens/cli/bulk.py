"""The options of `logo detect` and `sentiment score` for results in a folder of Parquet parts."""

import argparse
from pathlib import Path

from brandlens import filesystems
from brandlens.cli.arguments import positive_int
from brandlens.errors import UserError

ENGINES = ("local", "ray")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that need a folder as --out."""
    group = parser.add_argument_group("into a folder of Parquet parts (--out FOLDER)")
    group.add_argument("--engine", choices=ENGINES, help="what runs it; default: local")
    group.add_argument("--address", metavar="ADDRESS", help="of a Ray cluster; default: one on this machine")
    group.add_argument("--workers", type=positive_int, metavar="N", help="processes or actors; default: one a core")
    group.add_argument("--id-column", metavar="NAME", help="column of a table with ids; default: FILE#ROW")
    group.add_argument("--overwrite", action="store_true", help="delete what FOLDER holds, and begin anew")
    group.add_argument("--retry-errors", action="store_true", help="redo the parts in which rows have errors")
    group.add_argument("--csv", type=Path, metavar="FILE", help="also write all rows there, as a flat CSV file")


def refuse_options(arguments: argparse.Namespace) -> None:
    """Raise UserError for an option that needs a folder as --out, where there is none."""
    for name in ("engine", "address", "workers", "id_column", "overwrite", "retry_errors", "csv"):
        if getattr(arguments, name):
            raise UserError(f"--{name.replace('_', '-')} is for results in a folder; name one by --out FOLDER")


def is_folder(out: str) -> bool:
    """Return whether --out names a folder: a URL, one that is there, or a name without a suffix."""
    return filesystems.is_url(out) or out.endswith(("/", "\\")) or Path(out).is_dir() or not Path(out).suffix
