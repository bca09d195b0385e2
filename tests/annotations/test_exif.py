"""Boxes hold what was drawn in them, whatever EXIF does to the picture, in every format and from any into any."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from brandlens import annotations, images
from brandlens.annotations import Picture, dataset, orientation
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.config.logo import Collect
from brandlens.datasets.annotated_pixels import annotated_pixels
from brandlens.datasets.pictures import import_pictures
from brandlens.errors import AnnotationError

WIDTH, HEIGHT = 40, 24
TARGETS = {"imglab": "x.xml", "voc": "", "coco": "x.json", "csv": "x.csv", "yolo": ""}


def draw(path, turn, square):
    """Write a picture that EXIF turns, with a white rectangle; return its box and size, as displayed and as stored."""
    stored = np.zeros((HEIGHT, HEIGHT if square else WIDTH, 3), np.uint8)
    stored[5:9, 3:13] = 255
    exif = Image.Exif()
    exif[0x0112] = turn
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(stored).save(path, exif=exif)
    shown = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    sizes = tuple(pixels.shape[1::-1] for pixels in (shown, stored))
    return tuple(map(white_box, (shown, stored))), sizes


def white_box(pixels):
    left, top, width, height = cv2.boundingRect((pixels[..., 0] > 128).astype(np.uint8))
    return Box(left, top, width, height, "cola")


def label(root, format, box, size):
    """Write an annotation file of one picture by hand, as a tool would; return what to name."""
    left, top, width, height = box.left, box.top, box.width, box.height
    stated = dict(zip(("width", "height"), size or (), strict=False))
    if format == "imglab":
        sides = "".join(f" {side}='{length}'" for side, length in stated.items())
        text = (
            f"<dataset><images><image file='images/a.png'{sides}><box left='{left}' top='{top}' width='{width}' "
            f"height='{height}'><label>cola</label></box></image></images></dataset>"
        )
    elif format == "voc":
        sides = "".join(f"<{side}>{length}</{side}>" for side, length in stated.items())
        text = (
            f"<annotation><folder>images</folder><filename>a.png</filename><size>{sides}</size><object>"
            f"<name>cola</name><bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{left + width}</xmax>"
            f"<ymax>{top + height}</ymax></bndbox></object></annotation>"
        )
    elif format == "coco":
        image = {"id": 1, "file_name": "images/a.png"} | stated
        box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [left, top, width, height]}
        text = json.dumps({"images": [image], "annotations": [box], "categories": [{"id": 1, "name": "cola"}]})
    elif format == "csv":
        columns = "".join(f",picture_{side}" for side in stated)
        sides = "".join(f",{length}" for length in stated.values())
        text = f"picture,left,top,width,height,label{columns}\nimages/a.png,{left},{top},{width},{height},cola{sides}\n"
    else:
        wide, tall = size
        text = f"0 {(left + width / 2) / wide} {(top + height / 2) / tall} {width / wide} {height / tall}\n"
    name = {"voc": "Annotations/a.xml", "yolo": "labels/a.txt"}.get(format, TARGETS[format])
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    if format == "yolo":
        (root / "classes.txt").write_text("cola\n")
    return root / TARGETS[format]


def is_right(picture):
    """Return whether the picture's only box is the white rectangle, in the pixels that it refers to."""
    pixels, _ = annotated_pixels(picture)
    return picture.boxes == (white_box(pixels),)


@pytest.mark.parametrize("size_stated", [True, False])
@pytest.mark.parametrize("square", [True, False])
@pytest.mark.parametrize("format", TARGETS)
def test_boxes_as_the_tools_draw_them(tmp_path, format, square, size_stated):
    for turn in range(1, 9):
        root = tmp_path / str(turn)
        boxes, sizes = draw(root / "images/a.png", turn, square)
        at = 1 if format == "imglab" else 0
        given = label(root, format, boxes[at], sizes[at] if size_stated or format == "yolo" else None)
        (picture,) = annotations.read(given)
        assert is_right(picture), turn


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", ["imglab", "coco"])
@pytest.mark.parametrize("square", [True, False])
def test_converted_and_copied(tmp_path, square, source, target, capsys):
    for turn in (2, 3, 5, 6):
        root = tmp_path / str(turn)
        boxes, sizes = draw(root / "images/a.png", turn, square)
        given = label(root, source, boxes[source == "imglab"], None)
        out = root / "out" / TARGETS[target]
        assert main.call(["logo", "convert", str(given), str(out), "--copy", "--format", target]) == 0
        (picture,) = annotations.read(out)
        assert is_right(picture), turn
        if target != "yolo":
            at = 1 if target == "imglab" else 0  # what that format's tools show
            assert (picture.boxes, (picture.width, picture.height)) == ((boxes[at],), sizes[at])
    assert "1 pictures with 1 boxes" in capsys.readouterr().out


