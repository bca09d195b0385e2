"""Names of files: a path of this machine, or a URL (s3://, gs://, hdfs://, https:// ...) that fsspec opens."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from brandlens.errors import UserError

URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
LEVELS_ABOVE = 3  # folders above annotations that have a part of their dataset, as above ImageSets/Main/train.txt
INSTALL = 'run: pip install "brandlens[bulk]"'
PLUGINS = {  # of fsspec, by protocol; what it comes with needs none
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "abfss": "adlfs", "az": "adlfs",
    "http": "aiohttp", "https": "aiohttp", "hdfs": "pyarrow", "sftp": "paramiko", "ssh": "paramiko",
    "smb": "smbprotocol", "oci": "ocifs", "hf": "huggingface_hub", "webhdfs": "requests",
}  # fmt: skip


def is_url(name: object) -> bool:
    """Return whether a name is a URL, and not a path of this machine."""
    return bool(URL.match(str(name)))


def to_path(name: str | Path) -> Path:
    """Return a path: of this machine, or of universal_pathlib, which has the same methods, for a URL.

    Raises UserError, one line with the command that installs it, where the plug-in for such URLs is missing.
    """
    if isinstance(name, Path) or not is_url(name):
        return Path(name)
    open_filesystem(name)
    try:
        from upath import UPath  # noqa: PLC0415, only URLs need it
    except ModuleNotFoundError:
        raise UserError(f"{name}: URLs need universal-pathlib; {INSTALL}") from None
    return cast(Path, UPath(name))


def open_filesystem(url: str) -> tuple[Any, str]:
    """Return the file system of fsspec behind a URL, and the path in it. Raises UserError as `to_path` does."""
    try:
        import fsspec.core  # noqa: PLC0415, only URLs need it
    except ModuleNotFoundError:
        raise UserError(f"{url}: URLs need fsspec; {INSTALL}") from None
    protocol = cast(re.Match[str], URL.match(url))[1].lower()
    try:
        with reported(url):
            return cast(tuple[Any, str], fsspec.core.url_to_fs(url))
    except (ImportError, ValueError) as error:
        plugin = PLUGINS.get(protocol)
        fix = f"run: pip install {plugin}" if plugin else "known are " + ", ".join(f"{name}://" for name in PLUGINS)
        raise UserError(f"{url}: {protocol}:// URLs need {plugin or 'another protocol'}; {fix}") from error


def read_bytes(name: str) -> bytes:
    """Return the bytes of a file. Raises UserError, one line that begins with its name, where it cannot be read."""
    with reported(name):
        if not is_url(name):
            return Path(name).read_bytes()
        filesystem, path = open_filesystem(name)
        return bytes(filesystem.cat_file(path))


@dataclass(frozen=True)
class Mirror:
    """A folder of this machine for copies of some of the files behind a URL, each in the place that it has there.

    remote: a folder in the file system. local: the folder that stands for it here.
    """

    filesystem: Any
    remote: str
    local: Path

    @classmethod
    def of(cls, url: str, folder: Path) -> tuple["Mirror", Path]:
        """Return the mirror below `folder` for a URL and three folders above it, and the place of the URL itself.

        URLs side by side have one mirror. Raises UserError as `open_filesystem` does.
        """
        filesystem, path = open_filesystem(url)
        remote, *below = path.rstrip("/").rsplit("/", 1)
        for _ in range(LEVELS_ABOVE):
            above, _, name = remote.rpartition("/")
            if not name or not above.strip("/") or above.endswith(":/"):  # a bucket, or the server of a web page
                break
            remote, below = above, [name, *below]
        local = folder / hashlib.sha256(f"{filesystem.protocol} {remote}".encode()).hexdigest()[:12]
        return cls(filesystem, remote, local), local.joinpath(*below)

    def url_of(self, path: Path) -> str:
        """Return the URL that a place of the mirror stands for."""
        return str(self.filesystem.unstrip_protocol(self._remote_of(path)))

    def _remote_of(self, path: Path) -> str:
        return "/".join([self.remote, *path.relative_to(self.local).parts])

    def is_folder(self, path: Path) -> bool:
        """Return whether there is a folder behind the URL. Raises UserError as `reported` does."""
        with reported(self.url_of(path)):
            return bool(self.filesystem.isdir(self._remote_of(path)))

    def files(self, folder: Path) -> Iterator[Path]:
        """Yield the places of all files in a folder behind the URL and below. Raises UserError as `reported` does."""
        start = self._remote_of(folder)
        with reported(self.url_of(folder)):
            for parent, _, names in self.filesystem.walk(start):
                below = str(parent).removeprefix(start).strip("/")
                yield from (folder / below / name for name in names if name)

    def fetch(self, path: Path) -> bool:
        """Copy the file of a place, unless it is here, and return whether there is one.

        Raises UserError as `reported` does.
        """
        if path.exists():
            return True
        with reported(self.url_of(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self.filesystem.get_file(self._remote_of(path), str(path))
            except FileNotFoundError:
                path.unlink(missing_ok=True)
                return False
        return True


@contextmanager
def reported(name: object) -> Iterator[None]:
    """Turn what goes wrong while a file or a URL is read into a UserError, one line that begins with its name.

    Plug-ins of fsspec raise classes of their own; those of Python's that are faults of a program stay as they are
    where the name is a path of this machine, and ImportError and ValueError always do.
    """
    try:
        yield
    except (UserError, ImportError, ValueError):
        raise
    except FileNotFoundError:
        raise UserError(f"{name}: no such file") from None
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror or error}") from None
    except Exception as error:
        if not is_url(name):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{name}: cannot be read: {reason}") from None
