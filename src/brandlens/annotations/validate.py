"""What stands in an annotation file, checked: numbers, boxes, labels, and names of pictures.

Every format's reader and writer goes through here, so that all of them take and refuse the same.
"""

import math
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from brandlens.annotations.issues import InvalidValueError
from brandlens.annotations.records import Picture
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

UNLABELLED = "logo"  # the label of a box that has none
FARTHEST = 2**31  # pixels from a picture's corner
SPACE = " \t\r\n"  # what counts as such around a label


def number(value: Any, name: str) -> float:
    """A finite number of pixels that stands under this name. Raises UnfitError."""
    try:
        found = float(value if isinstance(value, int | float | str) and not isinstance(value, bool) else "")
    except (ValueError, OverflowError):
        found = math.nan
    if abs(found) < FARTHEST:  # which not-a-number is not
        return found
    raise InvalidValueError(f"{_shown(value)} {name}", "write a number of pixels")


def whole(value: Any, name: str) -> int:
    """A whole number of pixels. Raises UnfitError."""
    try:
        found = number(value, name)
        if found == int(found):
            return int(found)
    except InvalidValueError:
        pass
    raise InvalidValueError(f"{_shown(value)} {name}", "write a whole number of pixels")


def _shown(value: Any) -> str:
    return "has no" if value is None or value == "" else f'has "{str(value)[:20]}" as'


def size(width: Any, height: Any) -> tuple[int | None, int | None]:
    """A picture's stated size, each None where nothing is stated. Raises UnfitError."""
    stated = ((width, "width"), (height, "height"))
    wide, tall = (None if side in (None, "") else whole(side, name) for side, name in stated)
    if any(side is not None and side <= 0 for side in (wide, tall)):
        raise InvalidValueError("the picture has no pixels", "mend or remove its width and height")
    return wide, tall


def box(left: float, top: float, right: float, bottom: float, label: str, ignore: bool = False) -> Box:
    """The box between these edges (right and bottom exclusive), each rounded to the nearest pixel's edge.

    Raises UnfitError for a box that has no width or no height then.
    """
    x, y, x2, y2 = (math.floor(edge + 0.5) for edge in (left, top, right, bottom))
    for side, length in (("width", x2 - x), ("height", y2 - y)):
        if length <= 0:
            raise InvalidValueError(f'box of label "{label}" has {side} {length}', "remove it", safe=True)
    return Box(x, y, x2 - x, y2 - y, label, ignore)


def label(value: Any) -> str:
    """A label without the space around it; UNLABELLED for none. Raises UnfitError for what is no text."""
    if value is not None and not isinstance(value, str | int | float):
        raise InvalidValueError("the label is no text", "write a name")
    text = ("" if value is None else str(value)).strip(SPACE)
    _check(text, "label")
    return text or UNLABELLED


def name(value: Any) -> str:
    """A picture's name with / between folders. Raises UnfitError for what can name no file."""
    text = value.replace("\\", "/") if isinstance(value, str) else ""
    _check(text, "name")
    if not PurePosixPath(text).name.strip():
        raise InvalidValueError("no picture is named", "name its file")
    return text


def _check(text: str, kind: str) -> None:
    if not _fits(text):
        raise InvalidValueError(f"the {kind} {text[:40]!r} has characters that are no text", "rename it")


def _fits(text: str) -> bool:
    """Whether every format can hold the text: no control characters, no half characters."""
    return not any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 or ord(sign) in (0xFFFE, 0xFFFF) for sign in text)


def inside(folder: Path, named: str, *, anywhere: bool = False) -> Path:
    """The picture of this `name` in the folder. anywhere: it may lie outside. Raises UnfitError where it may not."""
    file = PurePosixPath(named)
    outside = file.is_absolute() or PureWindowsPath(named).drive or ".." in file.parts
    if outside and not anywhere:
        raise InvalidValueError(
            f"{named} lies outside the dataset's folder", "move it there, or allow it with --anywhere"
        )
    return folder / file


def base(named: str) -> str:
    """The last part of a name, which lies in whatever folder it is looked for: not even a drive is left of the rest."""
    return PureWindowsPath(named).name


def existing(candidates: Iterable[Path], folders: bool = False) -> Path | None:
    """The first of them that is a file, or a folder where that will do."""
    is_there = os.path.exists if folders else os.path.isfile  # False, and no error, for a name that no file can have
    return next((path for path in candidates if is_there(path)), None)


def relative(path: Path, picture: Picture, folder: Path, *, anywhere: bool = False) -> str:
    """The picture's name as seen from the folder, for the annotation file `path`.

    Raises AnnotationError for what `name` and `inside` would refuse or change.
    """
    try:
        named = Path(os.path.relpath(picture.path, folder)).as_posix()
    except ValueError:  # on another drive
        named = picture.path.resolve().as_posix()
    outside = PurePosixPath(named).is_absolute() or ".." in PurePosixPath(named).parts
    if "\\" in named or (outside and not anywhere):
        raise AnnotationError(f"{path}: {named} cannot be named in it; put it into the same folder, or copy it there")
    if not _fits(named) or not PurePosixPath(named).name.strip():
        raise AnnotationError(f"{path}: {named!r} has characters that are no text; rename it")
    return named


def writable(path: Path, picture: Picture) -> None:
    """Raise AnnotationError for a box that would not be read back as it is."""
    for each in picture.boxes:
        if each.label.strip(SPACE) != each.label or not each.label or each.width <= 0 or each.height <= 0:
            raise AnnotationError(f"{path}: {picture.path.name} has a box that cannot be written: {each}; mend it")
        if not _fits(each.label):
            raise AnnotationError(f"{path}: {each.label!r} has characters that are no text; rename it")
