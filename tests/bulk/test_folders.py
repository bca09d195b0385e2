"""Folders that runs write: files whole or not at all, and one run at a time, here and behind a URL."""

import json
import time
from collections.abc import Iterator

import fsspec
import pytest

from brandlens.bulk import folders
from brandlens.bulk.folders import Folder, folder_at
from brandlens.errors import UserError


@pytest.fixture(params=["path", "url"])
def folder(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Folder]:
    yield folder_at(f"{tmp_path}/out" if request.param == "path" else "memory://bucket/out")
    store = fsspec.filesystem("memory")
    if store.exists("/bucket"):
        store.rm("/bucket", recursive=True)


def write(folder: Folder, name: str, text: str) -> None:
    with folder.open(name) as path:
        path.write_text(text)


def test_a_folder_that_is_not_there(folder: Folder) -> None:
    assert folder.files() == []


def test_files(folder: Folder) -> None:
    write(folder, "b", "2")
    write(folder, "a", "1")
    write(folder, "a", "3")
    assert folder.files() == ["a", "b"]
    with folder.read("a") as file:
        assert file.read() == b"3"
    folder.delete("b")
    assert folder.files() == ["a"]


def test_a_file_whose_writing_fails_is_not_there(folder: Folder) -> None:
    with pytest.raises(ZeroDivisionError), folder.open("a") as path:
        path.write_text(str(1 / 0))
    assert folder.files() == []


def test_one_run_at_a_time(folder: Folder) -> None:
    with folder.locked():
        with pytest.raises(UserError, match="another run"), folder.locked():
            pass
        write(folder, "a", "1")
    with folder.locked():
        assert folder.files()[-1] == "a"
    assert folder.files() == ["a"]


def test_the_lease_of_a_killed_run_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_at("memory://bucket/out")
    write(folder, folders.LEASE, json.dumps({"token": "t", "host": "node-1", "time": time.time() - 60}))
    with pytest.raises(UserError, match="another run on node-1 is writing it"), folder.locked():
        pass
    monkeypatch.setattr(folders, "EXPIRES", 50)
    with folder.locked():
        pass
    assert folder.files() == []


def test_a_lease_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_at("memory://bucket/out")
    monkeypatch.setattr(folders, "BEAT", 0.01)

    def lease() -> float:
        with folder.read(folders.LEASE) as file:
            return float(json.load(file)["time"])

    with folder.locked():
        first = lease()
        deadline = time.monotonic() + 5
        while lease() == first and time.monotonic() < deadline:
            time.sleep(0.01)
        assert lease() > first
