"""`brandlens logo detect`: detect logos in pictures and videos."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np

from brandlens import images, media_files, onnx_runtime, video
from brandlens.boxes import Detection
from brandlens.bulk.prefetch import in_order
from brandlens.cli import bulk
from brandlens.cli.arguments import fraction, positive_int
from brandlens.cli.logo import detect_video
from brandlens.cli.output import detections, detections_html, drawings, streams
from brandlens.cli.parser import epilog
from brandlens.errors import PictureError, UserError
from brandlens.io import locked
from brandlens.logo import tiling
from brandlens.logo.detector import LogoDetector
from brandlens.logo.drawing import draw_detections
from brandlens.logo.predictor import LogoPredictor
from brandlens.logo.tracker import MAX_GAP
from brandlens.video import VideoError

DESCRIPTION = f"""Detect logos in pictures and videos.

INPUT is a picture, a video (MP4, MOV, AVI, MKV, WebM ...), a folder (searched with all below it) or a quoted pattern
such as 'photos/*.jpg'. In a folder the first bytes of a file count, not its name. A video is sampled
{video.SAMPLE_FPS} times a second, and each logo is tracked from one sampled frame to the next; a logo that comes back
after more than {MAX_GAP:g} s out of sight counts as another appearance.
Results go to standard output, one file after another; files that cannot be read are named on standard error.

