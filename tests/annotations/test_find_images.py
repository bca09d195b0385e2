"""Pictures are found however their names are spelt, and never two for one."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.annotations.find_images import FileFinder, ImageFinder, nearest, spellings
from brandlens.annotations.issues import InvalidValueError

NFD = unicodedata.normalize("NFD", "café.jpg")


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def find(root: Path, name: str, **options) -> Path:
    return ImageFinder(root, on_issue=lambda issue: None).find(name, "x.json", **options)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        pytest.param("a.jpg", "a.jpg", id="as it is"),
        pytest.param("a.jpg", "./a.jpg", id="from here"),
        pytest.param(NFD, "café.jpg", id="decomposed on disk"),
        pytest.param("café.jpg", NFD, id="composed on disk"),
        pytest.param("IMG_1.JPG", "img_1.jpg", id="another case"),
        pytest.param("Shop/IMG.jpg", "shop/img.JPG", id="a folder of another case"),
        pytest.param(unicodedata.normalize("NFD", "Küche/a.jpg"), "Küche/a.jpg", id="a folder decomposed"),
        pytest.param("a b.jpg", "a%20b.jpg", id="escaped"),
        pytest.param("a%20b.jpg", "a b.jpg", id="escaped on disk"),
        pytest.param("100%.jpg", "100%.jpg", id="a sign that is no escape"),
        pytest.param("a%20b.jpg", "a%20b.jpg", id="a name with an escape"),
        pytest.param("a.jpg", "a.jpg?X-Signature=1", id="a query"),
        pytest.param("kc01/a.jpg", "/data/local-files/?d=kc01%5Ca.jpg", id="Label Studio's local files on Windows"),
        pytest.param("kc01/a.jpg", "/data/local-files/?d=kc01/a.jpg", id="Label Studio's local files"),
        pytest.param("a#1.jpg", "a#1.jpg", id="a number sign"),
        pytest.param("a.png", "a.jpg", id="another suffix"),
        pytest.param("a.jpeg", "A.JPG", id="another suffix and case"),
        pytest.param("a.jpg", "a", id="no suffix"),
    ],
)
def test_found(tmp_path, file, name):
    touch(tmp_path, file, "other.jpg")
    assert find(tmp_path, name) == tmp_path / file


def test_as_written_comes_first(tmp_path):
    touch(tmp_path, "a b.jpg", "a%20b.jpg", "A B.jpg", "a b.png")
    assert find(tmp_path, "a%20b.jpg") == tmp_path / "a%20b.jpg"
    assert find(tmp_path, "a b.jpg") == tmp_path / "a b.jpg"


@pytest.mark.parametrize("files", [("IMG.jpg", "img.JPG"), ("iMg.png", "img.jpeg")])
def test_two_files_are_reported(tmp_path, files):
    touch(tmp_path, *files)
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("a file system that ignores case")
    with pytest.raises(InvalidValueError, match="may be") as caught:
        find(tmp_path, "img.jpg")
    assert all(file in caught.value.message for file in files)


@pytest.mark.parametrize("name", ["../a.jpg", "..%2Fa.jpg", "/data/local-files/?d=../a.jpg", "file:///a.jpg"])
def test_no_spelling_leads_out(tmp_path, name):
    touch(tmp_path, "a.jpg", "below/b.jpg")
    try:
        assert (tmp_path / "below") in find(tmp_path / "below", name).parents
    except InvalidValueError as error:
        assert "outside" in error.message


def test_another_suffix_and_another_name_are_reported(tmp_path):
    touch(tmp_path, "a.png", "b.png", "c.png")
    hints = []
    finder = ImageFinder(tmp_path, on_issue=hints.append)
    finder.find("a.jpg", "x.json, images[0]")
    finder.find("of-before.jpg", "y.xml", renamed=[tmp_path / "b"])
    finder.find("C.PNG", "z.xml")
    assert [hint.place for hint in hints] == ["x.json, images[0]", "y.xml"]
    assert [hint.message[-25:] for hint in hints] == [f"{name}.png is taken in its place"[-25:] for name in "ab"]
    assert all(hint.hint for hint in hints)


def test_two_names_of_one_file_are_reported(tmp_path):
    touch(tmp_path, "A.jpg", NFD)
    finder = ImageFinder(tmp_path)
    for name in ("a.jpg", "./a.jpg", "café.jpg", "caf%C3%A9.jpg"):
        finder.find(name, "x.csv, row 2")
    with pytest.raises(InvalidValueError, match=r"a\.jpg and A\.jpg are one file"):
        finder.find("A.jpg", "x.csv, row 3")


def test_labels_of_another_suffix_are_no_labels(tmp_path):
    touch(tmp_path, "a.jpg", "B.TXT")
    finder = FileFinder()
    assert finder.find([tmp_path / "a.txt"]) is None
    assert finder.find([tmp_path / "labels/b.txt", tmp_path / "b.txt"]) == tmp_path / "B.TXT"


def test_the_nearest_file(tmp_path):
    assert nearest(tmp_path / "gone/a.jpg") == f", there is no folder {tmp_path / 'gone'}"
    assert nearest(tmp_path / "a.jpg") == ""
    touch(tmp_path, "IMG_0412.jpg", "shop.jpg")
    assert nearest(tmp_path / "IMG_412.jpg") == ", nearly it is IMG_0412.jpg"
    assert nearest(tmp_path / "zzz.png") == ""


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_name_has_spellings(name):
    assert name.replace("\\", "/") in spellings(name) or not name.strip(" /\\.\0") or "\0" in name or not name.strip()
