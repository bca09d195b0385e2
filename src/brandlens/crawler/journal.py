"""What a run found and fetched, a line each, on the disk before the run goes on: what it wrote, no kill undoes."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from brandlens.datasets.scraped_layout import JOURNAL, LOCK
from brandlens.errors import UserError

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

FIRST = {"kind": "journal", "version": 1}

Record = dict[str, Any]


class JournalError(UserError):
    """A journal that cannot be read or written; the message names the file, the line and the mend."""


class Journal:
    """A folder's journal, to be used as a context manager: open, it is this process's alone.

    Nothing is made before the first record is added, so a run that finds nothing leaves no folder behind.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / JOURNAL
        self._file: BinaryIO | None = None
        self._lock: BinaryIO | None = None

    def __enter__(self) -> "Journal":
        if self.path.exists():
            self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._file, self._lock):
            if file:
                file.close()
        self._file = self._lock = None

    def records(self) -> list[Record]:
        """All of them, in the order in which they were added. Raises JournalError for a line that is none."""
        if self._file is None:
            return []
        found = []
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            try:
                record = json.loads(line)
                if number == 1 and record != FIRST:
                    raise JournalError(f"{self.path}: not a journal of this version of brandlens; name another --out")
                found.append(dict(record, kind=record["kind"]))
            except (ValueError, TypeError, KeyError):
                raise JournalError(f"{self.path}, line {number}: damaged; remove this line and run it again") from None
        return found[1:]

    def add(self, record: Record) -> None:
        """Add a record, which is on the disk for sure when this returns."""
        if self._file is None:
            self._open()
        self._write(record)

    def _open(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / LOCK).open("ab")
            _claim(self._lock, self.folder)
            self._file = self.path.open("ab", buffering=0)
            whole = self.path.read_bytes().rfind(b"\n") + 1
            if whole < self._file.tell():  # the last line was being written when the run was killed
                self._file.truncate(whole)
            if not whole:
                self._write(FIRST)
        except OSError as error:
            raise JournalError(f"{self.folder}: cannot be written: {error.strerror or error}") from None

    def _write(self, record: Record) -> None:
        assert self._file is not None
        try:
            self._file.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
            os.fsync(self._file.fileno())
        except OSError as error:
            raise JournalError(f"{self.path}: cannot be written: {error.strerror or error}") from None


def _claim(file: BinaryIO, folder: Path) -> None:
    """Lock a file until this process closes it or ends. Raises JournalError when another process has it."""
    try:
        if os.name == "nt":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise JournalError(
            f"{folder}: another run is at work in it; wait until it is done, or name another --out"
        ) from None
