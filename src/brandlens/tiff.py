"""Directories of a TIFF file, which EXIF is too: its tags, and where their values stand (TIFF 6.0, and BigTIFF)."""

import struct
from dataclasses import dataclass
from typing import NamedTuple

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}  # bytes
NUMBERS = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # types that are whole numbers, as struct has them
MAX_ENTRIES = 4096  # of a directory that are read


class Entry(NamedTuple):
    """A tag's value. kind: its type, as TIFF numbers them; offset: where it stands, or its first number does."""

    kind: int
    offset: int


@dataclass(frozen=True)
class Tiff:
    """A TIFF's bytes. order: as struct has it; is_big: whether it is a BigTIFF."""

    data: bytes
    order: str
    is_big: bool

    @classmethod
    def of(cls, data: bytes) -> "Tiff":
        """Return the TIFF that begins where the data does. Raises ValueError where none does, or struct.error."""
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        if order is None:
            raise ValueError("no TIFF")
        return cls(data, order, struct.unpack_from(order + "H", data, 2)[0] == 43)

    def directory(self, start: int | None = None) -> dict[int, Entry]:
        """Return a directory's tags; of one that stands there twice the first. start: None for the file's first one.

        Raises struct.error for a directory that lies outside the data.
        """
        if start is None:
            start = self._unpack("Q", 8) if self.is_big else self._unpack("I", 4)
        count = self._unpack("Q" if self.is_big else "H", start)
        size, head, place = (20, 8, 12) if self.is_big else (12, 2, 8)
        tags: dict[int, Entry] = {}
        for entry in range(start + head, start + head + size * min(count, MAX_ENTRIES), size):
            tag, kind = self._unpack("H", entry), self._unpack("H", entry + 2)
            length = SIZES.get(kind, 1) * self._unpack("Q" if self.is_big else "I", entry + 4)
            is_near = length <= size - place  # a longer value stands elsewhere
            offset = entry + place if is_near else self._unpack("Q" if self.is_big else "I", entry + place)
            tags.setdefault(tag, Entry(kind, offset))
        return tags

    def number(self, entry: Entry | None) -> int | None:
        """Return the first whole number of a value; None where it is none. Raises struct.error as `directory` does."""
        code = NUMBERS.get(entry.kind) if entry else None
        return self._unpack(code, entry.offset) if entry and code else None

    def _unpack(self, code: str, offset: int) -> int:
        number: int = struct.unpack_from(self.order + code, self.data, offset)[0]
        return number
