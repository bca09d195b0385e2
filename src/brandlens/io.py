"""Files and folders: written whole by one process, read whole or refused, tables, free names, digests; pyarrow."""

import csv
import errno
import hashlib
import itertools
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from brandlens.errors import UserError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".lock"  # ends the names of lock files
BUSY = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})  # what a lock that another process holds gives


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary file's path to write to, beside `path` and with its suffix; rename it to `path` at the end.

    Makes the folder. When the block raises, the temporary file is deleted and `path` stays as it was; an OSError names
    `path`. Only a program that is killed leaves it behind, under a name that begins with a dot.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.filename in (None, str(temporary)):  # none of a full disk
            error.filename = str(path)
        raise
    finally:
        with suppress(OSError):  # where it could not be made
            temporary.unlink()


@contextmanager
def locked(target: Path, option: str = "--out") -> Iterator[None]:
    """Keep other processes from writing `target`, a file or a folder, while the block runs.

    Makes the folder. A hidden file beside a file, or in a folder, is locked and deleted in the end. The system lets the
    lock go when this process is killed, so that a file that was left behind locks nothing. Raises UserError, which
    names `target` and the option to choose another, when another process holds it, or when the file cannot be made.
    """
    path = target / LOCK if target.is_dir() else target.with_name(f".{target.name}{LOCK}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _open_locked(path)
    except BlockingIOError:
        raise UserError(f"{target}: another run is writing it; wait until it ends, or name another {option}") from None
    except OSError as error:
        raise UserError(f"{option} {target}: cannot be written: {error.strerror or error}") from None
    try:
        yield
    finally:
        if sys.platform == "win32":  # which deletes no open file
            file.close()
        with suppress(OSError):  # one that is left behind does no harm
            path.unlink()
        file.close()


def _open_locked(path: Path) -> BinaryIO:
    """Open a file and lock it. Raises BlockingIOError when another process has."""
    while True:
        file = path.open("ab")
        try:
            lock(file)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:  # the run that had locked it has just deleted it
            pass
        except BlockingIOError:
            file.close()
            raise
        file.close()


def lock(file: BinaryIO) -> None:
    """Lock an open file until it is closed or this process ends. Raises BlockingIOError when another process holds it.

    Where the file system knows no locks, as some networks' do not, nothing is locked.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in BUSY:
            raise BlockingIOError(error.errno, error.strerror) from None


@contextmanager
def reading(path: Path, fix: str) -> Iterator[None]:
    """Turn what goes wrong while a stage's own file is read into a UserError, one line with the file and the fix."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {fix}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, csv.Error, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path}: damaged: {reason}; {fix}") from None


def write_json(content: Any, path: Path) -> None:
    """Write plain values as JSON for people to read, too. Makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_csv(rows: Iterable[Mapping[str, object]], path: Path, columns: Sequence[str]) -> None:
    """Write a table in UTF-8, a line a row under a header of `columns`; without rows, the header alone.

    Makes the folder. Raises ValueError for a row that holds another column.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def free_name(stem: str, is_taken: Callable[[str], bool], suffix: str = "") -> str:
    """Return the first of stem + suffix, stem-2 + suffix, stem-3 + suffix ... for which `is_taken` is false."""
    numbered = (f"{stem}-{number}{suffix}" for number in itertools.count(2))
    return next(name for name in itertools.chain([stem + suffix], numbered) if not is_taken(name))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digest(folder: Path) -> str:
    """Return a SHA-256 of the names and contents of a folder's files, in hexadecimal; folders in it do not count."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode() + bytes.fromhex(file_digest(path)))
    return digest.hexdigest()


def text_digest(path: Path) -> str:
    """Return a SHA-256 of a text file's content, in hexadecimal; the same whatever line ends git has given it."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


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
