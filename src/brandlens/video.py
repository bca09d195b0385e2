"""Clips: the frames of a video file with their times, a few a second, and clips written anew.

FFmpeg, which OpenCV's wheels hold, reads and writes them. Frames are decoded as they are asked for, so a clip of any
length needs the memory of a few. Not in a thread of their own: decoding takes some hundredths of the time of looking.
"""

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from brandlens import images
from brandlens.errors import UserError

SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".3gp", ".avi", ".mkv", ".webm", ".ogv", ".wmv", ".flv"})
SUFFIXES |= {".mpg", ".mpeg", ".mts", ".m2ts", ".ts"}
NAMED = frozenset({".ts"})  # TypeScript too, so a clip only where it is named, not in a folder
BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})  # one of them begins an MP4 or QuickTime file
SAMPLE_FPS = 4  # a second
FASTEST = 240  # frames a second; a higher frame rate is the time base of a file that does not tell its own
JUMP = 600  # seconds; a frame that claims to come so much later than the one before has a damaged time stamp
SHORT = 0.05  # share of its frames that a clip may lack without a word, as some formats only estimate them

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what cannot be read is our own error, in one line


class VideoError(UserError):
    """A clip that cannot be read, or not to its end; the message names the file."""


@dataclass(frozen=True)
class Frame:
    """One frame: its number in the clip from 0, its time in seconds from the start, (h, w, 3) uint8 RGB.

    look: whether it is one of those to look at; others come only where they were asked for.
    """

    number: int
    seconds: float
    picture: np.ndarray
    look: bool = True


class VideoReader:
    """An open clip; see `opened`.

    rate: frames a second, None where the file does not tell. count: how many frames the file claims, 0 for unknown.
    read: frames passed so far. end: seconds, when the last of them leaves the screen.
    """

    def __init__(self, path: Path, source: cv2.VideoCapture) -> None:
        self.path = path
        self.rate = _sane(source.get(cv2.CAP_PROP_FPS))
        self.count = max(0, round(source.get(cv2.CAP_PROP_FRAME_COUNT))) if self.rate else 0
        self.read = 0
        self.end = 0.0
        self._source = source

    def frames(self, every: int | None = None, between: bool = False) -> Iterator[Frame]:
        """Every n-th frame, or the first one in each quarter of a second, as phones show it: turned upright.

        Times are the file's own time stamps, so a variable frame rate does no harm; where they do not go up, the frame
        rate goes on from the frame before. between: also give the frames between those to look at, which else are not
        even decoded in full. Raises ClipError when there is no frame, no time, or less than the file claims; what
        there is has been given by then.
        """
        before, due = -math.inf, 0
        while self._source.grab():
            number, seconds = self.read, self._time(before)
            self.end = seconds + (1 / self.rate if self.rate else max(0.0, seconds - max(before, 0.0)))
            self.read += 1
            before = seconds
            look = number % every == 0 if every else seconds * SAMPLE_FPS >= due - 1e-6
            if look:
                due = math.floor(seconds * SAMPLE_FPS + 1e-6) + 1
            if look or between:
                there, picture = self._source.retrieve()
                if there:
                    yield Frame(number, seconds, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), look)
        if not self.read:
            raise VideoError(f"{self.path}: no frame of it can be decoded; save it anew as MP4 (H.264)")
        if self._is_short():
            raise VideoError(f"{self.path}: cut short after {self.end:.1f} s, which were looked at; fetch it again")

    def _is_short(self) -> bool:
        """Whether there was less than the file claims: bytes in MP4, whose frames an edit list may hide; else frames
        and time, which some formats only estimate."""
        claimed = mp4_size(self.path)
        if claimed:
            return claimed > self.path.stat().st_size
        if not self.rate:
            return False
        return min(self.count - self.read, (self.count / self.rate - self.end) * self.rate) > 1 + SHORT * self.count

    def _time(self, before: float) -> float:
        stamp = self._source.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return frame_time(stamp, before, self.rate, self.path)


