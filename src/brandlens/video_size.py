"""How many bytes a video file says that it has, so that one that was cut short is distinguished from a whole one.

Frame counts and durations do not tell: they may hold a longer sound, count from another time than the first frame's,
leave out what an edit list hides, or be estimates.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})  # one begins an MP4 or QuickTime file
EBML = bytes.fromhex("1a45dfa3")  # the first element of a Matroska file: RFC 8794 and 9559
ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
MAX_OGG_PAGE = 65_307  # bytes
START = 1 << 13  # bytes that hold the size in the kinds of files that state it once


def claimed_size(path: Path) -> int:
    """Return how many bytes a video file claims to have; 0 where it does not tell.

    MP4 and QuickTime, Matroska and WebM, AVI, Ogg, WMV, and such FLV as FFmpeg writes tell, but for some recorded live.
    """
    with path.open("rb") as file:
        start = file.read(START)
        size = path.stat().st_size
        if start[4:8] in MP4_BOXES:
            return _walk(file, size, _mp4_box)
        if start.startswith(EBML):
            return _walk(file, size, _matroska_element)
        if start.startswith(b"RIFF"):
            return _walk(file, size, _riff_chunk)
        if start.startswith(b"OggS"):
            return _ogg(file, size)
    if start.startswith(ASF_HEADER):
        return _asf(start)
    return _flv(start) if start.startswith(b"FLV") else 0


def _walk(file: BinaryIO, size: int, read_length: Callable[[bytes], int]) -> int:
    """Return where the last of the outermost parts ends; 0 where one does not tell, as in a live recording.

    read_length: of a part's first 16 bytes, its length; 0 for unknown.
    """
    offset = 0
    while offset < size:
        file.seek(offset)
        length = read_length(file.read(16))
        if not length:
            return 0
        offset += length
    return offset


def _mp4_box(head: bytes) -> int:
    length = int.from_bytes(head[:4], "big")
    if length == 1:  # too large for four bytes
        length = int.from_bytes(head[8:], "big")
    is_box = length >= 8 and all(0x20 <= byte < 0x7F for byte in head[4:8])
    return length if is_box else 0  # 0: to the end of the file; others are bytes that a tool has appended


def _matroska_element(head: bytes) -> int:
    """Return the length of an element with its head; of one of unknown size, as live recordings have, the head's."""
    id_length = 9 - head[0].bit_length()
    if id_length > 4 or len(head) <= id_length or not head[id_length]:
        return 0
    size_length = 9 - head[id_length].bit_length()
    mask = (1 << 7 * size_length) - 1
    content = int.from_bytes(head[id_length : id_length + size_length], "big") & mask
    return id_length + size_length + (0 if content == mask else content)  # all bits set: unknown


def _riff_chunk(head: bytes) -> int:
    length = int.from_bytes(head[4:8], "little")
    return 0 if head[:4] != b"RIFF" or length in (0, 0xFFFFFFFF) else 8 + length + length % 2


def _ogg(file: BinaryIO, size: int) -> int:
    """Return where the last page ends: RFC 3533."""
    tail = max(0, size - MAX_OGG_PAGE)
    file.seek(tail)
    end = file.read()
    page = end.rfind(b"OggS")
    if page < 0:
        return 0
    num_segments = end[page + 26] if page + 26 < len(end) else 1  # one more byte than there is at least
    return tail + page + 27 + num_segments + sum(end[page + 27 : page + 27 + num_segments])


def _asf(start: bytes) -> int:
    offset = start.find(ASF_FILE_PROPERTIES)
    if offset < 0 or offset + 92 > len(start):
        return 0
    (size,) = struct.unpack_from("<Q", start, offset + 40)
    (flags,) = struct.unpack_from("<I", start, offset + 88)
    return 0 if flags & 1 else size  # a broadcast, whose size was not known


def _flv(start: bytes) -> int:
    offset = start.find(b"\0\x08filesize\0")
    if offset < 0 or offset + 19 > len(start):
        return 0
    (size,) = struct.unpack_from(">d", start, offset + 11)
    return int(size) if 0 < size < 2**53 else 0
