"""Names on a command line → files: those in folders, behind patterns and in buckets, as strings, in a fixed order."""

import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from stat import S_ISLNK, S_ISREG
from typing import NamedTuple

from brandlens import filesystems, media_files
from brandlens.bulk.blocks import InputRow, Piece, digest
from brandlens.errors import UserError

VERSIONS = ("ETag", "etag", "md5Hash", "mtime", "LastModified")  # what stores say of a file that tells its content


class File(NamedTuple):
    """A file by its name, with what changes when its content does: size in bytes and time of change, or an ETag."""

    name: str
    size: int | None = None
    version: str = ""


def expand(names: Iterable[str]) -> list[str]:
    """Return names with patterns replaced by what matches, each file or folder once, none that lies in another.

    Raises UserError for a pattern that matches nothing, and a name of this machine that is not there.
    """
    expanded: dict[str, str] = {}
    for name in names:
        for match in _matches(name):
            expanded.setdefault(_absolute(match), match)
    return [name for absolute, name in expanded.items() if not any(above in expanded for above in _above(absolute))]


def _matches(name: str) -> list[str]:
    is_url = filesystems.is_url(name)
    is_pattern = any(sign in name for sign in "*?[") and not name.startswith(("http://", "https://"))
    if is_url:
        filesystem, path = filesystems.open_filesystem(name)
        if not is_pattern:
            return [name]
        with filesystems.reported(name):
            matches = [filesystem.unstrip_protocol(match) for match in sorted(filesystem.glob(path))]
    elif is_pattern and not os.path.lexists(name):
        start = Path(Path(name).anchor)
        matches = sorted(map(str, start.glob(str(Path(name).relative_to(start)) if start.anchor else name)))
    elif os.path.lexists(name):
        return [name]
    else:
        raise UserError(f"{name}: no such file")
    if not matches:
        raise UserError(f"{name}: no file matches")
    return matches


def _absolute(name: str) -> str:
    return name.rstrip("/") if filesystems.is_url(name) else os.path.abspath(name)  # noqa: PTH100, follows no link


def _above(name: str) -> Iterator[str]:
    """Yield the folders above a file."""
    while (folder := posixpath.dirname(name) if filesystems.is_url(name) else os.path.dirname(name)) != name:  # noqa: PTH120
        yield (name := folder)


def is_folder(name: str) -> bool:
    """Return whether a name stands for a folder."""
    if not filesystems.is_url(name):
        return Path(name).is_dir()
    if name.startswith(("http://", "https://")):
        return False
    filesystem, path = filesystems.open_filesystem(name)
    with filesystems.reported(name):
        return bool(filesystem.isdir(path))


def stat(name: str) -> File:
    """Return a file with its size and version. Raises UserError where there is none."""
    with filesystems.reported(name):
        if not filesystems.is_url(name):
            found = Path(name).stat()
            return File(name, found.st_size, str(found.st_mtime_ns))
        filesystem, path = filesystems.open_filesystem(name)
        return _of_info(name, filesystem.info(path))


def stat_or_missing(name: str) -> File:
    """Return a file with its size and version, or with neither where there is none, which its row will say."""
    try:
        return stat(name)
    except UserError:
        return File(name)


def _of_info(name: str, info: dict) -> File:
    return File(name, info.get("size"), next((str(info[key]) for key in VERSIONS if info.get(key)), ""))


def walk(folder: str) -> Iterator[File]:
    """Yield the files below a folder that may be pictures, in the order of their names, folder by folder.

    Hidden files, those that systems leave, `media_files.SIDECARS`, pipes and devices are passed over; what else is no
    picture becomes a row with an error.
    """
    if filesystems.is_url(folder):
        yield from _walk_url(folder)
        return
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not media_files.is_passed_over(Path(name)))
        for name in sorted(names):
            if _may_be_picture(name):
                file = os.path.join(path, name)  # noqa: PTH118, ten times as quick as a Path
                found = os.stat(file, follow_symlinks=os.path.exists(file))  # noqa: PTH110, PTH116, the same
                if S_ISREG(found.st_mode) or S_ISLNK(found.st_mode):  # a pipe would be waited for without end
                    yield File(file, found.st_size, str(found.st_mtime_ns))


def _walk_url(folder: str) -> Iterator[File]:
    filesystem, root = filesystems.open_filesystem(folder)
    with filesystems.reported(folder):
        for _, folders, found in filesystem.walk(root, detail=True):
            hidden = [name for name in folders if media_files.is_passed_over(PurePosixPath(name))]
            for name in hidden:
                del folders[name]
            for name in sorted(found):
                if name and _may_be_picture(name):
                    yield _of_info(filesystem.unstrip_protocol(found[name]["name"]), found[name])


def _may_be_picture(name: str) -> bool:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122, quicker than a Path
    return suffix not in media_files.SIDECARS and not media_files.is_passed_over(PurePosixPath(name))


@dataclass(frozen=True)
class Names:
    """A block of pictures by their names."""

    files: tuple[File, ...]

    @property
    def key(self) -> str:
        """A digest of the names, and of size and version of each file."""
        return digest(*self.files)

    def read(self) -> Iterator[InputRow]:
        """Yield a row a file, its bytes still to be read."""
        for file in self.files:
            yield InputRow(file.name, file.name, location=file.name)


def pieces_of_folder(folder: str, block_rows: int) -> Iterator[Piece]:
    """Yield the pictures below a folder in blocks. Raises UserError for a folder without any."""
    total = sum(1 for _ in walk(folder))  # so that the time left is known; it takes far less than reading a picture
    if not total:
        raise UserError(f"{folder}: no pictures in this folder")
    files = list[File]()
    for num_done, file in enumerate(walk(folder), 1):
        files.append(file)
        if len(files) == block_rows:
            yield Piece(Names(tuple(files)), min(1.0, num_done / total))
            files.clear()
    if files:
        yield Piece(Names(tuple(files)), 1.0)
