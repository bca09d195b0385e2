"""Labelled pictures on disk: one module a format, all reading and writing the same records.

`read` and `write` are imported when they are first used: a detector needs the records alone, and starts sooner.
"""

from typing import TYPE_CHECKING, Any

from brandlens.annotations.records import Picture

if TYPE_CHECKING:
    from brandlens.annotations.dataset import read, write

__all__ = ["Picture", "read", "write"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from brandlens.annotations import dataset  # noqa: PLC0415, see above

    return getattr(dataset, name)
