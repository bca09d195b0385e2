"""`brandlens init`: a project of one's own."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from brandlens.cli.parser import Commands, add_command
from brandlens.errors import UserError

DESCRIPTION = """Make a project that trains models on your own pictures and reviews: a folder in which `dvc repro` runs.

The pictures are checked and the tables are read before anything is written: what suits them goes into params.yaml,
each key with its reason. On a terminal there are three questions at most, each with a default. Without --pictures,
--logo and --reviews the project is the built-in sample.

With --update a project gets more, such as the pictures of another brand, or is brought to the version of brandlens that
is installed; only what you name is changed."""

EXAMPLES = (
    "brandlens init acme --pictures pictures.xml --reviews reviews.csv",
    "brandlens init acme2 --logo acme.png --yes",
    "brandlens init --update acme --set logo.train.fcn.epochs=30",
)
EXIT_CODES = "Exit codes: 0 success, 2 usage or input error; nothing is written then."


def add_parser(root: Commands, _: Sequence[str] = ()) -> None:
    """Add the command `init` to the parser."""
    parser = add_command(
        root, "init", "make a project of your own pictures and reviews", DESCRIPTION, EXAMPLES, EXIT_CODES
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the project's; new, or with none of its files")
    parser.add_argument(
        "--pictures",
        nargs="+",
        action="extend",
        type=Path,
        default=[],
        metavar="ANNOTATIONS",
        help="files or folders of labelled pictures, as `brandlens logo check` takes them",
    )
    parser.add_argument(
        "--reviews",
        nargs="+",
        action="extend",
        type=Path,
        default=[],
        metavar="TABLE",
        help="tables of reviews with a column of labels or stars; others are texts without labels",
    )
    parser.add_argument(
        "--logo",
        nargs="+",
        action="extend",
        default=[],
        metavar="[BRAND=]FILE",
        help="logo files to compose scenes around, where there are no labelled pictures; the brand is the file's name",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a key of params.yaml; may be given again"
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing, take the defaults")
    parser.add_argument("--full", action="store_true", help="write every key of params.yaml, with its unit")
    parser.add_argument("--allow-issues", action="store_true", help="go on with pictures that have issues")
    parser.add_argument("--update", action="store_true", help="change a project that is there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens init` and return the exit code."""
    try:
        from brandlens.project import run as project  # noqa: PLC0415, it needs packages that running a model does not
        from brandlens.project.questions import Questions  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError(f'making a project needs {error.name}; run: pip install "brandlens[train]"') from None
    options = project.Options(
        arguments.folder, arguments.pictures, arguments.reviews, arguments.logo, arguments.set, arguments.full,
        arguments.allow_issues,
    )  # fmt: skip
    if arguments.update:
        project.update(options)
    else:
        interactive = not arguments.yes and sys.stdin.isatty() and sys.stdout.isatty()
        project.make(options, Questions(interactive))
    return 0