def frame_time(stamp: float, before: float, rate: float | None, path: Path) -> float:
    """A frame's time in seconds: its stamp where that can be, else one frame after the frame before.

    before: seconds of the frame before, -inf for none. rate: frames a second. Raises ClipError for neither.
    """
    if before < 0:
        return stamp if 0 <= stamp < JUMP else 0.0
    if before < stamp <= before + JUMP:
        return stamp
    if rate is None:
        raise VideoError(
            f"{path}: neither time stamps nor a frame rate; give it one: ffmpeg -r 25 -i {path.name} new.mp4"
        )
    return before + 1 / rate


def mp4_size(path: Path) -> int:
    """How many bytes the outermost boxes of an MP4 or QuickTime file say it has; 0 for a file of another kind."""
    at, size = 0, path.stat().st_size
    with path.open("rb") as file:
        while at < size:
            file.seek(at)
            head = file.read(16)
            if at == 0 and head[4:8] not in BOXES:
                return 0
            length = int.from_bytes(head[:4], "big")
            if length == 1:  # too large for four bytes
                length = int.from_bytes(head[8:], "big")
            if length < 8:  # 0: to the end
                return size
            at += length
    return at


def _sane(rate: float) -> float | None:
    return rate if 0 < rate <= FASTEST else None


@contextlib.contextmanager
def open_video(path: Path) -> Iterator[VideoReader]:
    """The clip in a file. Raises ClipError: missing, empty, no clip, or cut short before its table of contents."""
    try:
        empty = path.stat().st_size == 0
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise VideoError(f"{path}: no such file") from None
    except OSError as error:
        raise VideoError(f"{path}: cannot be read: {error.strerror}") from None
    if empty:
        raise VideoError(f"{path}: the file is empty; fetch it again")
    source = cv2.VideoCapture(os.path.abspath(path), cv2.CAP_FFMPEG)  # noqa: PTH100 - absolute, so no "http:" in front
    try:
        if not source.isOpened():
            raise VideoError(
                f"{path}: not a clip that OpenCV can read, or cut short; fetch it again or save it as MP4 (H.264)"
            )
        yield VideoReader(path, source)
    finally:
        source.release()


class VideoWriter:
    """A clip written frame by frame as MP4, at a constant frame rate: frames are held or left out to keep time."""

    def __init__(self, path: Path, rate: float | None) -> None:
        """rate: frames a second; None for 25. The file is made with the first frame."""
        self.path = path
        self.rate = rate or 25.0
        self._out: cv2.VideoWriter | None = None
        self._held: np.ndarray | None = None
        self._written = 0

    def add(self, seconds: float, picture: np.ndarray) -> None:
        """Show this (h, w, 3) uint8 RGB picture from here on; all are of one size. Raises UserError when it cannot be
        written."""
        self._hold_until(round(seconds * self.rate))
        self._held = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)

    def close(self, end: float) -> None:
        """Show the last picture until then, at least once."""
        self._hold_until(max(self._written + 1, round(end * self.rate)))
        if self._out is not None:
            self._out.release()

    def _hold_until(self, number: int) -> None:
        if self._held is None:
            return
        if self._out is None:
            self._out = self._begun(self._held.shape[1], self._held.shape[0])
        while self._written < number:
            self._out.write(self._held)
            self._written += 1

    def _begun(self, width: int, height: int) -> cv2.VideoWriter:
        code = cv2.VideoWriter.fourcc(*"mp4v")
        out = cv2.VideoWriter(os.path.abspath(self.path), cv2.CAP_FFMPEG, code, self.rate, (width, height))  # noqa: PTH100
        if not out.isOpened():
            size = f"{width}x{height} pixels at {self.rate:g} a second"
            raise UserError(f"{self.path}: cannot be written as a clip of {size}; name another folder")
        return out


def is_video(path: Path) -> bool:
    """Whether the name is a clip's."""
    return path.suffix.lower() in SUFFIXES


def list_files(paths: Sequence[str]) -> list[Path]:
    """The picture and clip files that files, folders and patterns stand for, see `images.listing`."""
    return images.list_files(paths, (images.SUFFIXES | SUFFIXES) - NAMED, "pictures or clips")
