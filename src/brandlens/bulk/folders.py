"""The folder that a run writes: on this machine, or behind a URL; files appear in it whole or not at all."""

import json
import os
import re
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from brandlens import filesystems
from brandlens.errors import UserError
from brandlens.io import atomic_write, locked

TEMPORARY = re.compile(r"\.\d+\.")  # begins the names of files that were being written
LEASE, BEAT, EXPIRES = "_lease", 20.0, 120.0  # seconds between two renewals, and until a lease counts for nothing
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "memory"})


class Folder(Protocol):
    """A folder to write to. Picklable: its methods may be called on whatever machine reaches it."""

    @property
    def name(self) -> str:
        """Its path or URL, for messages."""

    def files(self) -> list[str]:
        """Return the names of the files that are whole, sorted; [] where there is no folder."""

    def read(self, name: str) -> BinaryIO:
        """Return a file, open to be read from any place in it."""

    def open(self, name: str) -> AbstractContextManager[Path]:
        """Yield a path of this machine to write to; in the end that file is in the folder, unless the block raises."""

    def delete(self, name: str) -> None:
        """Delete a file."""

    def locked(self) -> AbstractContextManager[None]:
        """Keep other runs from writing the folder, and sweep what killed ones left. Raises UserError where one does."""


def folder_at(name: str) -> Folder:
    """Return the folder of a path or URL. Raises UserError, see `filesystems.open_filesystem`."""
    if not filesystems.is_url(name):
        return LocalFolder(name)
    filesystems.open_filesystem(name)
    return UrlFolder(name.rstrip("/"))


class LocalFolder:
    """A folder of this machine."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = Path(name)

    def files(self) -> list[str]:
        """Return the names of the files that are whole, sorted; [] where there is no folder."""
        if not self.path.is_dir():
            return []
        return sorted(entry.name for entry in os.scandir(self.path) if entry.name[0] != ".")

    def read(self, name: str) -> BinaryIO:
        """Return a file, open to be read from any place in it."""
        return (self.path / name).open("rb")

    def open(self, name: str) -> AbstractContextManager[Path]:
        """Yield a path to write to, see `io.atomic_write`."""
        return atomic_write(self.path / name)

    def delete(self, name: str) -> None:
        """Delete a file."""
        (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder, which is made, and delete files that were left half written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"--out {self.name}: cannot be made: {error.strerror or error}") from None
        with locked(self.path):
            for entry in os.scandir(self.path):
                if TEMPORARY.match(entry.name):
                    Path(entry.path).unlink(missing_ok=True)
            yield


class UrlFolder:
    """A folder behind a URL. A file is written on this machine first, and then copied there."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _opened(self) -> tuple[Any, str]:
        filesystem, path = filesystems.open_filesystem(self.name)
        return filesystem, path.rstrip("/")

    def files(self) -> list[str]:
        """Return the names of the files that are whole, sorted; [] where there is no folder."""
        filesystem, path = self._opened()
        with filesystems.reported(self.name):
            filesystem.invalidate_cache()
            try:
                names = [entry.rstrip("/").rpartition("/")[2] for entry in filesystem.ls(path, detail=False)]
            except FileNotFoundError:
                return []
        return sorted(name for name in names if name and name[0] != ".")

    def read(self, name: str) -> BinaryIO:
        """Return a file, open to be read from any place in it."""
        filesystem, path = self._opened()
        with filesystems.reported(f"{self.name}/{name}"):
            file: BinaryIO = filesystem.open(f"{path}/{name}", "rb")
            return file

    @contextmanager
    def open(self, name: str) -> Iterator[Path]:
        """Yield a temporary file of this machine; where the store is no object store, it is copied, then renamed."""
        filesystem, path = self._opened()
        with tempfile.TemporaryDirectory(prefix="brandlens-") as temporary:
            local = Path(temporary, name)
            yield local
            with filesystems.reported(f"--out {self.name}"):
                filesystem.makedirs(path, exist_ok=True)
                if protocol_of(self.name) in OBJECT_STORES:  # where a file appears when all of it is there
                    filesystem.put_file(str(local), f"{path}/{name}")
                else:
                    between = f"{path}/.{os.getpid()}.{name}"
                    filesystem.put_file(str(local), between)
                    filesystem.mv(between, f"{path}/{name}")

    def delete(self, name: str) -> None:
        """Delete a file."""
        filesystem, path = self._opened()
        with filesystems.reported(self.name):
            filesystem.rm_file(f"{path}/{name}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a lease in the folder while the block runs: a file with who writes and since when, renewed by a thread.

        A store has no locks that end with a process, so that a run that was killed keeps others out for EXPIRES
        seconds. Two that begin in the same instant may both see no lease; the one that is overwritten stops.
        """
        token, stop = uuid.uuid4().hex, threading.Event()

        def lease() -> dict[str, Any]:
            try:
                with self.read(LEASE) as file:
                    content: dict[str, Any] = json.load(file)
                    return content
            except (UserError, ValueError, FileNotFoundError):
                return {}

        def renew() -> None:
            with self.open(LEASE) as path:
                path.write_text(json.dumps({"token": token, "time": time.time(), "host": socket.gethostname()}))

        def keep() -> None:
            while not stop.wait(BEAT):
                try:
                    renew()
                except UserError:  # the next part will report it
                    continue

        other = lease()
        if time.time() - float(other.get("time", 0)) < EXPIRES:
            raise UserError(
                f"{self.name}: another run on {other.get('host')} is writing it; wait until it ends (if it was killed, "
                f"{EXPIRES:g} s), or name another --out"
            )
        renew()
        if lease().get("token") != token:
            raise UserError(f"{self.name}: another run has just begun to write it; wait until it ends")
        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            self.delete(LEASE)


def protocol_of(name: str) -> str:
    """Return the protocol of a URL."""
    return name.partition("://")[0].lower()
