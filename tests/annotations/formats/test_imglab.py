import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens import annotations
from brandlens.annotations import Picture, text_files, xml_reader
from brandlens.annotations.formats import imglab
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

DATA = os.environ.get("BRANDLENS_DATA")


def xml(images: str, header: str = "<?xml version='1.0' encoding='UTF-8'?>") -> str:
    return f"{header}\n<dataset>\n<images>\n{images}\n</images>\n</dataset>\n"


def boxed(attributes: str, inner: str = "") -> str:
    return xml(f"<image file='a.jpg'>\n<box {attributes}>{inner}</box>\n</image>")


@pytest.fixture
def write_xml(tmp_path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "drinks.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


PLACE = "left='1' top='2' width='3' height='4'"


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        pytest.param("", [], id="no pictures"),
        pytest.param("<image file='a.jpg'/>", [("a.jpg", (), None, None)], id="no boxes"),
        pytest.param("<image file='a.jpg' width='30' height='20'/>", [("a.jpg", (), 30, 20)], id="stated size"),
        pytest.param(
            f"<image file='a.jpg'><box {PLACE}/></image>",
            [("a.jpg", (Box(1, 2, 3, 4, "logo"),), None, None)],
            id="no label",
        ),
        pytest.param(
            f"<image file='a.jpg'><box {PLACE}><label> </label></box></image>",
            [("a.jpg", (Box(1, 2, 3, 4, "logo"),), None, None)],
            id="an empty label",
        ),
        pytest.param(
            f"<image file='a.jpg'><box {PLACE} ignore='1'><label>\n Coca &amp; Co\n</label></box></image>",
            [("a.jpg", (Box(1, 2, 3, 4, "Coca & Co", True),), None, None)],
            id="an ignore box; space around the label",
        ),
        pytest.param(
            f"<image file='a.jpg'><box {PLACE} ignore='0' difficult='1' angle='0.3' gender='unknown'>"
            "<label>nose</label><part name='tip' x='1' y='2'/></box></image>",
            [("a.jpg", (Box(1, 2, 3, 4, "nose"),), None, None)],
            id="attributes and parts that say nothing here",
        ),
        pytest.param(
            f"<image file='a.jpg'><box {PLACE} ignore='False'/><box {PLACE} ignore='no'/></image>",
            [("a.jpg", (Box(1, 2, 3, 4, "logo"),) * 2, None, None)],
            id="not ignored, in words",
        ),
        pytest.param(
            "<image file='a.jpg'><box left='-5' top='-6' width='999' height='9'/></image>",
            [("a.jpg", (Box(-5, -6, 999, 9, "logo"),), None, None)],
            id="sticks out",
        ),
        pytest.param(r"<image file='photos\b\a.jpg'/>", [("photos/b/a.jpg", (), None, None)], id="Windows' separators"),
    ],
)
def test_read(write_xml, images, expected):
    path = write_xml(xml(images))
    assert annotations.read(path) == [Picture(path.parent / name, *rest) for name, *rest in expected]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(xml(f"<image file='a.jpg'><box {PLACE}><label>Évian</label></box></image>").encode(), id="UTF-8"),
        pytest.param(
            xml(f"<image file='a.jpg'><box {PLACE}><label>Évian</label></box></image>").encode("utf-8-sig"),
            id="with a mark",
        ),
        pytest.param(
            xml(
                f"<image file='a.jpg'><box {PLACE}><label>Évian</label></box></image>",
                "<?xml version='1.0' encoding='ISO-8859-1'?>\n<?xml-stylesheet type='text/xsl' href='style.xsl'?>",
            ).encode("latin-1"),
            id="ISO-8859-1, with a stylesheet",
        ),
        pytest.param(
            xml(
                f"<image file='a.jpg'><box {PLACE}><label>Évian</label></box></image>",
                "<?xml version='1.0' encoding='UTF-16'?>",
            ).encode("utf-16"),
            id="UTF-16",
        ),
    ],
)
def test_encodings(write_xml, content):
    assert annotations.read(write_xml(content))[0].boxes[0].label == "Évian"


