"""What a file or folder is read as, by its content, and which issues are reported in one that is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

from brandlens import annotations
from brandlens.annotations import Picture, dataset
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

COLA = Box(1, 2, 3, 4, "cola")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30).to_bytes(4, "big") + (20).to_bytes(4, "big") + bytes(9)
VOC = (
    "<annotation>{}<filename>{}</filename>\n<size><width>30</width><height>20</height><depth>3</depth></size>\n"
    "<object><name>cola</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>6</ymax></bndbox></object>"
    "</annotation>"
)
LINE = "0 0.0833333 0.2 0.1 0.2"
COCO = {
    "images": [{"id": 7, "file_name": "a.png", "width": 30, "height": 20}],
    "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "iscrowd": 0}],
    "categories": [{"id": 3, "name": "cola"}],
}


def coco(name: str) -> str:
    return json.dumps(COCO | {"images": [COCO["images"][0] | {"file_name": name}]})


def lay_out(root: Path, texts: dict[str, str], *pictures: str) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8", newline="")
    for name in pictures:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(PNG)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("x", b"", "none of the formats", id="an empty file"),
        pytest.param(
            "x.csv", b"filename,width,xmin\n", "no column picture; name the columns", id="a table of other columns"
        ),
        pytest.param("x.csv", b"a,b\n", "none of the formats", id="a table of something else"),
        pytest.param("x.xml", b"", "none of the formats", id="an empty XML file"),
        pytest.param("x.xml", b"<annotations><version>1.1</version>", "CVAT's own XML", id="CVAT's own"),
        pytest.param("x.xml", b"<html>", "<html>", id="a page"),
        pytest.param("x.xml", b"<", "not well-formed", id="hardly XML"),
        pytest.param("x.xml", b"<?xml version='1.0' encoding='klingon'?><a/>", "not well-formed", id="an encoding"),
        pytest.param("x.xml", b"<!DOCTYPE d SYSTEM 'http://x/'><dataset/>", "external", id="a document type elsewhere"),
        pytest.param("x.json", b'{"images": [', "not JSON", id="cut short"),
        pytest.param("x.json", b"[]", "a JSON list", id="a list"),
        pytest.param("x.json", b"{}", "COCO's lists", id="another JSON"),
        pytest.param("x.json", b'{"images": {}}', "COCO's lists", id="images that are no list"),
        pytest.param("x.json", b'{"images":' + b"[" * 100_000, "without end", id="nested without end"),
        pytest.param("x.json", b'{"images": [' + b"9" * 5000 + b"]}", "not JSON", id="thousands of digits"),
        pytest.param("x.json", b'{"images": ["\xe9"]}', "not UTF-8 at byte", id="Latin-1"),
        pytest.param("x.csv", b"picture,left,top,width,height,label\n\xe9", "not UTF-8", id="Latin-1 CSV"),
        pytest.param("x.yaml", b"names: &a [*a]", "refers to itself", id="a YAML that refers to itself"),
        pytest.param("x.yaml", b"names: " + b"[" * 50_000, "over 50 lists", id="a YAML nested without end"),
        pytest.param("x.yaml", b"a: b", "no names", id="another YAML"),
        pytest.param("x.yaml", b"names: [a]\ntrain: nowhere", "nowhere is not there", id="a split that is not there"),
        pytest.param("x.txt", b"a.png\n", "classes.txt", id="a list without names of classes"),
        pytest.param("x.png", PNG, "a picture;", id="a picture"),
    ],
)
def test_refused_in_one_line(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AnnotationError) as caught:
        annotations.read(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        pytest.param({}, "without annotations", id="an empty folder"),
        pytest.param({"x.xml": "<dataset/>"}, "x.xml in it: imglab", id="imglab"),
        pytest.param({"x.xml": "<other/>"}, "x.xml in it: the outermost element is <other>", id="another XML"),
        pytest.param({"x.json": "{}"}, "name the file", id="JSON"),
    ],
)
def test_folders_refused(tmp_path, texts, words):
    lay_out(tmp_path, texts)
    with pytest.raises(AnnotationError, match=words):
        annotations.read(tmp_path)


def test_a_path_may_be_a_text(tmp_path):
    pictures = [Picture(tmp_path / "a.png", (Box(1, 2, 3, 4, "cola"),))]
    annotations.write(str(tmp_path / "x.csv"), pictures, "csv")
    assert annotations.read(str(tmp_path / "x.csv")) == pictures


def test_a_file_too_large(monkeypatch, tmp_path):
    monkeypatch.setattr(dataset.text_files, "MAX_BYTES", 50)
    lay_out(tmp_path, {"x.json": coco("a.png")})
    with pytest.raises(AnnotationError, match="bytes"):
        annotations.read(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.xml", "imglab"),
        ("A.JSON", "coco"),
        ("a.csv", "csv"),
        ("a.txt", "yolo"),
        ("x/ImageSets/Main/a.txt", "voc"),
        ("/x/ImageSets/Main/a.txt", "voc"),
    ],
)
def test_format_of(name, format):
    assert dataset.format_of(Path(name)) == format


def test_a_folder_has_no_format_by_name():
    with pytest.raises(AnnotationError, match="--format"):
        dataset.format_of(Path("folder"))


WRITTEN = {"imglab": "a.xml", "coco": "a.json", "csv": "a.csv", "yolo": "", "voc": ""}


@pytest.mark.parametrize("format", WRITTEN)
def test_fractions_of_pixels_are_not_written(tmp_path, format):
    """imglab's reader would refuse them, the others would round them."""
    lay_out(tmp_path, {}, "images/a.png")
    picture = Picture(tmp_path / "images/a.png", (Box(1.5, 2, 3, 4, "cola"),), 30, 20)
    with pytest.raises(AnnotationError, match=r"a\.png has Box\(left=1\.5, .*: write whole numbers of pixels"):
        annotations.write(tmp_path / WRITTEN[format], [picture], format)


