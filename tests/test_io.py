"""Files are whole or absent; names and folders are distinguished; tables are read as they were written."""

import csv
import errno
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from brandlens.errors import UserError
from brandlens.io import (
    atomic_write,
    file_digest,
    folder_digest,
    free_name,
    import_pyarrow,
    locked,
    text_digest,
    write_csv,
    write_json,
)


def test_only_a_complete_file_takes_the_name(tmp_path: Path) -> None:
    path = tmp_path / "new" / "scored.csv"
    with atomic_write(path) as temporary:
        temporary.write_text("old")
        assert not path.exists()
    with pytest.raises(RuntimeError), atomic_write(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    with atomic_write(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert [(file.name, file.read_text()) for file in path.parent.iterdir()] == [("scored.csv", "new")]


def test_writers_that_append_a_suffix_write_to_the_temporary_file(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "labels.npy") as temporary:
        np.save(temporary, np.arange(3))
    assert [file.name for file in tmp_path.iterdir()] == ["labels.npy"]
    assert np.load(tmp_path / "labels.npy").tolist() == [0, 1, 2]


def test_a_temporary_file_is_hidden(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "picture.jpg") as temporary:
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".jpg"
        temporary.touch()


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        pytest.param([], "cola.jpg", id="nothing taken"),
        pytest.param(["cola.png"], "cola.jpg", id="another suffix"),
        pytest.param(["cola.jpg"], "cola-2.jpg", id="taken"),
        pytest.param(["cola.jpg", "cola-2.jpg", "cola-4.jpg"], "cola-3.jpg", id="the first gap"),
    ],
)
def test_free_name(taken: Sequence[str], name: str) -> None:
    assert free_name("cola", lambda candidate: candidate in taken, ".jpg") == name


def test_a_folder_digest_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    def folder(name: str, **files: str) -> Path:
        (tmp_path / name / "inner").mkdir(parents=True)
        for file, content in files.items():
            (tmp_path / name / file).write_text(content)
        return tmp_path / name

    digest = folder_digest(folder("first", a="1", b="2"))
    assert folder_digest(folder("second", b="2", a="1")) == digest
    others = (folder("empty"), folder("renamed", a="1", c="2"), folder("swapped", a="2", b="1"))
    assert len({digest, *map(folder_digest, others)}) == 4


def test_pyarrow_is_imported_with_parquet() -> None:
    assert import_pyarrow().parquet.read_table


def test_a_missing_pyarrow_is_one_line_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UserError) as caught:
        import_pyarrow("collecting pictures needs", "collect")
    assert str(caught.value) == 'collecting pictures needs pyarrow; run: pip install "brandlens[collect]"'


# One process at a time


@pytest.mark.parametrize("is_folder", [False, True])
def test_another_run_is_reported(tmp_path: Path, is_folder: bool) -> None:
    target = tmp_path / "new" / "out"
    if is_folder:
        target.mkdir(parents=True)
    message = r"out: another run is writing it; wait until it ends, or name another --out"
    with locked(target):
        with pytest.raises(UserError, match=message), locked(target):
            pass
        with locked(target.with_name("other")):
            pass
    assert list((target if is_folder else target.parent).iterdir()) == []
    with locked(target):
        pass


def test_a_lock_that_a_killed_run_left_behind_locks_nothing(tmp_path: Path) -> None:
    (tmp_path / ".out.lock").touch()
    with locked(tmp_path / "out"):
        pass


def test_a_lock_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UserError, match=r"--draw .*drawn: cannot be written"),
        locked(tmp_path / "file" / "drawn", "--draw"),
    ):
        pass


def test_where_there_are_no_locks_nothing_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network file systems."""
    fcntl = pytest.importorskip("fcntl")

    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(tmp_path / "out"), locked(tmp_path / "out"):
        pass


def test_file_digest(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert file_digest(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_text_digest(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1\r\n")
    (tmp_path / "b").write_bytes(b"1\n")
    assert text_digest(tmp_path / "a") == text_digest(tmp_path / "b")


def test_write_json_makes_the_folder_and_ends_its_last_line(tmp_path: Path) -> None:
    content = {"name": "Čoko", "counts": [1, 2], "share": 0.5, "none": None}
    write_json(content, tmp_path / "new" / "metrics.json")
    text = (tmp_path / "new" / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text) == content
    assert text.endswith("\n}\n")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([], [], id="no rows: the header alone"),
        pytest.param([{"text": 'great, "really"', "score": 0.5}], [['great, "really"', "0.5"]], id="commas and quotes"),
        pytest.param([{"text": "two\nlines", "score": 1}], [["two\nlines", "1"]], id="a line break"),
        pytest.param([{"score": 1, "text": "café"}], [["café", "1"]], id="columns in the header's order"),
    ],
)
def test_write_csv(tmp_path: Path, lines: list[dict[str, object]], expected: list[list[str]]) -> None:
    write_csv(iter(lines), tmp_path / "new" / "predictions.csv", ["text", "score"])
    with (tmp_path / "new" / "predictions.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["text", "score"], *expected]


def test_write_csv_refuses_an_unknown_column(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="label"):
        write_csv([{"text": "a", "label": 1}], tmp_path / "predictions.csv", ["text"])
