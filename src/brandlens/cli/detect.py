"""`brandlens logo detect`: find logos in pictures."""

import argparse
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import numpy as np
from tqdm import tqdm

from brandlens import images
from brandlens.boxes import Detection, corners
from brandlens.cli import colour, html, sightings
from brandlens.cli.arguments import share
from brandlens.errors import PictureError, UserError
from brandlens.logo.detector import LogoDetector

COLOURS = ((0, 158, 115), (213, 94, 0), (0, 114, 178), (204, 121, 167), (230, 159, 0), (86, 180, 233))  # Okabe and Ito

DETECT = """Find logos in pictures.

PATH is a picture, a folder (searched with all below it) or a quoted pattern such as 'photos/*.jpg'.
Output goes to standard output, one picture after another; what cannot be read is named on standard error."""

EXIT = "Exit codes: 0 all done, 1 some pictures could not be read, 2 nothing could be done."

Writer = Callable[[Path, np.ndarray, Sequence[Detection]], None]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `detect` into the commands."""
    detect = commands.add_parser(
        "detect",
        help="find logos in pictures",
        description=DETECT,
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    detect.add_argument("paths", nargs="+", metavar="PATH", help="picture, folder or pattern")
    detect.add_argument("--model", type=Path, default=Path("models/logo"), metavar="DIR", help="default: %(default)s")
    detect.add_argument("--format", choices=tuple(FORMATS), default="text", help="default: %(default)s")
    detect.add_argument("--draw", type=Path, metavar="DIR", help="also write the pictures with boxes and scores here")
    detect.add_argument(
        "--threshold",
        type=share,
        metavar="T",
        help="lowest score, 0 to 1; default: the one chosen on validation pictures",
    )
    detect.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """`brandlens logo detect`; returns the exit code."""
    files = images.listing(arguments.paths)
    detector = LogoDetector.load(arguments.model)
    write = FORMATS[arguments.format](sys.stdout)
    names = drawn_names(files, arguments.draw) if arguments.draw else None
    if arguments.draw:
        make_folder(arguments.draw)
    unread, showing, logos = 0, 0, Counter[str]()
    begun = time.perf_counter()
    quiet = not sys.stderr.isatty() or sys.stdout.isatty() or len(files) == 1
    for at, file in enumerate(tqdm(files, unit="picture", file=sys.stderr, disable=quiet)):
        try:
            picture = images.read(file)
        except PictureError as error:
            tqdm.write(f"brandlens: {error}", file=sys.stderr)
            unread += 1
            continue
        found = detector.detect(picture, arguments.threshold)
        showing += bool(found)
        logos.update(each.label for each in found)
        write(file, picture, found)
        if names:
            draw(names[at], drawn(picture, found, detector.geometry.labels))
    if arguments.format == "html":
        print(html.foot())
    if sys.stderr.isatty() and len(files) > 1:
        print(summary(len(files) - unread, showing, logos, time.perf_counter() - begun), file=sys.stderr)
    return 1 if unread else 0


def summary(pictures: int, showing: int, logos: Counter[str], seconds: float) -> str:
    """How many pictures there were, how many show a logo, and the logos of each label, the commonest first."""
    told = ", ".join(f"{count:,} {label}" for label, count in logos.most_common())
    what = f"{pictures:,} pictures, {showing:,} with a logo{': ' if told else ''}{told}"
    return f"{what}; {seconds:.1f} s, {pictures / seconds:.1f} pictures a second"


def make_folder(folder: Path) -> None:
    """Make the folder for drawn pictures. Raises UserError when its name is taken or forbidden."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--draw {folder}: cannot be made: {error.strerror}; name another folder") from None


def draw(path: Path, picture: np.ndarray) -> None:
    """Write a drawn picture. Raises UserError when the disk does not take it."""
    try:
        images.write(path, picture)
    except OSError as error:
        raise UserError(f"--draw: {path} cannot be written: {error.strerror or error}; name another folder") from None


def drawn(picture: np.ndarray, found: Sequence[Detection], labels: Sequence[str]) -> np.ndarray:
    """A copy of the picture with its detections, each label in its own colour."""
    captions = [f"{each.label} {each.score:.2f}" for each in found]
    colours = [COLOURS[labels.index(each.label) % len(COLOURS)] for each in found]
    return images.draw(picture, corners(found), captions, colours)


def drawn_names(files: Sequence[Path], folder: Path) -> list[Path]:
    """Where each drawn picture goes: its own name as JPEG, numbered where two share it. None goes over a picture."""
    here = folder.resolve()
    taken = {file.name.lower() for file in files if file.parent.resolve() == here}
    names = []
    for file in files:
        candidates = (f"{file.stem}{suffix}.jpg" for suffix in _numbers())
        name = next(each for each in candidates if each.lower() not in taken)
        taken.add(name.lower())
        names.append(folder / name)
    return names


def _numbers() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def as_text(out: TextIO) -> Writer:
    """One line a picture, for people."""
    paint = colour.painter(out)

    def write(file: Path, _: np.ndarray, found: Sequence[Detection]) -> None:
        places = (
            f"{paint(f'{each.label} {each.score:.2f}', 'good')} at {each.left},{each.top} {each.width}x{each.height}"
            for each in found
        )
        print(f"{file}: {'; '.join(places) or paint('no logo', 'soft')}", file=out, flush=True)

    return write


def as_json(out: TextIO) -> Writer:
    """One JSON object a line."""

    def write(file: Path, picture: np.ndarray, found: Sequence[Detection]) -> None:
        height, width = picture.shape[:2]
        line = {"picture": str(file), "width": width, "height": height, "detections": [asdict(each) for each in found]}
        print(json.dumps(line, ensure_ascii=False), file=out, flush=True)

    return write


def as_csv(out: TextIO) -> Writer:
    """One row a detection; a picture without any has one row with an empty label."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("picture", "label", "score", "left", "top", "width", "height"))

    def write(file: Path, _: np.ndarray, found: Sequence[Detection]) -> None:
        rows.writerows((file, *asdict(each).values()) for each in found)
        if not found:
            rows.writerow((file, "", "", "", "", "", ""))
        out.flush()

    return write


FORMATS: dict[str, Callable[[TextIO], Writer]] = {
    "text": as_text, "json": as_json, "csv": as_csv, "html": sightings.as_html,
}  # fmt: skip
