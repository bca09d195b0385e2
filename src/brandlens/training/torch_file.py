"""A PyTorch checkpoint → arrays, without PyTorch and without running what the file says.

The format is that of `torch.save` before PyTorch 1.6: five pickles (magic number, protocol version, system, the state
dict, keys of the storages) and the storages' values. A pickle may call any function that it names: here it may name
four, each replaced by one that only notes what it was given.
"""

import math
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from brandlens.errors import ModelError

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Storage:
    """Values that tensors share: they follow the pickles, in the order of their keys."""

    dtype: np.dtype
    key: str
    size: int


@dataclass(frozen=True)
class _Tensor:
    """Values of a storage, from `offset` on; strides are counted in values."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """Return the array out of the storages' values. Raises ValueError where it would not lie in its storage."""
        storage = values[self.storage.key]
        last = self.offset + sum((side - 1) * stride for side, stride in zip(self.shape, self.strides, strict=True))
        if min((self.offset, *self.strides)) < 0 or min(self.shape, default=1) < 1 or last >= len(storage):
            raise ValueError(f"a tensor of shape {self.shape} at {self.offset} is not within its storage")
        if math.prod(self.shape) > len(storage):
            raise ValueError(f"a tensor of shape {self.shape} repeats its values")
        strides = [stride * storage.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(storage[self.offset :], self.shape, strides).copy()


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


class _RestrictedUnpickler(pickle.Unpickler):
    """Names nothing but what the state dict of a network needs."""

    ALLOWED = {  # noqa: RUF012, a constant
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
        ("torch", "FloatStorage"): DTYPES["FloatStorage"],
        ("torch", "LongStorage"): DTYPES["LongStorage"],
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name in the pickle. Raises UnpicklingError for any that is not allowed."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which weights do not need")
        return self.ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the storage that ("storage", dtype, key, device, size, view) stands for."""
        kind, dtype, key, _, size, view = pid
        if kind != "storage" or view is not None or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"it refers to a {kind}, not to a storage")
        return _Storage(dtype, str(key), int(size))


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a checkpoint by their names.

    Raises ModelError where it is none of this format, or names anything but tensors.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    except Exception as error:  # a hostile pickle can raise anything at all
        raise ModelError(f"{path}: not the weights of a network as PyTorch wrote them: {error}") from None


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    if [_load(file), _load(file)] != [MAGIC, PROTOCOL]:
        raise ValueError("another magic number, or another protocol")
    if not _load(file)["little_endian"]:
        raise ValueError("written on a big-endian machine")
    tensors, keys = dict(_load(file)), _load(file)
    if not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        raise ValueError("it holds something that is no tensor")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    values = {}
    for key in keys:
        size = int.from_bytes(file.read(8), "little")
        storage = storages[key]
        if size != storage.size:
            raise ValueError(f"a storage of {size} values instead of {storage.size}")
        content = file.read(size * storage.dtype.itemsize)
        values[key] = np.frombuffer(content, storage.dtype)
    return {str(name): tensor.read(values) for name, tensor in tensors.items()}


def _load(file: BinaryIO) -> Any:
    return _RestrictedUnpickler(file).load()
