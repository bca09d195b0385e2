"""The reader of PyTorch checkpoints: arrays come out, and nothing that a file names is called."""

import io
import os
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from brandlens.errors import ModelError
from brandlens.training import torch_file
from brandlens.training.torch_file import read_state_dict

Write = Callable[..., Path]


class Storage:
    """What PyTorch pickles by reference, its values behind the pickles."""

    def __init__(self, key: str, values: np.ndarray, stated: int | None = None) -> None:
        self.key, self.values, self.stated = key, values, stated


class Tensor:
    """A view of a storage, pickled as PyTorch does."""

    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self) -> tuple[Any, ...]:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class Hostile:
    """Calls a function when it is unpickled."""

    def __init__(self, function: Callable, *arguments: str) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes a checkpoint; PyTorch itself is replaced by the names that a pickle needs."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2() -> None:
        raise AssertionError

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    class Pickler(pickle.Pickler):
        def persistent_id(self, pickled: object) -> tuple[Any, ...] | None:
            if not isinstance(pickled, Storage):
                return None
            kind = torch.LongStorage if pickled.values.dtype == np.int64 else torch.FloatStorage
            return "storage", kind, pickled.key, "cpu", pickled.stated or len(pickled.values), None

    def write(content: Any, *storages: Storage, little_endian: bool = True) -> Path:
        path = tmp_path / "weights.pth"
        with path.open("wb") as file:
            for part in (torch_file.MAGIC, torch_file.PROTOCOL, {"little_endian": little_endian}, content):
                Pickler(file, protocol=2).dump(part)
            pickle.dump([storage.key for storage in storages], file, protocol=2)
            for storage in storages:
                file.write(len(storage.values).to_bytes(8, "little") + storage.values.tobytes())
        return path

    return write


def floats(key: str, count: int, stated: int | None = None) -> Storage:
    return Storage(key, np.arange(count, dtype=np.float32), stated)


def test_no_weights(write: Write) -> None:
    assert read_state_dict(write(OrderedDict())) == {}


def test_arrays_as_they_were_written(write: Write) -> None:
    """In the order of their axes in memory or in another, and several in one storage."""
    one, other = floats("1", 6), Storage("2", np.array([7], np.int64))
    content = OrderedDict(
        a=Tensor(one, 0, (2, 3), (3, 1)), b=Tensor(one, 0, (3, 2), (1, 3)), c=Tensor(one, 4, (2,), (1,)),
        d=Tensor(other, 0, (), ()),
    )  # fmt: skip
    weights = read_state_dict(write(content, one, other))
    assert list(weights) == ["a", "b", "c", "d"]
    expected = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(weights["a"], expected)
    np.testing.assert_array_equal(weights["b"], expected.T)
    np.testing.assert_array_equal(weights["c"], [4, 5])
    assert weights["d"].dtype == np.int64
    assert weights["d"] == 7


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(Hostile(os.mkdir, "pwned"), id="a function of the system"),
        pytest.param(Hostile(eval, "__import__('os').mkdir('pwned')"), id="eval"),
        pytest.param(Hostile(getattr, "os", "mkdir"), id="getattr"),
        pytest.param(np.zeros(2), id="an array of NumPy's, harmless but not needed"),
    ],
)
def test_whatever_else_a_file_names_is_refused(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(OrderedDict(a=hostile))
    with pytest.raises(ModelError, match=r"weights\.pth: not the weights.*it names .*, which weights do not need"):
        read_state_dict(path)
    assert not Path("pwned").exists()


@pytest.mark.parametrize(
    ("storage", "offset", "shape", "strides"),
    [
        pytest.param(floats("1", 4), 0, (5,), (1,), id="longer than its storage"),
        pytest.param(floats("1", 4), 3, (2,), (1,), id="over the end"),
        pytest.param(floats("1", 4), -1, (2,), (1,), id="before the start"),
        pytest.param(floats("1", 4), 3, (2,), (-1,), id="backwards"),
        pytest.param(floats("1", 4), 0, (2, 3), (3, 1), id="a row too many"),
        pytest.param(floats("1", 4), 0, (1 << 40,), (0,), id="a value again and again"),
        pytest.param(floats("1", 4), 0, (-2, -2), (1, 1), id="sides below 0"),
        pytest.param(floats("1", 4, stated=8), 0, (8,), (1,), id="a storage shorter than the pickle says"),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(
    write: Write, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    path = write(OrderedDict(a=Tensor(storage, offset, shape, strides)), storage)
    with pytest.raises(ModelError, match=r"weights\.pth: not the weights"):
        read_state_dict(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>not found</html>", id="a page instead"),
        pytest.param(pickle.dumps({"a": 1}), id="another pickle"),
        pytest.param(b"PK\x03\x04" + bytes(40), id="a checkpoint of a newer PyTorch"),
    ],
)
def test_another_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"weights\.pth: not the weights of a network"):
        read_state_dict(path)


def test_a_file_cut_off_is_named(write: Write) -> None:
    storage = floats("1", 100)
    path = write(OrderedDict(a=Tensor(storage, 0, (100,), (1,))), storage)
    whole = path.read_bytes()
    for length in (len(whole) - 1, len(whole) - 300, len(whole) // 2, 20):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"weights\.pth: not the weights"):
            read_state_dict(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.pth: No such file"):
        read_state_dict(tmp_path / "missing.pth")


def test_something_that_is_no_tensor(write: Write) -> None:
    with pytest.raises(ModelError, match="it holds something that is no tensor"):
        read_state_dict(write(OrderedDict(a="text")))
    with pytest.raises(ModelError, match="big-endian"):
        read_state_dict(write(OrderedDict(), little_endian=False))


def test_the_reader_stops_where_a_pickle_ends() -> None:
    file = io.BufferedReader(io.BytesIO(pickle.dumps(1) + pickle.dumps(2)))
    assert [torch_file._load(file), torch_file._load(file)] == [1, 2]
