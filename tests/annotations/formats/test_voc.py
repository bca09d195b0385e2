"""Pascal VOC as tools really write it: rotation, corners, names, XML; and what is refused in one line."""

import pytest

from brandlens import annotations
from brandlens.annotations.formats import voc
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

BNDBOX = "<bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>"
UPRIGHT = BNDBOX.format(50, 20, 110, 50)
COLA = Box(50, 20, 60, 30, "cola")


def write(folder, inner=UPRIGHT, name="a.jpg", label="cola", start="", file="a.xml"):
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (
        f"{start}<annotation>\n<filename>{name}</filename>\n<object><name>{label}</name>{inner}</object></annotation>"
    )
    path.write_text(text, encoding="utf-8")
    return path


def rotation(text):
    return f"<attributes><attribute><name>rotation</name><value>{text}</value></attribute></attributes>"


def robndbox(angle):
    sides = "<cx>80</cx><cy>35</cy><w>60</w><h>30</h>"
    return f"<type>robndbox</type><robndbox>{sides}<angle>{angle}</angle></robndbox>"


@pytest.mark.parametrize(
    ("inner", "edges"),
    [
        pytest.param(UPRIGHT, (50, 20, 60, 30), id="upright"),
        pytest.param(UPRIGHT + rotation("90.0"), (65, 5, 30, 60), id="CVAT"),
        pytest.param(UPRIGHT + rotation("-90"), (65, 5, 30, 60), id="CVAT, the other way"),
        pytest.param(UPRIGHT + rotation("none"), (50, 20, 60, 30), id="a word of the user's own"),
        pytest.param(robndbox("0"), (50, 20, 60, 30), id="roLabelImg"),
        pytest.param(robndbox("1.5707963"), (65, 5, 30, 60), id="roLabelImg, a quarter"),
        pytest.param(BNDBOX.format(110, 50, 50, 20), (50, 20, 60, 30), id="swapped corners"),
        pytest.param(BNDBOX.format(" 50.0\n", "20.0", "1.1e2", "50"), (50, 20, 60, 30), id="numbers with fractions"),
        pytest.param(
            BNDBOX.format("<!-- x -->50", "<![CDATA[20]]>", 110, 50), (50, 20, 60, 30), id="comment and CDATA"
        ),
        pytest.param(
            "<bndbox><ymax>50</ymax><xmax>110</xmax><ymin>20</ymin><xmin>50</xmin></bndbox>",
            (50, 20, 60, 30),
            id="in another order",
        ),
        pytest.param(
            f"<part><name>cap</name>{BNDBOX.format(1, 2, 3, 4)}</part>{UPRIGHT}", (50, 20, 60, 30), id="with a part"
        ),
        pytest.param(BNDBOX.format(0, 0, 1, 1), (0, 0, 1, 1), id="the first pixel"),
    ],
)
def test_edges(tmp_path, inner, edges):
    (picture,) = annotations.read(write(tmp_path, inner))
    assert picture.boxes == (Box(*edges, "cola"),)


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        pytest.param(BNDBOX.format(0.25, 0.2, 0.55, 0.5), "line 3: numbers from 0 to 1 are fractions", id="fractions"),
        pytest.param(BNDBOX.format(50, 20, 50, 50), "line 3: box of label", id="no width"),
        pytest.param(UPRIGHT + UPRIGHT, "line 3: <object> has 2 bndbox; write", id="two boxes"),
        pytest.param("", "line 3: <object> has no bndbox", id="no box"),
        pytest.param(robndbox("x"), 'line 3: has "x" as angle', id="an angle that is none"),
    ],
)
def test_refused(tmp_path, inner, words):
    with pytest.raises(AnnotationError) as caught:
        annotations.read(write(tmp_path, inner))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("\ufeff<?xml version='1.0' encoding='utf-8'?>\n", id="a mark and a declaration"),
        pytest.param("<!DOCTYPE annotation>\n", id="a type without entities"),
        pytest.param("<!-- x --><?x y?>", id="comment and instruction"),
    ],
)
def test_odd_starts(tmp_path, start):
    assert annotations.read(write(tmp_path, start=start))[0].boxes == (COLA,)


