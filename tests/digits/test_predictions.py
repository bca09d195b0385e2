"""What networks predict, written and read again."""

from pathlib import Path

import numpy as np
import pytest

from brandlens.digits import predictions
from brandlens.errors import UserError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "predictions.npz"
    predictions.save({}, path)
    assert predictions.load(path) == {}
    rows = np.eye(10, dtype=np.float32)
    predictions.save({"b": {"val": [rows, rows / 2], "test": [rows[:3], rows[:3]]}, "a": {"val": [rows]}}, path)
    found = predictions.load(path)
    assert [*found] == ["b", "a"]
    assert [len(found["b"]["val"]), len(found["b"]["test"]), len(found["a"]["val"])] == [2, 2, 1]
    assert np.array_equal(found["b"]["val"][1], rows / 2)


def test_a_file_that_lacks_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="digits-train"):
        predictions.load(tmp_path / "predictions.npz")
