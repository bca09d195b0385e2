"""Videos: frames of a file with their times, sampled a few times a second, and videos written frame by frame.

FFmpeg, which OpenCV's wheels hold, reads and writes them. Frames are decoded as they are asked for, so a video of any
length needs the memory of a few. Not in a thread of their own: decoding takes some hundredths of the time of detection.
"""

import contextlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from brandlens.errors import UserError
from brandlens.video_size import claimed_size

SAMPLE_FPS = 4  # frames a second that are sampled by default
MAX_FPS = 240  # a higher frame rate is the time base of a file that does not tell its own
MAX_GAP = 600  # seconds; a frame that claims to come so much later than the one before has a damaged time stamp

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # errors are ours to report, in one line
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


class VideoError(UserError):
    """A video that cannot be read, or not to its end; the message names the file."""


@dataclass(frozen=True)
class Frame:
    """One frame: its index in the video from 0, its time in seconds from the start, (h, w, 3) uint8 RGB.

    sampled: whether detection runs on it; other frames come only where they were asked for.
    """

    index: int
    seconds: float
    picture: np.ndarray
    sampled: bool = True


class VideoReader:
    """An open video; made by `open_video`.

    fps: frames a second, None where the file does not tell. num_frames: how many the file claims, 0 for unknown.
    num_read: frames passed so far. end: seconds, when the last of those leaves the screen.
    """

    def __init__(self, path: Path, capture: cv2.VideoCapture) -> None:
        self.path = path
        self.fps = _valid_fps(capture.get(cv2.CAP_PROP_FPS))
        self.num_frames = max(0, round(capture.get(cv2.CAP_PROP_FRAME_COUNT))) if self.fps else 0
        self.num_read = 0
        self.end = 0.0
        self._capture = capture

    def frames(self, vid_stride: int | None = None, *, include_unsampled: bool = False) -> Iterator[Frame]:
        """Yield every vid_stride-th frame, or by default the first one in each 1 / SAMPLE_FPS seconds, upright.

        Times are the file's own time stamps, so a variable frame rate does no harm; where they do not increase, the
        frame rate continues from the frame before. include_unsampled: yield the frames in between too, which else are
        not even decoded in full. Raises VideoError when there is no frame, no time, or fewer bytes than the file
        claims; all frames that are there have been yielded by then.
        """
        previous, next_sample = -math.inf, 0
        while self._capture.grab():
            index, seconds = self.num_read, self._time(previous)
            self.end = seconds + (1 / self.fps if self.fps else max(0.0, seconds - max(previous, 0.0)))
            self.num_read += 1
            previous = seconds
            sampled = index % vid_stride == 0 if vid_stride else seconds * SAMPLE_FPS >= next_sample - 1e-6
            if sampled:
                next_sample = math.floor(seconds * SAMPLE_FPS + 1e-6) + 1
            if sampled or include_unsampled:
                decoded, picture = self._capture.retrieve()
                if decoded:
                    yield Frame(index, seconds, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), sampled)
        if not self.num_read:
            raise VideoError(f"{self.path}: no frame of it can be decoded; save it anew as MP4 (H.264)")
        if claimed_size(self.path) > self.path.stat().st_size:
            raise VideoError(f"{self.path}: cut short after {self.end:.1f} s, which were read; fetch it again")

    def _time(self, previous: float) -> float:
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return frame_time(stamp, previous, self.fps, self.path)


def frame_time(stamp: float, previous: float, fps: float | None, path: Path) -> float:
    """Return a frame's time in seconds: its time stamp where that is plausible, else one frame after the frame before.

    previous: seconds of the frame before, -inf for none. fps: frames a second. Raises VideoError when neither is known.
    """
    if previous < 0:
        return stamp if 0 <= stamp < MAX_GAP else 0.0
    if previous < stamp <= previous + MAX_GAP:
        return stamp
    if fps is None:
        raise VideoError(
            f"{path}: neither time stamps nor a frame rate; give it one: ffmpeg -r 25 -i {path.name} new.mp4"
        )
    return previous + 1 / fps


def _valid_fps(fps: float) -> float | None:
    return fps if 0 < fps <= MAX_FPS else None


@contextlib.contextmanager
def open_video(path: Path) -> Iterator[VideoReader]:
    """Open a video file. Raises VideoError: missing, empty, not a video, or cut short before its table of contents."""
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
    capture = cv2.VideoCapture(os.path.abspath(path), cv2.CAP_FFMPEG)  # noqa: PTH100 - absolute, so never an URL
    try:
        if not capture.isOpened():
            if claimed_size(path) > path.stat().st_size:
                raise VideoError(f"{path}: cut short before anything can be read; fetch it again")
            raise VideoError(f"{path}: not a video that OpenCV can read; fetch it again or save it as MP4 (H.264)")
        yield VideoReader(path, capture)
    finally:
        capture.release()


class VideoWriter:
    """Writes a video frame by frame as MP4 at a constant frame rate: frames are repeated or dropped to keep time."""

    def __init__(self, path: Path, fps: float | None) -> None:
        """fps: frames a second; None for 25. The file is there when it is closed, under a hidden name until then."""
        self.path = path
        # absolute, so never an URL; hidden, so that what a kill leaves behind is taken for no video
        self._temporary = (Path.cwd() / path).with_name(f".{os.getpid()}.{path.name}")
        self.fps = fps or 25.0
        self._writer: cv2.VideoWriter | None = None
        self._last: np.ndarray | None = None
        self._num_written = 0

    def add(self, seconds: float, picture: np.ndarray) -> None:
        """Show this (h, w, 3) uint8 RGB picture from this time on; all are of one size.

        Raises UserError when the file cannot be written.
        """
        self._repeat_until(round(seconds * self.fps))
        self._last = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)

    def close(self, end: float) -> None:
        """Show the last picture until `end` in seconds, for one frame at least, and close the file.

        Raises UserError when the file does not hold all frames: FFmpeg does not tell of a disk that is full.
        """
        self._repeat_until(max(self._num_written + 1, round(end * self.fps)))
        if self._writer is None:
            return
        self._writer.release()
        written = cv2.VideoCapture(str(self._temporary), cv2.CAP_FFMPEG)
        num_frames = round(written.get(cv2.CAP_PROP_FRAME_COUNT))
        written.release()
        if num_frames < self._num_written:
            self._temporary.unlink(missing_ok=True)
            raise UserError(f"{self.path}: could not be written whole; free disk space, or name another folder")
        self._temporary.replace(self.path)

    def _repeat_until(self, index: int) -> None:
        if self._last is None:
            return
        if self._writer is None:
            self._writer = self._open(self._last.shape[1], self._last.shape[0])
        while self._num_written < index:
            self._writer.write(self._last)
            self._num_written += 1

    def _open(self, width: int, height: int) -> cv2.VideoWriter:
        code = cv2.VideoWriter.fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(self._temporary), cv2.CAP_FFMPEG, code, self.fps, (width, height))
        if not writer.isOpened():
            size = f"{width}x{height} pixels at {self.fps:g} frames a second"
            raise UserError(f"{self.path}: cannot be written as a video of {size}; name another folder")
        return writer
