"""What a format's writer hands back: files that are not written yet."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RenderedFiles:
    """What is to be written.

    files: names and contents, in the order to write them in.
    notes: what the format has no place for, a line each.
    grown: of the files those that may be there already and then only get more in them.
    """

    files: dict[Path, bytes]
    notes: tuple[str, ...] = ()
    grown: frozenset[Path] = frozenset()
