"""Datasets as other tools lay them out are read, and no name in them leads out of their folder."""

import json
from pathlib import Path

import pytest

from brandlens import annotations
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


OUTSIDE = ["../gone.png", "{root}/gone.png", "a/../../gone.png", "C:/gone.png", "//host/gone.png"]
LAYOUTS = {
    "imglab": (
        {
            "x.xml": "<dataset><images><image file='a.png' width='30' height='20'><box left='1' top='2' width='3' "
            "height='4'><label>cola</label></box></image></images></dataset>"
        },
        "x.xml",
        "a.png",
    ),
    "CSV": ({"x.csv": "picture,left,top,width,height,label\na.png,1,2,3,4,cola\n"}, "x.csv", "a.png"),
    "CSV of Excel": (
        {"x.csv": "\ufeffPicture;Left;Top;Width;Height;Label\r\na.png;1;2;3;4; cola \r\n;;;;;\r\n"},
        "x.csv",
        "a.png",
    ),
    "CSV in another order": (
        {"x.txt": "label\theight\twidth\ttop\tleft\tpicture\ncola\t4\t3\t2\t1\ta.png"},
        "x.txt",
        "a.png",
    ),
    "COCO": ({"x.json": coco("a.png")}, "x.json", "a.png"),
    "COCO's own folders": (
        {"annotations/instances_val2017.json": coco("a.png")},
        "annotations/instances_val2017.json",
        "val2017/a.png",
    ),
    "COCO of CVAT": (
        {"annotations/instances_default.json": coco("a.png")},
        "annotations/instances_default.json",
        "images/default/a.png",
    ),
    "COCO of Label Studio on Windows": (
        {"result.json": coco(r"images\0a1b2c3d-a.png")},
        "result.json",
        "images/0a1b2c3d-a.png",
    ),
    "COCO of Label Studio with a project": (
        {"result.json": coco(r"images\1/0a1b2c3d-a.png")},
        "result.json",
        "images/0a1b2c3d-a.png",
    ),
    "COCO of Label Studio without its prefix": ({"result.json": coco("images/0a1b2c3d-a.png")}, "result.json", "a.png"),
    "COCO of Label Studio from elsewhere": (
        {"result.json": coco(r"..\..\label-studio\media\upload\4\0a1b2c3d-a.png")},
        "result.json",
        "images/0a1b2c3d-a.png",
    ),
    "VOC": ({"Annotations/a.xml": VOC.format("<folder>VOC2007</folder>", "a.png")}, ".", "JPEGImages/a.png"),
    "VOC, the folder within": ({"Annotations/a.xml": VOC.format("", "a.png")}, "Annotations", "JPEGImages/a.png"),
    "VOC, one file": ({"Annotations/a.xml": VOC.format("", "a.png")}, "Annotations/a.xml", "JPEGImages/a.png"),
    "VOC, a list": (
        {
            "Annotations/a.xml": VOC.format("", "a.png"),
            "Annotations/b.xml": VOC.format("", "b.png"),
            "ImageSets/Main/val.txt": "a\n",
        },
        "ImageSets/Main/val.txt",
        "JPEGImages/a.png",
    ),
    "VOC, a list of one label": (
        {"Annotations/a.xml": VOC.format("", "a.png"), "ImageSets/Main/cola_val.txt": "a  1\n"},
        "ImageSets/Main/cola_val.txt",
        "JPEGImages/a.png",
    ),
    "VOC of CVAT, folders in folders": (
        {"Annotations/b/a.xml": VOC.format("<folder/>", "b/a.png")},
        ".",
        "JPEGImages/b/a.png",
    ),
    "VOC of LabelImg": ({"a.xml": VOC.format("<folder>desk</folder>", "a.png")}, ".", "a.png"),
    "VOC of LabelImg on Windows": ({"a.xml": VOC.format("<folder>d</folder>", r"C:\pictures\a.png")}, ".", "a.png"),
    "VOC of Label Studio": ({"Annotations/a.xml": VOC.format("", "a")}, ".", "images/a.png"),
    "YOLO of Label Studio": ({"classes.txt": "cola\n", "labels/a.txt": LINE}, ".", "images/a.png"),
    "YOLO of LabelImg": ({"classes.txt": "cola\n", "a.txt": LINE}, ".", "a.png"),
    "YOLO of LabelImg, labels apart": (
        {"labels/classes.txt": "cola\n", "labels/a.txt": LINE},
        "images",
        "images/a.png",
    ),
    "YOLO of Ultralytics": (
        {
            "data.yaml": "path: ../datasets/x\ntrain: images/train # pictures\nnames:\n  0: cola\n",
            "labels/train/a.txt": LINE,
        },
        "data.yaml",
        "images/train/a.png",
    ),
    "YOLO of Roboflow": (
        {
            "data.yaml": "train: ../train/images\ntest: ../test/images\nnc: 1\nnames: ['cola']\nroboflow: {v: 1}\n",
            "train/labels/a.txt": LINE,
        },
        ".",
        "train/images/a.png",
    ),
    "YOLO of Roboflow, a split": (
        {"data.yaml": "train: ../train/images\nnames: [cola]\n", "train/labels/a.txt": LINE},
        "train",
        "train/images/a.png",
    ),
    "YOLO of CVAT": (
        {
            "data.yaml": "path: ./\ntrain: train.txt\nnames: {0: cola}\n",
            "train.txt": "data/images/train/a.png\r\n",
            "labels/train/a.txt": LINE,
        },
        "data.yaml",
        "images/train/a.png",
    ),
    "YOLO of Darknet": (
        {"obj.names": "cola\n", "train.txt": "data/obj_train_data/a.png\n", "obj_train_data/a.txt": LINE},
        "train.txt",
        "obj_train_data/a.png",
    ),
    "a polygon in YOLO": (
        {"classes.txt": "cola", "labels/a.txt": "0 0.0333333 0.1 0.1333333 0.3 0.05 0.2"},
        ".",
        "images/a.png",
    ),
}


