"""What a format's writer returns: files that are not written yet."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RenderedFiles:
    """The files to write.

    files: names and contents, in the order to write them in.
    notes: what the format has no place for, a line each.
    extended: those of the files that may exist already and only get more in them.
    """

    files: dict[Path, bytes]
    notes: tuple[str, ...] = ()
    extended: frozenset[Path] = frozenset()
