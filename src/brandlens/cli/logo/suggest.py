"""`brandlens logo suggest`: boxes drawn by a trained model, for a person to correct."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from brandlens import annotations, images
from brandlens.annotations import Picture, dataset, validate
from brandlens.cli.arguments import fraction
from brandlens.errors import PictureError, UserError
from brandlens.logo import suggest
from brandlens.logo.detector import LogoDetector

SUGGEST = """Draw boxes in new pictures with a trained model, the pictures it is least sure of first.

PATH is a picture, a folder (searched with all below it) or a quoted pattern. Open OUT in a labelling tool and correct
it: delete what is no logo, draw what was missed. A run that was killed goes on where it stopped."""

EXIT = "Exit codes: 0 all done, 1 some pictures could not be read, 2 nothing could be done."


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `suggest` into the commands."""
    command = commands.add_parser(
        "suggest",
        help="boxes drawn by a trained model, for a person to correct",
        description=SUGGEST,
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("paths", nargs="+", metavar="PATH", help="picture, folder or pattern")
    command.add_argument("--model", type=Path, default=Path("models/logo"), metavar="DIR", help="default: %(default)s")
    command.add_argument(
        "--out", type=Path, default=Path("suggestions.xml"), help="beside or above the pictures; default: %(default)s"
    )
    command.add_argument(
        "--threshold",
        type=fraction,
        metavar="T",
        help="lowest score, 0 to 1; default: half the model's own, as a box is quicker deleted than drawn",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """`brandlens logo suggest`; returns the exit code."""
    out, format = arguments.out, dataset.format_of(arguments.out)
    if out.exists():
        raise UserError(f"{out}: is there, and may have been corrected by hand; name another --out")
    files = images.list_files(arguments.paths)
    for file in files:
        validate.relative(
            out, Picture(file), dataset.FORMATS[format].root_of(out)
        )  # can be named: told before the work
    detector = LogoDetector.load(arguments.model)
    threshold = detector.threshold / 2 if arguments.threshold is None else arguments.threshold
    journal = suggest.Journal(out.with_name(out.name + ".part"), arguments.model, threshold)
    unread = 0
    for file in tqdm(files, unit="picture", file=sys.stderr, disable=not sys.stderr.isatty()):
        try:
            if file not in journal.done:
                journal.add(suggest.suggest_boxes(file, detector, threshold))
        except PictureError as error:
            tqdm.write(f"brandlens: {error}", file=sys.stderr)
            unread += 1
    pictures = suggest.rank_by_uncertainty([journal.done[file] for file in files if file in journal.done])
    annotations.write(out, pictures, format)
    journal.path.unlink()
    boxes = sum(len(picture.boxes) for picture in pictures)
    print(f"{out}: {len(pictures):,} pictures with {boxes:,} boxes to check, the least sure first")
    return 1 if unread else 0