def lay_out(root: Path, texts: dict[str, str], *pictures: str) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8", newline="")
    for name in pictures:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(PNG)


@pytest.mark.parametrize("name", LAYOUTS)
def test_read(tmp_path, name):
    texts, path, picture = LAYOUTS[name]
    lay_out(tmp_path, texts, picture)
    (record,) = annotations.read(tmp_path / path)
    assert (record.path.resolve(), record.boxes) == (tmp_path / picture, (COLA,))
    assert (record.width, record.height) in ((30, 20), (None, None))
    assert len(record.places) == 2


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        pytest.param({"x.xml": "<dataset><images><image file='{}'/></images></dataset>"}, "x.xml", id="imglab"),
        pytest.param({"x.csv": "picture,left,top,width,height,label\n{},,,,,\n"}, "x.csv", id="CSV"),
        pytest.param({"x.json": '{"images": [{"id": 1, "file_name": "{}"}]}'}, "x.json", id="COCO"),
        pytest.param({"x.xml": "<annotation><filename>{}</filename></annotation>"}, ".", id="VOC"),
        pytest.param({"ImageSets/Main/x.txt": "{}\n", "Annotations/a.xml": "<annotation/>"}, ".", id="a list of VOC"),
        pytest.param({"x.txt": "{}\n", "classes.txt": "cola\n"}, "x.txt", id="a list of YOLO"),
        pytest.param({"data.yaml": "train: '{}'\nnames: [cola]\n"}, ".", id="data.yaml"),
    ],
)
@pytest.mark.parametrize("name", OUTSIDE)
def test_what_leaves_the_folder_is_refused(tmp_path, texts, path, name):
    lay_out(tmp_path, {}, "gone.png")
    named = name.format(root=tmp_path)
    lay_out(tmp_path / "below", {file: text.replace("{}", named) for file, text in texts.items()})
    with pytest.raises(AnnotationError) as caught:
        annotations.read(tmp_path / "below" / path)
    assert "outside" in str(caught.value)
    assert "\n" not in str(caught.value)
