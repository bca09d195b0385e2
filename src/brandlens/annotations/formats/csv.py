"""CSV to be written by hand: a row a box with the columns picture, left, top, width, height, label.

A picture without boxes is a row in which all but the picture is empty. Optional columns: `ignore` (1 or empty),
`picture_width` and `picture_height`. The delimiter is a comma, a semicolon, a tab, a pipe, or what a first line such as
`sep=;` says; lines before the header that begin with # are comments. Fractions are rounded to whole pixels' edges.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brandlens.annotations import shapes, text_files, validate
from brandlens.annotations.find_images import ImageFinder
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.orientation import ToolExif
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import Sample
from brandlens.boxes import Box
from brandlens.sniff import csv_dialect

NAME = "csv"
DESCRIPTION = "CSV with the columns picture, left, top, width, height, label: a file"
PATTERNS: tuple[str, ...] = ("*.csv",)
FIXABLE = True
EXIF: ToolExif | None = "applied"  # whatever shows coordinates, OpenCV too, turns pictures
SIDES = ("left", "top", "width", "height")
COLUMNS = ("picture", *SIDES, "label")
OPTIONAL = ("ignore", "picture_width", "picture_height")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")

Row = dict[str, str]


def sniff(sample: Sample) -> bool:
    """Return whether a file's header names a column, or all of them where the file is not called .csv."""
    known = len(set(COLUMNS) & set(_Table.of(sample.text or "").columns))
    return known >= (1 if sample.path.suffix.lower() == ".csv" else len(COLUMNS))


def read(path: Path, *, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> list[Picture]:
    """Return the pictures of a table, in the order of their first rows.

    allow_outside: allow picture names that leave the file's folder. Raises AnnotationError: one line with the file, the
    row (the header is row 1) and the fix. An `on_issue` that does not raise gets every row that is left out.
    """
    with reporting(raise_issue, str(path)):
        table = _Table.of(text_files.read_text(path))
        columns = table.columns
        if missing := [name for name in COLUMNS if name not in columns]:
            raise InvalidValueError(
                f"no column {missing[0]}", f"name the columns {', '.join(COLUMNS)} in the first row"
            )
        if repeated := csv_dialect.find_repeated(columns, [*COLUMNS, *OPTIONAL]):
            raise InvalidValueError(f'two columns are named "{repeated}"', "rename one, or leave it out")
    finder = ImageFinder(root_of(path), allow_outside=allow_outside, on_issue=on_issue)
    files: dict[str, Path] = {}
    pictures: dict[Path, Picture] = {}
    for place, fields in table.rows(path, on_issue):
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


@dataclass(frozen=True)
class _Table:
    """The text of a table from its header on. columns: in lower case. num_comments: lines before the header."""

    text: str
    delimiter: str
    columns: list[str]
    num_comments: int

    @classmethod
    def of(cls, text: str) -> "_Table":
        """Find the header and the delimiter."""
        num_comments = start = 0
        delimiter = csv_dialect.named_delimiter(line := _line(text, 0))
        if delimiter:
            start = len(line)
        while (line := _line(text, start)).startswith("#") or (line and not line.strip()):
            num_comments, start = num_comments + 1, start + len(line)
        header = line.lower()
        delimiter = delimiter or csv_dialect.find_delimiter(header, COLUMNS)
        return cls(text[start:], delimiter, csv_dialect.split_header(header, delimiter), num_comments)

    def rows(self, path: Path, on_issue: OnIssue) -> Iterator[tuple[str, list[str]]]:
        """Yield the place and the fields of each row after the header, empty rows left out."""
        rows = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter, strict=True)
        number = self.num_comments
        while True:
            number += 1
            with reporting(on_issue, f"{path}, row {number}"):
                first = rows.line_num + 1
                try:
                    fields = next(rows)
                except StopIteration:
                    return
                except csv.Error as error:
                    costs = f", which costs lines {first} to {rows.line_num}" if rows.line_num > first else ""
                    raise InvalidValueError(f"not CSV: {error}{costs}", "fix the quotes") from None
                if number > self.num_comments + 1 and any(field.strip() for field in fields):
                    yield f"{path}, row {number}", fields


def _line(text: str, start: int) -> str:
    match = LINE.match(text, start)
    return match[0] if match else ""


def _box(row: Row, place: str, on_issue: OnIssue) -> Box:
    left, top, width, height = (validate.parse_number(row[side].strip(), side) for side in SIDES)
    ignore = validate.parse_flag(row.get("ignore"), "ignore")
    label = validate.parse_label(row["label"])
    shapes.check_pixels(edges := (left, top, left + width, top + height))
    return validate.make_box(*shapes.in_order(edges, label, place, on_issue), label, ignore)


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
