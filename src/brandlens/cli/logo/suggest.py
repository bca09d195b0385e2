"""`brandlens logo suggest`: boxes drawn by a trained model, for a person to correct."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from brandlens import media_files
from brandlens.annotations import Picture, dataset, formats, validate
from brandlens.cli.arguments import fraction
from brandlens.cli.parser import Commands, add_command
from brandlens.errors import PictureError, UserError
from brandlens.io import locked
from brandlens.logo import suggest
from brandlens.logo.detector import LogoDetector

DESCRIPTION = """Draw boxes in new pictures with a trained model, the pictures it is least sure of first.

PATH is a picture, a folder (searched with all below it) or a quoted pattern. Open OUT in a labelling tool and correct
it: delete boxes around what is no logo, draw those that are missing. A run that was killed resumes where it stopped."""

EXAMPLES = (
    "brandlens logo suggest photos/ --out suggestions.xml",
    "brandlens logo suggest photos/ --out photos/first.xml --threshold 0.2",
)
EXIT_CODES = "Exit codes: 0 all done, 1 some pictures could not be read, 2 usage or input error."


def add_parser(commands: Commands) -> None:
    """Add the parser of `suggest` to the commands."""
    parser = add_command(
        commands,
        "suggest",
        "draw boxes with a trained model, for a person to correct",
        DESCRIPTION,
        EXAMPLES,
        EXIT_CODES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="picture, folder or pattern")
    parser.add_argument("--model", type=Path, default=Path("models/logo"), metavar="DIR", help="default: %(default)s")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("suggestions.xml"),
        help="annotation file to write, beside or above the pictures; default: %(default)s",
    )
    parser.add_argument(
        "--threshold",
        type=fraction,
        metavar="T",
        help="lowest score, 0 to 1; default: half the model's own, as a box is quicker deleted than drawn",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens logo suggest`; return its exit code."""
    out, format = arguments.out, dataset.format_of(arguments.out)
    refuse_existing(out)
    listing = media_files.list_files(arguments.paths)
    files = listing.files
    root = formats.get(format).root_of(out)
    for file in files:  # refuse pictures that OUT cannot name before the detector runs
        validate.relative_name(out, Picture(file), root)
    detector = LogoDetector.load(arguments.model)
    threshold = detector.threshold / 2 if arguments.threshold is None else arguments.threshold
    try:
        with locked(out):
            refuse_existing(out)  # by a run that has just ended
            pictures, num_failed = suggest_all(files, detector, threshold, arguments)
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written: {error.strerror or error}") from None
    num_boxes = sum(len(picture.boxes) for picture in pictures)
    print(f"{out}: {len(pictures):,} pictures with {num_boxes:,} boxes to check, the least sure first")
    if listing.skipped:
        print(f"brandlens: {listing.describe_skipped()}", file=sys.stderr)
    return 1 if num_failed or listing.skipped else 0


def refuse_existing(out: Path) -> None:
    """Raise UserError where --out is there already."""
    if out.exists():
        raise UserError(f"{out}: exists, and may have been corrected by hand; name another --out")


def suggest_all(
    files: Sequence[Path], detector: LogoDetector, threshold: float, arguments: argparse.Namespace
) -> tuple[list[Picture], int]:
    """Write the suggestions for all files to --out; return them, the least sure first, and how many files failed."""
    out, num_failed = arguments.out, 0
    journal = suggest.Journal(out.with_name(out.name + ".part"), arguments.model, threshold)
    for file in tqdm(files, unit="picture", file=sys.stderr, disable=not sys.stderr.isatty()):
        try:
            if file not in journal.done:
                journal.add(suggest.suggest_boxes(file, detector, threshold))
        except PictureError as error:
            tqdm.write(f"brandlens: {error}", file=sys.stderr)
            num_failed += 1
    pictures = suggest.rank_by_uncertainty([journal.done[file] for file in files if file in journal.done])
    dataset.save(dataset.render(out, pictures, dataset.format_of(out), for_tools=True))
    journal.path.unlink()
    return pictures, num_failed
