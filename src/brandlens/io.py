"""Files and folders: written whole or not at all, read whole or refused, free names, digests; an optional package."""

import csv
import hashlib
import itertools
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from brandlens.errors import UserError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary file's path to write to, beside `path` and with its suffix; rename it to `path` at the end.

    Makes the folder. When the block raises, the temporary file is deleted and `path` stays as it was. Only a program
    that is killed leaves it behind, under a name that begins with a dot.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def reading(path: Path, fix: str) -> Iterator[None]:
    """Turn what goes wrong while a stage's own file is read into a UserError, one line with the file and the fix."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {fix}") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, csv.Error, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path}: damaged: {reason}; {fix}") from None


def free_name(stem: str, is_taken: Callable[[str], bool], suffix: str = "") -> str:
    """Return the first of stem + suffix, stem-2 + suffix, stem-3 + suffix ... for which `is_taken` is false."""
    numbered = (f"{stem}-{number}{suffix}" for number in itertools.count(2))
    return next(name for name in itertools.chain([stem + suffix], numbered) if not is_taken(name))


def folder_digest(folder: Path) -> str:
    """Return a SHA-256 of the names and contents of a folder's files, in hexadecimal; folders in it do not count."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def import_pyarrow(reason: str = "Parquet files need", extra: str = "train") -> Any:
    """Import pyarrow with its Parquet module and return the package; what runs a model does without.

    reason: how the error message begins, up to the package's name. extra: the one of brandlens that installs it.
    Raises UserError, one line with the command that installs it, when it is missing.
    """
    try:
        import pyarrow.parquet  # noqa: PLC0415, only some files need it, and it takes a while to load
    except ModuleNotFoundError:
        raise UserError(f'{reason} pyarrow; run: pip install "brandlens[{extra}]"') from None
    return pyarrow
