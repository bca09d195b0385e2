"""Frames and their times out of videos of all kinds, what is refused, and videos written."""

import math
import re
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens import video
from brandlens.errors import UserError
from brandlens.video import Frame, VideoError, VideoWriter

SIZE = (64, 48)
Make = Callable[..., Path]


def shade(index: int) -> int:
    """Return the grey level of a frame of a test video."""
    return 5 + 6 * index


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function of a name, a number of frames and a frame rate that writes a video of ever brighter frames."""

    def made(name: str, num_frames: int = 30, fps: float = 10.0) -> Path:
        code = "MJPG" if name.endswith(".avi") else "mp4v"
        out = cv2.VideoWriter(str(tmp_path / name), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), fps, SIZE)
        for index in range(num_frames):
            out.write(np.full((SIZE[1], SIZE[0], 3), shade(index), np.uint8))
        out.release()
        return tmp_path / name

    return made


def frames(path: Path, vid_stride: int | None = None, **options: bool) -> list[Frame]:
    with video.open_video(path) as reader:
        return list(reader.frames(vid_stride, **options))


def brightness(frame: Frame) -> float:
    return float(frame.picture.mean())


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv", "a.mov"])
def test_frames(make: Make, name: str) -> None:
    decoded = frames(make(name), 1)
    assert [frame.index for frame in decoded] == list(range(30))
    assert [frame.seconds for frame in decoded] == pytest.approx([index / 10 for index in range(30)], abs=2e-3)
    for frame in decoded:
        assert (frame.picture.shape, frame.picture.dtype) == ((48, 64, 3), np.uint8)
        assert abs(brightness(frame) - shade(frame.index)) < 4


def test_properties_of_a_video(make: Make) -> None:
    with video.open_video(make("a.mp4")) as reader:
        assert (reader.fps, reader.num_frames, reader.num_read, reader.end) == (10, 30, 0, 0)
        assert len(list(reader.frames())) == 12
        assert (reader.num_read, reader.end) == (30, pytest.approx(3))


@pytest.mark.parametrize(
    ("fps", "vid_stride", "indices"),
    [
        pytest.param(10, None, [0, 3, 5, 8, 10, 13, 15, 18], id="four frames a second"),
        pytest.param(30, None, [0, 8, 15], id="of a faster video"),
        pytest.param(2, None, list(range(20)), id="every frame of a slow one"),
        pytest.param(10, 1, list(range(20)), id="every frame"),
        pytest.param(10, 7, [0, 7, 14], id="every seventh"),
        pytest.param(10, 100, [0], id="the first alone"),
    ],
)
def test_sampled_frames(make: Make, fps: float, vid_stride: int | None, indices: list[int]) -> None:
    path = make("a.mp4", 20, fps)
    assert [frame.index for frame in frames(path, vid_stride)] == indices
    everything = frames(path, vid_stride, include_unsampled=True)
    assert [frame.index for frame in everything] == list(range(20))
    assert [frame.index for frame in everything if frame.sampled] == indices


def test_colors_are_red_first(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.mp4", 10)
    writer.add(0, np.full((48, 64, 3), (250, 10, 10), np.uint8))
    writer.close(0.1)
    red, _, blue = frames(tmp_path / "a.mp4")[0].picture.mean(axis=(0, 1))
    assert red > 200
    assert blue < 60


# Videos as phones and the web make them


def inside(data: bytes, *names: bytes) -> int:
    """Return the offset in an MP4 of the box of the last of these names, each inside the one before."""
    offset = 0
    for name in names:
        offset = data.index(name, offset)
    return offset - 4


def set_rotation(path: Path, matrix: tuple[int, ...]) -> None:
    """Write a display matrix into an MP4, as phones do."""
    data = bytearray(path.read_bytes())
    start = inside(data, b"moov", b"tkhd") + 8 + 40
    data[start : start + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)


def set_frame_durations(path: Path, *runs: tuple[int, int]) -> None:
    """Give an MP4 a variable frame rate: run by run, so many frames of so many ticks each."""
    data = path.read_bytes()
    start = inside(data, b"moov", b"stts")
    size = struct.unpack(">I", data[start : start + 4])[0]
    table = struct.pack(">4sII", b"stts", 0, len(runs)) + b"".join(struct.pack(">II", *run) for run in runs)
    new = bytearray(data[:start] + struct.pack(">I", len(table) + 4) + table + data[start + size :])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        box = inside(data, b"moov", name)
        length = struct.unpack(">I", new[box : box + 4])[0] + len(table) + 4 - size
        new[box : box + 4] = struct.pack(">I", length)
    path.write_bytes(new)


def move_table_to_front(path: Path) -> None:
    """Have an MP4 begin with its table of contents, as those on the web do."""
    data = path.read_bytes()
    mdat, table = inside(data, b"mdat"), inside(data, b"moov")
    moov = bytearray(data[table:])
    count = inside(moov, b"stco") + 12
    for entry in range(count + 4, count + 4 + 4 * struct.unpack(">I", moov[count : count + 4])[0], 4):
        moov[entry : entry + 4] = struct.pack(">I", struct.unpack(">I", moov[entry : entry + 4])[0] + len(moov))
    path.write_bytes(data[:mdat] + moov + data[mdat:table])


def frame_duration(path: Path) -> int:
    """Return how many ticks each frame of an MP4 lasts, at a constant frame rate."""
    data = path.read_bytes()
    start = inside(data, b"moov", b"stts")
    return struct.unpack(">I", data[start + 20 : start + 24])[0]


def test_a_video_from_a_phone_held_upright(make: Make) -> None:
    path = make("a.mp4")
    set_rotation(path, (0, 1 << 16, 0, -1 << 16, 0, 0, SIZE[1] << 16, 0, 1 << 30))
    assert {frame.picture.shape for frame in frames(path)} == {(64, 48, 3)}


def test_a_variable_frame_rate(make: Make) -> None:
    path = make("a.mp4", 20)
    tick = frame_duration(path)
    set_frame_durations(path, (10, tick), (10, 5 * tick))
    path.write_bytes(path.read_bytes().replace(b"edts", b"free"))
    seconds = [frame.seconds for frame in frames(path, 1)]
    assert seconds == pytest.approx([*np.arange(10) / 10, *(1 + np.arange(10) / 2)])
    assert [frame.index for frame in frames(path)] == [0, 3, 5, 8, *range(10, 20)]


def test_a_trimmed_video_is_not_cut_short(make: Make) -> None:
    """An edit list hides all but the first two seconds, though every frame is there."""
    path = make("a.mp4", 20)
    tick = frame_duration(path)
    set_frame_durations(path, (10, tick), (10, 5 * tick))
    assert len(frames(path, 1)) == 12


@pytest.mark.parametrize(
    ("stamp", "previous", "fps", "seconds"),
    [
        pytest.param(0.0, -math.inf, 10, 0.0, id="the first"),
        pytest.param(0.08, -math.inf, None, 0.08, id="a first that comes late"),
        pytest.param(-3.0, -math.inf, 10, 0.0, id="a first before the start"),
        pytest.param(math.nan, -math.inf, 10, 0.0, id="a first without a stamp"),
        pytest.param(1.5, 1.0, None, 1.5, id="a stamp"),
        pytest.param(1.0, 1.0, 10, 1.1, id="a stamp that stays"),
        pytest.param(0.0, 1.0, 10, 1.1, id="none"),
        pytest.param(math.nan, 1.0, 10, 1.1, id="not a number"),
        pytest.param(1e9, 1.0, 10, 1.1, id="a damaged one"),
    ],
)
def test_frame_time(stamp: float, previous: float, fps: float | None, seconds: float) -> None:
    assert video.frame_time(stamp, previous, fps, Path("a.mp4")) == pytest.approx(seconds)


def test_neither_stamps_nor_a_rate() -> None:
    with pytest.raises(VideoError, match=r"^a\.h264: neither time stamps nor a frame rate; .* -r 25 -i a\.h264"):
        video.frame_time(0.0, 0.0, None, Path("a.h264"))


# Files that are no videos, or not whole ones


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "the file is empty", id="an empty file"),
        pytest.param(b"<html></html>", "not a video", id="a web page"),
        pytest.param(b"\0" * 5000, "not a video", id="zeros"),
    ],
)
def test_not_a_video(tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes, words: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=f"^{re.escape(str(path))}: {words}"):
        frames(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("name", "words"), [("none.mp4", "no such file"), ("folder.mp4", "cannot be read")])
def test_no_file(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(VideoError, match=words):
        frames(tmp_path / name)


def test_cut_short_before_its_table(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    path = make("a.mp4")
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(VideoError, match=r"cut short"):
        frames(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["a.avi", "a.mp4", "a.mkv"])
def test_cut_short_gives_what_is_there(make: Make, capfd: pytest.CaptureFixture[str], name: str) -> None:
    path = make(name)
    if name == "a.mp4":
        move_table_to_front(path)
        assert len(frames(path, 1)) == 30
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * 0.6)])
    indices = []
    with video.open_video(path) as reader, pytest.raises(VideoError, match=r"cut short after [0-2]\.\d s"):
        indices.extend(frame.index for frame in reader.frames(1))
    assert indices == list(range(len(indices)))
    assert 1 <= len(indices) < 28
    assert capfd.readouterr().err == ""


def test_a_duration_that_counts_from_another_time(make: Make) -> None:
    """As Matroska has it of a video that starts late, or has a longer sound."""
    path = make("a.mkv")
    data = bytearray(path.read_bytes())
    place = data.index(b"\x44\x89\x88") + 3
    data[place : place + 8] = struct.pack(">d", 33_000.0)
    path.write_bytes(data)
    with video.open_video(path) as reader:
        assert reader.num_frames == 330
        assert len(list(reader.frames(1))) == 30


def test_no_frames(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    path = make("a.mp4")
    data = bytearray(path.read_bytes())
    mdat, table = inside(data, b"mdat"), inside(data, b"moov")
    data[mdat + 8 : table] = bytes(table - mdat - 8)
    path.write_bytes(data)
    with pytest.raises(VideoError, match=r"no frame of it can be decoded|not a video"):
        frames(path)
    assert capfd.readouterr().err == ""


def test_a_file_is_never_an_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make: Make) -> None:
    make("plain.mp4").rename(tmp_path / "http:a.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(frames(Path("http:a.mp4"))) == 12


# Writing


def test_a_full_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg says nothing of it, so the file is looked at."""
    writer = VideoWriter(tmp_path / "a.mp4", 10)
    writer.add(0, np.zeros((48, 64, 3), np.uint8))
    monkeypatch.setattr(cv2, "VideoCapture", EmptyCapture)
    with pytest.raises(UserError, match=r"a\.mp4: could not be written whole; free disk space"):
        writer.close(1)
    assert list(tmp_path.iterdir()) == []


