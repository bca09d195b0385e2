"""`brandlens logo detect`: what it prints and draws of pictures of all kinds, and its errors for other files."""

import csv
import io
import json
import re
import shutil
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from brandlens import images
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.cli.logo.detect import PictureTotals, progress_bar
from brandlens.cli.output import drawings
from brandlens.errors import ModelError, UserError
from brandlens.io import locked
from brandlens.logo.detector import LogoDetector

Scene = Callable[..., np.ndarray]
Detect = Callable[..., tuple[int, list[str], list[str]]]

SIZE = (200, 150)
COLA, FIZZ = Box(20, 30, 60, 60, "cola"), Box(110, 80, 80, 40, "fizz")
COLUMNS = ["picture", "label", "score", "left", "top", "width", "height"]


@pytest.fixture
def detect(model_folder: Path, capfd: pytest.CaptureFixture[str]) -> Detect:
    """Return a function of command line words → exit code, lines of standard output, lines of standard error."""

    def called(*words: object, model: Path = model_folder) -> tuple[int, list[str], list[str]]:
        code = main.call(["logo", "detect", "--model", str(model), *map(str, words)])
        out, err = capfd.readouterr()
        return code, out.splitlines(), err.splitlines()

    return called


@pytest.fixture
def album(tmp_path: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with a picture of two logos, one of none, and a logo in a folder below."""
    folder = tmp_path / "album"
    for name, logos in (("both.png", [COLA, FIZZ]), ("empty.png", []), ("below/Köln 東京.png", [COLA])):
        images.write(folder / name, scene(SIZE, *logos))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def broken(album: Path) -> Path:
    """Write a file into the album that is no picture."""
    path = album / "broken.jpg"
    path.write_bytes(b"not a picture")
    return path


# Formats


def test_text(album: Path, detect: Detect) -> None:
    code, out, err = detect("both.png", "empty.png")
    box = r"\d\.\d\d at \d+,\d+ \d+x\d+"
    assert code == 0
    assert len(out) == 2
    assert re.fullmatch(rf"both\.png: (cola {box}; fizz {box}|fizz {box}; cola {box})", out[0])
    assert out[1] == "empty.png: no logo"
    assert err == []


def test_json(album: Path, detect: Detect, model_folder: Path) -> None:
    code, out, err = detect("--format", "json", "both.png", "empty.png", "below/Köln 東京.png")
    assert (code, err) == (0, [])
    assert '"picture": "below/Köln 東京.png"' in out[2]
    lines = [json.loads(line) for line in out]
    assert [line["picture"] for line in lines] == ["both.png", "empty.png", "below/Köln 東京.png"]
    assert [len(line["detections"]) for line in lines] == [2, 0, 1]
    detector = LogoDetector.load(model_folder)
    for line in lines:
        assert list(line) == ["picture", "width", "height", "detections"]
        assert (line["width"], line["height"]) == SIZE
        assert line["detections"] == [asdict(detection) for detection in detector.detect(Path(line["picture"]))]
        for row in line["detections"]:
            assert list(row) == ["label", "score", "left", "top", "width", "height"]
            assert [type(value) for value in row.values()] == [str, float, int, int, int, int]


@pytest.mark.parametrize(("format", "lines"), [("text", 3), ("json", 3), ("csv", 5)])
def test_a_terminal_gets_a_summary(
    album: Path, detect: Detect, monkeypatch: pytest.MonkeyPatch, format: str, lines: int
) -> None:
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    code, out, err = detect("--format", format, ".")
    assert (code, len(out), len(err)) == (0, lines, 1)
    assert re.fullmatch(
        r"3 pictures, 2 with a logo: 2 cola, 1 fizz; \d+\.\d s, [\d.]+ pictures a second", err[0]
    )  # fmt: skip


def test_a_progress_bar_where_it_does_not_disturb(capsys: pytest.CaptureFixture[str]) -> None:
    files = [Path("a.png"), Path("b.png")]
    for hidden in (True, False):
        counted, print_line = progress_bar(files, hidden)
        assert list(counted) == files
        print_line("brandlens: a line", file=sys.stderr)
        err = capsys.readouterr().err
        assert "brandlens: a line\n" in err
        assert ("2/2" in err) != hidden


def test_a_summary_of_no_pictures() -> None:
    assert str(PictureTotals(seconds=0.5)) == "0 pictures, 0 with a logo; 0.5 s, 0.0 pictures a second"


def test_csv(album: Path, detect: Detect, model_folder: Path) -> None:
    code, out, err = detect("--format", "csv", "both.png", "empty.png")
    rows = list(csv.reader(out))
    assert (code, err) == (0, [])
    assert rows[0] == COLUMNS
    detections = LogoDetector.load(model_folder).detect(album / "both.png")
    assert rows[1:3] == [["both.png", *map(str, asdict(detection).values())] for detection in detections]
    assert rows[3:] == [["empty.png", "", "", "", "", "", ""]]


def test_a_label_with_commas_and_quotes(album: Path, detect: Detect, model_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model_folder, tmp_path / "model")
    card = json.loads((folder / "model.json").read_text())
    del card["files"], card["sha256"]  # which tell that it was edited
    card["detector"]["window"]["labels"] = ['Dr. "P", Ünïted', "fizz"]
    (folder / "model.json").write_text(json.dumps(card))
    out = detect("--format", "csv", "below", model=folder)[1]
    assert next(iter(csv.DictReader(out)))["label"] == 'Dr. "P", Ünïted'
    assert json.loads(detect("--format", "json", "below", model=folder)[1][0])["detections"][0]["label"][0] == "D"


def test_html(album: Path, detect: Detect) -> None:
    code, out, err = detect("both.png", "empty.png", "--format", "html")
    assert (code, err) == (0, [])
    page = "\n".join(out)
    assert page.endswith("</html>")
    assert "<h2>both.png</h2>" in page
    assert "<p>no logo</p>" in page
    assert (page.count('<img src="data:image/jpeg;base64,'), page.count("<rect "), page.count("http")) == (2, 2, 0)


def test_another_format_is_refused(album: Path, detect: Detect, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        detect("--format", "xml", "both.png")
    assert caught.value.code == 2
    assert "--format" in capfd.readouterr().err


# Which pictures


@pytest.mark.parametrize(
    ("words", "names"),
    [
        pytest.param(["empty.png"], ["empty.png"], id="a file"),
        pytest.param(["."], ["below/Köln 東京.png", "both.png", "empty.png"], id="a folder with all below"),
        pytest.param(["*.png"], ["both.png", "empty.png"], id="a pattern"),
        pytest.param(["**/*.png"], ["below/Köln 東京.png", "both.png", "empty.png"], id="a pattern for all below"),
        pytest.param(
            ["empty.png", "below", "*.png"], ["empty.png", "below/Köln 東京.png", "both.png"], id="each once, in order"
        ),
    ],
)
def test_pictures(album: Path, detect: Detect, words: list[str], names: list[str]) -> None:
    code, out, err = detect("--format", "json", *words)
    assert (code, err) == (0, [])
    assert [json.loads(line)["picture"] for line in out] == names


@pytest.mark.parametrize("format", ["text", "json", "csv"])
def test_unreadable_files_are_named_and_the_others_are_done(
    album: Path, broken: Path, detect: Detect, format: str
) -> None:
    code, out, err = detect("--format", format, "broken.jpg", "both.png", "missing.png", "empty.png")
    assert code == 1
    assert len(out) == {"text": 2, "json": 2, "csv": 1 + 3}[format]
    assert "both.png" in out[-2]
    assert "empty.png" in out[-1]
    assert [" ".join(line.split(": ")[:2]) for line in err] == ["brandlens broken.jpg", "brandlens missing.png"]


def test_no_file_can_be_read(album: Path, broken: Path, detect: Detect) -> None:
    code, out, err = detect("broken.jpg")
    assert (code, out) == (1, [])
    assert len(err) == 1


@pytest.mark.parametrize("path", ["missing.png", "missing/", "*.gif"])
def test_a_path_that_stands_for_nothing_is_an_error(album: Path, detect: Detect, path: str) -> None:
    with pytest.raises(UserError, match=r"missing|gif"):
        detect(path)


def encoded(pixels: np.ndarray, format: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, format, **options)
    return out.getvalue()


def orientation_tag(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def sixteen_bits(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels[..., ::-1].astype(np.uint16) * 257)[1].tobytes()


def with_alpha(pixels: np.ndarray) -> bytes:
    """Encode with an alpha channel: the background is translucent, the logo is not."""
    picture = Image.fromarray(pixels)
    picture.putalpha(Image.fromarray(np.where((pixels == 128).all(axis=2), 200, 255).astype(np.uint8)))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(encoded, id="PNG"),
        pytest.param(lambda pixels: encoded(pixels, "JPEG", quality=95), id="JPEG"),
        pytest.param(lambda pixels: encoded(pixels, "JPEG", "CMYK", quality=95), id="CMYK JPEG"),
        pytest.param(lambda pixels: encoded(pixels, "PNG", "P"), id="palette"),
        pytest.param(lambda pixels: encoded(pixels, "WEBP", quality=95), id="WebP"),
        pytest.param(sixteen_bits, id="16-bit PNG"),
        pytest.param(with_alpha, id="alpha"),
    ],
)
def test_a_logo_in_any_kind_of_picture(
    tmp_path: Path, scene: Scene, detect: Detect, encode: Callable[[np.ndarray], bytes]
) -> None:
    (tmp_path / "picture").write_bytes(encode(scene(SIZE, COLA)))
    code, out, err = detect("--format", "json", tmp_path / "picture")
    assert (code, err) == (0, [])
    line = json.loads(out[0])
    assert (line["width"], line["height"]) == SIZE
    (detection,) = line["detections"]
    assert detection["label"] == "cola"
    assert abs(detection["left"] - COLA.left) < 12
    assert abs(detection["top"] - COLA.top) < 12


@pytest.mark.parametrize("orientation", [2, 3, 6])
def test_a_logo_in_a_rotated_picture(tmp_path: Path, scene: Scene, detect: Detect, orientation: int) -> None:
    """Coordinates are those of the picture as it is shown; the detector does not know the mirrored logo."""
    back = {6: 8}.get(orientation, orientation)
    stored = Image.fromarray(scene((150, 200), Box(70, 20, 60, 60, "cola")))
    stored.getexif()[0x0112] = back
    ImageOps.exif_transpose(stored).save(tmp_path / "picture.png", exif=orientation_tag(orientation))
    line = json.loads(detect("--format", "json", tmp_path / "picture.png")[1][0])
    assert (line["width"], line["height"]) == (150, 200)
    (detection,) = line["detections"]
    assert abs(detection["left"] - 70) < 12
    assert abs(detection["top"] - 20) < 12


@pytest.mark.parametrize(
    ("content", "size"),
    [
        pytest.param(encoded(np.full((1, 1, 3), 128, np.uint8)), (1, 1), id="one pixel"),
        pytest.param(encoded(np.full((1, 900, 3), 128, np.uint8)), (900, 1), id="a line"),
        pytest.param(encoded(np.full((60, 80, 3), 77, np.uint8), "JPEG", "L"), (80, 60), id="grey JPEG"),
        pytest.param(encoded(np.full((60, 80, 3), 255, np.uint8), "PNG", "1"), (80, 60), id="one bit"),
        pytest.param(encoded(np.full((60, 80, 3), 9, np.uint8), "GIF", "P"), (80, 60), id="GIF"),
    ],
)
def test_pictures_without_a_logo(tmp_path: Path, detect: Detect, content: bytes, size: tuple[int, int]) -> None:
    (tmp_path / "picture").write_bytes(content)
    code, out, err = detect("--format", "json", tmp_path / "picture")
    assert (code, err) == (0, [])
    assert json.loads(out[0]) == {
        "picture": str(tmp_path / "picture"), "width": size[0], "height": size[1], "detections": [],
    }  # fmt: skip


def huge_png(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    body = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "empty", id="an empty file"),
        pytest.param(b"<html></html>", "not a picture", id="a web page"),
        pytest.param(encoded(np.full((60, 80, 3), 77, np.uint8))[:-20], "cut short", id="cut short"),
        pytest.param(huge_png(20_000, 20_000), "more than 200,000,000", id="400 megapixels"),
        pytest.param(huge_png(2**31 - 1, 2**31 - 1), "more than 200,000,000", id="billions of pixels"),
        pytest.param(huge_png(12_000, 10_000), "cut short or damaged (PNG)", id="120 megapixels, none of them there"),
    ],
)
def test_the_error_for_no_picture_is_one_line(tmp_path: Path, detect: Detect, content: bytes, message: str) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    code, out, err = detect(path)
    assert (code, out) == (1, [])
    (line,) = (line for line in err if not line.startswith("libpng"))  # which cannot be silenced
    assert line.startswith(f"brandlens: {path}: ")
    assert message in line


# The threshold


@pytest.mark.parametrize(
    ("words", "count"),
    [
        pytest.param([], 1, id="the model's own"),
        pytest.param(["--threshold", "0.5"], 1, id="the same"),
        pytest.param(["--threshold", "0.2"], 2, id="a lower one"),
        pytest.param(["--threshold=1"], 0, id="the highest"),
    ],
)
def test_threshold(tmp_path: Path, scene: Scene, detect: Detect, words: list[str], count: int) -> None:
    pixels = scene(SIZE, COLA)
    area = np.s_[FIZZ.top : FIZZ.top + FIZZ.height, FIZZ.left : FIZZ.left + FIZZ.width]
    pixels[area] = scene(SIZE, FIZZ, strength=0.48)[area]
    images.write(tmp_path / "picture.png", pixels)
    line = json.loads(detect("--format", "json", *words, tmp_path / "picture.png")[1][0])
    assert len(line["detections"]) == count


def test_a_small_logo_in_a_large_picture(tmp_path: Path, scene: Scene, detect: Detect) -> None:
    images.write(tmp_path / "large.png", scene((4000, 150), Box(1900, 40, 50, 50, "cola")))
    assert detect(tmp_path / "large.png")[1][0].endswith("no logo")
    (detection,) = json.loads(detect("--tile", 1000, "--format", "json", tmp_path / "large.png")[1][0])["detections"]
    assert detection["label"] == "cola"
    assert abs(detection["left"] - 1900) < 10


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--tile", "63"),
        ("--tile", "1.5"),
        ("--threshold", "1.01"),
        ("--threshold", "nan"),
        ("--threshold", ""),
        ("--vid-stride", "0"),
    ],
)
def test_invalid_numbers(detect: Detect, capfd: pytest.CaptureFixture[str], option: str, value: str) -> None:
    with pytest.raises(SystemExit) as caught:
        detect("both.png", f"{option}={value}")
    assert caught.value.code == 2
    assert option in capfd.readouterr().err.splitlines()[-1]


# Drawing


def test_drawn_pictures(album: Path, broken: Path, detect: Detect, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "drawn"
    code, out, _ = detect("--draw", folder, ".")
    assert code == 1
    assert len(out) == 3
    assert sorted(path.name for path in folder.iterdir()) == ["Köln 東京.jpg", "both.jpg", "empty.jpg"]
    for name, changed in (("both", True), ("empty", False), ("below/Köln 東京", True)):
        before, after = images.read(Path(f"{name}.png")), images.read(folder / f"{Path(name).name}.jpg")
        assert after.shape == before.shape
        assert (np.abs(after.astype(int) - before).max() > 100) == changed


def test_what_an_earlier_run_has_drawn_is_not_drawn_again(album: Path, detect: Detect) -> None:
    first, second = detect("--draw", "drawn", "."), detect("--draw", "drawn", ".")
    assert first[:2] == second[:2]
    assert "--draw drawn: left out 3 drawings of an earlier run" in " ".join(second[2])
    assert len(list(Path("drawn").iterdir())) == 3
    with pytest.raises(UserError, match="--draw only/drawn: all pictures are drawings of an earlier run"):
        Path("only").mkdir()
        shutil.copytree("drawn", "only/drawn")
        detect("--draw", "only/drawn", "only")


def test_each_label_has_its_own_color(album: Path, detect: Detect, tmp_path: Path) -> None:
    detect("--draw", tmp_path, "both.png")
    drawn = images.read(tmp_path / "both.jpg").astype(int)
    detections = json.loads(detect("--format", "json", "both.png")[1][0])["detections"]
    edges = [
        drawn[box["top"] + box["height"] - 1, box["left"] + 8 : box["left"] + 30].mean(axis=0) for box in detections
    ]
    assert np.abs(edges[0] - edges[1]).max() > 60


def test_names_that_clash_are_numbered(tmp_path: Path, scene: Scene, detect: Detect) -> None:
    names = ["a/x.png", "b/x.png", "b/x.jpg", "c/X.png", "c/x-2.png"]
    for index, name in enumerate(names):
        images.write(tmp_path / name, scene((40 + index, 30)))
    code, _, _ = detect("--draw", tmp_path / "drawn", *(tmp_path / name for name in names))
    assert code == 0
    drawn = {path.name: images.read(path).shape[1] - 40 for path in (tmp_path / "drawn").iterdir()}
    assert drawn == {"x.jpg": 0, "x-2.jpg": 1, "x-3.jpg": 2, "X-4.jpg": 3, "x-2-2.jpg": 4}


def test_output_paths_of_no_pictures() -> None:
    assert drawings.output_paths([], Path("drawn"), []) == []


def test_another_run_into_the_same_folder_is_reported(album: Path, detect: Detect, tmp_path: Path) -> None:
    (tmp_path / "drawn").mkdir()
    with locked(tmp_path / "drawn"), pytest.raises(UserError, match=r"drawn: another run is writing it; .*--draw"):
        detect("--draw", tmp_path / "drawn", "both.png")
    assert detect("--draw", tmp_path / "drawn", "both.png")[0] == 0
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["both.jpg"]


def test_a_folder_of_files_named_otherwise(tmp_path: Path, detect: Detect, scene: Scene) -> None:
    """What begins like a picture is looked at, what cannot be read is counted, and what is none is passed over."""
    folder = tmp_path / "mix"
    for name in ("shot.PNG", "saved.jfif", "old.jpe", "noext"):
        images.write(tmp_path / "new.png", scene((80, 60)))
        folder.mkdir(exist_ok=True)
        (tmp_path / "new.png").rename(folder / name)
    (folder / "notes.txt").write_text("nothing to see")
    code, out, err = detect(folder)
    assert (code, len(out), err) == (0, 4, [])
    (folder / "design").write_bytes(b"8BPS\0\1")
    code, out, err = detect(folder)
    assert (code, len(out)) == (1, 4)
    assert err == [
        "brandlens: 1 file was left out: 1 Photoshop (save it as JPEG or PNG), such as " + str(folder / "design")
    ]


def test_drawing_again_replaces_what_was_drawn(album: Path, detect: Detect, tmp_path: Path) -> None:
    for _ in range(2):
        detect("--draw", tmp_path / "drawn", "both.png")
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["both.jpg"]


@pytest.mark.parametrize("folder", [".", "../album", "below/.."])
def test_a_picture_is_never_overwritten(album: Path, detect: Detect, scene: Scene, folder: str) -> None:
    images.write(album / "photo.jpg", scene(SIZE, COLA))
    before = (album / "photo.jpg").read_bytes()
    code, _, _ = detect("--draw", folder, "photo.jpg")
    assert code == 0
    assert (album / "photo.jpg").read_bytes() == before
    assert images.read(album / "photo-2.jpg").shape == (150, 200, 3)


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        pytest.param(".", ["."], id="into the folder itself"),
        pytest.param("below", ["."], id="into a folder below, which has pictures of its own"),
        pytest.param("below", ["both.png"], id="into a folder of other pictures"),
        pytest.param(".", ["below"], id="from a folder below"),
        pytest.param("drawn", ["**/*.*"], id="a pattern"),
    ],
)
def test_nothing_is_lost_and_a_second_run_changes_nothing(
    album: Path, detect: Detect, scene: Scene, folder: str, words: list[str]
) -> None:
    for name in ("both.jpg", "below/both.jpg", "Köln 東京.jpg"):
        images.write(Path(name), scene(SIZE, FIZZ))
    before = {path: path.read_bytes() for path in Path().rglob("*.*")}
    first = detect("--draw", folder, *words)
    files = set(Path().rglob("*.*"))
    second = detect("--draw", folder, *words)
    assert first[:2] == second[:2] and first[0] == 0
    assert len(first[1]) == len(files) - len(before)  # a line and a drawing a picture
    assert set(Path().rglob("*.*")) == files
    assert {path: path.read_bytes() for path in before} == before


def test_a_drawing_that_was_changed_is_a_picture_of_its_own(album: Path, detect: Detect) -> None:
    detect("--draw", "drawn", "both.png")
    images.write(Path("drawn/both.jpg"), images.read(Path("drawn/both.jpg")) // 2)
    before = Path("drawn/both.jpg").read_bytes()
    detect("--draw", "drawn", "both.png")
    assert Path("drawn/both.jpg").read_bytes() == before
    assert drawings.is_drawn(Path("drawn/both-2.jpg"))


def test_a_folder_that_cannot_be_made(album: Path, detect: Detect) -> None:
    with pytest.raises(UserError, match=r"--draw both\.png: cannot be made"):
        detect("--draw", "both.png", "both.png")


# The model


def test_no_model(album: Path, detect: Detect) -> None:
    with pytest.raises(ModelError, match="no model"):
        detect("both.png", model=album)


def test_the_default_model(
    album: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(model_folder, album / "models" / "logo")
    assert main.call(["logo", "detect", "both.png"]) == 0
    assert capsys.readouterr().out.startswith("both.png: ")
