"""`brandlens logo check`: what may be wrong in labelled pictures."""

import argparse
import json
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from brandlens import annotations
from brandlens.annotations import dataset as annotated
from brandlens.annotations import formats
from brandlens.annotations.issues import Issue
from brandlens.check import dataset, fix, verdict
from brandlens.check.dataset import CheckedFile
from brandlens.check.places import PlaceList, rank
from brandlens.check.sheet import ContactSheet
from brandlens.check.verdict import Verdict
from brandlens.cli.arguments import fraction, numbers
from brandlens.cli.logo import convert
from brandlens.cli.parser import Commands, add_command
from brandlens.errors import AnnotationError, UserError, printable
from brandlens.logo.detector import LogoDetector

DESCRIPTION = """Report what is wrong in labelled pictures, a line an issue, and what may be wrong, as hints.

ANNOTATIONS are files or folders as `brandlens logo convert` takes them; several are splits of one dataset.
Pictures that are missing, broken or of another size than stated; boxes without size, outside, sticking out or drawn
twice; labels spelt in two ways; pictures that look like one in another split; no boxes at all. Hints: rare labels, tiny
boxes, many pictures without a box, and places without a box that look like a box of the same picture, or with --model
like a logo. The last line says whether this is safe to train on.

Places that a model found are numbered, the surest first, on the lines and on the first pages of --sheet; a file
beside it keeps them. Take the right ones over into a new file by their numbers, as by
--places boxes.places.json --accept 3,7-12 --ignore 4,5 --out pictures-2.xml"""

EXAMPLES = (
    "brandlens logo check pictures.xml --fix",
    "brandlens logo check pictures.xml --model models/logo --sheet boxes.png",
)
EXIT_CODES = "Exit codes: 0 safe to train on (hints aside), 1 issues, 2 usage or input error."


def add_parser(commands: Commands) -> None:
    """Add `check` to the commands."""
    fixable = ", ".join(format.NAME for format in formats.registered() if format.FIXABLE)
    parser = add_command(commands, "check", "what may be wrong in labelled pictures", DESCRIPTION, EXAMPLES, EXIT_CODES)
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
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="of the report; json: one object, with the verdict in safe_to_train_on; default: %(default)s",
    )
    convert.add_exif(parser)
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
    try:
        files = dataset.check(
            arguments.paths, detect=detect, sheet=sheet, allow_outside=arguments.allow_outside, exif=arguments.exif
        )
    except AnnotationError as error:
        unread = Verdict(False, "Not safe to train on: a file cannot be read.")
        write_report([], [Issue("", str(error), "")], unread, arguments.format)
        raise
    places = PlaceList(
        rank(place for file in files for place in file.places), {str(file.path): file.digest for file in files}
    )
    issues = [issue for file in files for issue in file.issues]
    issues += [place.hint(number) for number, place in enumerate(places.places, start=1)]
    issues.sort(key=lambda issue: issue.hint)
    judged = verdict.judge(issues, fix_command=fix_command(files))
    try:
        if sheet:
            print(f"all boxes: {', '.join(map(str, sheet.write(arguments.sheet)))}", file=sys.stderr)
        if sheet and arguments.model:
            places.write(list_of(arguments.sheet))
            print(f"places without a box, by number: {list_of(arguments.sheet)}", file=sys.stderr)
        if arguments.fix:
            fix_files(files, arguments.allow_outside)
            judged = verdict.judge(issues, fixed=True)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be written: {error.strerror}; name another place") from None
    finally:
        write_report(files, issues, judged, arguments.format)
    return 0 if judged.safe else 1


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
    pictures = annotations.read(source, allow_outside=arguments.allow_outside, exif=arguments.exif)
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


def fix_command(files: Sequence[CheckedFile]) -> str | None:
    """Return the command that fixes all that is safe to fix in these files; None where one cannot be written anew."""
    if not all(file.complete and formats.get(annotated.detect_format(file.path)).FIXABLE for file in files):
        return None
    return shlex.join(["brandlens", "logo", "check", *(str(file.path) for file in files), "--fix"])


def write_report(files: Sequence[CheckedFile], issues: Sequence[Issue], judged: Verdict, format: str) -> None:
    """Print a line an issue, a summary and the verdict, or all of it as one JSON object."""
    if format == "json":
        print(json.dumps(as_json(files, issues, judged), ensure_ascii=False, indent=2))
        return
    if files:
        for issue in issues:
            print(printable(f"{'hint: ' if issue.hint else ''}{issue}"))
        print(summary(files, issues))
    print(judged.text)


def as_json(files: Sequence[CheckedFile], issues: Sequence[Issue], judged: Verdict) -> dict[str, object]:
    """Return what was found. severity: "error" breaks a training or teaches it something wrong, "hint" may not."""
    counts = Counter(box.label for file in files for picture in file.fixed for box in picture.boxes)
    findings = [
        {
            "severity": "hint" if issue.hint else "error",
            "place": issue.place,
            "message": issue.message,
            "fix": issue.fix,
            "fixable": issue.safe,
        }
        for issue in issues
    ]
    return {
        "safe_to_train_on": judged.safe,
        "verdict": judged.text,
        "pictures": sum(len(file.fixed) for file in files),
        "boxes": dict(sorted(counts.items())),
        "findings": findings,
    }


def summary(files: Sequence[CheckedFile], issues: Sequence[Issue]) -> str:
    """Return the line before the verdict."""
    pictures = [picture for file in files for picture in file.fixed]
    boxes = [box for picture in pictures for box in picture.boxes]
    num_labels = len({box.label for box in boxes})
    num_hints = sum(issue.hint for issue in issues)
    return (
        f"{len(pictures):,} pictures, {len(boxes):,} boxes of {num_labels} labels: "
        f"{len(issues) - num_hints:,} issues, {num_hints:,} hints"
    )
