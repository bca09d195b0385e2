"""dlib's imglab XML: <dataset><images><image file=…><box left= top= width= height= [ignore=]><label>…

Width and height are plain pixel counts; a box may stick out of its picture. The file is treated as hostile: entities
and external references are refused, and so are pictures outside the file's folder, unless allowed.

imglab writes names and labels as they were typed, with & and < and quotes, and says ISO-8859-1 over whatever bytes
those are (dlib's save_image_dataset_metadata); such a file is read as it was meant.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import SubElement

from brandlens.annotations import text_files, validate, xml_encoding, xml_reader
from brandlens.annotations.find_images import ImageFinder
from brandlens.annotations.issues import InvalidValueError, OnIssue, quoted, raise_issue, reporting
from brandlens.annotations.orientation import ToolExif
from brandlens.annotations.records import Picture
from brandlens.annotations.rendered_files import RenderedFiles
from brandlens.annotations.sample import Sample
from brandlens.annotations.xml_reader import Element
from brandlens.boxes import Box

NAME = "imglab"
DESCRIPTION = "dlib's imglab XML: a file"
PATTERNS: tuple[str, ...] = ("*.xml",)
FIXABLE = True
EXIF: ToolExif | None = "ignored"  # dlib reads no EXIF

NO_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)")
ATTRIBUTE = re.compile(
    r"(<image file=|<part name=)(['\"])(.{0,4096}?)\2(?=(?:\s+(?:width|height|x|y)=['\"]-?\d*['\"]){0,2}\s*/?>)"
)
CONTENT = re.compile(r"(<(label|name|comment)>)(.{0,4096}?)(</\2>)")


def sniff(sample: Sample) -> bool:
    """Return whether a file's outermost element is imglab's, or none has begun."""
    return sample.kind == "xml" and sample.xml_tag in ("dataset", "")


def read(path: Path, *, allow_outside: bool = False, on_issue: OnIssue = raise_issue) -> list[Picture]:
    """Return the pictures of an imglab file, in its order.

    allow_outside: allow picture names that leave the file's folder. Raises AnnotationError: one line with the file,
    the line in it and the fix. An `on_issue` that does not raise gets every box and picture that is left out.
    """
    with reporting(raise_issue, str(path)):
        _, root = parse(text_files.read_bytes(path))
        if root.tag != "dataset":
            raise InvalidValueError(f"the outermost element is <{root.tag}>", "imglab writes <dataset>")
    finder = ImageFinder(root_of(path), allow_outside=allow_outside, on_issue=on_issue)
    pictures = []
    for element in root.find("images", "image"):
        with reporting(on_issue, _place(path, element)):
            pictures.append(_picture(path, element, finder, on_issue))
    return pictures


def parse(data: bytes) -> tuple[str, Element]:
    """Return the text and its outermost element; names and labels are escaped where it is not well-formed without.

    Raises InvalidValueError as `xml_reader.parse` does.
    """
    text = xml_encoding.decode(data)
    try:
        return text, xml_reader.parse(text)
    except InvalidValueError:
        escaped = ATTRIBUTE.sub(lambda match: match[1] + match[2] + _escape(match[3]) + match[2], text)
        escaped = CONTENT.sub(lambda match: match[1] + _escape(match[3]) + match[4], escaped)
        return escaped, xml_reader.parse(escaped)


def _escape(text: str) -> str:
    escaped = NO_ENTITY.sub("&amp;", text)
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ("'", "&apos;"), ('"', "&quot;")):
        escaped = escaped.replace(sign, entity)
    return escaped


def _picture(path: Path, element: Element, finder: ImageFinder, on_issue: OnIssue) -> Picture:
    if not element.attributes.get("file"):
        raise InvalidValueError("<image> has no file", "name the picture")
    file = finder.find(validate.parse_name(element.attributes["file"]), _place(path, element))
    size: tuple[int | None, int | None] = (None, None)
    with reporting(on_issue, _place(path, element)):
        size = validate.parse_size(element.attributes.get("width"), element.attributes.get("height"))
    boxes, places = [], [_place(path, element)]
    for child in element.find("box"):
        with reporting(on_issue, _place(path, child)):
            boxes.append(parse_box(path, child))
            places.append(_place(path, child))
    return Picture(file, tuple(boxes), *size, tuple(places))


def parse_box(path: Path, element: Element) -> Box:
    """Return the box of an element of the file. Raises InvalidValueError."""
    attributes = element.attributes
    try:
        left, top, width, height = (
            validate.parse_int(attributes.get(side), side) for side in ("left", "top", "width", "height")
        )
        labels = list(element.find("label"))
        if any(label.children for label in labels):
            raise InvalidValueError("has a label with elements in it", "write < as &lt;")
        if len(labels) > 1:
            raise InvalidValueError(f"has {len(labels)} labels", "write a <box> for each")
        label = validate.parse_label(element.text_of("label"))
        ignore = validate.parse_flag(attributes.get("ignore"), "ignore")
        return validate.make_box(left, top, left + width, top + height, label, ignore)
    except InvalidValueError as error:
        if error.safe:
            fix = f"remove it or run: brandlens logo check {quoted(path)} --fix"
            raise InvalidValueError(error.message, fix, safe=True) from None
        raise InvalidValueError(f"<box> {error.message}", error.fix) from None


def _place(path: Path, element: Element) -> str:
    return f"{path}, line {element.line}"


def root_of(path: Path) -> Path:
    """Return the dataset's folder, to which names are relative: the file's own."""
    return path.parent


def image_folder(path: Path) -> Path:
    """Return the folder for the pictures of a dataset to be written."""
    return root_of(path) / "images"


def render(path: Path, pictures: Sequence[Picture], *, allow_outside: bool = False) -> RenderedFiles:
    """Return the file of these pictures in their order, named relative to its folder; same pictures, same bytes.

    Raises AnnotationError for what `read` would refuse or change: a box without width or height, a picture outside the
    file's folder, a label or a name with characters that XML cannot hold, no label or white space around it.
    """
    root = ElementTree.Element("dataset")
    images = SubElement(root, "images")
    for picture in pictures:
        validate.check_boxes(path, picture)
        name = validate.relative_name(path, picture, root_of(path), allow_outside=allow_outside)
        image = SubElement(images, "image", file=name)
        for side in ("width", "height"):
            if getattr(picture, side) is not None:
                image.set(side, str(getattr(picture, side)))
        for box in picture.boxes:
            sides = {side: str(getattr(box, side)) for side in ("top", "left", "width", "height")}
            element = SubElement(image, "box", sides | ({"ignore": "1"} if box.ignore else {}))
            SubElement(element, "label").text = box.label
    ElementTree.indent(root)
    return RenderedFiles({path: ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)})
