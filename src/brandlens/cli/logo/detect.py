"""`brandlens logo detect`: find logos in pictures and clips."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from brandlens import images, onnx_runtime, video
from brandlens.boxes import Detection
from brandlens.cli.arguments import fraction, positive_int
from brandlens.cli.logo import detect_video
from brandlens.cli.output import detections, detections_html, drawings
from brandlens.cli.prefetch import in_order
from brandlens.errors import PictureError
from brandlens.logo import tiling
from brandlens.logo.detector import LogoDetector
from brandlens.logo.tracker import MAX_GAP
from brandlens.video import VideoError

DETECT = f"""Find logos in pictures and clips.

PATH is a picture, a clip (MP4, MOV, AVI, MKV, WebM ...), a folder (searched with all below it) or a quoted pattern
such as 'photos/*.jpg'. A clip is looked at {video.SAMPLE_FPS} times a second and a logo followed from look to look;
one that comes again after more than {MAX_GAP:g} s out of sight is another appearance.
Output goes to standard output, one file after another; what cannot be read is named on standard error."""

EPILOG = """What the formats tell of a clip:
  text  a line an appearance: from when to when, label, best score, mean share of the picture's area;
        then a line a label: seconds on screen, mean share of the picture, number of appearances
  json  an object a look, as of a picture, with seconds and frame, and the track (appearance) of every detection;
        then an object with the clip's appearances and labels
  csv   a row a detection, as of a picture, with the columns seconds, frame and track
  html  the best look at every appearance

Exit codes: 0 all done, 1 some files could not be read to their end, 2 nothing could be done."""

FORMATS: dict[str, Callable[[TextIO, bool], detections.Sink]] = {
    "text": detections.TextSink,
    "json": detections.JsonSink,
    "csv": detections.CsvSink,
    "html": detections_html.HtmlSink,
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `detect` into the commands."""
    detect = commands.add_parser(
        "detect",
        help="find logos in pictures and clips",
        description=DETECT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    detect.add_argument("paths", nargs="+", metavar="PATH", help="picture, clip, folder or pattern")
    detect.add_argument("--model", type=Path, default=Path("models/logo"), metavar="DIR", help="default: %(default)s")
    detect.add_argument("--format", choices=tuple(FORMATS), default="text", help="default: %(default)s")
    detect.add_argument("--draw", type=Path, metavar="DIR", help="also write all of it with boxes and scores here")
    detect.add_argument(
        "--threshold",
        type=fraction,
        metavar="T",
        help="lowest score, 0 to 1; default: the one chosen on validation pictures",
    )
    detect.add_argument(
        "--every",
        type=positive_int,
        metavar="N",
        help=f"look at every N-th frame of a clip; default: {video.SAMPLE_FPS} looks a second",
    )
    detect.add_argument(
        "--tile",
        type=tile,
        default=tiling.SIDE,
        metavar="PIXELS",
        help="look at larger pictures in overlapping tiles of at most this side too, for logos that are tiny in the "
        "whole; each tile takes as long as a picture; default: %(default)s",
    )
    detect.set_defaults(run=run)


def tile(word: str) -> int:
    """The side of a tile in pixels."""
    return positive_int(word, tiling.MIN_SIDE)


def run(arguments: argparse.Namespace) -> int:
    """`brandlens logo detect`; returns the exit code."""
    files = video.list_files(arguments.paths)
    stills = sum(not video.is_video(file) for file in files)
    detector = LogoDetector.load(arguments.model)
    # of many pictures each core takes one; of one picture, or frame, each takes a part
    threads = min(stills, onnx_runtime.cores())
    single = LogoDetector.load(arguments.model, threads=1) if threads > 1 else detector
    told = FORMATS[arguments.format](sys.stdout, stills < len(files))
    names = drawings.names(files, arguments.draw) if arguments.draw else [None] * len(files)
    if arguments.draw:
        drawings.make_folder(arguments.draw)
    unread, looked, showing, logos, spent = 0, 0, 0, Counter[str](), 0.0
    quiet = not sys.stderr.isatty() or sys.stdout.isatty() or len(files) == 1
    pairs = [pair for pair in zip(files, names, strict=True) if not video.is_video(pair[0])]
    seen = in_order(
        lambda pair: detect_picture(*pair, single, arguments.threshold, arguments.tile), pairs, max(1, threads)
    )
    counted, tell = progress(files, quiet)
    try:
        for file, name in zip(counted, names, strict=True):
            try:
                if video.is_video(file):
                    detect_video.watch(file, detector, told, arguments, name)
                    continue
                begun = time.perf_counter()
                picture, found = next(seen).result()
                spent += time.perf_counter() - begun
                told.picture(file, picture, found)
                looked, showing = looked + 1, showing + bool(found)
                logos.update(each.label for each in found)
            except (PictureError, VideoError) as error:
                tell(f"brandlens: {error}", file=sys.stderr)
                unread += 1
    finally:
        seen.close()
        told.end()
    if sys.stderr.isatty() and stills > 1:
        print(summary(looked, showing, logos, spent), file=sys.stderr)
    return 1 if unread else 0


def progress(files: Sequence[Path], hidden: bool) -> tuple[Iterable[Path], Callable[..., None]]:
    """The files, counted on standard error as they are taken, and what prints a line above that."""
    if hidden:
        return files, print
    from tqdm import tqdm  # noqa: PLC0415, to load it takes as long as looking at a picture

    return tqdm(files, unit="file", file=sys.stderr), tqdm.write


def detect_picture(
    file: Path, name: Path | None, detector: LogoDetector, threshold: float | None, side: int
) -> tuple[np.ndarray, Sequence[Detection]]:
    """A picture and what it shows, drawn where there is a name for that. side: of tiles. Raises PictureError."""
    picture = images.read(file)
    found = detector.detect(picture, threshold, side)
    if name:
        drawings.write(name, drawings.drawn(picture, found, detector.labels))
    return picture, found


def summary(pictures: int, showing: int, logos: Counter[str], seconds: float) -> str:
    """How many pictures there were, how many show a logo, and the logos of each label, the commonest first."""
    told = ", ".join(f"{count:,} {label}" for label, count in logos.most_common())
    what = f"{pictures:,} pictures, {showing:,} with a logo{': ' if told else ''}{told}"
    return f"{what}; {seconds:.1f} s, {pictures / max(seconds, 1e-9):.1f} pictures a second"
