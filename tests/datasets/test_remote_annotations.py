"""Annotations behind a URL: they and what they name come here, whatever else lies beside them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import fsspec
import numpy as np
import pytest

from brandlens import annotations
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.datasets import remote_annotations
from brandlens.datasets.remote_annotations import copy_here
from brandlens.errors import AnnotationError, UserError

BOX = Box(1, 2, 3, 4, "cola")
PNG = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()

Fill = Callable[..., str]


@pytest.fixture
def fill(tmp_path: Path) -> Iterator[Fill]:
    """A function of names and contents (None: a picture) that fills a bucket of its own and returns its URL."""
    store, bucket = fsspec.filesystem("memory"), tmp_path.name

    def called(files: dict[str, str | None]) -> str:
        for name, content in files.items():
            store.pipe(f"/{bucket}/{name}", PNG if content is None else content.encode())
        return f"memory://{bucket}"

    yield called
    if store.exists(f"/{bucket}"):
        store.rm(f"/{bucket}", recursive=True)


def names_below(folder: Path) -> list[str]:
    """The files of the only mirror in a folder."""
    (mirror,) = folder.iterdir()
    return sorted(file.relative_to(mirror).as_posix() for file in mirror.rglob("*") if file.is_file())


def imglab(folder: Path, *names: str) -> str:
    annotations.write(folder / "list.xml", [Picture(folder / name, (BOX,)) for name in names])
    return (folder / "list.xml").read_text()


def test_a_path_stays(tmp_path: Path) -> None:
    assert copy_here("a/x.xml", tmp_path) == Path("a/x.xml")
    assert list(tmp_path.iterdir()) == []


def test_nothing_there(fill: Fill, tmp_path: Path) -> None:
    url = fill({"a.txt": ""})
    with pytest.raises(UserError, match=r"^memory://.*/z\.xml: no such file$"):
        copy_here(f"{url}/z.xml", tmp_path / "copies")


def test_only_what_a_list_names(fill: Fill, tmp_path: Path) -> None:
    """At the root of a bucket with much else; a picture that is missing, or spelt otherwise, is for the reader."""
    content = imglab(tmp_path, "photos/1.png", "photos/2%20a.png", "gone.png")
    others = {f"photos/other {number}.png": None for number in range(20)}
    url = fill({"list.xml": content, "photos/1.png": None, "photos/2 a.png": None, "video.mp4": "x", **others})
    file = copy_here(f"{url}/list.xml", tmp_path / "copies")
    assert names_below(tmp_path / "copies") == ["list.xml", "photos/1.png", "photos/2 a.png"]
    assert [picture.path.exists() for picture in annotations.read(file)] == [True, True, False]


def test_several_lists_side_by_side(fill: Fill, tmp_path: Path) -> None:
    content = imglab(tmp_path, "1.png")
    url = fill({"train.xml": content, "val.xml": content, "1.png": None, "2.png": None})
    files = [copy_here(f"{url}/{name}.xml", tmp_path / "copies") for name in ("train", "val")]
    assert files[0].parent == files[1].parent
    assert names_below(tmp_path / "copies") == ["1.png", "train.xml", "val.xml"]


@pytest.mark.parametrize(("stored", "named"), [("images/1.png", "1.png"), ("data/images/1.png", "data/images/1.png")])
def test_coco_above_its_own_folder(fill: Fill, tmp_path: Path, stored: str, named: str) -> None:
    content = {"images": [{"id": 1, "file_name": named}], "annotations": [], "categories": []}
    url = fill({"set/annotations/x.json": json.dumps(content), f"set/{stored}": None, "set/images/2.png": None})
    file = copy_here(f"{url}/set/annotations/x.json", tmp_path / "copies")
    assert names_below(tmp_path / "copies") == ["set/annotations/x.json", f"set/{stored}"]
    (picture,) = annotations.read(file)
    assert picture.path.exists()


def test_a_folder_and_a_format_that_is_one(fill: Fill, tmp_path: Path) -> None:
    yolo = {
        "set/data.yaml": "path: .\ntrain: images\nnames: [cola]\n",
        "set/images/1.png": None,
        "set/labels/1.txt": "",
    }
    url = fill({**yolo, "other.png": None})
    for name, copies in (("set", tmp_path / "a"), ("set/data.yaml", tmp_path / "b")):
        path = copy_here(f"{url}/{name}", copies)
        assert names_below(copies) == sorted(yolo)
        assert len(annotations.read(path)) == 1


def test_a_folder_of_too_many_files(fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_annotations, "MAX_FILES", 3)
    yolo = {"data.yaml": "train: images\nnames: [cola]\n", **{f"images/{number}.png": None for number in range(3)}}
    url = fill(yolo)
    with pytest.raises(
        UserError, match=r"data\.yaml: its folder memory:///.* has more than 3 files, .* move"
    ) as caught:
        copy_here(f"{url}/data.yaml", tmp_path / "copies")
    assert len(str(caught.value).splitlines()) == 1
    assert names_below(tmp_path / "copies") == ["data.yaml"]


def test_a_file_in_no_format(fill: Fill, tmp_path: Path) -> None:
    url = fill({"x.xml": "<other/>", "1.png": None})
    with pytest.raises(AnnotationError, match=r"x\.xml: the outermost element is <other>"):
        copy_here(f"{url}/x.xml", tmp_path / "copies")