BOMB = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
FILE = "<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>"
LAVIE = "<label>Lavie</label>"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("", "", id="empty"),
        pytest.param('{"images": []}', "not well-formed", id="JSON"),
        pytest.param("<annotation/>", "<annotation>", id="another XML"),
        pytest.param("<a>" * 51, "inside one another", id="nested without end"),
        pytest.param(xml("")[:-12], "line 5", id="cut short"),
        pytest.param(xml("<image file='a.jpg'>"), "line 5", id="tags that do not match"),
        pytest.param(BOMB + xml("<image file='&b;'/>", ""), "entities", id="entities"),
        pytest.param(FILE + xml("<image file='a'><x>&a;</x></image>", ""), "entities", id="an external entity"),
        pytest.param(xml("", "<?xml version='1.0' encoding='klingon'?>"), "", id="an unknown encoding"),
        pytest.param(xml("\n\n<image/>"), "line 6: <image> has no file", id="no file name"),
        pytest.param(xml("<image file='.'/>"), "line 4: ", id="no name in the file name"),
        pytest.param(xml("<image file='a.jpg' width='x' height='2'/>"), "line 4: ", id="a stated width that is none"),
        pytest.param(xml("<image file='a.jpg' width='0' height='2'/>"), "line 4: ", id="a stated width of 0"),
        pytest.param(
            boxed("left='1' top='2' width='0' height='4'", LAVIE),
            'line 5: box of label "Lavie" has width 0; remove it or run: brandlens logo check ',
            id="no width",
        ),
        pytest.param(
            boxed("left='1' top='2' width='3' height='-4'"),
            'line 5: box of label "logo" has height -4',
            id="a negative height",
        ),
        pytest.param(boxed("left='1' top='2' width='3'"), "line 5: <box> has no height", id="a side left out"),
        pytest.param(boxed(f"{PLACE} ignore='maybe'"), 'has "maybe" as ignore; write 0 or 1', id="ignored or not"),
        pytest.param(boxed(PLACE, LAVIE * 2), "<box> has 2 labels; write a <box> for each", id="two labels"),
        pytest.param(boxed("left='1.5' top='2' width='3' height='4'"), '"1.5"', id="half a pixel"),
        pytest.param(boxed("left='nan' top='2' width='3' height='4'"), '"nan"', id="not a number"),
        pytest.param(boxed("left='1e300' top='2' width='3' height='4'"), "whole number", id="beyond all pictures"),
        pytest.param(
            boxed(f"left='{'9' * 5000}' top='2' width='3' height='4'"), "whole number", id="thousands of digits"
        ),
    ],
)
def test_read_refuses_in_one_line(write_xml, content, words):
    path = write_xml(content)
    with pytest.raises(AnnotationError) as caught:
        imglab.read(path)
    assert str(caught.value).startswith(f"{path}")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 2 * len(str(path)) + 200


@pytest.mark.parametrize("module", [annotations, imglab])
def test_a_missing_file(tmp_path, module):
    with pytest.raises(AnnotationError, match=r"none\.xml"):
        module.read(tmp_path / "none.xml")


def test_a_file_too_large(write_xml, monkeypatch):
    monkeypatch.setattr(text_files, "MAX_BYTES", 50)
    with pytest.raises(AnnotationError, match="bytes"):
        annotations.read(write_xml(xml("<image file='a.jpg'/>")))


def test_a_file_of_too_many_elements(write_xml, monkeypatch):
    monkeypatch.setattr(xml_reader, "MAX_ELEMENTS", 4)
    path = write_xml(xml("<image file='a.jpg'/>\n<image file='b.jpg'/>"))
    assert len(imglab.read(path)) == 2
    path = write_xml(xml("<image file='a.jpg'/>\n<image file='b.jpg'/>\n<image file='c.jpg'/>"))
    with pytest.raises(AnnotationError, match="line 6: over 4 elements"):
        imglab.read(path)


@pytest.mark.parametrize(
    "name", ["/etc/a.jpg", "../a.jpg", "b/../a.jpg", r"..\a.jpg", r"C:\a.jpg", "C:a.jpg", r"\\host\share\a.jpg"]
)
def test_pictures_elsewhere(write_xml, name):
    path = write_xml(xml(f"<image file='{name}'/>"))
    with pytest.raises(AnnotationError, match=r"line 4: .*outside"):
        imglab.read(path)
    assert imglab.read(path, allow_outside=True) == [Picture(path.parent / PurePosixPath(name.replace("\\", "/")))]


def test_write(tmp_path):
    path = tmp_path / "new" / "drinks.xml"
    boxes = (Box(1, 2, 3, 4, "Coca & <Co>"), Box(-5, 6, 7, 8, "logo", True))
    pictures = [Picture(path.parent / "images" / "a.jpg", boxes, 30, 20), Picture(path.parent / "b.png")]
    annotations.write(path, pictures)
    assert list(path.parent.iterdir()) == [path]
    first = path.read_bytes()
    assert b'file="images/a.jpg"' in first
    assert b'ignore="1"' in first
    annotations.write(path, pictures)
    assert path.read_bytes() == first
    assert annotations.read(path) == pictures


def test_write_relative_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures = [Picture(Path("data/images/a.jpg"))]
    annotations.write(Path("data/drinks.xml"), pictures)
    assert annotations.read(Path("data/drinks.xml")) == pictures


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 1, 1, "a\x00b"),)), id="a control character in a label"),
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 1, 1, "a\ud800"),)), id="half a character in a label"),
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 1, 1, ""),)), id="an empty label"),
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 1, 1, " cola"),)), id="a label that starts with a space"),
        pytest.param(Picture(Path("a.jpg"), (Box(0, 0, 0, 1, "cola"),)), id="a box without width"),
        pytest.param(Picture(Path("a\x01.jpg")), id="a control character in a name"),
        pytest.param(Picture(Path("../a.jpg")), id="a picture elsewhere"),
    ],
)
def test_write_refuses_what_cannot_be_read_back(tmp_path, picture):
    path = tmp_path / "drinks.xml"
    with pytest.raises(AnnotationError, match=r"drinks\.xml"):
        annotations.write(path, [Picture(tmp_path / picture.path, picture.boxes)])
    assert not list(tmp_path.iterdir())


