"""`brandlens logo check`: what may be wrong in labelled pictures."""

import argparse
import sys
from functools import partial
from pathlib import Path

from brandlens import annotations
from brandlens.annotations import dataset as annotated
from brandlens.annotations import formats
from brandlens.annotations.issues import Issue
from brandlens.check import dataset, fix
from brandlens.check.dataset import CheckedFile
from brandlens.check.places import PlaceList, rank
from brandlens.check.sheet import ContactSheet
from brandlens.cli.arguments import fraction, numbers
from brandlens.cli.logo import convert
from brandlens.errors import UserError
from brandlens.logo.detector import LogoDetector

DESCRIPTION = """Report what is wrong in labelled pictures, a line an issue, and what may be wrong, as hints.

ANNOTATIONS are files or folders as `brandlens logo convert` takes them; several are splits of one dataset.
Pictures that are missing, broken or of another size than stated; boxes without size, outside, sticking out or drawn
twice; labels spelt in two ways; pictures that look like one in another split. Hints: rare labels, and places without a
box that look like a box of the same picture, or with --model like a logo.

Places that a model found are numbered, the surest first, on the lines and on the first pages of --sheet; a file
beside it keeps them. Take the right ones over into a new file by their numbers:
  brandlens logo check drinks.xml --model models/logo --sheet drinks.png
  brandlens logo check drinks.xml --places drinks.places.json --accept 3,7-12 --ignore 4,5 --out drinks-2.xml"""

EXIT_CODES = "Exit codes: 0 no issues (hints aside) or all of them fixed, 1 issues, 2 usage or input error."


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `check` to the commands."""
    fixable = ", ".join(format.NAME for format in formats.registered() if format.FIXABLE)
    parser = commands.add_parser(
        "check",
        help="what may be wrong in labelled pictures",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="ANNOTATIONS", help="annotation file or folder")
    parser.add_argument(
        "--fix",
        action="store_true",
        help=f"fix safe problems in a file ({fixable}): boxes without size, outside, sticking out or drawn twice, "
        "pictures listed twice, labels that differ in case or space; the old file is kept as .bak, and only there "
        "remains what brandlens does not read, such as landmarks",
    )
    parser.add_argument(
        "--sheet",
        type=Path,
        metavar="PNG",
        help="also draw all boxes, label by label, on a sheet; with --model, the places it found first",
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="a trained model that looks for logos without a box")
    parser.add_argument(
        "--threshold", type=fraction, metavar="T", help="lowest score of a place, 0 to 1; default: the model's own"
    )
    take_over = parser.add_argument_group("take over places that a model found")
    take_over.add_argument("--places", type=Path, metavar="PLACES", help="the file beside the sheet")
    take_over.add_argument(
        "--accept", type=numbers, default=(), metavar="NUMBERS", help="these become boxes, such as 3,7-12"
    )
    take_over.add_argument(
        "--ignore",
        type=numbers,
        default=(),
        metavar="NUMBERS",
        help="these become ignore boxes, which count neither for nor against in training and evaluation",
    )
    take_over.add_argument(
        "--out", type=Path, help="new annotation file, beside or above the pictures; its name tells the format"
    )
    parser.add_argument("--allow-outside", action="store_true", help="allow pictures outside the dataset's folder")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens logo check`; return the exit code."""
    check_options(arguments)
    if arguments.places:
        return take_over(arguments)
    if arguments.fix:
        fix.check_fixable(arguments.paths)
    detect = None
    if arguments.model:
        detect = partial(LogoDetector.load(arguments.model).detect, threshold=arguments.threshold)
    sheet = ContactSheet() if arguments.sheet else None
    files = dataset.check(arguments.paths, detect=detect, sheet=sheet, allow_outside=arguments.allow_outside)
    places = PlaceList(
        rank(place for file in files for place in file.places), {str(file.path): file.digest for file in files}
    )
    issues = [issue for file in files for issue in file.issues]
    issues += [place.hint(number) for number, place in enumerate(places.places, start=1)]
    for issue in sorted(issues, key=lambda issue: issue.hint):
        print(f"{'hint: ' if issue.hint else ''}{issue}")
    try:
        if sheet:
            print(f"all boxes: {', '.join(map(str, sheet.write(arguments.sheet)))}", file=sys.stderr)
        if sheet and arguments.model:
            places.write(list_of(arguments.sheet))
            print(f"places without a box, by number: {list_of(arguments.sheet)}", file=sys.stderr)
        if arguments.fix:
            fix_files(files, arguments.allow_outside)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be written: {error.strerror}; name another place") from None
    print(summary(files, issues))
    left = [issue for issue in issues if not issue.hint and not (arguments.fix and issue.safe)]
    return 1 if left else 0


def check_options(arguments: argparse.Namespace) -> None:
    """Raise UserError for options that do not go together."""
    chosen = bool(arguments.accept or arguments.ignore)
    if arguments.threshold is not None and not arguments.model:
        raise UserError("--threshold is of a model's places; name the model: --model DIR")
    if not arguments.places and (chosen or arguments.out):
        raise UserError(
            "--accept, --ignore and --out want --places, the file that --model and --sheet write beside the sheet"
        )
    if not arguments.places:
        return
    if not (chosen and arguments.out):
        raise UserError("--places wants the numbers to take over, --accept or --ignore, and --out, the file to write")
    if arguments.fix or arguments.model or arguments.sheet:
        raise UserError("--places goes without --fix, --model and --sheet: it checks nothing")
    if len(arguments.paths) > 1:
        raise UserError("--places takes over into one file; name one of these at a time")


def take_over(arguments: argparse.Namespace) -> int:
    """Write one annotation file anew, with places that a model found; return the exit code."""
    (source,), out = arguments.paths, arguments.out
    format = annotated.format_of(out)
    pictures = annotations.read(source, allow_outside=arguments.allow_outside)
    taken = PlaceList.read(arguments.places).take_over(source, pictures, arguments.accept, arguments.ignore)
    try:
        convert.write(out, taken, format, arguments.allow_outside)
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error.strerror or error}; name another") from None
    num_accepted, num_ignored = len(set(arguments.accept)), len(set(arguments.ignore))
    print(f"{out}: {source} with {num_accepted:,} places as boxes and {num_ignored:,} as ignore boxes")
    return 0


def list_of(sheet: Path) -> Path:
    """Return where the list of the places on a sheet is kept: beside it."""
    return sheet.with_name(f"{sheet.stem}.places.json")


def fix_files(files: list[CheckedFile], allow_outside: bool) -> None:
    """Fix each file that has an issue which is safe to fix."""
    for file in files:
        if num_safe := sum(issue.safe for issue in file.issues):
            print(f"{file.path}: {num_safe} fixed; the old file is {fix.fix(file, allow_outside)}", file=sys.stderr)


def summary(files: list[CheckedFile], issues: list[Issue]) -> str:
    """Return the last line of the output."""
    pictures = [picture for file in files for picture in file.fixed]
    boxes = [box for picture in pictures for box in picture.boxes]
    num_labels = len({box.label for box in boxes})
    num_hints = sum(issue.hint for issue in issues)
    return (
        f"{len(pictures):,} pictures, {len(boxes):,} boxes of {num_labels} labels: "
        f"{len(issues) - num_hints:,} issues, {num_hints:,} hints"
    )
