"""The journal of a run: one JSON record a line, on the disk before the run goes on, so that a kill loses nothing."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from brandlens.datasets.scraped_layout import JOURNAL, LOCK
from brandlens.errors import UserError
from brandlens.io import lock

HEADER = {"kind": "journal", "version": 2}

Record = dict[str, Any]


class JournalError(UserError):
    """A journal that cannot be read or written; the message names the file, the line and the fix."""


class Journal:
    """The journal of a folder, as a context manager: while it is open, no other process can open it.

    No file is made before the first record is added, so a run without results leaves no folder behind.
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
        """Return all records in the order in which they were added. Raises JournalError for a damaged line."""
        if self._file is None:
            return []
        records = []
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            try:
                record = json.loads(line)
                if number == 1 and record != HEADER:
                    raise JournalError(f"{self.path}: not a journal of this version of brandlens; name another --out")
                records.append(dict(record, kind=record["kind"]))
            except (ValueError, TypeError, KeyError):
                raise JournalError(f"{self.path}, line {number}: damaged; remove this line and rerun") from None
        return records[1:]

    def add(self, record: Record) -> None:
        """Append a record, which is on the disk when this returns."""
        if self._file is None:
            self._open()
        self._write(record)

    def _open(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / LOCK).open("ab")
            lock(self._lock)
            self._file = self.path.open("ab", buffering=0)
            complete = self.path.read_bytes().rfind(b"\n") + 1
            if complete < self._file.tell():  # a kill cut the last line short
                self._file.truncate(complete)
            if not complete:
                self._write(HEADER)
        except BlockingIOError:
            raise JournalError(
                f"{self.folder}: another run is using it; wait until it ends, or name another --out"
            ) from None
        except OSError as error:
            raise JournalError(f"{self.folder}: cannot be written: {error.strerror or error}") from None

    def _write(self, record: Record) -> None:
        assert self._file is not None
        try:
            self._file.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
            os.fsync(self._file.fileno())
        except OSError as error:
            raise JournalError(f"{self.path}: cannot be written: {error.strerror or error}") from None
