"""What every annotation format is read into."""

from dataclasses import dataclass, field
from pathlib import Path

from brandlens.boxes import Box


@dataclass(frozen=True)
class Picture:
    """A picture and its boxes; a picture without boxes shows no logo.

    path: the picture's file (the annotation file's folder joined with the name written in it).
    width, height: in pixels as stated in the annotation file, None where it states none.
    exif_applied: whether the boxes are in the picture as EXIF's orientation turns it, and not as its file stores it,
    where the stated size is that of both.
    places: where the picture and then each of its boxes was read, such as "drinks.xml, line 41"; empty for a picture
    that was not read from a file.
    """

    path: Path
    boxes: tuple[Box, ...] = ()
    width: int | None = None
    height: int | None = None
    places: tuple[str, ...] = field(default=(), compare=False, repr=False)
    exif_applied: bool = field(default=False, compare=False)

    @property
    def place(self) -> str:
        """Where the picture was read, or its own path."""
        return self.places[0] if self.places else str(self.path)

    @property
    def box_places(self) -> tuple[str, ...]:
        """Where each of its boxes was read, or its own path for each."""
        return self.places[1:] if self.places else (str(self.path),) * len(self.boxes)
