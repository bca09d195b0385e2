"""Tar shards, as WebDataset writes them: a block is some members of a local one, or else the whole shard."""

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from brandlens import filesystems, images, media_files
from brandlens.bulk.blocks import InputRow, Limits, Piece, Rows, digest
from brandlens.bulk.inputs.files import File, stat
from brandlens.errors import UserError

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
MAX_BYTES = 8 * images.MAX_PIXELS + 2**20  # of a member; a picture has no more


class Member(NamedTuple):
    """A file in a tar: its name, and where its bytes are."""

    name: str
    offset: int
    size: int


def is_shard(name: str) -> bool:
    """Return whether a file is a tar by its name."""
    return name.lower().endswith(SUFFIXES)


def pieces_of_shard(shard: str, is_text: bool, limits: Limits) -> Iterator[Piece]:
    """Yield the members of a shard in blocks.

    is_text: whether those are reviews (.txt) or pictures; members of other kinds (.json, .cls ...) are passed over.
    """
    file = stat(shard)
    if filesystems.is_url(shard) or not shard.lower().endswith(".tar"):
        yield Piece(Shard(file, is_text), 1.0)
        return
    members, size = list[Member](), max(1, file.size or 1)
    try:
        with _reported(shard), tarfile.open(shard, "r:") as archive:
            for info in _members(archive, is_text):
                members.append(Member(info.name, info.offset_data, info.size))
                if len(members) == limits.block_rows:
                    yield Piece(Members(file, is_text, tuple(members)), info.offset_data / size)
                    members.clear()
    except UserError as error:  # what is before the damage is read all the same
        if members:
            yield Piece(Members(file, is_text, tuple(members)), 1.0)
        yield Piece(Rows((InputRow(shard, None, str(error)),)), 1.0)
        return
    if members:
        yield Piece(Members(file, is_text, tuple(members)), 1.0)


def _members(archive: tarfile.TarFile, is_text: bool) -> Iterator[tarfile.TarInfo]:
    """Yield the members that are pictures, or reviews, by their names; none is kept in memory."""
    while info := archive.next():
        archive.members.clear()  # type: ignore[attr-defined]  # where tarfile keeps them
        path = PurePosixPath(info.name)
        suffixes = {".txt"} if is_text else media_files.PICTURE_SUFFIXES
        if info.isfile() and path.suffix.lower() in suffixes and not media_files.is_passed_over(path):
            yield info


def _row(shard: str, name: str, data: bytes, size: int, is_text: bool) -> InputRow:
    """Return the row of a member."""
    row_id = f"{shard}/{name}"
    problem = None
    if size > MAX_BYTES:
        problem = f"{size:,} bytes are more than {MAX_BYTES:,}"
    elif len(data) < size:
        problem = "cut short; fetch the shard again"
    if is_text and not problem:
        try:
            return InputRow(row_id, data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            problem = "not UTF-8"
    if problem:
        return InputRow(row_id, None if is_text else row_id, f"{row_id}: {problem}")
    return InputRow(row_id, row_id, data=data)


@dataclass(frozen=True)
class Members:
    """Members of a tar of this machine that is not compressed."""

    file: File
    is_text: bool
    members: tuple[Member, ...]

    @property
    def key(self) -> str:
        """A digest of the members, and of the shard's name, size and version."""
        return digest(self.file, self.is_text, *self.members)

    def read(self) -> Iterator[InputRow]:
        """Yield a row a member."""
        with _reported(self.file.name), filesystems.to_path(self.file.name).open("rb") as file:
            for member in self.members:
                file.seek(member.offset)
                data = file.read(member.size) if member.size <= MAX_BYTES else b""
                yield _row(self.file.name, member.name, data, member.size, self.is_text)


@dataclass(frozen=True)
class Shard:
    """All of a tar, which is read as a stream: behind a URL, or compressed."""

    file: File
    is_text: bool

    @property
    def key(self) -> str:
        """A digest of the shard's name, size and version."""
        return digest(self.file, self.is_text)

    def read(self) -> Iterator[InputRow]:
        """Yield a row a member."""
        name = self.file.name
        with (
            _reported(name), filesystems.to_path(name).open("rb") as file,
            tarfile.open(fileobj=file, mode="r|*") as archive,
        ):  # fmt: skip
            for info in _members(archive, self.is_text):
                opened = archive.extractfile(info)
                data = opened.read() if opened and info.size <= MAX_BYTES else b""
                yield _row(name, info.name, data, info.size, self.is_text)


@contextmanager
def _reported(name: str) -> Iterator[None]:
    """Turn what is raised for a damaged tar into a UserError."""
    try:
        with filesystems.reported(name):
            yield
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise UserError(f"{name}: damaged: {error or 'cut short'}; fetch the shard again") from None
