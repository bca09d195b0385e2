"""`brandlens logo check`: a line an issue, what --fix changes and what it leaves, and the exit codes."""

import json
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
import pytest

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.cli import main
from brandlens.errors import AnnotationError, UserError

COLA = Box(10, 10, 30, 20, "cola")


def photo(seed: int) -> np.ndarray:
    """Draw blobs of color, small enough for none to look like another, 90 x 120."""
    grid = np.random.default_rng(seed).integers(0, 256, (18, 24, 3), np.uint8)
    return cv2.resize(grid, (120, 90), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Picture]:
    """Enter a folder with six pictures and drinks.xml, in which nothing is wrong."""
    monkeypatch.chdir(tmp_path)
    pictures = []
    for number in range(6):
        images.write(Path("images", f"{number}.png"), photo(number))
        pictures.append(Picture(Path("images", f"{number}.png"), (COLA,), 120, 90))
    annotations.write(Path("drinks.xml"), pictures)
    return pictures


def check(*words: str) -> int:
    return main.call(["logo", "check", *words])


def replace_in_file(old: str, new: str) -> None:
    """Change the first place in drinks.xml that holds the old text."""
    text = Path("drinks.xml").read_text()
    assert old in text
    Path("drinks.xml").write_text(text.replace(old, new, 1))


def test_no_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    annotations.write(Path("drinks.xml"), [])
    assert check("drinks.xml") == 1
    assert capsys.readouterr().out.splitlines() == [
        "drinks.xml: no pictures; name a file or folder that has some",
        "0 pictures, 0 boxes of 0 labels: 1 issues, 0 hints",
        "Not safe to train on: 1 finding above must be fixed first.",
    ]


def test_clean(clean: list[Picture], capsys: pytest.CaptureFixture[str]) -> None:
    assert check("drinks.xml") == 0
    assert capsys.readouterr().out == "6 pictures, 6 boxes of 1 labels: 0 issues, 0 hints\nSafe to train on.\n"


BOX = '<box top="10" left="10" width="30" height="20">'
LABEL = "<label>cola</label>"
BAD = [
    pytest.param(BOX, '<box top="10" left="10" width="0" height="20">', "line 5: box of", "has width 0", id="no width"),
    pytest.param(BOX, '<box top="99" left="9" width="9" height="9">', "line 5: box of", "outside", id="outside"),
    pytest.param(LABEL, f"{LABEL}</box>\n{BOX}{LABEL}", "line 7: box of", "drawn twice", id="drawn twice"),
    pytest.param("<images>", '<images><image file="images/5.png"/>', "5.png is listed twice", "", id="listed twice"),
    pytest.param(LABEL, "<label>Cola </label>", '1 boxes of label "Cola"', 'is it "cola"?', id="another case"),
]
UNFIXED = [
    pytest.param("images/0.png", "images/none.png", "none.png: no such file", "line 4", id="no such picture"),
    pytest.param("images/0.png", "drinks.xml", "not a picture", "line 4", id="no picture"),
    pytest.param('width="120"', 'width="60"', "labelled at 60x90", "line 4", id="another size"),
    pytest.param('width="120"', 'width="many"', 'has "many" as width', "line 4", id="a size that is none"),
    pytest.param("images/0.png", "../0.png", "outside the dataset's folder", "line 4", id="outside the folder"),
    pytest.param('left="10"', 'left="ten"', 'has "ten" as left', "line 5", id="no number"),
    pytest.param(LABEL, "<label>cole</label>", '1 boxes of label "cole"', 'is it "cola", misspelt', id="misspelt"),
    pytest.param(LABEL, "<label>a/b</label>", "cannot name a folder of crops", "rename it", id="no name of a folder"),
    pytest.param(LABEL, "<label>background</label>", "is reserved for what shows no", "rename it", id="reserved"),
]


@pytest.mark.parametrize(("old", "new", "first", "second"), BAD + UNFIXED)
def test_an_issue_is_a_line(
    clean: list[Picture], capsys: pytest.CaptureFixture[str], old: str, new: str, first: str, second: str
) -> None:
    replace_in_file(old, new)
    assert check("drinks.xml") == 1
    line, *hints, summary, last = capsys.readouterr().out.splitlines()
    assert line.startswith("drinks.xml")
    assert first in line
    assert second in line
    assert all(hint.startswith("hint: ") for hint in hints)
    assert ": 1 issues" in summary
    assert last.startswith(
        ("Safe to train on after: brandlens logo check drinks.xml --fix", "Not safe to train on: 1 ")
    )


@pytest.mark.parametrize(("old", "new", "first", "second"), BAD)
def test_fix(clean: list[Picture], old: str, new: str, first: str, second: str) -> None:
    del first, second
    replace_in_file(old, new)
    before = Path("drinks.xml").read_bytes()
    assert check("drinks.xml", "--fix") == 0
    assert Path("drinks.xml.bak").read_bytes() == before
    assert check("drinks.xml") == 0
    fixed = annotations.read(Path("drinks.xml"))
    assert sorted(picture.path for picture in fixed) == [picture.path for picture in clean]
    assert sum(len(picture.boxes) for picture in fixed) >= 5


