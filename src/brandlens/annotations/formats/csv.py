"""CSV for the keyboard: a row a box with the columns picture, left, top, width, height, label.

A picture without boxes is a row in which all but the picture is empty. Columns that may be there: `ignore` (1 or
empty), `picture_width` and `picture_height`. Commas, semicolons or tabs between; fractions are rounded to whole pixels'
edges.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from brandlens.annotations import text_files, validate
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.boxes import Box

SIDES = ("left", "top", "width", "height")
COLUMNS = ("picture", *SIDES, "label")
YES, NO = ("1", "true", "yes", "x"), ("", "0", "false", "no")

Row = dict[str, str]


def is_header(line: str) -> bool:
    """Whether a file that starts with this line is such a table."""
    return set(COLUMNS) <= set(_header(line))


def read(path: Path, *, anywhere: bool = False, tell: OnIssue = raise_issue) -> list[Picture]:
    """The pictures of a table, in the order of their first rows. anywhere: allow names that leave the file's folder.

    Raises AnnotationError: one line with the file, the row (the header is row 1) and the mend. A `tell` that does not
    raise hears of every row that is left out.
    """
    with reporting(raise_issue, str(path)):
        text = text_files.text(path)
        columns = _header(text.partition("\n")[0])
        if missing := [name for name in COLUMNS if name not in columns]:
            raise InvalidValueError(
                f"no column {missing[0]}", f"name the columns {', '.join(COLUMNS)} in the first row"
            )
    pictures: dict[Path, Picture] = {}
    for place, fields in _rows(path, text, tell):
        with reporting(tell, place):
            if len(fields) != len(columns):
                raise InvalidValueError(
                    f"{len(fields)} fields, not {len(columns)}", 'put a field with a comma into "…"'
                )
            row = dict(zip(columns, fields, strict=True))
            file = validate.inside(root_of(path), validate.name(row["picture"]), anywhere=anywhere)
            picture = pictures.setdefault(file, Picture(file, places=(place,)))
            if None in (picture.width, picture.height):
                width, height = validate.size(*(row.get(f"picture_{side}", "").strip() for side in ("width", "height")))
                picture = pictures[file] = replace(picture, width=width, height=height)
            if any(row[name].strip() for name in (*SIDES, "label")):
                boxes, places = (*picture.boxes, _box(row)), (*picture.places, place)
                pictures[file] = replace(picture, boxes=boxes, places=places)
    return list(pictures.values())


def root_of(path: Path) -> Path:
    """The dataset's folder, to which names are relative: the file's own."""
    return path.parent


def _header(line: str) -> list[str]:
    """The columns' names; none of a line that is not CSV."""
    try:
        return [name.strip().lower() for name in next(csv.reader([line.rstrip("\r\n")], delimiter=_sign(line)), [])]
    except csv.Error:
        return []


def _sign(header: str) -> str:
    """What stands between the fields."""
    return max(",;\t", key=header.count)


def _rows(path: Path, text: str, tell: OnIssue) -> Iterator[tuple[str, list[str]]]:
    """The place and the fields of each row but the header, empty ones left out."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_sign(text.partition("\n")[0]), strict=True)
    number = 0
    while True:
        number += 1
        with reporting(tell, f"{path}, row {number}"):
            try:
                fields = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise InvalidValueError(f"not CSV: {error}", "mend the quotes") from None
            if number > 1 and any(field.strip() for field in fields):
                yield f"{path}, row {number}", fields


def _box(row: Row) -> Box:
    left, top, width, height = (validate.number(row[side].strip(), side) for side in SIDES)
    ignore = row.get("ignore", "").strip().lower()
    if ignore not in YES + NO:
        raise InvalidValueError(f'has "{ignore[:20]}" as ignore', "write 1 or nothing")
    return validate.box(left, top, left + width, top + height, validate.label(row["label"]), ignore in YES)


def render(path: Path, pictures: Sequence[Picture], *, anywhere: bool = False) -> RenderedFiles:
    """The table of these pictures in their order, with the further columns where something stands in them.

    Raises AnnotationError for what `read` would refuse or change.
    """
    sized = any((picture.width, picture.height) != (None, None) for picture in pictures)
    ignored = any(box.ignore for picture in pictures for box in picture.boxes)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow((*COLUMNS, *(["ignore"] if ignored else []), *(["picture_width", "picture_height"] if sized else [])))
    for picture in pictures:
        validate.writable(path, picture)
        named = validate.relative(path, picture, root_of(path), anywhere=anywhere)
        size = ["" if side is None else side for side in (picture.width, picture.height)] if sized else []
        for box in picture.boxes:
            flag = ["1" if box.ignore else ""] if ignored else []
            rows.writerow((named, box.left, box.top, box.width, box.height, box.label, *flag, *size))
        if not picture.boxes:
            rows.writerow((named, *[""] * (6 if ignored else 5), *size))
    return RenderedFiles({path: out.getvalue().encode()})