def test_every_issue_is_reported_and_the_rest_is_read(write_xml):
    box = "left='1' top='2' width='{}' height='4'"
    path = write_xml(
        xml(
            f"<image file='a.jpg' width='-1'>\n<box {box.format(0)}/>\n<box {box.format(3)}/>\n<box/>\n</image>\n"
            f"<image file='../b.jpg'/>\n<image file='c.jpg'/>"
        )
    )
    issues = []
    assert imglab.read(path, on_issue=issues.append) == [
        Picture(path.parent / "a.jpg", (Box(1, 2, 3, 4, "logo"),)),
        Picture(path.parent / "c.jpg"),
    ]
    assert [issue.place for issue in issues] == [f"{path}, line {line}" for line in (4, 5, 7, 9)]


def test_places(write_xml):
    path = write_xml(xml(f"<image file='a.jpg'>\n<box {PLACE}/>\n\n<box {PLACE}/></image>"))
    assert imglab.read(path)[0].places == tuple(f"{path}, line {line}" for line in (4, 5, 7))


@pytest.mark.skipif(not DATA, reason="BRANDLENS_DATA names no folder of real pictures")
@pytest.mark.parametrize(
    ("file", "pictures", "boxes"),
    [
        ("drinks5/train.xml", 499, 966),
        ("flickrlogos27/val.xml", 81, 165),
        ("imglab_examples/faces/testing.xml", 5, 25),
        ("imglab_examples/faces/training_with_face_landmarks.xml", 4, 18),
    ],
)
def test_real_files(file, pictures, boxes):
    read = annotations.read(Path(DATA, file))
    assert len(read) == pictures
    assert sum(len(picture.boxes) for picture in read) == boxes
    assert all(picture.path.is_file() for picture in read)


def as_imglab_writes(name: str, label: str, encoding: str = "utf-8") -> bytes:
    """Return a file as dlib's imglab writes it: nothing escaped, ISO-8859-1 declared over bytes as they were typed."""
    header = "<?xml version='1.0' encoding='ISO-8859-1'?>\n<?xml-stylesheet type='text/xsl' href='style.xsl'?>"
    image = f"  <image file='{name}' width='30' height='20'>\n    <box top='2' left='1' width='3' height='4'>\n"
    return xml(f"{image}      <label>{label}</label>\n    </box>\n  </image>", header).encode(encoding)


TYPED = ["Nestlé", "B&G", "AT&T;", "a<b", "O'Neil", 'the "best"', "1>0", "]]>", "R&D & more", "ä<&'\"東"]


@pytest.mark.parametrize("label", TYPED)
def test_labels_as_typed(write_xml, label):
    path = write_xml(as_imglab_writes("a.jpg", label))
    assert annotations.read(path)[0].boxes == (Box(1, 2, 3, 4, label),)


@pytest.mark.parametrize("name", [text for text in TYPED if text not in ("AT&T;", "]]>")])
def test_names_as_typed(write_xml, name):
    path = write_xml(as_imglab_writes(f"{name}.jpg", "B&G"))
    assert annotations.read(path) == [Picture(path.parent / f"{name}.jpg", (Box(1, 2, 3, 4, "B&G"),), 30, 20)]


def test_what_is_escaped_already_is_not_escaped_again(write_xml):
    path = write_xml(as_imglab_writes("a&amp;b.jpg", "B&G &#233;"))
    assert annotations.read(path) == [Picture(path.parent / "a&b.jpg", (Box(1, 2, 3, 4, "B&G é"),), 30, 20)]


def test_bytes_of_iso_8859_1(write_xml):
    assert annotations.read(write_xml(as_imglab_writes("a.jpg", "Nestlé", "latin-1")))[0].boxes[0].label == "Nestlé"


def test_elements_in_a_label_are_no_text(write_xml):
    with pytest.raises(AnnotationError, match="line 6: <box> has a label with elements in it"):
        annotations.read(write_xml(as_imglab_writes("a.jpg", "<b>x</b>")))


def test_the_line_of_what_is_not_well_formed(write_xml):
    with pytest.raises(AnnotationError, match="mismatched tag: line 9, column"):
        annotations.read(write_xml(as_imglab_writes("a&b.jpg", "B&G").replace(b"</box>", b"")))


@settings(max_examples=30)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8))
def test_any_label_as_typed(tmp_path_factory, label):
    """What was typed is read so, or refused, or stood for something: an entity, an element, an end."""
    path = tmp_path_factory.getbasetemp() / "typed.xml"
    path.write_bytes(as_imglab_writes("a.jpg", label))
    try:
        (box,) = imglab.read(path)[0].boxes
    except AnnotationError as error:
        assert "\n" not in str(error)
        assert "\ufffe" in label or "\uffff" in label or "<" in label
    else:
        assert box.label == (label.strip() or "logo") or label.strip(" ") == box.label or "&" in label
        again = path.with_name("again.xml")
        again.write_bytes(imglab.render(again, imglab.read(path)).files[again])
        assert imglab.read(again) == imglab.read(path)
