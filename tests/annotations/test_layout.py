"""The folders of datasets, and the splits that they name themselves."""

from pathlib import Path

import pytest

from brandlens.annotations.layout import files_of, named_splits

YOLO = "names: [acme]\ntrain: train/images\nval: valid/images\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a dataset's folder with three folders of pictures, as Roboflow exports them."""
    for name in ("train", "valid", "test"):
        (tmp_path / name / "images").mkdir(parents=True)
    return tmp_path


def test_nothing(tmp_path: Path) -> None:
    assert named_splits(tmp_path) == {}
    assert named_splits(tmp_path / "none") == {}


def test_all_three(folder: Path) -> None:
    (folder / "data.yaml").write_text(YOLO + "test: ../test/images\n")
    expected = {name: folder / of / "images" for name, of in (("train", "train"), ("val", "valid"), ("test", "test"))}
    assert named_splits(folder) == named_splits(folder / "data.yaml") == expected


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("", id="no test"),
        pytest.param("test: [test/images, train/images]\n", id="two folders for test"),
        pytest.param("valid: valid/images\ntest: test/images\n", id="val twice"),
        pytest.param("test: elsewhere\n", id="a folder that is not there"),
        pytest.param("test: {\n", id="no YAML"),
    ],
)
def test_not_all_three_or_not_once(folder: Path, more: str) -> None:
    (folder / "data.yaml").write_text(YOLO + more)
    assert named_splits(folder) == {}


def test_a_file_of_another_format(folder: Path) -> None:
    """It lies in a dataset whose data.yaml names splits, and is what was asked for."""
    (folder / "data.yaml").write_text(YOLO + "test: test/images\n")
    (folder / "boxes.xml").write_text("<dataset/>")
    assert named_splits(folder / "boxes.xml") == {}


@pytest.mark.parametrize("names", [("train", "val"), ("train", "val", "test"), ("trainval",)])
def test_lists_of_pascal_voc(tmp_path: Path, names: tuple[str, ...]) -> None:
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    for name in names:
        (lists / f"{name}.txt").write_text("a\n")
    expected = {name: lists / f"{name}.txt" for name in names} if len(names) == 3 else {}
    assert named_splits(tmp_path) == expected


@pytest.mark.parametrize("name", ["", "data.yaml", "train/images"])
def test_labels_in_files_of_their_own(folder: Path, name: str) -> None:
    (folder / "data.yaml").write_text(YOLO)
    (folder / "train/images/a.png").touch()
    assert files_of(folder / name) == folder / name.partition("/images")[0].replace("data.yaml", "")


@pytest.mark.parametrize("name", ["boxes.xml", "none.json"])
def test_labels_in_one_file(folder: Path, name: str) -> None:
    (folder / "boxes.xml").write_text("<dataset/>")
    assert files_of(folder / name) == folder / name


def test_the_folder_of_a_list_of_pascal_voc(tmp_path: Path) -> None:
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\n")
    assert files_of(lists / "train.txt") == tmp_path