With --out FOLDER they go to Parquet parts there, for millions of pictures: a run that was interrupted resumes by the
same command. Then INPUT is also a table (CSV, JSONL, Parquet) with a column of paths, URLs or bytes, a list of paths or
URLs (.txt), a tar shard, or the URL of any of these (s3://, gs://, hdfs://, https:// ...); videos are left out."""

EXAMPLES = (
    "brandlens logo detect photos/ --draw drawn",
    "brandlens logo detect photos/a.jpg match.mp4 --format json",
    "brandlens logo detect photos/ --out detections --csv detections.csv",
)
EPILOG = """Output for a video, by format:
  text  a line an appearance: from when to when, label, best score, mean share of the picture's area;
        then a line a label: seconds on screen, mean share of the picture, number of appearances
  json  an object a sampled frame, as of a picture, with seconds and frame, and the track (appearance) of every
        detection; then an object with the video's appearances and labels
  csv   a row a detection, as of a picture, with the columns seconds, frame and track
  html  the best frame of every appearance

Exit codes: 0 all done, 1 some files could not be read to their end, 2 usage or input error"""

FORMATS: dict[str, Callable[[TextIO, bool], detections.Sink]] = {
    "text": detections.TextSink,
    "json": detections.JsonSink,
    "csv": detections.CsvSink,
    "html": detections_html.HtmlSink,
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `detect` to the commands."""
    parser = commands.add_parser(
        "detect",
        help="detect logos in pictures and videos",
        description=DESCRIPTION,
        epilog=epilog(EXAMPLES, EPILOG),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", metavar="INPUT", help="picture, video, folder or pattern")
    parser.add_argument("--model", type=Path, default=Path("models/logo"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--format", choices=tuple(FORMATS), help="of standard output; default: text")
    parser.add_argument(
        "--draw",
        type=Path,
        metavar="DIR",
        help="also write every file with its boxes drawn here; nothing is overwritten but earlier drawings",
    )
    parser.add_argument(
        "--threshold",
        type=fraction,
        metavar="T",
        help="lowest score, 0 to 1; default: the one chosen on validation pictures",
    )
    parser.add_argument(
        "--vid-stride",
        type=positive_int,
        metavar="N",
        help=f"sample every N-th frame of a video; default: {video.SAMPLE_FPS} frames a second",
    )
    parser.add_argument(
        "--tile",
        type=tile,
        default=tiling.SIDE,
        metavar="PIXELS",
        help="detect in overlapping tiles of at most this side too where a picture is larger, for logos that are tiny "
        "in the whole; each tile takes as long as a picture; default: %(default)s",
    )
    parser.add_argument("--out", metavar="FOLDER", help="write Parquet parts there, not to standard output")
    bulk.add_options(parser)
    parser.add_argument("--column", default="path", metavar="NAME", help="column of a table; default: %(default)s")
    parser.add_argument(
        "--encoding", metavar="NAME", help="of a table or list; default: UTF-8, UTF-16, or Windows-1252"
    )
    parser.add_argument(
        "--max-pixels",
        type=positive_int,
        default=images.MAX_PIXELS,
        metavar="N",
        help="a picture of more is an error; default: %(default)s",
    )
    parser.set_defaults(run=run)


def tile(word: str) -> int:
    """Parse the side of a tile in pixels."""
    return positive_int(word, tiling.MIN_SIDE)


@dataclass
class PictureTotals:
    """Counts of the pictures that were read, for the summary on a terminal."""

    pictures: int = 0
    with_logo: int = 0
    logos: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, detections: Sequence[Detection], seconds: float) -> None:
        """Count a picture with these detections, waited for so many seconds."""
        self.pictures += 1
        self.with_logo += bool(detections)
        self.logos.update(detection.label for detection in detections)
        self.seconds += seconds

    def __str__(self) -> str:
        """Return all counts, those of logos by label with the commonest first, and the time, as one line."""
        logos = ", ".join(f"{count:,} {label}" for label, count in self.logos.most_common())
        counts = f"{self.pictures:,} pictures, {self.with_logo:,} with a logo{': ' if logos else ''}{logos}"
        return f"{counts}; {self.seconds:.1f} s, {self.pictures / max(self.seconds, 1e-9):.1f} pictures a second"


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens logo detect`; return its exit code."""
    if arguments.out:
        if not bulk.is_folder(arguments.out):
            raise UserError(f"--out {arguments.out}: name a folder, without a suffix; for one file add --csv FILE")
        from brandlens.cli import into_folder  # noqa: PLC0415, takes a while to load

        return into_folder.detect(arguments)
    bulk.refuse_options(arguments)
    format = arguments.format or "text"
    listing = media_files.list_files(arguments.paths, videos=True)
    files = drawings.undrawn(listing.files, arguments.draw) if arguments.draw else listing.files
    videos = {file for file in files if media_files.is_video(file)}
    drawn: list[Path | None] = list(
        drawings.output_paths(files, arguments.draw, videos) if arguments.draw else [None] * len(files)
    )
    pictures = [(file, path) for file, path in zip(files, drawn, strict=True) if file not in videos]
    detector = LogoDetector.load(arguments.model)
    # of many pictures each core takes one; of one picture, or frame, each core takes a part
    threads = max(1, min(len(pictures), onnx_runtime.cores()))
    of_pictures = LogoDetector.load(arguments.model, threads=1) if threads > 1 else detector
    predictor = LogoPredictor(of_pictures, threads, arguments.threshold, arguments.tile, arguments.max_pixels)
    sink = FORMATS[format](streams.output(format), len(pictures) < len(files))
    if arguments.draw:
        drawings.make_folder(arguments.draw)

    def detect(paths: tuple[Path, Path | None]) -> tuple[np.ndarray, Sequence[Detection]]:
        return detect_picture(*paths, predictor)

    results = in_order(detect, pictures, threads)
    totals, num_failed = PictureTotals(), 0
    hidden = not sys.stderr.isatty() or sys.stdout.isatty() or len(files) == 1
    counted, print_line = progress_bar(files, hidden)
    with locked(arguments.draw, "--draw") if arguments.draw else nullcontext():
        try:
            for file, path in zip(counted, drawn, strict=True):
                try:
                    if file in videos:
                        detect_video.detect_video(file, detector, sink, arguments, path)
                    else:
                        start = time.perf_counter()
                        picture, detections = next(results).result()
                        totals.add(detections, time.perf_counter() - start)
                        sink.add_picture(file, picture, detections)
                except (PictureError, VideoError) as error:
                    print_line(f"brandlens: {error}", file=sys.stderr)
                    num_failed += 1
        finally:
            results.close()
            sink.close()
    if sys.stderr.isatty() and len(pictures) > 1:
        print(totals, file=sys.stderr)
    if listing.skipped:
        print(f"brandlens: {listing.describe_skipped()}", file=sys.stderr)
    return 1 if num_failed or listing.skipped else 0


def progress_bar(files: Sequence[Path], hidden: bool) -> tuple[Iterable[Path], Callable[..., None]]:
    """Return the files, with a progress bar on standard error unless hidden, and a print function that spares it."""
    if hidden:
        return files, print
    from tqdm import tqdm  # noqa: PLC0415, importing it takes as long as detecting in a picture

    return tqdm(files, unit="file", file=sys.stderr), tqdm.write


def detect_picture(file: Path, drawn: Path | None, predictor: LogoPredictor) -> tuple[np.ndarray, Sequence[Detection]]:
    """Return a picture and its detections, and write it with those drawn to `drawn`, if that is a path.

    Raises PictureError.
    """
    picture, detections = predictor.predict(images.read_bytes(file), file)
    if drawn:
        drawings.write(drawn, draw_detections(picture, detections, predictor.detector.labels))
    return picture, detections
