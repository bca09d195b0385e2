"""All formats by name; which of them a file or folder is in, told by content."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from brandlens import image_headers, images
from brandlens.annotations import text_files, xml_reader, yolo_layout
from brandlens.annotations.formats import coco, csv, imglab, voc, yolo
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.errors import AnnotationError
from brandlens.io import atomic_write

FORMATS: dict[str, ModuleType] = {"imglab": imglab, "voc": voc, "coco": coco, "yolo": yolo, "csv": csv}
SUFFIXES = {".xml": "imglab", ".json": "coco", ".csv": "csv", ".txt": "yolo"}  # what a name stands for on writing
START = 1 << 16  # bytes that tell a format


def read(path: Path, *, anywhere: bool = False, tell: OnIssue = raise_issue) -> list[Picture]:
    """The labelled pictures of an annotation file or folder, in its order; the format is told by content.

    anywhere: allow pictures outside the dataset's folder. Raises AnnotationError: one line with the file, the place in
    it and the mend; a `tell` that does not raise hears of all that is left out instead.
    """
    return FORMATS[detect_format(path)].read(path, anywhere=anywhere, tell=tell)


def write(path: Path, pictures: Sequence[Picture], format: str = "imglab", *, anywhere: bool = False) -> None:
    """Write labelled pictures in a format, every file whole or not at all; what it has no place for is said on stderr.

    anywhere: allow pictures outside the dataset's folder. Raises AnnotationError for what would not be read back as it
    is.
    """
    save(FORMATS[format].render(path, pictures, anywhere=anywhere))


def save(rendered: RenderedFiles) -> None:
    """Write what a format's `render` made."""
    for file, data in rendered.files.items():
        with atomic_write(file) as unfinished:
            unfinished.write_bytes(data)
    for note in rendered.notes:
        print(note, file=sys.stderr)


def format_of(path: Path) -> str:
    """The name of the format that a file to be written is meant to have. Raises AnnotationError for a folder's name."""
    if voc.is_list(path):
        return "voc"
    if path.suffix.lower() in SUFFIXES:
        return SUFFIXES[path.suffix.lower()]
    raise AnnotationError(f"{path}: the name does not tell the format; say --format, one of: {', '.join(FORMATS)}")


def image_folder(path: Path, format: str) -> Path:
    """The folder in which the pictures of a dataset to be written lie, as the format's users expect it."""
    return FORMATS[format].root_of(path) / (voc.PICTURES if format == "voc" else "images")


def detect_format(path: Path) -> str:
    """The name of the format that a file or folder is in. Raises AnnotationError for none."""
    try:
        return _folder(path) if path.is_dir() else _file(path)
    except InvalidValueError as error:
        raise AnnotationError(f"{path}: {error.what}; {error.mend}") from None


def _file(path: Path) -> str:
    start = text_files.content(path, START)
    signs = start.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")  # byte order marks and space
    if signs.startswith(b"<"):
        return _xml(start)
    if signs.startswith(b"{"):
        return "coco"
    if signs.startswith(b"["):
        raise InvalidValueError("a JSON list, no COCO file", "export it as COCO")
    if image_headers.parse(start):
        raise InvalidValueError("a picture", "name the file with its annotations")
    if path.suffix.lower() in yolo_layout.YAML:
        return "yolo"
    text = text_files.text(path, START)
    if csv.is_header(text.partition("\n")[0]):
        return "csv"
    if voc.is_list(path):
        return "voc"
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    if path.suffix.lower() == ".txt" and Path(first).suffix.lower() in {*images.SUFFIXES, ""}:
        return "yolo"
    raise InvalidValueError(
        "in none of the formats imglab XML, Pascal VOC, COCO, YOLO and CSV", "export it as one of these"
    )


def _xml(start: bytes) -> str:
    tag = xml_reader.outermost(start)
    if tag == "annotations":
        raise InvalidValueError("CVAT's own XML", "export it as COCO or Pascal VOC")
    if tag not in ("dataset", "annotation", ""):
        raise InvalidValueError(f"the outermost element is <{tag}>", "imglab writes <dataset>, Pascal VOC <annotation>")
    return "voc" if tag == "annotation" else "imglab"


def _folder(path: Path) -> str:
    for folder in (path / voc.ANNOTATIONS, path):
        xml = next(folder.rglob("*.xml"), None)
        if xml:
            if _xml(text_files.content(xml, START)) == "voc":
                return "voc"
            raise InvalidValueError(f"{xml.name} in it is imglab XML", "name that file instead of the folder")
    there = sorted(file.name for file in path.glob("*.json"))
    if yolo_layout.configuration(path) or any((path / name).is_file() for name in yolo_layout.NAMES):
        return "yolo"
    if there:
        raise InvalidValueError("a folder with JSON", f"name the file: {path / there[0]}")
    if any(file.suffix.lower() in images.SUFFIXES for file in path.rglob("*")):
        return "yolo"
    raise InvalidValueError("a folder without annotations", "name the annotation file")