class EmptyCapture:
    """What OpenCV opens where the table of contents is missing."""

    def __init__(self, path: str, api: int) -> None:
        del path, api

    def get(self, _: int) -> float:
        return 0.0

    def release(self) -> None:
        pass


def test_a_written_video_keeps_time(tmp_path: Path) -> None:
    """A picture is repeated until the next, and of two within one frame the later one is kept."""
    writer = VideoWriter(tmp_path / "a.mp4", 10)
    for index, seconds in enumerate((0, 0.1, 0.5, 0.52, 0.6)):
        writer.add(seconds, np.full((48, 64, 3), 40 * (1 + index), np.uint8))
    assert not (tmp_path / "a.mp4").exists()
    writer.close(0.8)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.mp4"]
    pictures = [brightness(frame) / 40 for frame in frames(tmp_path / "a.mp4", 1)]
    assert pictures == pytest.approx([1, 2, 2, 2, 2, 4, 5, 5], abs=0.1)


def test_a_video_of_no_pictures_is_no_file(tmp_path: Path) -> None:
    VideoWriter(tmp_path / "a.mp4", 10).close(0)
    assert not (tmp_path / "a.mp4").exists()


def test_a_video_without_a_frame_rate_and_of_odd_size(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.mp4", None)
    writer.add(0, np.zeros((49, 65, 3), np.uint8))
    writer.close(0)
    with video.open_video(tmp_path / "a.mp4") as reader:
        assert (reader.fps, reader.num_frames) == (25, 1)


def test_a_video_that_cannot_be_written(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "none" / "a.mp4", 10)
    writer.add(0, np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(UserError, match=r"a\.mp4: cannot be written as a video of 64x48"):
        writer.close(0.1)
