"""`brandlens logo check`: what may be wrong in labelled pictures."""

import argparse
import sys
from pathlib import Path

from brandlens.annotations.issues import Issue
from brandlens.check import dataset, fix
from brandlens.check.sheet import ContactSheet
from brandlens.errors import UserError
from brandlens.logo.detector import LogoDetector

CHECK = """Tell what is wrong in labelled pictures, a line a finding, and what may be, as hints.

ANNOTATIONS are files or folders as `brandlens logo convert` takes them; several are splits of one dataset.
Pictures that are missing, broken or of another size than stated; boxes without size, outside, sticking out or drawn
twice; labels spelt in two ways; pictures that look like one in another split. Hints: rare labels, and places without a
box that look like a box of the same picture, or with --model like a logo."""

EXIT = "Exit codes: 0 nothing wrong (hints aside) or all of it fixed, 1 findings, 2 nothing could be done."


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `check` into the commands."""
    check = commands.add_parser(
        "check",
        help="what may be wrong in labelled pictures",
        description=CHECK,
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("paths", nargs="+", type=Path, metavar="ANNOTATIONS", help="annotation file or folder")
    check.add_argument(
        "--fix",
        action="store_true",
        help="mend what is safe: boxes without size, outside, sticking out or drawn twice, pictures listed twice, "
        "labels that differ in case or space; the old file is kept as .bak, and in it alone what brandlens does not "
        "read, such as landmarks",
    )
    check.add_argument("--sheet", type=Path, metavar="PNG", help="also write all boxes, label by label, on a sheet")
    check.add_argument("--model", type=Path, metavar="DIR", help="a trained model that looks for logos without a box")
    check.add_argument("--anywhere", action="store_true", help="allow pictures outside the dataset's folder")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """`brandlens logo check`; returns the exit code."""
    if arguments.fix:
        fix.check_fixable(arguments.paths)
    detect = LogoDetector.load(arguments.model).detect if arguments.model else None
    sheet = ContactSheet() if arguments.sheet else None
    files = dataset.check(arguments.paths, detect=detect, sheet=sheet, anywhere=arguments.anywhere)
    findings = [finding for file in files for finding in file.findings]
    for finding in sorted(findings, key=lambda finding: finding.hint):
        print(f"{'hint: ' if finding.hint else ''}{finding}")
    try:
        if sheet:
            print(f"all boxes: {', '.join(map(str, sheet.write(arguments.sheet)))}", file=sys.stderr)
        if arguments.fix:
            fix_files(files, arguments.anywhere)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be written: {error.strerror}; name another place") from None
    print(summary(files, findings))
    left = [finding for finding in findings if not finding.hint and not (arguments.fix and finding.safe)]
    return 1 if left else 0


def fix_files(files: list[dataset.CheckedFile], anywhere: bool) -> None:
    """Mend each file in which something is safe to mend."""
    for file in files:
        if count := sum(finding.safe for finding in file.findings):
            print(f"{file.path}: {count} fixed; the old file is {fix.fix(file, anywhere)}", file=sys.stderr)


def summary(files: list[dataset.CheckedFile], findings: list[Issue]) -> str:
    """The last line."""
    pictures = [picture for file in files for picture in file.mended]
    boxes = [box for picture in pictures for box in picture.boxes]
    hints = sum(finding.hint for finding in findings)
    there = f"{len(pictures):,} pictures, {len(boxes):,} boxes of {len({box.label for box in boxes})} labels"
    return f"{there}: {len(findings) - hints:,} findings, {hints:,} hints"
