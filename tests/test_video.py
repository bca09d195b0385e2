"""Frames and their times out of clips of all kinds, and what is said of files that are none."""

import math
import re
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens import video
from brandlens.errors import PictureError, UserError
from brandlens.video import Frame, VideoError, VideoWriter

SIZE = (64, 48)
Make = Callable[..., Path]


def shade(number: int) -> int:
    """How bright frame number n of a test clip is."""
    return 5 + 6 * number


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A function of a name, a count of frames and a rate that writes a clip of plain frames, each brighter."""

    def made(name: str, count: int = 30, rate: float = 10.0) -> Path:
        code = "MJPG" if name.endswith(".avi") else "mp4v"
        out = cv2.VideoWriter(str(tmp_path / name), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), rate, SIZE)
        for number in range(count):
            out.write(np.full((SIZE[1], SIZE[0], 3), shade(number), np.uint8))
        out.release()
        return tmp_path / name

    return made


def frames(path: Path, *words: object, **options: object) -> list[Frame]:
    with video.open_video(path) as clip:
        return list(clip.frames(*words, **options))


def brightness(frame: Frame) -> float:
    return float(frame.picture.mean())


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv", "a.mov"])
def test_frames(make: Make, name: str) -> None:
    found = frames(make(name), 1)
    assert [each.number for each in found] == list(range(30))
    assert [each.seconds for each in found] == pytest.approx([number / 10 for number in range(30)], abs=2e-3)
    for each in found:
        assert (each.picture.shape, each.picture.dtype) == ((48, 64, 3), np.uint8)
        assert abs(brightness(each) - shade(each.number)) < 4


def test_what_is_known_of_a_clip(make: Make) -> None:
    with video.open_video(make("a.mp4")) as clip:
        assert (clip.rate, clip.count, clip.read, clip.end) == (10, 30, 0, 0)
        assert len(list(clip.frames())) == 12
        assert (clip.read, clip.end) == (30, pytest.approx(3))


@pytest.mark.parametrize(
    ("rate", "every", "numbers"),
    [
        pytest.param(10, None, [0, 3, 5, 8, 10, 13, 15, 18], id="four looks a second"),
        pytest.param(30, None, [0, 8, 15], id="of a faster clip"),
        pytest.param(2, None, list(range(20)), id="every frame of a slow one"),
        pytest.param(10, 1, list(range(20)), id="every frame"),
        pytest.param(10, 7, [0, 7, 14], id="every seventh"),
        pytest.param(10, 100, [0], id="the first alone"),
    ],
)
def test_looks(make: Make, rate: float, every: int | None, numbers: list[int]) -> None:
    path = make("a.mp4", 20, rate)
    assert [each.number for each in frames(path, every)] == numbers
    both = frames(path, every, between=True)
    assert [each.number for each in both] == list(range(20))
    assert [each.number for each in both if each.look] == numbers


def test_colours_are_red_first(tmp_path: Path) -> None:
    copy = VideoWriter(tmp_path / "a.mp4", 10)
    copy.add(0, np.full((48, 64, 3), (250, 10, 10), np.uint8))
    copy.close(0.1)
    red, _, blue = frames(tmp_path / "a.mp4")[0].picture.mean(axis=(0, 1))
    assert red > 200
    assert blue < 60


# Clips as they come


def inside(data: bytes, *names: bytes) -> int:
    """Where the box of the innermost of these names begins in an MP4, each in the one before."""
    at = 0
    for name in names:
        at = data.index(name, at)
    return at - 4


def turned(path: Path, matrix: tuple[int, ...]) -> None:
    """Have an MP4 say that it is to be shown turned, as phones do."""
    data = bytearray(path.read_bytes())
    at = inside(data, b"moov", b"tkhd") + 8 + 40
    data[at : at + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)


def paced(path: Path, *runs: tuple[int, int]) -> None:
    """Have an MP4 show so many frames for so many ticks each, run by run: a variable frame rate."""
    data = path.read_bytes()
    at = inside(data, b"moov", b"stts")
    size = struct.unpack(">I", data[at : at + 4])[0]
    table = struct.pack(">4sII", b"stts", 0, len(runs)) + b"".join(struct.pack(">II", *run) for run in runs)
    new = bytearray(data[:at] + struct.pack(">I", len(table) + 4) + table + data[at + size :])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        place = inside(data, b"moov", name)
        longer = struct.unpack(">I", new[place : place + 4])[0] + len(table) + 4 - size
        new[place : place + 4] = struct.pack(">I", longer)
    path.write_bytes(new)


def streamed(path: Path) -> None:
    """Have an MP4 begin with its table of contents, as those on the web do."""
    data = path.read_bytes()
    at, table = inside(data, b"mdat"), inside(data, b"moov")
    moov = bytearray(data[table:])
    place = inside(moov, b"stco") + 12
    for entry in range(place + 4, place + 4 + 4 * struct.unpack(">I", moov[place : place + 4])[0], 4):
        moov[entry : entry + 4] = struct.pack(">I", struct.unpack(">I", moov[entry : entry + 4])[0] + len(moov))
    path.write_bytes(data[:at] + moov + data[at:table])


def ticks(path: Path) -> int:
    """How many ticks each frame of an MP4 lasts, at a constant frame rate."""
    data = path.read_bytes()
    at = inside(data, b"moov", b"stts")
    return struct.unpack(">I", data[at + 20 : at + 24])[0]


def test_a_clip_from_a_phone_held_upright(make: Make) -> None:
    path = make("a.mp4")
    turned(path, (0, 1 << 16, 0, -1 << 16, 0, 0, SIZE[1] << 16, 0, 1 << 30))
    assert {each.picture.shape for each in frames(path)} == {(64, 48, 3)}


def test_a_variable_frame_rate(make: Make) -> None:
    path = make("a.mp4", 20)
    tick = ticks(path)
    paced(path, (10, tick), (10, 5 * tick))
    path.write_bytes(path.read_bytes().replace(b"edts", b"free"))
    found = frames(path, 1)
    assert [each.seconds for each in found] == pytest.approx([*np.arange(10) / 10, *(1 + np.arange(10) / 2)])
    assert [each.number for each in frames(path)] == [0, 3, 5, 8, *range(10, 20)]


def test_a_clip_that_was_trimmed_is_whole(make: Make) -> None:
    """An edit list shows the first two seconds alone, though all frames are there."""
    path = make("a.mp4", 20)
    tick = ticks(path)
    paced(path, (10, tick), (10, 5 * tick))
    assert len(frames(path, 1)) == 12


@pytest.mark.parametrize(
    ("stamp", "before", "rate", "seconds"),
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
def test_times(stamp: float, before: float, rate: float | None, seconds: float) -> None:
    assert video.frame_time(stamp, before, rate, Path("a.mp4")) == pytest.approx(seconds)


def test_neither_stamps_nor_a_rate() -> None:
    with pytest.raises(VideoError, match=r"^a\.h264: neither time stamps nor a frame rate; .* -r 25 -i a\.h264"):
        video.frame_time(0.0, 0.0, None, Path("a.h264"))


# Files that are no clips, or not whole ones


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "the file is empty", id="an empty file"),
        pytest.param(b"<html></html>", "not a clip", id="a web page"),
        pytest.param(b"\0" * 5000, "not a clip", id="zeros"),
    ],
)
def test_no_clip(tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes, words: str) -> None:
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
        streamed(path)
        assert len(frames(path, 1)) == 30
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * 0.6)])
    found = []
    with video.open_video(path) as clip, pytest.raises(VideoError, match=r"cut short after [0-2]\.\d s"):
        found.extend(each.number for each in clip.frames(1))
    assert found == list(range(len(found)))
    assert 1 <= len(found) < 28
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "size"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param(b"RIFF\x99\0\0\0AVI LIST", 0, id="another kind of file"),
        pytest.param(b"\0\0\0\x08free", 8, id="a box"),
        pytest.param(b"\0\0\0\x08free\0\0\0\x63mdat", 107, id="a box that is not all there"),
        pytest.param(b"\0\0\0\x01mdat" + (99).to_bytes(8, "big"), 99, id="a large one"),
        pytest.param(b"\0\0\0\0mdat" + bytes(40), 48, id="one to the end"),
    ],
)
def test_boxes_of_a_file(tmp_path: Path, content: bytes, size: int) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert video.mp4_size(tmp_path / "a.mp4") == size


def test_no_frames(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    path = make("a.mp4")
    data = bytearray(path.read_bytes())
    at, table = inside(data, b"mdat"), inside(data, b"moov")
    data[at + 8 : table] = bytes(table - at - 8)
    path.write_bytes(data)
    with pytest.raises(VideoError, match=r"no frame of it can be decoded|not a clip"):
        frames(path)
    assert capfd.readouterr().err == ""


def test_a_file_is_never_an_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make: Make) -> None:
    make("plain.mp4").rename(tmp_path / "http:a.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(frames(Path("http:a.mp4"))) == 12


# Copies


def test_a_copy_keeps_time(tmp_path: Path) -> None:
    """Frames that come late are held, and two within one frame of the copy are one."""
    copy = VideoWriter(tmp_path / "a.mp4", 10)
    for number, seconds in enumerate((0, 0.1, 0.5, 0.52, 0.6)):
        copy.add(seconds, np.full((48, 64, 3), 40 * (1 + number), np.uint8))
    copy.close(0.8)
    shown = [brightness(each) / 40 for each in frames(tmp_path / "a.mp4", 1)]
    assert shown == pytest.approx([1, 2, 2, 2, 2, 4, 5, 5], abs=0.1)


def test_a_copy_of_nothing_is_no_file(tmp_path: Path) -> None:
    VideoWriter(tmp_path / "a.mp4", 10).close(0)
    assert not (tmp_path / "a.mp4").exists()


def test_a_copy_without_a_rate_and_of_odd_size(tmp_path: Path) -> None:
    copy = VideoWriter(tmp_path / "a.mp4", None)
    copy.add(0, np.zeros((49, 65, 3), np.uint8))
    copy.close(0)
    with video.open_video(tmp_path / "a.mp4") as clip:
        assert (clip.rate, clip.count) == (25, 1)


def test_a_copy_that_cannot_be_written(tmp_path: Path) -> None:
    copy = VideoWriter(tmp_path / "none" / "a.mp4", 10)
    copy.add(0, np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(UserError, match=r"a\.mp4: cannot be written as a clip of 64x48"):
        copy.close(0.1)


# Listings


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.png", "a.mp4", "c.MOV", "below/d.webm", ".hidden/e.mp4", "f.ts", "g.txt", "empty/h.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["."], ["a.mp4", "b.png", "below/d.webm", "c.MOV"], id="a folder"),
        pytest.param(["b.png", "a.mp4"], ["b.png", "a.mp4"], id="files"),
        pytest.param(["*.mp4", "."], ["a.mp4", "b.png", "below/d.webm", "c.MOV"], id="each once"),
        pytest.param(["f.ts"], ["f.ts"], id="a name that may be another's"),
        pytest.param(["none.mp4", "a.mp4"], ["none.mp4", "a.mp4"], id="a missing one among others"),
    ],
)
def test_listing(album: Path, words: list[str], found: list[str]) -> None:
    assert [each.as_posix() for each in video.list_files(words)] == found


@pytest.mark.parametrize("word", ["none.mp4", "*.avi", "empty"])
def test_listing_refuses_what_names_nothing(album: Path, word: str) -> None:
    with pytest.raises(PictureError, match=re.escape(word)):
        video.list_files([word])


@pytest.mark.parametrize(("name", "clip"), [("a.mp4", True), ("a.MP4", True), ("a.ts", True), ("a.gif", False)])
def test_clips_are_told_by_name(name: str, clip: bool) -> None:
    assert video.is_video(Path(name)) == clip
