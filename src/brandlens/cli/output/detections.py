"""What `brandlens logo detect` prints: sinks, one class a format, that take results as they come."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, TextIO

import numpy as np

from brandlens.boxes import Detection
from brandlens.cli.output import colors
from brandlens.errors import plural, printable
from brandlens.logo.predictor import picture_row, size
from brandlens.logo.tracker import LabelTotal, Track
from brandlens.video import Frame

COLUMNS = ("picture", "label", "score", "left", "top", "width", "height")
VIDEO_COLUMNS = ("seconds", "frame", "track")


@dataclass(frozen=True)
class VideoSummary:
    """What was detected in a video.

    seconds: its length, as far as it was read. num_sampled: frames that detection ran on. tracks: appearances of
    logos. totals: of each label, over its appearances.
    """

    seconds: float
    num_sampled: int
    tracks: Sequence[Track]
    totals: Sequence[LabelTotal]


class Sink(Protocol):
    """Takes results in the order of the files: of each picture; of each sampled frame of a video, then of the video."""

    def add_picture(self, file: Path, picture: np.ndarray, detections: Sequence[Detection]) -> None:
        """Take the detections of a (h, w, 3) uint8 RGB picture."""

    def add_frame(self, file: Path, frame: Frame, detections: Sequence[Detection], tracks: Sequence[int]) -> None:
        """Take the detections of a sampled frame, with the track number of each."""

    def add_video(self, file: Path, summary: VideoSummary) -> None:
        """Take the summary of a video after its last frame, also when it was interrupted or is cut short."""

    def close(self) -> None:
        """Finish the output after the last file."""


class TextSink:
    """Prints one line a picture; of a video one aligned line an appearance, then one a label."""

    def __init__(self, out: TextIO, has_video: bool) -> None:
        del has_video  # lines of pictures and videos begin alike
        self.out, self.paint = out, colors.colorizer(out)

    def add_picture(self, file: Path, picture: np.ndarray, detections: Sequence[Detection]) -> None:
        del picture
        texts = (
            f"{self.paint(f'{detection.label} {detection.score:.2f}', 'good')} at {detection.left},{detection.top} "
            f"{detection.width}x{detection.height}"
            for detection in detections
        )
        print(f"{printable(str(file))}: {'; '.join(texts) or self.paint('no logo', 'soft')}", file=self.out, flush=True)

    def add_frame(self, file: Path, frame: Frame, detections: Sequence[Detection], tracks: Sequence[int]) -> None:
        """Print nothing: tracks are printed when they have ended."""

    def add_video(self, file: Path, summary: VideoSummary) -> None:
        name = printable(str(file))
        label_width = max((len(track.label) for track in summary.tracks), default=0)
        time_width = len(clock(summary.seconds))
        for track in summary.tracks:
            times = f"{clock(track.start):>{time_width}} - {clock(track.end):>{time_width}}"
            label = self.paint(f"{track.label:{label_width}}  {track.score:.2f}", "good")
            print(f"{name}: {times}  {label}  {percent(track.area_fraction):>6} of the picture", file=self.out)
        for total in summary.totals:
            print(f"{name}: {describe_total(total, summary.seconds)}", file=self.out)
        if not summary.totals:
            print(f"{name}: {self.paint('no logo', 'soft')}", file=self.out)
        self.out.flush()

    def close(self) -> None:
        """Print nothing."""


class JsonSink:
    """Prints one JSON object a line: one a picture or sampled frame, and one a video after its frames."""

    def __init__(self, out: TextIO, has_video: bool) -> None:
        del has_video
        self.out = out

    def add_picture(self, file: Path, picture: np.ndarray, detections: Sequence[Detection]) -> None:
        self._print(picture_row(file, picture, detections))

    def add_frame(self, file: Path, frame: Frame, detections: Sequence[Detection], tracks: Sequence[int]) -> None:
        rows = [asdict(detection) | {"track": track} for detection, track in zip(detections, tracks, strict=True)]
        times = {"seconds": round(frame.seconds, 3), "frame": frame.index}
        self._print({"picture": str(file), **times, **size(frame.picture), "detections": rows})

    def add_video(self, file: Path, summary: VideoSummary) -> None:
        self._print({
            "video": str(file),
            "seconds": round(summary.seconds, 3),
            "sampled_frames": summary.num_sampled,
            "appearances": [_track_row(track) for track in summary.tracks],
            "labels": [_total_row(total) for total in summary.totals],
        })  # fmt: skip

    def close(self) -> None:
        """Print nothing."""

    def _print(self, row: Mapping[str, object]) -> None:
        print(json.dumps(row, ensure_ascii=False), file=self.out, flush=True)


class CsvSink:
    """Prints one row a detection; a picture or sampled frame without any has one row with an empty label.

    With a video among the files every row has the columns seconds, frame and track as well, empty for a picture.
    """

    def __init__(self, out: TextIO, has_video: bool) -> None:
        self.out, self.writer = out, csv.writer(out, lineterminator="\n")
        self.no_times = ("",) * len(VIDEO_COLUMNS) if has_video else ()
        self.writer.writerow(COLUMNS + (VIDEO_COLUMNS if has_video else ()))

    def add_picture(self, file: Path, picture: np.ndarray, detections: Sequence[Detection]) -> None:
        del picture
        rows = [(file, *asdict(detection).values(), *self.no_times) for detection in detections]
        self._write(rows or [(file, *_empty_detection(), *self.no_times)])

    def add_frame(self, file: Path, frame: Frame, detections: Sequence[Detection], tracks: Sequence[int]) -> None:
        times = (round(frame.seconds, 3), frame.index)
        rows = [
            (file, *asdict(detection).values(), *times, track)
            for detection, track in zip(detections, tracks, strict=True)
        ]
        self._write(rows or [(file, *_empty_detection(), *times, "")])

    def add_video(self, file: Path, summary: VideoSummary) -> None:
        """Print nothing: the column track tells appearances apart."""

    def close(self) -> None:
        """Print nothing."""

    def _write(self, rows: Sequence[Sequence[object]]) -> None:
        self.writer.writerows(rows)
        self.out.flush()


def _empty_detection() -> tuple[str, ...]:
    return ("",) * (len(COLUMNS) - 1)


def _track_row(track: Track) -> dict[str, object]:
    return {
        "track": track.track_id, "label": track.label, "start": round(track.start, 3), "end": round(track.end, 3),
        "score": track.score, "area_fraction": round(track.area_fraction, 4), "sampled_frames": track.num_frames,
    }  # fmt: skip


def _total_row(total: LabelTotal) -> dict[str, object]:
    return {
        "label": total.label, "seconds": round(total.seconds, 3), "area_fraction": round(total.area_fraction, 4),
        "appearances": total.num_tracks,
    }  # fmt: skip


def describe_total(total: LabelTotal, seconds: float) -> str:
    """Return a label's time on screen, share of the picture and appearances as text, for a video of so many seconds."""
    on_screen = f"{total.seconds:.1f} of {seconds:.1f} s on screen"
    appearances = plural(total.num_tracks, "appearance")
    return f"{total.label} {on_screen}, {percent(total.area_fraction)} of the picture, {appearances}"


def clock(seconds: float) -> str:
    """Format a time as 0:04.5, or 1:00:04.5 from an hour on."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours}:{minutes_left:02}:{rest / 10:04.1f}" if hours else f"{minutes_left}:{rest / 10:04.1f}"


def percent(fraction: float) -> str:
    """Format a fraction of 1 as a percentage with one decimal."""
    return f"{100 * fraction:.1f} %"
