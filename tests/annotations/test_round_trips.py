"""What is written in any format is read back as it was, from made-up datasets and from real ones."""

import os
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens import annotations
from brandlens.annotations import Picture, formats
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

DATA = os.environ.get("BRANDLENS_DATA")
TARGETS = {
    "imglab": "drinks.xml",
    "voc": "ImageSets/Main/drinks.txt",
    "coco": "drinks.json",
    "csv": "drinks.csv",
    "yolo": "drinks.txt",
}
WITHOUT_FILES = ("imglab", "voc", "coco", "csv")  # YOLO needs the pictures, to know their sizes

characters = st.one_of(
    st.sampled_from("&<>\"' ,;#ä東\u00a0\u0085\u2028😀]"),
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"),
)
labels = st.text(characters, min_size=1).map(lambda label: label.strip(" ")).filter(bool)
parts = st.text(st.one_of(characters, st.sampled_from(string.ascii_letters)), min_size=1, max_size=8).filter(
    lambda part: part not in (".", "..") and not set(part) & set("/\\:\t") and part.isprintable() and part.strip()
)
names = st.lists(parts, min_size=1, max_size=3).map("/".join)
lengths = st.integers(1, 100_000)
places = st.integers(-100_000, 100_000)
sizes = st.none() | lengths
boxes = st.lists(st.builds(Box, places, places, lengths, lengths, labels, st.booleans()), max_size=3).map(tuple)
datasets = st.lists(st.tuples(names, boxes, sizes, sizes), max_size=4, unique_by=lambda picture: picture[0].lower())


@pytest.mark.parametrize("format", WITHOUT_FILES)
@settings(max_examples=25)
@given(pictures=datasets)
def test_nothing_is_lost_or_changed(tmp_path_factory, format, pictures):
    target = tmp_path_factory.mktemp("round") / TARGETS[format]
    root = formats.get(format).root_of(target)
    pictures = [Picture(root / name, *rest) for name, *rest in pictures]
    annotations.write(target, pictures, format)
    assert formats.get(format).read(target) == pictures


def png(path: Path, width: int, height: int) -> Path:
    """Write a file whose header is that of a picture of this size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes(9))
    return path


@st.composite
def labelled(draw):
    """Draw a picture's size, and boxes inside it."""
    size = draw(st.tuples(lengths, lengths))
    boxes = []
    for _ in range(draw(st.integers(0, 3))):
        (left, right), (top, bottom) = (
            sorted(draw(st.lists(st.integers(0, side), min_size=2, max_size=2, unique=True))) for side in size
        )
        boxes.append(Box(left, top, right - left, bottom - top, draw(labels)))
    return size, tuple(boxes)


@settings(max_examples=25)
@given(st.lists(labelled(), max_size=4))
def test_yolo_is_exact_too(tmp_path_factory, pictures):
    root = tmp_path_factory.mktemp("yolo")
    pictures = [
        Picture(png(root / "images" / f"{number}.png", *size), boxes, *size)
        for number, (size, boxes) in enumerate(pictures)
    ]
    annotations.write(root / "drinks.txt", pictures, "yolo")
    assert annotations.read(root / "drinks.txt") == pictures


@pytest.mark.parametrize("format", TARGETS)
@pytest.mark.parametrize("pictures", [0, 3])
def test_pictures_without_boxes_are_kept(tmp_path, format, pictures):
    written = [Picture(png(tmp_path / "images" / f"{number}.png", 30, 20), (), 30, 20) for number in range(pictures)]
    annotations.write(tmp_path / TARGETS[format], written, format)
    if written or format not in ("voc", "yolo"):  # whose empty lists say nothing of their format
        assert annotations.read(tmp_path / TARGETS[format]) == written


@pytest.mark.parametrize("format", WITHOUT_FILES)
def test_bytes_repeat(tmp_path, format):
    pictures = [Picture(tmp_path / "a.jpg", (Box(1, 2, 3, 4, "fizz"), Box(0, 0, 1, 1, "cola", True)), 30, 20)]
    annotations.write(tmp_path / TARGETS[format], pictures, format)
    first = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    annotations.write(tmp_path / TARGETS[format], pictures, format)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == first


@pytest.mark.parametrize("format", TARGETS)
@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 1, 1, "a\x00b"),), 9, 9), id="a control character in a label"),
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 1, 1, "a\ud800"),), 9, 9), id="half a character in a label"),
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 1, 1, ""),), 9, 9), id="an empty label"),
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 1, 1, " cola"),), 9, 9), id="a label that starts with a space"),
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 0, 1, "cola"),), 9, 9), id="a box without width"),
        pytest.param(Picture(Path("a\x01.jpg"), (), 9, 9), id="a control character in a name"),
        pytest.param(Picture(Path(" "), (), 9, 9), id="a name of a space"),
        pytest.param(Picture(Path("../a.jpg"), (), 9, 9), id="a picture elsewhere"),
    ],
)
def test_what_cannot_be_read_back_is_refused(tmp_path, format, picture):
    picture = replace(picture, path=tmp_path / picture.path)
    with pytest.raises(AnnotationError, match="drinks"):
        annotations.write(tmp_path / TARGETS[format], [picture], format)
    assert not list(tmp_path.iterdir())


def link_pictures(path: Path, root: Path) -> list[Picture]:
    """Link the pictures of a real imglab file into a folder that can be written to."""
    pictures = []
    for picture in annotations.read(path):
        link = root / picture.path.relative_to(path.parent)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(picture.path)
        pictures.append(replace(picture, path=link))
    return pictures


@pytest.mark.skipif(not DATA, reason="BRANDLENS_DATA names no folder of real pictures")
@pytest.mark.parametrize(
    ("file", "boxes"),
    [
        ("drinks5/train.xml", 966),
        ("drinks5/val.xml", 143),
        ("drinks5/test.xml", 275),
        ("flickrlogos27/train.xml", 817),
        ("flickrlogos27/val.xml", 165),
        ("flickrlogos27/test.xml", 250),
        ("imglab_examples/faces/testing.xml", 25),
        ("imglab_examples/faces/training_with_face_landmarks.xml", 18),
    ],
)
def test_real_files_lose_no_box(tmp_path, file, boxes):
    pictures = link_pictures(Path(DATA, file), tmp_path)
    assert sum(len(picture.boxes) for picture in pictures) == boxes
    for format, target in TARGETS.items():
        annotations.write(tmp_path / target, pictures, format)
        copies = annotations.read(tmp_path / target)
        assert [(copy.path, copy.boxes) for copy in copies] == [(each.path, each.boxes) for each in pictures], format