@pytest.mark.parametrize("format", WRITTEN)
def test_boxes_may_come_from_arrays(tmp_path, format):
    name = "JPEGImages/a.png" if format == "voc" else "images/a.png"
    lay_out(tmp_path, {}, name)
    box = Box(*np.array([1, 2, 3, 4]), "cola")
    annotations.write(tmp_path / WRITTEN[format], [Picture(tmp_path / name, (box,), 30, 20)], format)
    assert [picture.boxes for picture in annotations.read(tmp_path / WRITTEN[format])] == [(COLA,)]


def test_names_may_be_text(tmp_path):
    lay_out(tmp_path, {}, "a.png")
    pictures = [Picture(tmp_path / "a.png", (COLA,), 30, 20)]
    annotations.write(str(tmp_path / "a.xml"), pictures)
    assert annotations.read(str(tmp_path / "a.xml")) == pictures


def test_splits_share_a_yolo_folder(tmp_path):
    pictures = {}
    for split, label in (("train", "fizz"), ("val", "cola")):
        lay_out(tmp_path, {}, f"images/{split}.png")
        pictures[split] = [Picture(tmp_path / f"images/{split}.png", (Box(1, 2, 3, 4, label),), 30, 20)]
        annotations.write(tmp_path / f"{split}.txt", pictures[split], "yolo")
    assert annotations.read(tmp_path / "train.txt") == pictures["train"]
    assert annotations.read(tmp_path / "val.txt") == pictures["val"]
    assert annotations.read(tmp_path) == pictures["train"] + pictures["val"]


def test_yolo_notes_what_it_has_no_place_for(tmp_path, capsys):
    lay_out(tmp_path, {}, "images/a.png")
    boxes = (Box(-1, 2, 9, 4, "cola"), Box(1, 1, 5, 5, "cola", True))
    annotations.write(tmp_path, [Picture(tmp_path / "images/a.png", boxes)], "yolo")
    assert annotations.read(tmp_path)[0].boxes == (Box(0, 2, 8, 4, "cola"),)
    first, second = capsys.readouterr().err.splitlines()
    assert "1 boxes cut off" in first
    assert "1 ignore boxes left out" in second