@pytest.mark.parametrize(("old", "new", "first", "second"), UNFIXED)
def test_what_is_not_safe_is_not_fixed(clean: list[Picture], old: str, new: str, first: str, second: str) -> None:
    del first, second
    replace_in_file(old, new)
    before = Path("drinks.xml").read_bytes()
    assert check("drinks.xml", "--fix") == 1
    assert Path("drinks.xml").read_bytes() == before
    assert not Path("drinks.xml.bak").exists()


@pytest.mark.parametrize(
    ("old", "new", "words", "code", "last"),
    [
        pytest.param("x", "x", [], 0, "Safe to train on.", id="clean"),
        pytest.param(*BAD[0].values[:2], [], 1, "Safe to train on after: ", id="all fixable"),
        pytest.param(*BAD[0].values[:2], ["--fix"], 0, "Safe to train on.", id="fixed"),
        pytest.param(*UNFIXED[0].values[:2], [], 1, "Not safe to train on: 1 finding above must be", id="not fixable"),
        pytest.param(
            LABEL,
            "<label>fizz</label>",
            [],
            0,
            "Safe to train on. Worth a look: 1 hint above.",
            id="a hint",
        ),
        pytest.param("<dataset>", "<dataset", [], 2, "Not safe to train on: a file cannot be read.", id="unread"),
    ],
)
def test_the_last_line_and_the_exit_code_and_the_json_say_whether_it_is_safe_to_train_on(
    clean: list[Picture],
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    words: list[str],
    code: int,
    last: str,
) -> None:
    replace_in_file(old, new)
    before = Path("drinks.xml").read_bytes()
    for format in ("text", "json"):
        Path("drinks.xml").write_bytes(before)
        with pytest.raises(AnnotationError) if code == 2 else nullcontext():
            assert check("drinks.xml", "--format", format, *words) == code
        out = capsys.readouterr().out
        if format == "text":
            assert out.splitlines()[-1].startswith(last)
        else:
            report = json.loads(out)
            assert (report["safe_to_train_on"], report["verdict"].startswith(last)) == (code == 0, True)
            assert {finding["severity"] for finding in report["findings"]} <= {"error", "hint"}


def test_no_boxes_at_all(clean: list[Picture], capsys: pytest.CaptureFixture[str]) -> None:
    annotations.write(Path("background.xml"), [Picture(clean[0].path, (), 120, 90)])
    assert check("background.xml") == 1
    assert "background.xml: no boxes at all: every picture would be background; " in capsys.readouterr().out
    annotations.write(Path("drinks.xml"), clean[1:])
    assert check("drinks.xml", "background.xml") == 0
    assert "hint: background.xml: no boxes at all" in capsys.readouterr().out


def test_what_could_not_be_read_is_not_lost_by_a_fix(clean: list[Picture]) -> None:
    replace_in_file('left="10"', 'left="ten"')
    replace_in_file(BOX, '<box top="99" left="9" width="9" height="9">')
    before = Path("drinks.xml").read_bytes()
    with pytest.raises(UserError, match=r'not fixed.*"ten"'):
        check("drinks.xml", "--fix")
    assert Path("drinks.xml").read_bytes() == before


def test_each_old_file_is_kept(clean: list[Picture]) -> None:
    for _ in range(2):
        replace_in_file(LABEL, "<label>Cola</label>")
        assert check("drinks.xml", "--fix") == 0
    assert sorted(path.name for path in Path().glob("*.bak*")) == ["drinks.xml.bak", "drinks.xml.bak2"]


@pytest.mark.parametrize("name", ["drinks.json", "drinks.csv"])
def test_other_formats_are_fixed_too(clean: list[Picture], name: str) -> None:
    boxes = (COLA, COLA)
    pictures = [Picture(picture.path, boxes, 120, 90) for picture in clean]
    annotations.write(Path(name), pictures, "coco" if name.endswith("json") else "csv")
    assert check(name, "--fix") == 0
    assert annotations.read(Path(name)) == clean


def test_folders_are_not_fixed(clean: list[Picture]) -> None:
    annotations.write(Path("voc"), [], "voc")
    annotations.write(Path(), clean, "yolo")
    with pytest.raises(UserError, match="convert"):
        check("train.txt", "--fix")
    assert check("train.txt") == 0


def test_a_picture_in_two_splits(clean: list[Picture], capsys: pytest.CaptureFixture[str]) -> None:
    images.write(Path("images/again.jpg"), cv2.resize(photo(3), (60, 45), interpolation=cv2.INTER_AREA), 70)
    annotations.write(Path("test.xml"), [Picture(Path("images/again.jpg"), (COLA,)), clean[5]])
    assert check("drinks.xml", "test.xml") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "test.xml, line 4: again.jpg looks like 3.png in drinks.xml; keep them in one split",
        "test.xml, line 9: 5.png looks like 5.png in drinks.xml; keep them in one split",
    ]


