"""What `brandlens logo detect` prints of pictures and clips: a class a format."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, TextIO

import numpy as np

from brandlens.boxes import Detection
from brandlens.cli.output import colors
from brandlens.logo.tracker import LabelTotal, Track
from brandlens.video import Frame

COLUMNS = ("picture", "label", "score", "left", "top", "width", "height")
TIMES = ("seconds", "frame", "track")


@dataclass(frozen=True)
class VideoSummary:
    """What a clip showed. seconds: how long it is, as far as it was looked at. looks: frames looked at."""

    seconds: float
    looks: int
    tracks: Sequence[Track]
    totals: Sequence[LabelTotal]


class Sink(Protocol):
    """How finds are told, as they come: of a picture; of each look at a clip, then of the clip."""

    def picture(self, file: Path, picture: np.ndarray, found: Sequence[Detection]) -> None:
        """A (h, w, 3) uint8 RGB picture's."""

    def look(self, file: Path, frame: Frame, found: Sequence[Detection], tracks: Sequence[int]) -> None:
        """A frame's, with the track of each."""

    def clip(self, file: Path, seen: VideoSummary) -> None:
        """After the last look, also where a clip was stopped or cut short."""

    def end(self) -> None:
        """After the last file."""


class TextSink:
    """One line a picture; of a clip one aligned line an appearance, then one a label."""

    def __init__(self, out: TextIO, clips: bool) -> None:
        del clips  # lines of both kinds begin alike
        self.out, self.paint = out, colors.colorizer(out)

    def picture(self, file: Path, picture: np.ndarray, found: Sequence[Detection]) -> None:
        del picture
        places = (
            f"{self.paint(f'{each.label} {each.score:.2f}', 'good')} at {each.left},{each.top} "
            f"{each.width}x{each.height}"
            for each in found
        )
        print(f"{file}: {'; '.join(places) or self.paint('no logo', 'soft')}", file=self.out, flush=True)

    def look(self, file: Path, frame: Frame, found: Sequence[Detection], tracks: Sequence[int]) -> None:
        """Nothing: what a look adds is known when its tracks have ended."""

    def clip(self, file: Path, seen: VideoSummary) -> None:
        wide = max((len(each.label) for each in seen.tracks), default=0)
        long = len(clock(seen.seconds))
        for each in seen.tracks:
            times = f"{clock(each.start):>{long}} - {clock(each.end):>{long}}"
            said = self.paint(f"{each.label:{wide}}  {each.score:.2f}", "good")
            print(f"{file}: {times}  {said}  {percent(each.area_fraction):>6} of the picture", file=self.out)
        for each in seen.totals:
            print(f"{file}: {said_total(each, seen.seconds)}", file=self.out)
        if not seen.totals:
            print(f"{file}: {self.paint('no logo', 'soft')}", file=self.out)
        self.out.flush()

    def end(self) -> None:
        """Nothing is left to say."""


class JsonSink:
    """One JSON object a line: one a picture, one a look at a clip, and after those one of the clip."""

    def __init__(self, out: TextIO, clips: bool) -> None:
        del clips
        self.out = out

    def picture(self, file: Path, picture: np.ndarray, found: Sequence[Detection]) -> None:
        self._say({"picture": str(file), **_size(picture), "detections": [asdict(each) for each in found]})

    def look(self, file: Path, frame: Frame, found: Sequence[Detection], tracks: Sequence[int]) -> None:
        detections = [asdict(each) | {"track": track} for each, track in zip(found, tracks, strict=True)]
        times = {"seconds": round(frame.seconds, 3), "frame": frame.number}
        self._say({"picture": str(file), **times, **_size(frame.picture), "detections": detections})

    def clip(self, file: Path, seen: VideoSummary) -> None:
        tracks = [_rounded(asdict(each)) for each in seen.tracks]
        labels = [_rounded(asdict(each)) for each in seen.totals]
        line = {"clip": str(file), "seconds": round(seen.seconds, 3), "looks": seen.looks}
        self._say(line | {"appearances": tracks, "labels": labels})

    def end(self) -> None:
        """Every line is whole."""

    def _say(self, line: dict[str, object]) -> None:
        print(json.dumps(line, ensure_ascii=False), file=self.out, flush=True)


class CsvSink:
    """One row a detection; a picture or a look without any has one row with an empty label.

    With a clip among the files every row has seconds, frame and track as well, empty for a picture.
    """

    def __init__(self, out: TextIO, clips: bool) -> None:
        self.out, self.rows = out, csv.writer(out, lineterminator="\n")
        self.empty = ("",) * len(TIMES) if clips else ()
        self.rows.writerow(COLUMNS + (TIMES if clips else ()))

    def picture(self, file: Path, picture: np.ndarray, found: Sequence[Detection]) -> None:
        del picture
        self._say([(file, *asdict(each).values(), *self.empty) for each in found] or [(file, *_blank(), *self.empty)])

    def look(self, file: Path, frame: Frame, found: Sequence[Detection], tracks: Sequence[int]) -> None:
        when = (round(frame.seconds, 3), frame.number)
        rows = [(file, *asdict(each).values(), *when, track) for each, track in zip(found, tracks, strict=True)]
        self._say(rows or [(file, *_blank(), *when, "")])

    def clip(self, file: Path, seen: VideoSummary) -> None:
        """Nothing: tracks are told by their number."""

    def end(self) -> None:
        """Every row is whole."""

    def _say(self, rows: Sequence[Sequence[object]]) -> None:
        self.rows.writerows(rows)
        self.out.flush()


def _blank() -> tuple[str, ...]:
    return ("",) * (len(COLUMNS) - 1)


def _size(picture: np.ndarray) -> dict[str, int]:
    return {"width": picture.shape[1], "height": picture.shape[0]}


def _rounded(row: dict[str, object]) -> dict[str, object]:
    """Seconds to the millisecond, shares to four places."""
    places = {"start": 3, "end": 3, "seconds": 3, "area_fraction": 4}
    return {name: round(value, places[name]) if name in places else value for name, value in row.items()}


def said_total(each: LabelTotal, seconds: float) -> str:
    """A label's time on screen, share and appearances, in words, for a clip of so many seconds."""
    times = f"{each.num_tracks:,} appearance{'' if each.num_tracks == 1 else 's'}"
    shown = f"{each.seconds:.1f} of {seconds:.1f} s on screen"
    return f"{each.label} {shown}, {percent(each.area_fraction)} of the picture, {times}"


def clock(seconds: float) -> str:
    """0:04.5, or 1:00:04.5 from an hour on."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, short = divmod(minutes, 60)
    return f"{hours}:{short:02}:{rest / 10:04.1f}" if hours else f"{short}:{rest / 10:04.1f}"


def percent(share: float) -> str:
    """A share of 1 in hundredths, with one decimal."""
    return f"{100 * share:.1f} %"
