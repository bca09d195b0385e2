"""`brandlens logo detect CLIP`: look at a clip a few times a second and follow its logos."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from brandlens import video
from brandlens.boxes import Detection
from brandlens.cli.output import drawings
from brandlens.cli.output.detections import Sink, VideoSummary
from brandlens.logo.detector import LogoDetector
from brandlens.logo.tracker import Tracker


def watch(
    file: Path, detector: LogoDetector, told: Sink, arguments: argparse.Namespace, name: Path | None = None
) -> None:
    """What a clip shows, told, and drawn into a clip of that name: the boxes of a look stay until the next.

    A clip that is cut short or stopped (Ctrl-C) is told as far as it was looked at. Raises ClipError.
    """
    from tqdm import tqdm  # noqa: PLC0415, a picture is looked at in the time that it takes to load

    quiet = not sys.stderr.isatty() or (sys.stdout.isatty() and arguments.format != "text")
    tracker, looks = Tracker(), 0
    found: Sequence[Detection] = ()
    with video.open_video(file) as clip:
        copy = video.VideoWriter(name, clip.rate) if name else None
        try:
            with tqdm(total=clip.count or None, unit="frame", file=sys.stderr, leave=False, disable=quiet) as bar:
                for frame in clip.frames(arguments.every, between=bool(copy)):
                    if frame.look:
                        found = detector.detect(frame.picture, arguments.threshold, arguments.tile)
                        high, wide = frame.picture.shape[:2]
                        told.look(file, frame, found, tracker.update(frame.seconds, found, wide, high))
                        looks += 1
                    if copy:
                        copy.add(frame.seconds, drawings.drawn(frame.picture, found, detector.labels))
                    bar.update(frame.number + 1 - bar.n)
        finally:
            if copy:
                copy.close(clip.end)
            if looks:
                tracks = tracker.close(clip.end)
                told.clip(file, VideoSummary(clip.end, looks, tracks, tracker.totals(tracks)))
