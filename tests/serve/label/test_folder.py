"""A folder's pictures and their boxes: what is saved, what stays as it was, what a second window learns."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.errors import AnnotationError, UserError
from brandlens.serve.label.folder import ConflictError, LabelFolder

BOX = Box(3, 4, 20, 10, "cola")
RICH = """<?xml version='1.0' encoding='ISO-8859-1'?>
<?xml-stylesheet type='text/xsl' href='image_metadata_stylesheet.xsl'?>
<dataset>
<name>Drinks & more</name>
<comment>by hand</comment>
<images>
  <image file='a.png'><!-- first -->
    <box top='4' left='3' width='20' height='10' pose='2' difficult='1'>
      <label>R&D</label><part name='x' x='5' y='6'/></box>
    <box top='1' left='1' width='0' height='10'/>
    <box top='-5' left='-6' width='20' height='30' ignore='1'/>
  </image>
  <image file='elsewhere.png'><box top='1' left='1' width='9' height='9'/></image>
  <!-- between -->
  <image file='b.png' width='40' height='30' tag="kept"/>
</images>
</dataset>
"""

Open = Callable[[Path], LabelFolder]


@pytest.fixture
def opened() -> Iterator[Open]:
    """A function that opens a folder, closed in the end."""
    folders: list[LabelFolder] = []

    def open_one(path: Path) -> LabelFolder:
        folders.append(LabelFolder.open(path))
        return folders[-1]

    yield open_one
    for folder in folders:
        folder.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in ("a", "b", "c"):
        images.write(folder / f"{name}.png", np.full((30, 40, 3), 90, np.uint8))
    return folder


def write_turned(path: Path, orientation: int) -> None:
    """Write a JPEG of 40x30 pixels that is displayed as its EXIF orientation says."""
    jpeg = cv2.imencode(".jpg", np.full((30, 40, 3), 90, np.uint8))[1].tobytes()
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + orientation.to_bytes(2, "big") + b"\0\0\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:])


def save(folder: LabelFolder, name: str, *boxes: Box) -> None:
    path = folder.root / name
    folder.save(path, folder.read_state(path).etag, [(None, box) for box in boxes])


def test_nothing_is_labelled_at_first(pictures: Path, opened: Open) -> None:
    folder = opened(pictures)
    assert [(row["name"], row["labelled"]) for row in folder.list_pictures()] == [
        (f"{name}.png", False) for name in "abc"
    ]
    assert folder.count() == {"labelled": 0, "empty": 0, "labels": []}
    assert not (pictures / "annotations.xml").exists()


def test_boxes_and_empty_pictures_are_saved(pictures: Path, opened: Open) -> None:
    folder = opened(pictures)
    save(folder, "b.png", BOX)
    save(folder, "a.png")
    assert annotations.read(pictures / "annotations.xml") == [
        Picture(pictures / "b.png", (BOX,), 40, 30), Picture(pictures / "a.png", (), 40, 30)
    ]  # fmt: skip
    assert folder.count() == {"labelled": 2, "empty": 1, "labels": [{"label": "cola", "boxes": 1, "pictures": 1}]}
    folder.save(pictures / "b.png", folder.read_state(pictures / "b.png").etag, None)
    assert annotations.read(pictures / "annotations.xml") == [Picture(pictures / "a.png", (), 40, 30)]


def test_what_else_is_in_the_file_stays(pictures: Path, opened: Open) -> None:
    file = pictures / "mine.xml"
    file.write_text(RICH)
    folder = opened(pictures)
    state = folder.read_state(pictures / "a.png")
    assert [(box.label, box.ignore, box.left) for box in state.boxes] == [("R&D", False, 3), ("logo", True, -6)]
    moved = Box(7, 8, 21, 11, "R&D")
    folder.save(pictures / "a.png", state.etag, [(0, moved), (1, state.boxes[1]), (None, BOX)])
    text = file.read_text()
    assert 'pose="2"' in text and 'difficult="1"' in text and '<part name="x" x="5" y="6" />' in text
    assert 'width="0"' in text  # a box that cannot be read is for `logo check`
    for kept in (
        "image_metadata_stylesheet",
        "by hand",
        "<!-- between -->",
        "elsewhere.png",
        'tag="kept"',
        "&amp; more",
    ):
        assert kept in text
    assert folder.read_state(pictures / "a.png").boxes == [moved, state.boxes[1], BOX]
    assert len(folder.file.issues) == 1
    assert "in the annotations, but not there" in folder.unreadable["elsewhere.png"]


@pytest.mark.parametrize("empty", ["<dataset/>", "<dataset></dataset>", "<dataset><images/></dataset>",
                                   "<dataset><name>x</name><images></images></dataset>"])  # fmt: skip
def test_a_file_without_pictures_gets_some(pictures: Path, opened: Open, empty: str) -> None:
    (pictures / "annotations.xml").write_text(empty)
    save(opened(pictures), "a.png", BOX)
    assert annotations.read(pictures / "annotations.xml") == [Picture(pictures / "a.png", (BOX,), 40, 30)]


def test_the_later_of_two_is_told(pictures: Path, opened: Open) -> None:
    folder, path = opened(pictures), pictures / "a.png"
    before = folder.read_state(path).etag
    save(folder, "a.png", BOX)
    with pytest.raises(ConflictError):
        folder.save(path, before, [])
    assert folder.read_state(path).boxes == [BOX]


def test_another_program_may_write_the_file(pictures: Path, opened: Open) -> None:
    folder, path = opened(pictures), pictures / "a.png"
    save(folder, "a.png", BOX)
    old = folder.read_state(path).etag
    other = Box(1, 1, 5, 5, "other")
    annotations.write(pictures / "annotations.xml", [Picture(path, (other,), 40, 30)])
    with pytest.raises(ConflictError):
        folder.save(path, old, [])
    assert folder.read_state(path).boxes == [other]
    (pictures / "annotations.xml").write_text("<dataset><images>")
    with pytest.raises(AnnotationError, match="not well-formed"):
        folder.save(path, old, [])


def test_a_second_process_is_refused(pictures: Path, opened: Open) -> None:
    opened(pictures)
    with pytest.raises(UserError, match="another run is writing it"):
        LabelFolder.open(pictures)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_pictures(tmp_path: Path, opened: Open, orientation: int) -> None:
    write_turned(tmp_path / "turned.jpg", orientation)
    shown = images.read(tmp_path / "turned.jpg").shape
    folder = opened(tmp_path)
    state = folder.read_state(tmp_path / "turned.jpg")
    assert (state.height, state.width) == shown[:2]
    save(folder, "turned.jpg", BOX)
    assert folder.read_state(tmp_path / "turned.jpg").boxes == [BOX]
    (picture,) = annotations.read(tmp_path / "annotations.xml")
    assert (picture.width, picture.height) == (40, 30)  # as stored, as imglab shows it
    if orientation == 6:  # turned clockwise: left of the displayed one is the bottom of the stored one
        assert picture.boxes == (Box(4, 30 - 3 - 20, 10, 20, "cola"),)


@pytest.mark.parametrize("name", ["labels.json", "labels.csv", "data.yaml"])
def test_other_formats_are_read_once(pictures: Path, opened: Open, name: str, capsys: pytest.CaptureFixture) -> None:
    labelled = [Picture(pictures / f"{letter}.png", (BOX,), 40, 30) for letter in "ab"]
    if name == "data.yaml":
        labelled = [Picture(pictures / "images" / "a.png", (BOX,), 40, 30)]
        (pictures / "images").mkdir()
        (pictures / "a.png").rename(pictures / "images" / "a.png")
        annotations.write(pictures, labelled, "yolo")
    else:
        annotations.write(pictures / name, labelled, {"labels.json": "coco", "labels.csv": "csv"}[name])
    folder = opened(pictures)
    assert folder.read_state(labelled[0].path).boxes == [BOX]
    assert "as imglab XML" in capsys.readouterr().err
    assert annotations.read(pictures / "annotations.xml")[0].boxes == (BOX,)


def test_several_files_are_not_guessed(pictures: Path) -> None:
    for name in ("one", "two"):
        annotations.write(pictures / f"{name}.xml", [Picture(pictures / "a.png", (BOX,))])
    with pytest.raises(UserError, match=r"one\.xml and two\.xml; name the one to continue"):
        LabelFolder.open(pictures)


def test_the_manifest_of_collected_pictures_is_no_annotation_file(pictures: Path, opened: Open) -> None:
    """`brandlens logo collect` leaves it beside the pictures; it has no boxes, and no column of pictures' names."""
    (pictures / "manifest.csv").write_text("url,file,status\n,a.png,kept\n")
    (pictures / "manifest.parquet").write_bytes(b"PAR1PAR1")
    folder = opened(pictures)
    save(folder, "a.png", BOX)
    assert annotations.read(pictures / "annotations.xml") == [Picture(pictures / "a.png", (BOX,), 40, 30)]


def test_damaged_labels_are_not_begun_anew(pictures: Path) -> None:
    (pictures / "mine.xml").write_bytes(b"<dataset><images><image file='\xff'/>" * 1)
    with pytest.raises(UserError, match=r"mine\.xml"):
        LabelFolder.open(pictures)


def test_pictures_that_cannot_be_read(pictures: Path, opened: Open) -> None:
    (pictures / "note.png").write_text("no picture")
    (pictures / "a.psd").write_bytes(b"8BPS" + bytes(40))
    rows = {row["name"]: row["error"] for row in opened(pictures).list_pictures()}
    assert "Photoshop" in rows["a.psd"]
