"""Files that are whole or not there: a killed program leaves no half of one under its name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A file to write instead, beside it and with the same ending; it takes the path's name when all went well.

    Makes the folder. Only a program that is killed leaves the other file behind, under a name that begins with a dot.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
