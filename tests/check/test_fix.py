"""What a message tells to run does go on; a fix changes nothing that was right, and nothing twice."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import dataset
from brandlens.annotations.formats import imglab
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.errors import UserError

ZERO = "<bndbox><xmin>5</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox>"
SWAPPED = "<bndbox><xmin>14</xmin><ymin>16</ymin><xmax>4</xmax><ymax>6</ymax></bndbox>"
OUTSIDE = "<bndbox><xmin>90</xmin><ymin>90</ymin><xmax>99</xmax><ymax>99</ymax></bndbox>"
SOUND = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>6</ymax></bndbox>"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def voc(folder, *boxes):
    objects = "".join(f"<object><name>cola</name>{box}</object>\n" for box in boxes)
    Path(folder).mkdir()
    Path(folder, "a.xml").write_text(f"<annotation><filename>a.png</filename>\n{objects}</annotation>")
    images.write(Path(folder, "a.png"), np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8))
    return folder


def follow(*words):
    """Run a command, and what its message tells to run, until none does; return the commands."""
    commands = []
    while words and len(commands) < 5:
        commands.append(words)
        assert commands.count(words) == 1, "a circle"
        try:
            main.call(list(words))
            words = ()
        except UserError as error:
            command = re.search(r"run: brandlens (.*)$", str(error))
            assert command, f"no command in: {error}"
            words = tuple(shlex.split(command[1]))
    return commands


@pytest.mark.parametrize("name", ["shop", "my shop"])
@pytest.mark.parametrize("bad", [ZERO, SWAPPED, OUTSIDE])
def test_the_advice_on_a_folder_goes_on(name, bad, capsys):
    voc(name, bad, SOUND)
    assert follow("logo", "check", name, "--fix") == [
        ("logo", "check", name, "--fix"),
        ("logo", "convert", name, f"{name}.xml"),
    ]
    assert {ZERO: "has width 0", SWAPPED: "corners swapped", OUTSIDE: ""}[bad] in capsys.readouterr().err
    assert main.call(["logo", "check", f"{name}.xml", "--fix"]) == 0
    expected = [Box(1, 2, 3, 4, "cola")]
    expected += [Box(4, 6, 10, 10, "cola")] if bad == SWAPPED else []
    assert sorted(annotations.read(Path(f"{name}.xml"))[0].boxes, key=lambda box: box.left) == expected


def test_the_advice_within_a_folder_goes_on(monkeypatch):
    monkeypatch.chdir(voc("shop", ZERO, SOUND))
    follow("logo", "check", ".", "--fix")
    assert main.call(["logo", "check", "../shop.xml", "--fix"]) == 0
    assert dataset.detect_format(Path()) == "voc"  # no XML of another format came into it


def test_the_advice_on_a_file_goes_on():
    voc("shop", SOUND)
    Path("my x.xml").write_text(
        "<dataset><images><image file='shop/a.png'>\n<box left='1' top='2' width='0' height='4'/>"
        "<box left='1' top='2' width='3' height='4'/></image></images></dataset>"
    )
    with pytest.raises(UserError) as caught:
        annotations.read(Path("my x.xml"))
    command = shlex.split(str(caught.value).partition("run: brandlens ")[2])
    assert main.call(command) == 0
    assert annotations.read(Path("my x.xml"))[0].boxes == (Box(1, 2, 3, 4, "logo"),)


@pytest.mark.parametrize("label", ["Nestlé", "B&G", "a<b", "O'Neil"])
def test_a_fix_keeps_names_and_labels(label):
    """Of a file as dlib's imglab writes it: ISO-8859-1 over UTF-8, nothing escaped."""
    name = f"{label.replace('<', '')}.png"
    images.write(Path(name), np.zeros((20, 30, 3), np.uint8))
    box = "<box top='2' left='1' width='{}' height='4'>\n<label>" + label + "</label>\n</box>\n"
    Path("x.xml").write_text(
        f"<?xml version='1.0' encoding='ISO-8859-1'?>\n<dataset>\n<images>\n<image file='{name}'>\n"
        f"{box.format(0)}{box.format(3)}</image>\n</images>\n</dataset>",
        encoding="utf-8",
    )
    assert main.call(["logo", "check", "x.xml", "--fix"]) == 0
    once = Path("x.xml").read_bytes()
    assert imglab.read(Path("x.xml"))[0].boxes == (Box(1, 2, 3, 4, label),)
    assert imglab.read(Path("x.xml"))[0].path == Path(name)
    assert main.call(["logo", "check", "x.xml", "--fix"]) == 0
    assert Path("x.xml").read_bytes() == once
    assert not Path("x.xml.bak2").exists()


def test_a_missing_picture_is_reported_with_the_one_that_is_nearly_it(capsys):
    voc("shop", SOUND)
    images.write(Path("images/IMG_0412.png"), np.zeros((20, 30, 3), np.uint8))
    Path("x.csv").write_text("picture,left,top,width,height,label\nIMG_412.png,1,2,3,4,cola\nimages/a.png,,,,,\n")
    assert main.call(["logo", "check", "x.csv"]) == 1
    out = capsys.readouterr().out
    assert "IMG_412.png: no such file, nearly it is images/IMG_0412.png; put the right picture there" in out
    with pytest.raises(UserError, match=r"cannot be copied: .*, nearly it is images/IMG_0412\.png"):
        main.call(["logo", "convert", "x.csv", "out/x.xml", "--copy"])
