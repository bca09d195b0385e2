"""Files are whole or not there."""

from pathlib import Path

import numpy as np
import pytest

from brandlens.io import atomic_write


def test_a_name_is_taken_by_a_whole_file_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "scored.csv"
    with atomic_write(path) as unfinished:
        unfinished.write_text("old")
        assert not path.exists()
    with pytest.raises(RuntimeError), atomic_write(path) as unfinished:
        unfinished.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    with atomic_write(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert [(each.name, each.read_text()) for each in path.parent.iterdir()] == [("scored.csv", "new")]


def test_writers_that_look_at_the_ending_write_where_they_are_told(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "labels.npy") as unfinished:
        np.save(unfinished, np.arange(3))
    assert [each.name for each in tmp_path.iterdir()] == ["labels.npy"]
    assert np.load(tmp_path / "labels.npy").tolist() == [0, 1, 2]


def test_what_is_unfinished_is_hidden(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "picture.jpg") as unfinished:
        assert unfinished.name.startswith(".")
        assert unfinished.suffix == ".jpg"
        unfinished.touch()
