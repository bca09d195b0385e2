"""`brandlens logo detect` of videos: what it prints and draws, and its errors for files that are none."""

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens import errors, images, video
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.cli.output.detections import CsvSink, JsonSink, Sink, TextSink, VideoSummary, clock
from brandlens.cli.output.detections_html import HtmlSink
from brandlens.logo.detector import LogoDetector

Scene = Callable[..., np.ndarray]
Detect = Callable[..., tuple[int, list[str], list[str]]]

SIZE = (200, 150)
FPS = 8
WITH_LOGO = range(4, 13)  # the frames of the video that show the logo, of 24


@pytest.fixture
def detect(model_folder: Path, capfd: pytest.CaptureFixture[str]) -> Detect:
    """Return a function of command line words → exit code, lines of standard output, lines of standard error."""

    def called(*words: object) -> tuple[int, list[str], list[str]]:
        code = main.call(["logo", "detect", "--model", str(model_folder), *map(str, words)])
        out, err = capfd.readouterr()
        return code, out.splitlines(), err.splitlines()

    return called


@pytest.fixture
def album(tmp_path: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with a video of 3 s that a logo crosses from 0.5 s to 1.625 s, and a picture."""
    out = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    for frame in range(24):
        logos = [Box(10 + 14 * (frame - WITH_LOGO.start), 40, 60, 60, "cola")] if frame in WITH_LOGO else []
        out.write(cv2.cvtColor(scene(SIZE, *logos), cv2.COLOR_RGB2BGR))
    out.release()
    images.write(tmp_path / "picture.png", scene(SIZE, Box(110, 80, 80, 40, "fizz")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def broken(album: Path) -> Path:
    path = album / "broken.mp4"
    path.write_bytes(b"not a video")
    return path


# Formats


@pytest.mark.parametrize(
    ("sink_class", "output"),
    [
        pytest.param(TextSink, "a.mp4: no logo\n", id="text"),
        pytest.param(
            JsonSink,
            '{"video": "a.mp4", "seconds": 1, "sampled_frames": 4, "appearances": [], "labels": []}\n',
            id="json",
        ),
        pytest.param(CsvSink, "picture,label,score,left,top,width,height,seconds,frame,track\n", id="csv"),
        pytest.param(HtmlSink, "<section>\n<h2>a.mp4</h2>\n<p>no logo</p>\n</section>\n</main>", id="html"),
    ],
)
def test_a_video_without_a_logo(sink_class: Callable[..., Sink], output: str) -> None:
    out = io.StringIO()
    sink = sink_class(out, True)
    sink.add_video(Path("a.mp4"), VideoSummary(1, 4, [], []))
    sink.close()
    assert output in out.getvalue()


def test_text(album: Path, detect: Detect) -> None:
    code, out, err = detect("clip.avi")
    assert (code, err, len(out)) == (0, [], 2)
    assert re.fullmatch(r"clip\.avi: 0:00\.5 - 0:01\.8  cola  \d\.\d\d  1\d\.\d % of the picture", out[0])
    assert re.fullmatch(r"clip\.avi: cola 1\.2 of 3\.0 s on screen, 1\d\.\d % of the picture, 1 appearance", out[1])


def test_json(album: Path, detect: Detect) -> None:
    code, out, err = detect("--format", "json", "clip.avi")
    assert (code, err) == (0, [])
    *frames, summary = map(json.loads, out)
    assert [(frame["frame"], frame["seconds"]) for frame in frames] == [(2 * n, n / 4) for n in range(12)]
    assert [bool(frame["detections"]) for frame in frames] == [frame["frame"] in WITH_LOGO for frame in frames]
    for frame in frames:
        assert list(frame) == ["picture", "seconds", "frame", "width", "height", "detections"]
        assert (frame["width"], frame["height"]) == SIZE
        for detection in frame["detections"]:
            assert list(detection) == ["label", "score", "left", "top", "width", "height", "track"]
            assert (detection["label"], detection["track"]) == ("cola", 1)
            assert abs(detection["left"] - 10 - 14 * (frame["frame"] - WITH_LOGO.start)) < 12
    assert list(summary) == ["video", "seconds", "sampled_frames", "appearances", "labels"]
    assert (summary["video"], summary["seconds"], summary["sampled_frames"]) == ("clip.avi", 3, 12)
    (track,), (label,) = summary["appearances"], summary["labels"]
    assert list(track) == ["track", "label", "start", "end", "score", "area_fraction", "sampled_frames"]
    assert (track["track"], track["start"], track["end"], track["sampled_frames"]) == (1, 0.5, 1.75, 5)
    assert list(label) == ["label", "seconds", "area_fraction", "appearances"]
    assert (label["label"], label["seconds"], label["appearances"]) == ("cola", 1.25, 1)
    assert track["area_fraction"] == label["area_fraction"] == pytest.approx(60 * 60 / (200 * 150), abs=0.05)


def test_csv_of_a_video_and_a_picture(album: Path, detect: Detect) -> None:
    code, out, err = detect("--format", "csv", "clip.avi", "picture.png")
    assert (code, err) == (0, [])
    rows = list(csv.DictReader(out))
    assert len(rows) == 12 + 1
    assert [row["label"] for row in rows] == [*[""] * 2, *["cola"] * 5, *[""] * 5, "fizz"]
    assert [rows[index][name] for index in (2, 0, -1) for name in ("seconds", "frame", "track")] == [
        *("0.5", "4", "1"), *("0.0", "0", ""), *("", "", ""),
    ]  # fmt: skip


def test_pictures_alone_have_no_times(album: Path, detect: Detect) -> None:
    out = detect("--format", "csv", "picture.png")[1]
    assert out[0] == "picture,label,score,left,top,width,height"


def test_html(album: Path, detect: Detect) -> None:
    code, out, err = detect("--format", "html", "clip.avi", "picture.png")
    assert (code, err) == (0, [])
    page = "\n".join(out)
    assert page.endswith("</html>")
    assert "<h2>clip.avi</h2>\n<p>cola 1.2 of 3.0 s on screen" in page
    assert "<p>0:00.5 - 0:01.8: cola" in page
    assert (page.count('<img src="data:image/jpeg;base64,'), page.count("<rect ")) == (2, 2)


def test_a_folder_stands_for_both(album: Path, detect: Detect) -> None:
    out = detect(".")[1]
    assert [line.split(":")[0] for line in out] == ["clip.avi", "clip.avi", "picture.png"]


def test_vid_stride(album: Path, detect: Detect) -> None:
    out = detect("--format", "json", "--vid-stride", 5, "clip.avi")[1]
    assert [json.loads(line)["frame"] for line in out[:-1]] == [0, 5, 10, 15, 20]


def test_a_small_logo_in_a_large_video(tmp_path: Path, scene: Scene, detect: Detect) -> None:
    size = (4000, 152)
    out = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, size)
    for _ in range(4):
        out.write(cv2.cvtColor(scene(size, Box(1900, 40, 50, 50, "cola")), cv2.COLOR_RGB2BGR))
    out.release()
    assert detect(tmp_path / "clip.avi")[1][-1].endswith("no logo")
    assert "cola" in detect("--tile", 1000, tmp_path / "clip.avi")[1][-1]


def test_threshold(album: Path, detect: Detect) -> None:
    assert detect("--threshold", 1, "clip.avi")[1] == ["clip.avi: no logo"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.0"), (59.96, "1:00.0"), (3599.94, "59:59.9"), (3600, "1:00:00.0"), (36061.5, "10:01:01.5")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


# Drawing


def test_a_drawn_video(album: Path, detect: Detect) -> None:
    code, _, err = detect("--draw", "drawn", "clip.avi", "picture.png")
    assert (code, err) == (0, [])
    assert sorted(path.name for path in (album / "drawn").iterdir()) == ["clip.mp4", "picture.jpg"]
    changed = []
    with video.open_video(album / "clip.avi") as before, video.open_video(album / "drawn" / "clip.mp4") as after:
        for first, second in zip(before.frames(1), after.frames(1), strict=True):
            assert second.seconds == pytest.approx(first.seconds, abs=1e-3)
            if np.abs(first.picture.astype(int) - second.picture).max() > 80:
                changed.append(first.index)
    assert changed == list(range(4, 14))  # also the frames that are not sampled


def test_a_video_is_never_overwritten(album: Path, detect: Detect) -> None:
    (album / "clip.avi").rename(album / "clip.mp4")
    before = (album / "clip.mp4").read_bytes()
    for _ in range(2):  # the second time with the drawing beside it
        assert detect("--draw", ".", "*.mp4")[0] == 0
        assert (album / "clip.mp4").read_bytes() == before
        assert sorted(path.name for path in album.glob("*.mp4")) == ["clip-2.mp4", "clip.mp4"]
    with video.open_video(album / "clip-2.mp4") as drawn:
        assert len(list(drawn.frames(1))) == drawn.num_frames


# What goes wrong


@pytest.mark.parametrize("format", ["text", "json", "csv", "html"])
def test_unreadable_videos_are_named_and_the_others_are_done(
    album: Path, broken: Path, detect: Detect, format: str
) -> None:
    code, out, err = detect("--format", format, "broken.mp4", "missing.mov", "picture.png")
    assert code == 1
    assert [" ".join(line.split(": ")[:3]) for line in err] == [
        "brandlens broken.mp4 not a video that OpenCV can read; fetch it again or save it as MP4 (H.264)",
        "brandlens missing.mov no such file",
    ]
    assert "broken" not in "".join(out)
    assert "picture.png" in "".join(out)


def test_a_video_cut_short_is_reported_as_far_as_it_goes(album: Path, detect: Detect) -> None:
    path = album / "clip.avi"
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * 0.8)])
    code, out, err = detect("--draw", "drawn", path.name)
    assert code == 1
    assert out[0].startswith("clip.avi: 0:00.5 - ")
    assert len(err) == 1
    assert re.match(r"brandlens: clip\.avi: cut short after \d\.\d s", err[0])
    with video.open_video(album / "drawn" / "clip.mp4") as drawn:
        assert len(list(drawn.frames(1))) > 5


@pytest.mark.parametrize(
    ("format", "end"),
    [
        pytest.param("text", "1 appearance", id="text"),
        pytest.param("json", "]}", id="json"),
        pytest.param("csv", "1", id="csv"),
        pytest.param("html", "</html>", id="html"),
    ],
)
def test_interrupted(
    album: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    format: str,
    end: str,
) -> None:
    """Ctrl-C at the fifth frame: the output and the drawn video end properly with what was detected by then."""
    frames, original = iter(range(4)), LogoDetector.detect

    def detect(self: LogoDetector, *words: object) -> object:
        if next(frames, None) is None:
            raise KeyboardInterrupt
        return original(self, *words)

    monkeypatch.setattr(LogoDetector, "detect", detect)
    words = ["logo", "detect", "--model", str(model_folder), "--format", format, "--draw", "drawn", "clip.avi"]
    with pytest.raises(SystemExit) as caught:
        errors.run_program(lambda: main.call(words))
    assert caught.value.code == 130
    out, err = capfd.readouterr()
    assert err == "brandlens: interrupted; rerun to resume\n"
    assert out.rstrip().endswith(end)
    with video.open_video(album / "drawn" / "clip.mp4") as drawn:
        assert len(list(drawn.frames(1))) >= 8


def test_a_terminal_gets_a_progress_bar(album: Path, detect: Detect, monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    _, out, err = detect("clip.avi")
    assert len(out) == 2
    assert "/24" in "".join(err)
    assert detect("--format", "json", "clip.avi")[2] == []
