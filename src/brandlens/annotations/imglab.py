"""dlib's imglab XML: <dataset><images><image file=…><box left= top= width= height= [ignore=]><label>…

Width and height are plain pixel counts; a box may stick out of its picture. The file is taken for hostile: entities and
external references are refused, and pictures outside the file's folder are, unless allowed.
"""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from brandlens.annotations.records import Picture
from brandlens.boxes import Box
from brandlens.errors import AnnotationError

UNLABELLED = "logo"  # the label of a box that has none
LARGEST = 256 * 2**20  # bytes of XML
FARTHEST = 2**31  # pixels from a picture's corner
SPACE = " \t\r\n"  # what counts as such in XML; imglab does not keep it around a label


class _Parser(DefusedXMLParser):
    """Keeps the line that each element starts on, as an attribute that no file can hold."""

    LINE = "\0line"

    def __init__(self) -> None:
        super().__init__(forbid_dtd=False, forbid_entities=True, forbid_external=True)
        start = self.parser.StartElementHandler

        def numbered(tag: str, attributes: list[str]) -> Any:
            element = start(tag, attributes)
            element.set(self.LINE, str(self.parser.CurrentLineNumber))
            return element

        self.parser.StartElementHandler = numbered


def read(path: Path, *, anywhere: bool = False) -> list[Picture]:
    """The pictures of an imglab file, in its order. anywhere: allow picture names that leave the file's folder.

    Raises AnnotationError: one line with the file, the line in it and the mend.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read: {error.strerror}") from None
    if size > LARGEST:
        raise AnnotationError(f"{path}: {size:,} bytes; an imglab file of more than {LARGEST:,} is refused")
    parser = _Parser()
    try:
        parser.feed(data)
        root = parser.close()
    except DefusedXmlException:
        raise AnnotationError(f"{path}: declares entities or external references; remove them") from None
    except (ExpatError, SyntaxError, LookupError, ValueError) as error:
        raise AnnotationError(f"{path}: not well-formed XML: {error}") from None
    if root.tag != "dataset":
        raise AnnotationError(f"{path}: the outermost element is <{root.tag}>; imglab writes <dataset>")
    return [_picture(path, element, anywhere) for element in root.iterfind("images/image")]


def _picture(path: Path, element: Element, anywhere: bool) -> Picture:
    name = element.get("file", "")
    file = PurePosixPath(name.replace("\\", "/"))
    if not file.name:
        raise AnnotationError(f"{_at(path, element)}: <image> has no file; name the picture")
    outside = file.is_absolute() or PureWindowsPath(name).drive or ".." in file.parts
    if outside and not anywhere:
        raise AnnotationError(f"{_at(path, element)}: {name} lies outside the XML file's folder; move it there")
    width, height = (_number(path, element, side) if element.get(side) else None for side in ("width", "height"))
    if any(side is not None and side <= 0 for side in (width, height)):
        raise AnnotationError(f"{_at(path, element)}: {name} has no pixels; mend or remove width and height")
    return Picture(path.parent / file, tuple(_box(path, box) for box in element.iterfind("box")), width, height)


def _box(path: Path, element: Element) -> Box:
    left, top, width, height = (_number(path, element, side) for side in ("left", "top", "width", "height"))
    label = (element.findtext("label") or "").strip(SPACE) or UNLABELLED
    for side, value in (("width", width), ("height", height)):
        if value <= 0:
            raise AnnotationError(f'{_at(path, element)}: box of label "{label}" has {side} {value}; remove it')
    return Box(left, top, width, height, label, element.get("ignore", "0") not in ("0", "", "false"))


def _number(path: Path, element: Element, name: str) -> int:
    value = element.get(name)
    try:
        number = float(value if value is not None else "")
        if number == int(number) and abs(number) < FARTHEST:
            return int(number)
    except (ValueError, OverflowError):
        pass
    told = "no" if value is None else f'"{value[:20]}" as'
    raise AnnotationError(f"{_at(path, element)}: <{element.tag}> has {told} {name}; write a whole number of pixels")


def _at(path: Path, element: Element) -> str:
    return f"{path}, line {element.get(_Parser.LINE)}"


def write(path: Path, pictures: Sequence[Picture]) -> None:
    """Write pictures in their order, named relative to the file's folder; the same pictures give the same bytes.

    Raises AnnotationError for what `read` would refuse or change: a box without width or height, a picture outside the
    file's folder, a label or a name with characters that XML cannot hold, no label or space around it.
    """
    root = Element("dataset")
    images = SubElement(root, "images")
    for picture in pictures:
        name = Path(os.path.relpath(picture.path, path.parent)).as_posix()
        if ".." in Path(name).parts or "\\" in name:
            raise AnnotationError(f"{path}: {name} cannot be named in it; move it into the same folder")
        element = SubElement(images, "image", file=_held(path, name))
        for side in ("width", "height"):
            if getattr(picture, side) is not None:
                element.set(side, str(getattr(picture, side)))
        for box in picture.boxes:
            if box.label.strip(SPACE) != box.label or not box.label or box.width <= 0 or box.height <= 0:
                raise AnnotationError(f"{path}: {name} has a box that cannot be written: {box}; mend it")
            sides = {side: str(getattr(box, side)) for side in ("top", "left", "width", "height")}
            drawn = SubElement(element, "box", sides | ({"ignore": "1"} if box.ignore else {}))
            SubElement(drawn, "label").text = _held(path, box.label)
    indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        ElementTree(root).write(partial, encoding="utf-8", xml_declaration=True)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _held(path: Path, text: str) -> str:
    """The text itself, if XML can hold it."""
    if any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 or ord(sign) in (0xFFFE, 0xFFFF) for sign in text):
        raise AnnotationError(f"{path}: {text!r} has characters that XML cannot hold; rename it")
    return text
