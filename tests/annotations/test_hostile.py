"""Annotation files that were damaged or made to harm are read, or refused in one line."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brandlens import annotations
from brandlens.annotations import Picture, dataset
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30).to_bytes(4, "big") + (20).to_bytes(4, "big") + bytes(9)
TARGETS = {
    "imglab": ("x.xml", "x.xml"),
    "voc": ("ImageSets/Main/x.txt", "Annotations/0.xml"),
    "voc's list": ("ImageSets/Main/x.txt", "ImageSets/Main/x.txt"),
    "coco": ("x.json", "x.json"),
    "csv": ("x.csv", "x.csv"),
    "yolo": ("data.yaml", "labels/0.txt"),
    "yolo's names": ("data.yaml", "data.yaml"),
    "yolo's list": ("train.txt", "train.txt"),
}
damage = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 30),
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from(
                [b"-1", b"1e999", b"NaN", b"null", b"[", b"{", b"<", b">", b'"', b"../", b"&x;", b"*a", b"\n"]
            ),
        ),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=25)
@example(changes=[(0.0, 0, b"\x01\r")])
@given(changes=damage)
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path_factory, name, changes):
    root = tmp_path_factory.getbasetemp() / f"damaged {name}"
    given, file = TARGETS[name]
    if not root.exists():
        (root / "images").mkdir(parents=True)
        for at in range(2):
            (root / f"images/{at}.png").write_bytes(PNG)
        boxes = (Box(1, 2, 3, 4, "cola"), Box(5, 6, 7, 8, "fizz"))
        pictures = [Picture(root / f"images/{at}.png", boxes, 30, 20) for at in range(2)]
        format = name.partition("'")[0]
        annotations.write(root / ("train.txt" if format == "yolo" else given), pictures, format)
        (root / "sound").write_bytes((root / file).read_bytes())
    data = (root / "sound").read_bytes()
    for share, length, new in changes:
        at = round(share * len(data))
        data = data[:at] + new + data[at + length :]
    (root / file).write_bytes(data)
    issues = []
    try:
        lenient = annotations.read(root / given, on_issue=issues.append)
        strict = None if issues else annotations.read(root / given)
        assert issues or strict == lenient
        annotations.write(root / "again.json", lenient, "coco")
    except AnnotationError as error:
        assert "\n" not in str(error)
    assert all("\n" not in str(issue) for issue in issues)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("x.json", json.dumps({"images": [{"id": 1, "file_name": "a\0.jpg"}]}), id="a name with a null"),
        pytest.param("x.json", json.dumps({"images": [{"id": 1, "file_name": "a\ud800.jpg"}]}), id="half a character"),
        pytest.param("x.json", json.dumps({"images": [{"id": 1, "file_name": ["a"]}]}), id="a name that is a list"),
        pytest.param("x.csv", "picture,left,top,width,height,label\na\0.jpg,,,,,\n", id="a null in a table"),
        pytest.param("x.csv", "picture,left,top,width,height,label\n" + "a" * 200_000 + ",,,,,\n", id="a field"),
        pytest.param("x.csv", 'picture,left,top,width,height,label\n"a,,,,,\n', id="a quote without its end"),
    ],
)
def test_refused_in_one_line(tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(AnnotationError) as caught:
        annotations.read(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}, ")
    assert len(str(caught.value)) < len(str(tmp_path)) + 200


def test_a_very_long_name_is_a_missing_picture(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"images": [{"id": 1, "file_name": "a" * 5000 + ".jpg"}]}))
    assert dataset.read(tmp_path / "x.json")[0].path.name.startswith("aaa")
