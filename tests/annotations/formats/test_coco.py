"""COCO as tools really write it: ids, rotation, polygons, flags; and what is refused in one line."""

import json

import pytest

from brandlens import annotations
from brandlens.annotations.formats import coco
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

COLA, FIZZ = {"id": 1, "name": "cola"}, {"id": 2, "name": "fizz"}
IMAGE = {"id": 1, "file_name": "a.jpg"}
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [50, 20, 60, 30]}
NAN = float("nan")


def write(folder, annotation=None, images=(IMAGE,), categories=(COLA, FIZZ)):
    content = {"images": list(images), "annotations": [BOX | (annotation or {})], "categories": list(categories)}
    path = folder / "x.json"
    path.write_text(json.dumps(content))
    return path


def rotated(degrees, **rest):
    return {"attributes": {"occluded": False, "rotation": degrees}} | rest


@pytest.mark.parametrize(
    ("annotation", "edges"),
    [
        pytest.param({}, (50, 20, 60, 30), id="upright"),
        pytest.param(rotated(90.0), (65, 5, 30, 60), id="CVAT, a quarter"),
        pytest.param(rotated(-270), (65, 5, 30, 60), id="the other way"),
        pytest.param(rotated("90.0"), (65, 5, 30, 60), id="a quarter, as text"),
        pytest.param(rotated("nan"), (50, 20, 60, 30), id="as text, no number"),
        pytest.param(rotated(450.0), (65, 5, 30, 60), id="more than once around"),
        pytest.param(rotated(0.0), (50, 20, 60, 30), id="not at all"),
        pytest.param(rotated(45.0), (48, 3, 64, 64), id="half a quarter"),
        pytest.param(rotated("left"), (50, 20, 60, 30), id="a word of the user's own"),
        pytest.param(rotated(True), (50, 20, 60, 30), id="a tick of the user's own"),
        pytest.param({"attributes": []}, (50, 20, 60, 30), id="attributes that are none"),
        pytest.param(
            rotated(90, segmentation=[[50, 20, 110, 20, 110, 50, 50, 50]]), (65, 5, 30, 60), id="and its own corners"
        ),
        pytest.param(
            rotated(90, segmentation=[[65, 5, 95, 5, 95, 65, 65, 65]]), (65, 5, 30, 60), id="and a turned polygon"
        ),
        pytest.param(
            rotated(30, segmentation={"counts": [1, 2], "size": [9, 9]}), (50, 20, 60, 30), id="around a mask already"
        ),
        pytest.param({"bbox": None, "segmentation": [[5, 1, 2, 8, 3, 3]]}, (2, 1, 3, 7), id="a polygon alone"),
        pytest.param({"bbox": [], "segmentation": [[5, 1, 2, 8, 3, 3], [9, 9, 8, 8, 9, 8]]}, (2, 1, 7, 8), id="two"),
        pytest.param({"bbox": [0, 0, 0, 0], "segmentation": [[5, 1, 2, 8, 3, 3]]}, (2, 1, 3, 7), id="and zeros"),
        pytest.param({"bbox": [110, 50, -60, -30]}, (50, 20, 60, 30), id="drawn from below"),
        pytest.param({"bbox": [0, 0, 1, 1]}, (0, 0, 1, 1), id="the first pixel"),
    ],
)
def test_edges(tmp_path, annotation, edges):
    (picture,) = annotations.read(write(tmp_path, annotation))
    assert picture.boxes == (Box(*edges, "cola"),)


@pytest.mark.parametrize("key", [1, 1.0, "1", " 1 ", "1.0"])
@pytest.mark.parametrize("other", [1, "1", 1.0])
def test_one_id_in_many_spellings(tmp_path, key, other):
    path = write(tmp_path, {"image_id": other, "category_id": key}, [IMAGE | {"id": key}], [COLA | {"id": other}, FIZZ])
    (picture,) = annotations.read(path)
    assert picture.boxes[0].label == "cola"


