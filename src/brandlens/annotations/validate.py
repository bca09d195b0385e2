"""Values in annotation files, checked: numbers, boxes, labels, and names of pictures.

Every format's reader and writer goes through here, so that all of them accept and refuse the same. What is refused
raises InvalidValueError, unless a docstring says otherwise.
"""

import json
import math
import os
from collections.abc import Iterable
from numbers import Integral
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from brandlens.annotations.issues import InvalidValueError
from brandlens.annotations.records import Picture
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

UNLABELLED = "logo"  # the label of a box that has none
MAX_PIXELS = 2**31  # from a picture's corner
SPACE = " \t\r\n"  # what counts as white space around a label
FLAGS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True, "x": True}


def parse_number(value: Any, name: str) -> float:
    """Return a finite number of pixels. name: what the value is called in the file."""
    try:
        number = float(value if isinstance(value, int | float | str) and not isinstance(value, bool) else "")
    except (ValueError, OverflowError):
        number = math.nan
    if abs(number) < MAX_PIXELS:  # false for not-a-number
        return number
    raise InvalidValueError(_describe(value, name), "write a number of pixels")


def parse_int(value: Any, name: str) -> int:
    """Return a whole number of pixels. name: what the value is called in the file."""
    try:
        number = parse_number(value, name)
        if number == int(number):
            return int(number)
    except InvalidValueError:
        pass
    raise InvalidValueError(_describe(value, name), "write a whole number of pixels")


def _describe(value: Any, name: str) -> str:
    return f"has no {name}" if value is None or value == "" else f'has "{str(value)[:20]}" as {name}'


def parse_flag(value: Any, name: str) -> bool:
    """Return whether a flag is set, which is also written as text, or as NaN for none. name: what it is called."""
    if isinstance(value, str) and value.strip().lower() in FLAGS:
        return FLAGS[value.strip().lower()]
    if value is None or isinstance(value, int | float):
        return bool(value) and value == value  # noqa: PLR0124, NaN is not itself
    raise InvalidValueError(f"has {json.dumps(value, ensure_ascii=False)[:20]} as {name}", "write 0 or 1")


def parse_size(width: Any, height: Any) -> tuple[int | None, int | None]:
    """Return a picture's stated width and height, each None where nothing is stated."""
    stated = ((width, "width"), (height, "height"))
    wide, tall = (None if side in (None, "") else parse_int(side, name) for side, name in stated)
    if any(side is not None and side <= 0 for side in (wide, tall)):
        raise InvalidValueError("the picture has no pixels", "fix or remove its width and height")
    return wide, tall


def make_box(left: float, top: float, right: float, bottom: float, label: str, ignore: bool = False) -> Box:
    """Return the box between these edges (right and bottom exclusive), each rounded to the nearest pixel's edge.

    Raises InvalidValueError for a box that has no width or no height then.
    """
    x, y, x2, y2 = (math.floor(edge + 0.5) for edge in (left, top, right, bottom))
    for side, length in (("width", x2 - x), ("height", y2 - y)):
        if length <= 0:
            raise InvalidValueError(f'box of label "{label}" has {side} {length}', "remove it", safe=True)
    return Box(x, y, x2 - x, y2 - y, label, ignore)


def parse_label(value: Any) -> str:
    """Return a label without the white space around it; UNLABELLED for none."""
    if value is not None and not isinstance(value, str | int | float):
        raise InvalidValueError("the label is not a text", "write a name")
    label = ("" if value is None else str(value)).strip(SPACE)
    _check_text(label, "label")
    return label or UNLABELLED


def parse_name(value: Any) -> str:
    """Return a picture's name with / between folders."""
    name = value.replace("\\", "/") if isinstance(value, str) else ""
    _check_text(name, "name")
    if not PurePosixPath(name).name.strip():
        raise InvalidValueError("no picture is named", "name its file")
    return name


def _check_text(text: str, kind: str) -> None:
    if not _is_text(text):
        raise InvalidValueError(f"the {kind} {text[:40]!r} has characters that are not text", "rename it")


def _is_text(text: str) -> bool:
    """Return whether every format can hold the text: no control characters, no surrogates."""
    return not any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 or ord(char) in (0xFFFE, 0xFFFF) for char in text)


def path_inside(folder: Path, name: str, *, allow_outside: bool = False) -> Path:
    """Return the path of the picture that `parse_name` named in the folder. allow_outside: it may leave the folder."""
    if is_outside(name) and not allow_outside:
        raise InvalidValueError(
            f"{name} lies outside the dataset's folder", "move it there, or allow it with --allow-outside"
        )
    return folder / PurePosixPath(name)


def is_outside(name: str) -> bool:
    """Return whether a name leads, or may lead, out of the folder it is relative to."""
    file = PurePosixPath(name)
    return file.is_absolute() or bool(PureWindowsPath(name).drive) or ".." in file.parts


def base_name(name: str) -> str:
    """Return the last part of a name, without folders and without a drive, so that it cannot leave any folder."""
    return PureWindowsPath(name).name


def first_existing(candidates: Iterable[Path], folders: bool = False) -> Path | None:
    """Return the first candidate that is a file. folders: or a folder."""
    exists = os.path.exists if folders else os.path.isfile  # False, and no error, for a name that no file can have
    return next((path for path in candidates if exists(path)), None)


def relative_name(path: Path, picture: Picture, folder: Path, *, allow_outside: bool = False) -> str:
    """Return the picture's name relative to the folder, to be written in the annotation file `path`.

    Raises AnnotationError for what `parse_name` and `path_inside` would refuse or change.
    """
    try:
        name = Path(os.path.relpath(picture.path, folder)).as_posix()
    except ValueError:  # on another drive
        name = picture.path.resolve().as_posix()
    outside = PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts
    if "\\" in name or (outside and not allow_outside):
        raise AnnotationError(f"{path}: {name} cannot be named in it; put it into the same folder, or copy it there")
    if not _is_text(name) or not PurePosixPath(name).name.strip():
        raise AnnotationError(f"{path}: {name!r} has characters that are not text; rename it")
    return name


def check_boxes(path: Path, picture: Picture) -> None:
    """Raise AnnotationError for a box that would not be read back as it is. path: the file to be written."""
    for box in picture.boxes:
        if not all(isinstance(side, Integral) for side in (box.left, box.top, box.width, box.height)):
            raise AnnotationError(f"{path}: {picture.path.name} has {box}: write whole numbers of pixels")
        if box.label.strip(SPACE) != box.label or not box.label or box.width <= 0 or box.height <= 0:
            raise AnnotationError(f"{path}: {picture.path.name} has a box that cannot be written: {box}; fix it")
        if not _is_text(box.label):
            raise AnnotationError(f"{path}: {box.label!r} has characters that are not text; rename it")
