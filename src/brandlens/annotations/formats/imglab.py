"""dlib's imglab XML: <dataset><images><image file=…><box left= top= width= height= [ignore=]><label>…

Width and height are plain pixel counts; a box may stick out of its picture. The file is taken for hostile: entities and
external references are refused, and pictures outside the file's folder are, unless allowed.
"""

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element as Made
from xml.etree.ElementTree import SubElement, indent, tostring

from brandlens.annotations import text_files, validate, xml_reader
from brandlens.annotations.issues import InvalidValueError, OnIssue, raise_issue, reporting
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.xml_reader import Element
from brandlens.boxes import Box


def read(path: Path, *, anywhere: bool = False, tell: OnIssue = raise_issue) -> list[Picture]:
    """The pictures of an imglab file, in its order. anywhere: allow picture names that leave the file's folder.

    Raises AnnotationError: one line with the file, the line in it and the mend. A `tell` that does not raise hears of
    every box and picture that is left out.
    """
    with reporting(raise_issue, str(path)):
        root = xml_reader.parse(text_files.content(path))
        if root.tag != "dataset":
            raise InvalidValueError(f"the outermost element is <{root.tag}>", "imglab writes <dataset>")
    pictures = []
    for element in root.find("images", "image"):
        with reporting(tell, _at(path, element)):
            pictures.append(_picture(path, element, anywhere, tell))
    return pictures


def _picture(path: Path, element: Element, anywhere: bool, tell: OnIssue) -> Picture:
    if not element.attributes.get("file"):
        raise InvalidValueError("<image> has no file", "name the picture")
    file = validate.inside(root_of(path), validate.name(element.attributes["file"]), anywhere=anywhere)
    sides: tuple[int | None, int | None] = (None, None)
    with reporting(tell, _at(path, element)):
        sides = validate.size(element.attributes.get("width"), element.attributes.get("height"))
    boxes, places = [], [_at(path, element)]
    for box in element.find("box"):
        with reporting(tell, _at(path, box)):
            boxes.append(_box(path, box))
            places.append(_at(path, box))
    return Picture(file, tuple(boxes), *sides, tuple(places))


def _box(path: Path, element: Element) -> Box:
    given = element.attributes
    try:
        left, top, width, height = (
            validate.whole(given.get(side), side) for side in ("left", "top", "width", "height")
        )
        label, ignore = validate.label(element.said("label")), given.get("ignore", "0") not in ("0", "", "false")
        return validate.box(left, top, left + width, top + height, label, ignore)
    except InvalidValueError as error:
        if error.safe:
            raise InvalidValueError(
                error.what, f"remove it or run: brandlens logo check {path} --fix", safe=True
            ) from None
        raise InvalidValueError(f"<box> {error.what}", error.mend) from None


def root_of(path: Path) -> Path:
    """The dataset's folder, to which names are relative: the file's own."""
    return path.parent


def _at(path: Path, element: Element) -> str:
    return f"{path}, line {element.line}"


def render(path: Path, pictures: Sequence[Picture], *, anywhere: bool = False) -> RenderedFiles:
    """The file of these pictures in their order, named relative to its folder; the same pictures give the same bytes.

    Raises AnnotationError for what `read` would refuse or change: a box without width or height, a picture outside the
    file's folder, a label or a name with characters that XML cannot hold, no label or space around it.
    """
    root = Made("dataset")
    images = SubElement(root, "images")
    for picture in pictures:
        validate.writable(path, picture)
        element = SubElement(images, "image", file=validate.relative(path, picture, root_of(path), anywhere=anywhere))
        for side in ("width", "height"):
            if getattr(picture, side) is not None:
                element.set(side, str(getattr(picture, side)))
        for box in picture.boxes:
            sides = {side: str(getattr(box, side)) for side in ("top", "left", "width", "height")}
            drawn = SubElement(element, "box", sides | ({"ignore": "1"} if box.ignore else {}))
            SubElement(drawn, "label").text = box.label
    indent(root)
    return RenderedFiles({path: tostring(root, encoding="utf-8", xml_declaration=True)})
