"""Names of files: a path of this machine, or a URL (s3://, gs://, hdfs://, https:// ...) that fsspec opens."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from brandlens.errors import UserError

URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
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


def copy_here(name: str, folder: Path) -> Path:
    """Return a path of this machine as it is, and for a URL that of a copy below `folder`.

    A URL of a folder is copied with all below it, one of a file with all that stands beside and below, such as the
    pictures that annotations name. Raises UserError as `to_path` and `reported` do.
    """
    if not is_url(name):
        return Path(name)
    filesystem, path = open_filesystem(name)
    with reported(name):
        is_folder = filesystem.isdir(path)
        parent, _, last = path.rstrip("/").rpartition("/")
        source = path.rstrip("/") if is_folder else parent
        target = folder / hashlib.sha256(source.encode()).hexdigest()[:12] / (last if is_folder else "")
        if not is_folder and not filesystem.exists(path):
            raise FileNotFoundError
        if not target.is_dir():  # several annotation files may stand side by side
            target.mkdir(parents=True)
            filesystem.get(f"{source}/", f"{target}/", recursive=True)
    return target if is_folder else target / last


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
