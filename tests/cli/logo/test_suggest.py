"""`brandlens logo suggest`: boxes by a model, the least sure picture first, and a run that was killed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brandlens import annotations, images
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.errors import AnnotationError, ModelError, UserError
from brandlens.io import locked
from brandlens.logo import suggest
from brandlens.logo.detector import LogoDetector

Scene = Callable[..., np.ndarray]
COLA, FIZZ = Box(20, 30, 60, 60, "cola"), Box(110, 80, 80, 40, "fizz")


@pytest.fixture
def album(tmp_path: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with pictures of a faint logo, of none, and of two clear ones."""
    monkeypatch.chdir(tmp_path)
    images.write(Path("photos/clear.png"), scene((200, 150), COLA, FIZZ))
    images.write(Path("photos/empty.png"), scene((200, 150)))
    images.write(Path("photos/faint.png"), scene((200, 150), COLA, strength=0.5))
    return tmp_path


def call(model: Path, *words: str) -> int:
    return main.call(["logo", "suggest", "--model", str(model), *words])


def test_suggestions(album: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(model_folder, "photos") == 0
    pictures = annotations.read(Path("suggestions.xml"))
    assert [picture.path.name for picture in pictures] == ["faint.png", "clear.png", "empty.png"]
    assert [len(picture.boxes) for picture in pictures] == [1, 2, 0]
    assert {(picture.width, picture.height) for picture in pictures} == {(200, 150)}
    detector = LogoDetector.load(model_folder)
    assert {(b.left, b.top, b.label) for b in pictures[1].boxes} == {
        (d.left, d.top, d.label) for d in detector.detect(Path("photos/clear.png"))
    }
    assert capsys.readouterr().out == "suggestions.xml: 3 pictures with 3 boxes to check, the least sure first\n"
    assert sorted(path.name for path in album.iterdir()) == ["photos", "suggestions.xml"]


def test_boxes_are_in_the_picture_as_stored(album: Path, model_folder: Path, scene: Scene) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(scene((200, 150), COLA))).save("turned.png", exif=exif)
    assert call(model_folder, "turned.png") == 0
    (picture,) = annotations.read(Path("suggestions.xml"))
    stored = images.read(Path("turned.png"), rotate=False)
    assert (picture.width, picture.height) == stored.shape[1::-1]
    (box,) = picture.boxes
    logo = (stored != 128).any(axis=2)
    assert logo[box.top : box.top + box.height, box.left : box.left + box.width].sum() > 0.8 * logo.sum()


def test_a_killed_run_resumes(album: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(model_folder, "photos", "--out", "whole.xml")
    suggest_boxes = suggest.suggest_boxes
    processed: list[str] = []

    def dying(path: Path, *rest: object) -> suggest.Suggestion:
        if len(processed) == 2:
            raise KeyboardInterrupt
        processed.append(path.name)
        return suggest_boxes(path, *rest)

    monkeypatch.setattr(suggest, "suggest_boxes", dying)
    with pytest.raises(KeyboardInterrupt):
        call(model_folder, "photos")
    with Path("suggestions.xml.part").open("a") as file:
        file.write('{"picture": "photos/cut sho')
    processed.clear()
    assert call(model_folder, "photos") == 0
    assert processed == ["faint.png"]
    assert Path("suggestions.xml").read_bytes() == Path("whole.xml").read_bytes()


def test_another_run_is_reported(album: Path, model_folder: Path) -> None:
    with locked(Path("boxes.xml")), pytest.raises(UserError, match=r"boxes\.xml: another run is writing it"):
        call(model_folder, ".", "--out", "boxes.xml")
    assert not Path("boxes.xml").exists()


def test_a_damaged_journal_is_begun_anew(album: Path, model_folder: Path) -> None:
    call(model_folder, ".", "--out", "boxes.xml")
    expected = Path("boxes.xml").read_bytes()
    Path("boxes.xml").unlink()
    journal = suggest.Journal(Path("boxes.xml.part"), model_folder, LogoDetector.load(model_folder).threshold / 2)
    with journal.path.open("ab") as file:
        file.write(b'{"picture": \xff 3}\n')
    assert call(model_folder, ".", "--out", "boxes.xml") == 0
    assert Path("boxes.xml").read_bytes() == expected


def test_what_is_left_out_is_counted(album: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("clip").write_bytes(b"\x1a\x45\xdf\xa3")
    assert call(model_folder, ".", "--out", "boxes.xml") == 1
    assert (
        "brandlens: 1 file was left out: 1 video (save its frames as pictures), such as clip" in capsys.readouterr().err
    )


def test_what_cannot_be_read_is_named(album: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("photos/broken.png").write_bytes(b"broken")
    assert call(model_folder, "photos") == 1
    assert "broken.png" in capsys.readouterr().err
    assert len(annotations.read(Path("suggestions.xml"))) == 3


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        pytest.param(["photos", "--out", "there.xml"], UserError, "corrected", id="a file that exists"),
        pytest.param(["photos", "--out", "below/x.xml"], AnnotationError, "same folder", id="pictures outside"),
        pytest.param(["photos", "--out", "folder"], AnnotationError, "--format", id="no suffix"),
        pytest.param(["photos", "--model", "none"], ModelError, "none", id="no model"),
    ],
)
def test_input_errors(album: Path, model_folder: Path, words: list[str], error: type[Exception], message: str) -> None:
    Path("there.xml").write_text("by hand")
    with pytest.raises(error, match=message):
        call(model_folder, *words)
    assert Path("there.xml").read_text() == "by hand"
