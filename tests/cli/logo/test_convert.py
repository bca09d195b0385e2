"""`brandlens logo convert`: what it writes, and what it does not overwrite."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brandlens import annotations, config, images
from brandlens.annotations import Picture, formats
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.config.logo import Crop, Jitter
from brandlens.datasets.pictures import import_pictures
from brandlens.errors import AnnotationError, PictureError, UserError
from brandlens.logo.crops import extract

HOME = Path(__file__).resolve().parents[3]
COLA, FIZZ = Box(2, 3, 10, 8, "cola"), Box(12, 4, 9, 9, "fizz", True)


@pytest.fixture
def drinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Picture]:
    """Enter a folder with three labelled pictures and drinks.xml."""
    monkeypatch.chdir(tmp_path)
    pictures = []
    for number, boxes in enumerate([(COLA, Box(0, 0, 5, 5, "fizz")), (), (COLA,)]):
        path = Path("images", f"{number}.png")
        images.write(path, np.random.default_rng(number).integers(0, 256, (20, 30, 3), np.uint8))
        pictures.append(Picture(path, boxes))
    annotations.write(Path("drinks.xml"), pictures)
    return pictures


def convert(*words: str) -> int:
    return main.call(["logo", "convert", *words])


@pytest.mark.parametrize("out", ["x.xml", "x.json", "x.csv", "x.txt", "ImageSets/Main/x.txt"])
def test_the_name_tells_the_format(drinks: list[Picture], capsys: pytest.CaptureFixture[str], out: str) -> None:
    assert convert("drinks.xml", out) == 0
    assert capsys.readouterr().out.startswith(f"{out}: 3 pictures with 3 boxes as ")
    pictures = annotations.read(Path(out))
    assert [(picture.path, picture.boxes) for picture in pictures] == [(each.path, each.boxes) for each in drinks]
    assert {(picture.width, picture.height) for picture in pictures} == {(30, 20)}


@pytest.mark.parametrize("format", ["voc", "yolo"])
def test_a_folder_with_copies(drinks: list[Picture], format: str) -> None:
    assert convert("drinks.xml", "out", "--format", format, "--copy") == 0
    copies = annotations.read(Path("out"))
    assert [copy.boxes for copy in copies] == [picture.boxes for picture in drinks]
    assert [copy.path.read_bytes() for copy in copies] == [picture.path.read_bytes() for picture in drinks]
    assert {copy.path.parent for copy in copies} == {formats.get(format).image_folder(Path("out"))}
    assert convert("drinks.xml", "out", "--format", format, "--copy") == 0  # what is there is the same


def test_copies_never_overwrite_another_picture(drinks: list[Picture]) -> None:
    shutil.copytree("images", "elsewhere/images")
    images.write(Path("elsewhere/images/0.png"), np.zeros((20, 30, 3), np.uint8))
    shutil.copy("drinks.xml", "elsewhere")
    assert convert("drinks.xml", "out/a.json", "--copy") == 0
    assert convert("elsewhere/drinks.xml", "out/b.json", "--copy") == 0
    assert [each.path.name for each in annotations.read(Path("out/b.json"))] == ["0-2.png", "1.png", "2.png"]
    assert sorted(path.name for path in Path("out/images").iterdir()) == ["0-2.png", "0.png", "1.png", "2.png"]


def test_a_target_of_other_content_is_kept(drinks: list[Picture]) -> None:
    Path("labels").mkdir()
    Path("labels/0.txt").write_text("by hand")
    with pytest.raises(AnnotationError, match=r"0\.txt: exists with other content"):
        convert("drinks.xml", "train.txt")
    assert Path("labels/0.txt").read_text() == "by hand"
    assert not Path("train.txt").exists()


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        pytest.param(["drinks.xml", "folder"], AnnotationError, "--format", id="a folder without a format"),
        pytest.param(["none.xml", "a.json"], AnnotationError, "none.xml", id="no such file"),
        pytest.param(["drinks.xml", "below/a.json"], AnnotationError, "copy", id="pictures outside OUT's folder"),
        pytest.param(
            ["drinks.xml", "drinks.xml/a.json", "--allow-outside"], UserError, "written", id="a file as folder"
        ),
    ],
)
def test_what_cannot_be_done(drinks: list[Picture], words: list[str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        convert(*words)


def test_a_missing_picture_cannot_be_copied(drinks: list[Picture]) -> None:
    drinks[1].path.unlink()
    with pytest.raises(PictureError, match=r"1\.png: cannot be copied"):
        convert("drinks.xml", "out/a.json", "--copy")
    assert not Path("out/a.json").exists()


def test_allow_outside(drinks: list[Picture]) -> None:
    assert convert("drinks.xml", "below/a.json", "--allow-outside") == 0
    with pytest.raises(AnnotationError, match="outside"):
        annotations.read(Path("below/a.json"))
    assert convert("below/a.json", "b.csv", "--allow-outside") == 0
    assert [each.path.resolve() for each in annotations.read(Path("b.csv"), allow_outside=True)] == [
        each.path.resolve() for each in drinks
    ]


def cut(splits: dict[str, list[Picture]], into: Path) -> dict[str, bytes]:
    """The files that stage logo-crop makes of these."""
    jitter = Jitter(copies=2, translate=0.1, scale=1.2, ratio=1.1)
    cfg = Crop((), (12, 8), 0.1, 1, padding=0.2, jitter=jitter, negatives_per_positive=2.0)
    extract.extract_crops(splits, into, extract.fit_window(splits["train"], cfg), cfg, min_size=6, seed=1)
    return {path.relative_to(into).as_posix(): path.read_bytes() for path in into.rglob("*") if path.is_file()}


@pytest.mark.parametrize("out", ["{}.json", "{}.csv", "{}.txt", "ImageSets/Main/{}.txt"])
def test_all_formats_are_collected_and_cut_alike(drinks: list[Picture], out: str) -> None:
    """Three splits in any format give the pictures, boxes and crops, byte for byte, that imglab gives."""
    splits = ("train", "val", "test")
    for split, picture in zip(splits, drinks, strict=True):
        annotations.write(Path(f"{split}.xml"), [picture])
        convert(f"{split}.xml", out.format(split))
    made = []
    defaults = config.load(HOME / "params.yaml").logo.collect
    for name in ("{}.xml", out):
        cfg = replace(defaults, annotations=tuple(name.format(split) for split in splits))
        collected = import_pictures(cfg, Path("into"), seed=1)
        made.append((collected, cut(collected, Path("crops"))))
        shutil.rmtree("into")
        shutil.rmtree("crops")
    assert len(made[0][1]) > 10
    assert made[1] == made[0]
