"""`brandlens logo check`: what may be wrong in labelled pictures."""

import argparse
import sys
from pathlib import Path

from brandlens.annotations import formats
from brandlens.annotations.issues import Issue
from brandlens.check import dataset, fix
from brandlens.check.dataset import CheckedFile
from brandlens.check.sheet import ContactSheet
from brandlens.cli.parser import epilog
from brandlens.errors import UserError
from brandlens.logo.detector import LogoDetector

DESCRIPTION = """Report what is wrong in labelled pictures, a line an issue, and what may be wrong, as hints.

ANNOTATIONS are files or folders as `brandlens logo convert` takes them; several are splits of one dataset.
Pictures that are missing, broken or of another size than stated; boxes without size, outside, sticking out or drawn
twice; labels spelt in two ways; pictures that look like one in another split. Hints: rare labels, and places without a
box that look like a box of the same picture, or with --model like a logo."""

EXAMPLES = (
    "brandlens logo check pictures.xml --sheet boxes.png",
    "brandlens logo check pictures.xml --fix",
)
EXIT_CODES = "Exit codes: 0 no issues (hints aside) or all of them fixed, 1 issues, 2 usage or input error."


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `check` to the commands."""
    fixable = ", ".join(format.NAME for format in formats.registered() if format.FIXABLE)
    parser = commands.add_parser(
        "check",
        help="what may be wrong in labelled pictures",
        description=DESCRIPTION,
        epilog=epilog(EXAMPLES, EXIT_CODES),
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
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="also draw all boxes, label by label, on a sheet")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a trained model that looks for logos without a box")
    parser.add_argument("--allow-outside", action="store_true", help="allow pictures outside the dataset's folder")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens logo check`; return the exit code."""
    if arguments.fix:
        fix.check_fixable(arguments.paths)
    detect = LogoDetector.load(arguments.model).detect if arguments.model else None
    sheet = ContactSheet() if arguments.sheet else None
    files = dataset.check(arguments.paths, detect=detect, sheet=sheet, allow_outside=arguments.allow_outside)
    issues = [issue for file in files for issue in file.issues]
    for issue in sorted(issues, key=lambda issue: issue.hint):
        print(f"{'hint: ' if issue.hint else ''}{issue}")
    try:
        if sheet:
            print(f"all boxes: {', '.join(map(str, sheet.write(arguments.sheet)))}", file=sys.stderr)
        if arguments.fix:
            fix_files(files, arguments.allow_outside)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be written: {error.strerror}; name another place") from None
    print(summary(files, issues))
    left = [issue for issue in issues if not issue.hint and not (arguments.fix and issue.safe)]
    return 1 if left else 0


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