@pytest.mark.parametrize("key", ["a1", "01", "-3", -3, 2**60])
def test_ids_as_they_are(tmp_path, key):
    path = write(tmp_path, {"image_id": key, "category_id": key}, [IMAGE | {"id": key}], [COLA | {"id": key}])
    assert annotations.read(path)[0].boxes[0].label == "cola"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (None, "has no image_id"),
        ("", "has no image_id"),
        (True, "has true as image_id"),
        (1.5, "has 1.5 as image_id"),
        (NAN, "has NaN"),
        ([1], "has [1]"),
    ],
)
def test_what_is_no_id(tmp_path, key, words):
    with pytest.raises(AnnotationError) as caught:
        annotations.read(write(tmp_path, {"image_id": key}))
    assert f"x.json, annotations[0]: {words}" in str(caught.value)


@pytest.mark.parametrize("ids", [(1, 1), (1, "1"), (1.0, 1)])
def test_one_id_for_two_labels(tmp_path, ids):
    path = write(tmp_path, None, categories=[COLA | {"id": ids[0]}, FIZZ | {"id": ids[1]}])
    with pytest.raises(AnnotationError, match=r'categories\[1\]: the id 1 is that of "cola" and "fizz"; give each'):
        annotations.read(path)
    issues = []
    assert coco.read(path, on_issue=issues.append)[0].boxes == ()
    assert [issue.place.rpartition(", ")[2] for issue in issues] == ["categories[1]", "annotations[0]"]
    assert not any(issue.safe for issue in issues)


def test_one_label_twice(tmp_path):
    for second in (COLA, COLA | {"id": 2}):
        assert annotations.read(write(tmp_path, None, categories=[COLA, second]))[0].boxes[0].label == "cola"


def test_one_id_for_two_images(tmp_path):
    with pytest.raises(AnnotationError, match=r"images\[1\]: the id 1 is that of another image too"):
        annotations.read(write(tmp_path, None, [IMAGE, {"id": "1", "file_name": "b.jpg"}]))


@pytest.mark.parametrize(
    ("flag", "ignore"),
    [(None, False), (0, False), ("0", False), (False, False), (NAN, False), (1, True), ("1", True), (True, True)],
)
def test_flags(tmp_path, flag, ignore):
    assert annotations.read(write(tmp_path, {"iscrowd": flag}))[0].boxes[0].ignore is ignore


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        pytest.param({"bbox": [0.25, 0.2, 0.3, 0.3]}, "fractions of the picture, not pixels; multiply", id="fractions"),
        pytest.param({"bbox": None, "segmentation": [[0.1, 0.1, 0.9, 0.1, 0.9, 0.9]]}, "fractions", id="in a polygon"),
        pytest.param({"bbox": None, "segmentation": {"counts": "abc"}}, "no bbox", id="a mask alone"),
        pytest.param({"bbox": [1, 2, 3]}, "no bbox of four", id="three numbers"),
        pytest.param({"bbox": [1, 2, 0, 4]}, "has width 0", id="no width"),
        pytest.param({"iscrowd": []}, "has [] as iscrowd", id="a flag that is a list"),
        pytest.param({"iscrowd": "maybe"}, 'has "maybe" as iscrowd', id="a flag that is a word"),
    ],
)
def test_refused(tmp_path, annotation, words):
    with pytest.raises(AnnotationError) as caught:
        annotations.read(write(tmp_path, annotation))
    assert words in str(caught.value)
    assert ", annotations[0]: " in str(caught.value)


def test_two_exports_pasted(tmp_path):
    text = write(tmp_path).read_text()
    (tmp_path / "x.json").write_text(text[:-1] + "," + text[1:])
    with pytest.raises(AnnotationError, match='an object has "images" twice'):
        annotations.read(tmp_path / "x.json")


@pytest.mark.parametrize("name", ["/data/local-files/?d=kc01%5Ca.jpg", "http://localhost:8080/data/upload/1/a.jpg?x=1"])
def test_names_of_label_studio(tmp_path, name):
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.jpg").touch()
    (picture,) = annotations.read(write(tmp_path, None, [IMAGE | {"file_name": name}]))
    assert picture.path == tmp_path / "images/a.jpg"
