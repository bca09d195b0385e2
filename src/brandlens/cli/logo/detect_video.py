"""`brandlens logo detect` of a video: detect in a few frames a second and track the logos."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from brandlens import video
from brandlens.boxes import Detection
from brandlens.cli.output import drawings
from brandlens.cli.output.detections import Sink, VideoSummary
from brandlens.logo.detector import LogoDetector
from brandlens.logo.drawing import draw_detections
from brandlens.logo.tracker import Tracker


def detect_video(
    file: Path, detector: LogoDetector, sink: Sink, arguments: argparse.Namespace, drawn: Path | None = None
) -> None:
    """Detect and track logos in a video, give the results to the sink, and draw them into a video at `drawn`, if any.

    The boxes of a sampled frame stay drawn until the next one. A video that is cut short or interrupted (Ctrl-C) is
    reported and drawn as far as it was read. Raises VideoError.
    """
    from tqdm import tqdm  # noqa: PLC0415, importing it takes as long as detecting in a picture

    hidden = not sys.stderr.isatty() or (sys.stdout.isatty() and arguments.format not in (None, "text"))
    tracker, num_sampled = Tracker(), 0
    detections: Sequence[Detection] = ()
    with video.open_video(file) as reader:
        writer = video.VideoWriter(drawn, reader.fps) if drawn else None
        frames = reader.frames(arguments.vid_stride, include_unsampled=bool(writer))
        try:
            with tqdm(
                total=reader.num_frames or None, unit="frame", file=sys.stderr, leave=False, disable=hidden
            ) as bar:
                for frame in frames:
                    if frame.sampled:
                        detections = detector.detect(frame.picture, arguments.threshold, arguments.tile)
                        height, width = frame.picture.shape[:2]
                        tracks = tracker.update(frame.seconds, detections, width, height)
                        sink.add_frame(file, frame, detections, tracks)
                        num_sampled += 1
                    if writer:
                        labels = detector.labels
                        writer.add(frame.seconds, draw_detections(frame.picture, detections, labels))
                    bar.update(frame.index + 1 - bar.n)
        finally:
            if writer:
                writer.close(reader.end)
                drawings.mark(writer.path)
            if num_sampled:
                appearances = tracker.close(reader.end)
                sink.add_video(file, VideoSummary(reader.end, num_sampled, appearances, tracker.totals(appearances)))
