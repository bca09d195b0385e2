from dataclasses import replace
from pathlib import Path

import pytest

from brandlens import annotations, config
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.crawler import manifest
from brandlens.datasets.pictures import import_pictures
from brandlens.datasets.scraped_negatives import scraped_negatives
from brandlens.errors import UserError

BOX = Box(10, 10, 20, 20, "mug")


@pytest.fixture
def filled(tmp_path, fake_web):
    """Fill a folder as a run leaves it, with twelve pictures and six negatives."""
    out = tmp_path / "out"
    for name, numbers in (("pictures", range(12)), ("negatives", range(20, 26))):
        (out / name).mkdir(parents=True)
        for number in numbers:
            (out / name / f"{number:02}.jpg").write_bytes(fake_web.picture(number))
    manifest.write(out, [])
    return out


def label(out, names, boxes=(BOX,)):
    annotations.write(out / "annotations.xml", [Picture(out / name, boxes) for name in names])
    return out / "annotations.xml"


def test_a_folder_that_is_not_filled(tmp_path):
    with pytest.raises(UserError, match=r"not filled yet; run: brandlens logo collect QUERY --out"):
        scraped_negatives(tmp_path / "annotations.xml")


def test_a_folder_that_nobody_labelled(filled):
    with pytest.raises(UserError, match=r"annotations\.xml: not there yet; draw boxes .*imglab -c .*out/pictures"):
        scraped_negatives(filled / "annotations.xml")
    with pytest.raises(UserError, match="no box in it yet"):
        scraped_negatives(label(filled, ["pictures/00.jpg"], ()))


def test_negatives_need_no_labels(filled, capsys):
    file = label(filled, [f"pictures/{number:02}.jpg" for number in range(12)])
    assert scraped_negatives(file) == [Picture(filled / "negatives" / f"{number}.jpg") for number in range(20, 26)]
    assert capsys.readouterr().err == ""


def test_pictures_that_nobody_labelled_yet_are_counted(filled, capsys):
    scraped_negatives(label(filled, [f"pictures/{number:02}.jpg" for number in range(9)]))
    assert "3 pictures in" in capsys.readouterr().err


def test_a_negative_that_was_labelled_is_none(filled):
    assert len(scraped_negatives(label(filled, ["pictures/00.jpg", "negatives/21.jpg"]))) == 5


def test_without_negatives(filled):
    file = label(filled, ["pictures/00.jpg"])
    for path in (filled / "negatives").iterdir():
        path.unlink()
    assert scraped_negatives(file) == []
    (filled / "negatives").rmdir()
    assert scraped_negatives(file) == []


def test_they_enter_as_pictures_without_boxes(filled, tmp_path):
    file = label(filled, [f"pictures/{number:02}.jpg" for number in range(12)])
    cfg = config.load(Path(__file__).resolve().parents[2] / "params.yaml").logo.collect
    cfg = replace(cfg, source="scraped", annotations=(str(file),), split_ratios=(0.5, 0.25, 0.25))
    splits = import_pictures(cfg, tmp_path / "into", seed=1, negatives=scraped_negatives(file))
    pictures = [picture for members in splits.values() for picture in members]
    assert len(pictures) == 18
    assert sum(not picture.boxes for picture in pictures) == 6
    assert all(any(not picture.boxes for picture in members) for members in splits.values())
    assert {picture.width for picture in pictures} == {160}