@pytest.mark.parametrize("format", ["imglab", "voc", "coco", "csv"])
@pytest.mark.parametrize("square", [True, False])
def test_the_user_knows_better(tmp_path, format, square):
    """What is given outweighs the format, and the size that is stated."""
    for turn, at, stated in [(turn, at, stated) for turn in (1, 3, 6, 7) for at in (0, 1) for stated in (0, 1)]:
        root = tmp_path / f"{turn} {at} {stated}"
        boxes, sizes = draw(root / "images/a.png", turn, square)
        given = label(root, format, boxes[at], sizes[stated])
        (picture,) = annotations.read(given, exif=("applied", "ignored")[at])
        assert is_right(picture)


def test_yolo_is_of_turned_pictures(tmp_path):
    boxes, sizes = draw(tmp_path / "images/a.png", 3, False)
    given = label(tmp_path, "yolo", boxes[0], sizes[0])
    assert is_right(annotations.read(given, exif="applied")[0])
    with pytest.raises(AnnotationError, match="cannot be ignored"):
        annotations.read(given, exif="ignored")


@pytest.mark.parametrize("turn", range(1, 9))
def test_label_studio_states_the_stored_size(tmp_path, turn):
    boxes, sizes = draw(tmp_path / "images/a.png", turn, False)
    given = label(tmp_path, "coco", boxes[0], sizes[1])
    given.write_text(json.dumps(json.loads(given.read_text()) | {"info": {"contributor": "Label Studio"}}))
    (picture,) = annotations.read(given)
    assert is_right(picture)


@pytest.mark.parametrize("turn", [3, 6])
def test_what_is_collected_shows_the_logo(tmp_path, turn):
    boxes, sizes = draw(tmp_path / "images/a.png", turn, square=True)
    given = label(tmp_path, "coco", boxes[0], sizes[0])
    cfg = Collect("folder", (str(given),) * 3, "auto", True, (0.7, 0.1, 0.2), 6, None)
    pictures = import_pictures(cfg, tmp_path / "into", seed=1)["train"]
    annotations.write(tmp_path / "into/train.xml", pictures)
    (picture,) = annotations.read(tmp_path / "into/train.xml")
    assert (picture.boxes, white_box(images.read(picture.path))) == ((boxes[0],), boxes[0])


def test_check_says_what_it_took(tmp_path, capsys):
    boxes, sizes = draw(tmp_path / "images/a.png", 3, square=False)
    given = label(tmp_path, "coco", boxes[0], sizes[0])
    assert main.call(["logo", "check", str(given)]) == 0
    assert f"hint: {given}: EXIF turns 1 pictures, and their sizes do not tell" in (out := capsys.readouterr().out)
    assert "taken as on them turned" in out
    main.call(["logo", "check", str(given), "--exif", "ignored"])
    assert "taken as on them as stored" in capsys.readouterr().out
    draw(tmp_path / "images/a.png", 1, square=False)
    main.call(["logo", "check", str(given)])
    assert "EXIF" not in capsys.readouterr().out


def test_a_missing_picture_is_taken_as_it_is(tmp_path):
    pictures = [Picture(tmp_path / "gone.jpg", (Box(1, 2, 3, 4, "cola"),), 9, 9, exif_applied=True)]
    assert orientation.converted_for(pictures, "ignored") == pictures
    dataset.write(tmp_path / "x.xml", pictures)
    assert annotations.read(tmp_path / "x.xml", exif="applied") == pictures
