"""CSV to be written by hand: a row a box with the columns picture, left, top, width, height, label.

A picture without boxes is a row in which all but the picture is empty. Optional columns: `ignore` (1 or empty),
`picture_width` and `picture_height`. The separator is a comma, a semicolon or a tab; fractions are rounded to whole
pixels' edges.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from brandlens.annotations import shapes, text_files, validate
from brandlens.annotations.find_images import ImageFinder
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.orientation import ToolExif
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import Sample
from brandlens.boxes import Box

NAME = "csv"
DESCRIPTION = "CSV with the columns picture, left, top, width, height, label: a file"
PATTERNS: tuple[str, ...] = ("*.csv",)
FIXABLE = True
EXIF: ToolExif | None = "applied"  # whatever shows coordinates, OpenCV too, turns pictures
SIDES = ("left", "top", "width", "height")
COLUMNS = ("picture", *SIDES, "label")
YES, NO = ("1", "true", "yes", "x"), ("", "0", "false", "no")

Row = dict[str, str]


def sniff(sample: Sample) -> bool:
    """Return whether a file's first line names the columns."""
    return set(COLUMNS) <= set(_header((sample.text or "").partition("\n")[0]))


def read(path: Path, *, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> list[Picture]:
    """Return the pictures of a table, in the order of their first rows.

    allow_outside: allow picture names that leave the file's folder. Raises AnnotationError: one line with the file, the
    row (the header is row 1) and the fix. An `on_issue` that does not raise gets every row that is left out.
    """
    with reporting(raise_issue, str(path)):
        text = text_files.read_text(path)
        columns = _header(text.partition("\n")[0])
        if missing := [name for name in COLUMNS if name not in columns]:
            raise InvalidValueError(
                f"no column {missing[0]}", f"name the columns {', '.join(COLUMNS)} in the first row"
            )
    finder = ImageFinder(root_of(path), allow_outside=allow_outside, on_issue=on_issue)
    files: dict[str, Path] = {}
    pictures: dict[Path, Picture] = {}
    for place, fields in _rows(path, text, on_issue):
        with reporting(on_issue, place):
            if len(fields) != len(columns):
                raise InvalidValueError(
                    f"{len(fields)} fields, not {len(columns)}", 'put a field with a comma into "…"'
                )
            row = dict(zip(columns, fields, strict=True))
            name = validate.parse_name(row["picture"])
            if name not in files:
                files[name] = finder.find(name, place)
            file = files[name]
            picture = pictures.setdefault(file, Picture(file, places=(place,)))
            if None in (picture.width, picture.height):
                stated = (row.get(f"picture_{side}", "").strip() for side in ("width", "height"))
                width, height = validate.parse_size(*stated)
                picture = pictures[file] = replace(picture, width=width, height=height)
            if any(row[name].strip() for name in (*SIDES, "label")):
                boxes, places = (*picture.boxes, _box(row, place, on_issue)), (*picture.places, place)
                pictures[file] = replace(picture, boxes=boxes, places=places)
    return list(pictures.values())


def root_of(path: Path) -> Path:
    """Return the dataset's folder, to which names are relative: the file's own."""
    return path.parent


def image_folder(path: Path) -> Path:
    """Return the folder for the pictures of a dataset to be written."""
    return root_of(path) / "images"


def _header(line: str) -> list[str]:
    """Return the columns' names; none of a line that is not CSV."""
    try:
        fields = next(csv.reader([line.rstrip("\r\n")], delimiter=_delimiter(line)), [])
        return [name.strip().lower() for name in fields]
    except csv.Error:
        return []


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _rows(path: Path, text: str, on_issue: OnIssue) -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the fields of each row after the header, empty rows left out."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text.partition("\n")[0]), strict=True)
    number = 0
    while True:
        number += 1
        with reporting(on_issue, f"{path}, row {number}"):
            try:
                fields = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise InvalidValueError(f"not CSV: {error}", "fix the quotes") from None
            if number > 1 and any(field.strip() for field in fields):
                yield f"{path}, row {number}", fields


def _box(row: Row, place: str, on_issue: OnIssue) -> Box:
    left, top, width, height = (validate.parse_number(row[side].strip(), side) for side in SIDES)
    ignore = row.get("ignore", "").strip().lower()
    if ignore not in YES + NO:
        raise InvalidValueError(f'has "{ignore[:20]}" as ignore', "write 1 or nothing")
    label = validate.parse_label(row["label"])
    shapes.check_pixels(edges := (left, top, left + width, top + height))
    return validate.make_box(*shapes.in_order(edges, label, place, on_issue), label, ignore in YES)


def render(path: Path, pictures: Sequence[Picture], *, allow_outside: bool = False) -> RenderedFiles:
    """Return the table of these pictures in their order, with an optional column only where it holds something.

    Raises AnnotationError for what `read` would refuse or change.
    """
    sized = any((picture.width, picture.height) != (None, None) for picture in pictures)
    ignored = any(box.ignore for picture in pictures for box in picture.boxes)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow((*COLUMNS, *(["ignore"] if ignored else []), *(["picture_width", "picture_height"] if sized else [])))
    for picture in pictures:
        validate.check_boxes(path, picture)
        name = validate.relative_name(path, picture, root_of(path), allow_outside=allow_outside)
        size = ["" if side is None else side for side in (picture.width, picture.height)] if sized else []
        for box in picture.boxes:
            flag = ["1" if box.ignore else ""] if ignored else []
            rows.writerow((name, box.left, box.top, box.width, box.height, box.label, *flag, *size))
        if not picture.boxes:
            rows.writerow((name, *[""] * (6 if ignored else 5), *size))
    return RenderedFiles({path: out.getvalue().encode()})