def test_hints(clean: list[Picture], capsys: pytest.CaptureFixture[str]) -> None:
    pixels = photo(0)
    pixels[60:80, 70:100] = pixels[10:30, 10:40]
    images.write(clean[0].path, pixels)
    replace_in_file(BOX, '<box top="10" left="100" width="30" height="20">')
    replace_in_file(LABEL, "<label>fizz</label>")
    annotations.write(Path("more.xml"), clean[:1])
    assert check("drinks.xml") == 0
    out = capsys.readouterr().out
    assert "hint: drinks.xml, line 5: box" in out
    assert "sticks out" in out
    assert 'hint: drinks.xml: 1 boxes of label "fizz"; draw more' in out
    assert check("more.xml") == 0
    assert "hint: more.xml, line 4: 0.png at 70,60 30x20 looks like" in capsys.readouterr().out


def test_a_model_hints(clean: list[Picture], model_folder: Path, scene, capsys: pytest.CaptureFixture[str]) -> None:
    images.write(clean[0].path, scene((120, 90), Box(50, 20, 60, 60, "cola")))
    assert check("drinks.xml", "--model", str(model_folder)) == 0
    assert "0.png at " in capsys.readouterr().out


@pytest.fixture
def places(clean: list[Picture], model_folder: Path, scene, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Draw logos without a box in two pictures, check, and return the lines; the second picture's logo is the surer."""
    images.write(clean[0].path, scene((120, 90), Box(50, 20, 60, 60, "cola"), strength=0.8))
    images.write(clean[1].path, scene((120, 90), Box(50, 20, 60, 60, "fizz")))
    words = ("--model", str(model_folder), "--threshold", "0.6", "--sheet", "drinks.png")
    assert check("drinks.xml", *words) == 0
    return capsys.readouterr().out.splitlines()


def test_places_are_numbered_the_surest_first(places: list[str]) -> None:
    hints = [line for line in places if line.startswith("hint: ")]
    assert [line.split(": ")[2] + line.split(": ")[3][:6] for line in hints] == ["11.png ", "20.png "]
    assert places[-2].endswith("0 issues, 2 hints")
    assert places[-1].startswith("Safe to train on.")


@pytest.mark.parametrize(("name", "note"), [("more.xml", ""), ("more.json", ""), ("train.txt", "no place for")])
def test_places_are_taken_over_into_a_new_file(
    places: list[str], capsys: pytest.CaptureFixture[str], name: str, note: str
) -> None:
    before = Path("drinks.xml").read_bytes()
    words = ("drinks.xml", "--places", "drinks.places.json", "--accept", "1", "--ignore", "2", "--out", name)
    assert check(*words) == 0
    assert "1 places as boxes and 1 as ignore boxes" in (printed := capsys.readouterr()).out
    assert note in printed.err
    assert Path("drinks.xml").read_bytes() == before
    boxes = {picture.path.name: picture.boxes for picture in annotations.read(Path(name))}
    assert [(box.label, box.ignore) for box in boxes["1.png"]] == [("cola", False), ("fizz", False)]
    assert [(box.label, box.ignore) for box in boxes["0.png"]][1:] == ([] if note else [("cola", True)])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["--accept", "1", "--out", "new.xml"], "want --places", id="numbers of nothing"),
        pytest.param(["--places", "drinks.places.json", "--accept", "1"], "--out", id="nowhere to write"),
        pytest.param(["--places", "drinks.places.json", "--out", "new.xml"], "--accept", id="no numbers"),
        pytest.param(
            ["--places", "drinks.places.json", "--accept", "1", "--out", "new.xml", "--fix"], "--fix", id="and a fix"
        ),
        pytest.param(
            ["more.xml", "--places", "drinks.places.json", "--accept", "1", "--out", "new.xml"], "one", id="two files"
        ),
        pytest.param(
            ["--places", "drinks.places.json", "--accept", "1", "--out", "drinks.xml"], "exists", id="over the original"
        ),
        pytest.param(["--places", "drinks.places.json", "--accept", "3", "--out", "n.xml"], "3 is no", id="no place"),
        pytest.param(["--threshold", "0.5"], "--model", id="threshold of no model"),
    ],
)
def test_places_are_refused(places: list[str], words: list[str], message: str) -> None:
    before = Path("drinks.xml").read_bytes()
    with pytest.raises((AnnotationError, UserError), match=message):
        check("drinks.xml", *words)
    assert Path("drinks.xml").read_bytes() == before
    assert not Path("new.xml").exists()


def test_a_sheet(clean: list[Picture], capsys: pytest.CaptureFixture[str]) -> None:
    assert check("drinks.xml", "--sheet", "sheet.png") == 0
    assert images.read(Path("sheet.png")).shape[1] > 1000
    assert "sheet.png" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["none.xml"], ["images/0.png"], ["drinks.xml", "--model", "none"]])
def test_nothing_could_be_done(clean: list[Picture], words: list[str]) -> None:
    with pytest.raises((AnnotationError, UserError)):
        check(*words)


def test_an_issue_turns_no_text_of_the_terminal(clean: list[Picture], capsys: pytest.CaptureFixture[str]) -> None:
    replace_in_file(LABEL, "<label>co\u202e\x9b2Jla</label>")
    check("drinks.xml")
    assert r'label "co\u202e\x9b2Jla"' in capsys.readouterr().out
