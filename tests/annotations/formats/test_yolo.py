"""YOLO's label files as tools write them: the upright box, or one line with the file, the line and the fix."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brandlens import annotations
from brandlens.annotations.issues import Issue
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (200).to_bytes(4, "big") + (100).to_bytes(4, "big") + bytes(9)  # 200 x 100
BOX = "0 0.4 0.35 0.3 0.3"
CORNERS = (50, 20, 60, 30)  # left, top, width and height of that box
POSE = f"{BOX} 0.3 0.25 0.5 0.45"
SQUARE = "0 0.25 0.2 0.55 0.2 0.55 0.5 0.25 0.5"


def read(root: Path, labels: str | bytes, names: str = "") -> tuple[list[tuple[int, ...]], list[Issue]]:
    """Return left, top, width and height of the boxes of one picture, and what was reported."""
    (root / "a.png").write_bytes(PNG)
    (root / "a.txt").write_bytes(labels if isinstance(labels, bytes) else labels.encode())
    if names:
        (root / "data.yaml").write_text(names)
    else:
        (root / "classes.txt").write_text("Acme\nBolt Ltd\n")
    issues: list[Issue] = []
    pictures = annotations.read(root, on_issue=issues.append)
    boxes = [box for picture in pictures for box in picture.boxes]
    return [(box.left, box.top, box.width, box.height) for box in boxes], issues


@pytest.mark.parametrize(
    ("labels", "names", "count"),
    [
        pytest.param("", "", 0, id="no line"),
        pytest.param("\n \r\n# class x y w h\n", "", 0, id="no line but comments"),
        pytest.param(f"\ufeff{BOX}\r\n\r\n{BOX} # twice\r\n", "", 2, id="a byte order mark, CRLF, an empty line"),
        pytest.param(BOX.encode("utf-16"), "", 1, id="UTF-16"),
        pytest.param("0\t0.4   .35\t3e-1  +0.3 ", "", 1, id="tabs and spaces"),
        pytest.param(BOX.replace("0 ", "0.0 ", 1), "", 1, id="class 0.0"),
        pytest.param(BOX.replace("0 ", "1e0 ", 1), "", 1, id="class 1e0"),
        pytest.param(BOX.replace("0 ", "Acme ", 1), "", 1, id="a class's name"),
        pytest.param(BOX.replace("0 ", "Bolt Ltd ", 1), "", 1, id="a class's name of two words"),
        pytest.param(f"{BOX} 0.91", "", 1, id="a confidence"),
        pytest.param(f"{BOX} 12", "", 1, id="a track"),
        pytest.param(f"{BOX} 0.91 12", "", 1, id="a confidence and a track"),
        pytest.param(f"{BOX} 0.91 1\n" * 3, "", 3, id="confidences and the first track"),
        pytest.param(f"{POSE}\n{BOX}", "names: [Acme]\nkpt_shape: [2, 2]", 2, id="keypoints, and none"),
        pytest.param(f"{BOX} 0.3 0.25 2 0 0 0", "names: [Acme]\nkpt_shape: [2, 3]", 1, id="keypoints that are hidden"),
        pytest.param(f"{POSE} 0.91 3", "names: [Acme]\nkpt_shape: [2, 2]", 1, id="keypoints of a prediction"),
        pytest.param(SQUARE, "", 1, id="an oriented box"),
        pytest.param(f"{SQUARE} 0.91\n{SQUARE} 0.91 1", "", 2, id="oriented boxes of a prediction"),
        pytest.param(
            "0 0.25 0.2 0.55 0.3 0.4 0.5\n0 0.25 0.35 0.4 0.2 0.55 0.35 0.5 0.5 0.3 0.5", "", 2, id="polygons"
        ),
        pytest.param(
            "0 0.25 0.2 0.55 0.3 0.4 0.5 .9\n0 0.25 0.35 0.4 0.2 0.55 0.35 0.5 0.5 0.3 0.5 .8", "", 2, id="masks"
        ),
        pytest.param("0 0.25 0.2 0.55 0.3 0.4 0.5", "names: [Acme]\nkpt_shape: [0, 0]", 1, id="a triangle"),
    ],
)  # fmt: skip
def test_the_upright_box(tmp_path, labels, names, count):
    boxes, issues = read(tmp_path, labels, names)
    assert boxes == [CORNERS] * count
    assert all(issue.hint for issue in issues)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("0.5 .4 .35 .3 .3", 'class "0.5" is no whole number', id="class 0.5"),
        pytest.param("-1 .4 .35 .3 .3", 'class "-1" is no whole number', id="class -1"),
        pytest.param("7 .4 .35 .3 .3", 'class "7" has no name; name it in', id="a class without a name"),
        pytest.param("acme .4 .35 .3 .3", 'nor one of the names; is it "Acme"?', id="a name in another case"),
        pytest.param("0 0,4 0,35 0,3 0,3", "write 0.4", id="decimal commas"),
        pytest.param("0,0.4,0.35,0.3,0.3", "spaces alone", id="commas between"),
        pytest.param("0, 0.4, 0.35, 0.3, 0.3", "spaces alone", id="commas and spaces between"),
        pytest.param("0 nan .35 .3 .3", 'has "nan"', id="not a number"),
        pytest.param("0 inf .35 .3 .3", 'has "inf"', id="infinite"),
        pytest.param("0 1e400 .35 .3 .3", 'has "1e400" as a value; write a fraction', id="too large"),
        pytest.param("0 0_4 .35 .3 .3", 'has "0_4"', id="an underscore, which Python takes"),
        pytest.param("0 .4 .35 -.3 .3", "width -0.3", id="a negative width"),
        pytest.param("0 .4 .35 0 .3", "has width 0", id="no width"),
        pytest.param("0 .4 .35 .3", "4 values", id="too few"),
        pytest.param("0 80 35 60 30", "divide pixels by its size, 200x100", id="pixels"),
        pytest.param("0 50 20 110 20 110 50 50 50", "divide pixels by its size, 200x100", id="a polygon in pixels"),
        pytest.param("Acme 50 20 110 50", "no corners in pixels", id="OIDv4"),
        pytest.param("0 1.45 .35 .3 .3", "no fractions of the picture", id="far outside"),
        pytest.param(f"{BOX} -45", "6 values", id="an angle"),
        pytest.param(f"{BOX} 0.91 1", "delete the last two", id="a triangle, or a track"),
        pytest.param(POSE, "put kpt_shape: [2, 2] into data.yaml", id="a polygon, or keypoints"),
        pytest.param(
            f"{BOX} .3 .25 2 .5 .45 2", "put kpt_shape: [2, 3] into data.yaml", id="keypoints with visibility"
        ),
    ],
)
def test_refused_by_its_line(tmp_path, line, words):
    boxes, issues = read(tmp_path, f"# one\n{line}\n")
    (issue,) = (issue for issue in issues if not issue.hint)
    assert issue.place == f"{tmp_path / 'a.txt'}, line 2"
    assert (boxes, words in str(issue)) == ([], True), issue


@pytest.mark.parametrize(
    ("line", "box"),
    [
        pytest.param("0 0.95 0.35 0.12 0.3", (178, 20, 24, 30), id="a box"),
        pytest.param("0 0.9 0.2 1.03 0.2 1.03 0.5 0.9 0.5", (180, 20, 26, 30), id="an oriented box"),
        pytest.param("0 -0.03 0.2 0.1 0.2 0.1 0.5 0.05 0.6 -0.03 0.5", (-6, 20, 26, 40), id="a polygon"),
        pytest.param("0 0.5 0.5 1.5 1.002", (-50, 0, 300, 100), id="a box wider than the picture"),
    ],
)
def test_edges_a_little_outside_are_left_for_check_to_cut_off(tmp_path, line, box):
    assert read(tmp_path, line) == ([box], [])


def test_a_label_file_that_cannot_be_read_leaves_its_picture_out(tmp_path):
    boxes, (issue,) = read(tmp_path, b"0 .4 .3 .2 .1 \xe9")
    assert (boxes, issue.place, issue.message) == ([], str(tmp_path / "a.txt"), "not UTF-8 at byte 14")


@pytest.mark.parametrize(
    ("lines", "names", "words"),
    [
        pytest.param("/home/x/set/images/a.png\n", ["images/a.png"], ["hint", "taken for images/a.png"], id="moved"),
        pytest.param("C:\\set\\images\\a.png\r\n", ["images/a.png"], ["hint", "taken for"], id="moved from Windows"),
        pytest.param("/1/a.png\n/2/a.png\n", ["a.png"], ["another's; correct"], id="two names of one picture"),
        pytest.param(" data/images/a.png \n", ["images/a.png"], [], id="CVAT's data/"),
        pytest.param("images/A.PNG\n", ["images/a.png"], [], id="another case"),
        pytest.param("images/ab.png\n", [], ["is not there, nearly it is abc.png"], id="nearly"),
        pytest.param("data//etc/hosts\n", [], ["outside"], id="out of the folder, behind data/"),
    ],
)
def test_lists(tmp_path, lines, names, words):
    for name in ("a.png", "images/a.png", "images/abc.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(PNG)
    if "/1/a.png" in lines:
        (tmp_path / "images/a.png").unlink()
    (tmp_path / "classes.txt").write_text("Acme\n")
    (tmp_path / "list.txt").write_text(lines)
    issues: list[Issue] = []
    pictures = annotations.read(tmp_path / "list.txt", on_issue=issues.append)
    assert [picture.path for picture in pictures] == [tmp_path / name for name in names]
    messages = " ".join(f"{'hint ' * issue.hint}{issue}" for issue in issues)
    assert all(word in messages for word in words)
    assert bool(issues) == bool(words)


@settings(max_examples=20)
@example(labels="0 " + "9" * 400)
@example(labels="0 .1 .1 .5 .1 .3 .5 1e308")
@given(
    labels=st.lists(
        st.lists(
            st.sampled_from(
                ["0", "1", "Acme", ".4", "0.35", "-0.1", "1.02", "7", "80", "nan", "1e400", "0,5", "#", "x"]
            ),
            max_size=12,
        ).map(" ".join),
        max_size=4,
    ).map("\n".join)
)
def test_any_lines_are_read_or_refused_by_line(tmp_path_factory, labels):
    root = tmp_path_factory.getbasetemp() / "any lines"
    root.mkdir(exist_ok=True)
    boxes, issues = read(root, labels)
    assert all(abs(edge) <= 2 * 200 for box in boxes for edge in box)
    places = [issue for issue in issues if not issue.hint]
    assert all(issue.place.startswith(f"{root / 'a.txt'}, line ") and "\n" not in str(issue) for issue in places)
    if places:
        with pytest.raises(AnnotationError):
            annotations.read(root)
    else:
        assert sum(len(picture.boxes) for picture in annotations.read(root)) == len(boxes)


def test_splits_that_share_pictures(tmp_path):
    boxes, (hint,) = read(tmp_path, BOX, "train: .\nval: .\nnames: [Acme]\n")
    assert boxes == [CORNERS]
    assert (hint.hint, hint.message) == (True, "1 pictures are in two of its splits")


def test_the_label_is_the_class_by_its_name(tmp_path):
    read(tmp_path, BOX.replace("0 ", "Bolt Ltd ", 1))
    assert annotations.read(tmp_path)[0].boxes == (Box(*CORNERS, "Bolt Ltd"),)