def test_a_namespace(tmp_path):
    path = write(tmp_path)
    text = path.read_text().replace("<annotation>", "<v:annotation xmlns:v='urn:voc'>")
    path.write_text(text.replace("</annotation>", "</v:annotation>"))
    assert annotations.read(tmp_path)[0].boxes == (COLA,)


@pytest.mark.parametrize("start", ["<!DOCTYPE a [<!ENTITY x 'y'>]>", "<!DOCTYPE a SYSTEM 'file:///etc/hostname'>"])
def test_entities_are_refused(tmp_path, start):
    with pytest.raises(AnnotationError, match="entities"):
        annotations.read(write(tmp_path, label="&x;", start=start))


@pytest.mark.parametrize(("text", "ignored"), [("1", True), ("yes", True), (" 0\n", False), ("Unspecified", False)])
def test_difficult(tmp_path, text, ignored):
    (picture,) = annotations.read(write(tmp_path, f"<difficult>{text}</difficult>{UPRIGHT}"))
    assert picture.boxes[0].ignore == ignored


def test_difficult_or_not(tmp_path):
    with pytest.raises(AnnotationError, match='has "2" as difficult; write 0 or 1'):
        annotations.read(write(tmp_path, f"<difficult>2</difficult>{UPRIGHT}"))


def test_capitals(tmp_path):
    """Windows' capitals are found, in folders and in lists; what Macs add beside files is not looked at."""
    write(tmp_path, file="Annotations/a.XML")
    (tmp_path / "Annotations/._a.xml").write_bytes(b"\0\5\x16\7")
    (tmp_path / "ImageSets/Main").mkdir(parents=True)
    (tmp_path / "ImageSets/Main/val.txt").write_text("a\n")
    (tmp_path / "ImageSets/Main/._val.txt").write_bytes(b"\0\5\xff")
    for given in (".", "Annotations", "ImageSets/Main/val.txt", "Annotations/a.XML"):
        (picture,) = annotations.read(tmp_path / given)
        assert picture.boxes == (COLA,)


def test_a_broken_file_among_others(tmp_path):
    (tmp_path / "0.xml").write_bytes(b"<a>\n<name>\xe9</name>")
    with pytest.raises(AnnotationError, match=r": 0\.xml in it: not UTF-8, as it should be, at byte 10 in line 2"):
        annotations.read(tmp_path)
    write(tmp_path)
    issues = []
    assert [picture.boxes for picture in voc.read(tmp_path, on_issue=issues.append)] == [(COLA,)]
    assert [issue.place for issue in issues] == [str(tmp_path / "0.xml")]
    with pytest.raises(AnnotationError, match=r"0\.xml: not UTF-8"):
        annotations.read(tmp_path)


def test_names_of_before_a_renaming(tmp_path, capsys):
    (tmp_path / "a.jpg").touch()
    write(tmp_path, name="IMG_99.jpg")
    (picture,) = annotations.read(tmp_path)
    assert picture.path == tmp_path / "a.jpg"
    assert "a.xml, line 1: IMG_99.jpg is not there; a.jpg is taken in its place" in capsys.readouterr().err
    (tmp_path / "IMG_99.jpg").touch()
    assert annotations.read(tmp_path)[0].path == tmp_path / "IMG_99.jpg"
    assert "IMG_99.jpg is taken, as its <filename> says, though a.jpg lies beside it" in capsys.readouterr().err


def test_no_name_at_all(tmp_path):
    write(tmp_path, name="", file="Annotations/a.xml")
    with pytest.raises(AnnotationError, match="no picture is named"):
        annotations.read(tmp_path)
    (tmp_path / "JPEGImages").mkdir()
    (tmp_path / "JPEGImages/a.png").touch()
    assert annotations.read(tmp_path)[0].path == tmp_path / "JPEGImages/a.png"