BAD = {
    "imglab": {"x.xml": "<dataset><images><image file='a.png'><box/><box left='1'/></image></images></dataset>"},
    "COCO": {
        "x.json": json.dumps(
            COCO
            | {
                "annotations": [
                    {},
                    {"image_id": 7, "category_id": 9},
                    5,
                    None,
                    {"image_id": 7, "category_id": 3, "bbox": [0, 0, 0.2, 9]},
                ]
            }
        )
    },
    "COCO's images": {
        "x.json": json.dumps(
            {
                "images": [
                    *COCO["images"] * 2,
                    {},
                    3,
                    {"id": [1]},
                    {"id": 8},
                    {"id": 9, "file_name": "../b.png"},
                ]
            }
        )
    },
    "CSV": {
        "x.csv": "picture,left,top,width,height,label\n"
        "a.png,,,,,\na.png,x,1,1,1,\na.png,1\n,1,1,1,1,\na.png,1,1,1e400,1,z\na.png,1,1,0,1,z\n"
    },
    "YOLO": {
        "x.txt": "images/a.png\nimages/b.png\n../c.png\n",
        "classes.txt": "cola",
        "labels/a.txt": "1 .5 .5 .1 .1\n0 .5 .5\n0 50 50 20 20\n0 nan 0 0 0\nx 0 0 0 0\n0 .5 .5 0 0\n",
    },
    "VOC": {
        "ImageSets/Main/x.txt": "a\nb\n..\n",
        "Annotations/a.xml": "<annotation><filename>a.png</filename><size><width>x</width></size>"
        "<object><name>q</name></object><object><bndbox/></object></annotation>",
    },
}


@pytest.mark.parametrize(
    ("name", "count"), [("imglab", 2), ("COCO", 5), ("COCO's images", 6), ("CSV", 5), ("YOLO", 8), ("VOC", 5)]
)
def test_every_issue_is_reported_and_the_rest_is_read(tmp_path, name, count):
    texts = BAD[name]
    lay_out(tmp_path, texts, "images/a.png", "a.png")
    issues = []
    (picture,) = annotations.read(tmp_path / next(iter(texts)), on_issue=issues.append)
    assert (picture.path.name, picture.boxes) == ("a.png", ())
    assert len(issues) == count, issues
    with pytest.raises(AnnotationError) as caught:
        annotations.read(tmp_path / next(iter(texts)))
    assert str(caught.value) == str(issues[0])


@pytest.mark.parametrize(
    ("format", "flag", "ignore"),
    [("coco", "iscrowd", True), ("coco", "ignore", True), ("voc", "difficult", True), ("voc", "truncated", False)],
)
def test_ignore(tmp_path, format, flag, ignore):
    if format == "coco":
        content = COCO | {"annotations": [COCO["annotations"][0] | {flag: 1}]}
        lay_out(tmp_path, {"x.json": json.dumps(content)}, "a.png")
        (picture,) = annotations.read(tmp_path / "x.json")
    else:
        text = VOC.format("", "a.png").replace("</name>", f"</name><{flag}>1</{flag}>")
        lay_out(tmp_path, {"a.xml": text}, "a.png")
        (picture,) = annotations.read(tmp_path)
    assert picture.boxes[0].ignore is ignore


def test_voc_challenges_count_from_one(tmp_path):
    text = VOC.format("<source><database>The VOC2007 Database</database></source>", "a.png")
    lay_out(tmp_path, {"a.xml": text}, "a.png")
    assert annotations.read(tmp_path)[0].boxes == (Box(0, 1, 4, 5, "cola"),)


def test_a_picture_that_only_a_voc_list_names_has_no_boxes(tmp_path):
    lay_out(tmp_path, {"ImageSets/Main/default.txt": "a b\n"}, "JPEGImages/a b.jpg")
    assert annotations.read(tmp_path / "ImageSets/Main/default.txt") == [Picture(tmp_path / "JPEGImages/a b.jpg")]


def test_a_yolo_label_file_without_its_picture_is_reported(tmp_path):
    lay_out(tmp_path, {"classes.txt": "cola", "labels/a.txt": LINE, "labels/b.txt": LINE}, "images/a.png")
    with pytest.raises(AnnotationError, match=r"b\.txt: its picture is not in"):
        annotations.read(tmp_path)


def test_fractions_are_rounded_to_the_nearest_edge(tmp_path):
    content = COCO | {"annotations": [COCO["annotations"][0] | {"bbox": [0.6, 1.5, 3.2, 4.2]}]}
    lay_out(tmp_path, {"x.json": json.dumps(content)}, "a.png")
    assert annotations.read(tmp_path / "x.json")[0].boxes == (COLA,)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"PK\3\4\x14\0\0\0\x08\0\xff", "a zip archive; unpack it first", id="zip"),
        pytest.param(b"\x1f\x8b\x08\0\xff", "compressed by gzip; unpack it first", id="gzip"),
        pytest.param(b"%PDF-1.4\n\xe2\xe3", "a PDF; copy its table", id="PDF"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS; run: git lfs", id="LFS"),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.xml"])
def test_files_of_other_kinds_are_named(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(AnnotationError, match=words):
        annotations.read(tmp_path / name)
