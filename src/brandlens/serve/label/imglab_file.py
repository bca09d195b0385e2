"""An imglab file in which single pictures change: every byte of the others stays as it is.

A picture's element keeps what a page does not show: other attributes, parts of boxes, boxes that cannot be read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from xml.etree import ElementTree

from brandlens.annotations import Picture, text_files, validate, xml_reader
from brandlens.annotations.find_images import ImageFinder
from brandlens.annotations.formats import imglab
from brandlens.annotations.issues import InvalidValueError, Issue, reporting
from brandlens.annotations.xml_reader import Element
from brandlens.boxes import Box
from brandlens.errors import AnnotationError
from brandlens.io import atomic_write

EMPTY = b"<?xml version='1.0' encoding='utf-8'?>\n<dataset>\n  <images>\n  </images>\n</dataset>\n"
BEFORE = b"\n    "  # a new picture
SIDES = ("top", "left", "width", "height")


@dataclass(eq=False)
class Image:
    """The element of a picture.

    before: what stands between it and the one before. path: None where no picture could be named. boxes: those that can
    be read, by their place among the element's children.
    """

    before: bytes
    data: bytes
    element: Element
    path: Path | None = None
    size: tuple[int | None, int | None] = (None, None)
    boxes: dict[int, Box] = field(default_factory=dict)


@dataclass
class ImglabFile:
    """An imglab file. start, end: what stands before and after its pictures. issues: what could not be read."""

    path: Path
    start: bytes
    images: list[Image]
    end: bytes
    issues: list[Issue]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; one that is not there is empty. Raises AnnotationError."""
        try:
            text, root = imglab.parse(text_files.read_bytes(path) if path.exists() else EMPTY)
            if root.tag != "dataset":
                raise InvalidValueError(f"the outermost element is <{root.tag}>", "imglab writes <dataset>")
            return cls._split(path, text, root)
        except InvalidValueError as error:
            raise AnnotationError(f"{path}: {error.message}; {error.fix}") from None

    @classmethod
    def _split(cls, path: Path, text: str, root: Element) -> Self:
        """Split the text at its pictures, as UTF-8."""
        data = text.encode(errors="replace")
        if data.startswith(b"<?xml"):
            data = b"<?xml version='1.0' encoding='utf-8'?>" + data[data.index(b"?>") + 2 :]
        data, root = _open_images(data)
        ranges = xml_reader.byte_ranges(data.decode(), "dataset", "images", "image")
        issues: list[Issue] = []
        finder = ImageFinder(imglab.root_of(path), on_issue=lambda issue: None)
        if not ranges:
            at = _end_tag(data, xml_reader.byte_ranges(data.decode(), "dataset", "images")[0])
            return cls(path, data[:at].rstrip(), [], b"\n  " + data[at:], issues)
        images, last = [], ranges[0][0]
        for (first, end), element in zip(ranges, root.find("images", "image"), strict=True):
            images.append(_read_image(path, data[last:first], data[first:end], element, finder, issues))
            last = end
        images[0].before = BEFORE
        return cls(path, data[: ranges[0][0]].rstrip(), images, data[last:], issues)

    def save(self) -> None:
        """Write the file, whole or not at all."""
        with atomic_write(self.path) as temporary:
            temporary.write_bytes(self.start + b"".join(each.before + each.data for each in self.images) + self.end)

    def find(self, path: Path) -> list[Image]:
        """Return the elements of a picture; more than one where it is in the file twice."""
        return [image for image in self.images if image.path == path]

    def replace(self, path: Path, size: tuple[int, int], boxes: Sequence[tuple[int | None, Box]]) -> None:
        """Set the boxes of a picture, which is appended if it is not in the file.

        boxes: each with its place in the boxes of all elements of the picture, in their order; None for a new one.
        Raises AnnotationError for what could not be read back.
        """
        found = self.find(path)
        validate.check_boxes(self.path, Picture(path, tuple(box for _, box in boxes)))
        if found:
            element = Element("image", found[0].element.attributes, 0, [child for each in found for child in
                                                                         each.element.children])  # fmt: skip
        else:
            name = validate.relative_name(self.path, Picture(path), imglab.root_of(self.path))
            element = Element("image", {"file": name}, 0)
        readable = [key + offset for each, offset in _offsets(found) for key in each.boxes]
        kept = {readable[key]: box for key, box in boxes if key is not None and 0 <= key < len(readable)}
        drawn = [box for key, box in boxes if key is None or not 0 <= key < len(readable)]
        tree = _render(element, size, kept, set(readable), drawn)
        data = ElementTree.tostring(tree, encoding="unicode").rstrip().encode()
        old_before = found[0].before if found else BEFORE
        _, root = imglab.parse(data)
        image = _read_image(
            self.path, old_before, data, root, ImageFinder(imglab.root_of(self.path), on_issue=lambda issue: None), []
        )
        image.path = path
        if found:
            self.images[self.images.index(found[0])] = image
            self._drop(found[1:])
        else:
            self.images.append(image)

    def remove(self, path: Path) -> None:
        """Take a picture out of the file."""
        self._drop(self.find(path))

    def _drop(self, dropped: Iterable[Image]) -> None:
        for image in dropped:
            at = self.images.index(image)
            del self.images[at]
            if image.before.strip() and at < len(self.images):  # a comment
                self.images[at].before = image.before + self.images[at].before


def _offsets(images: Sequence[Image]) -> Iterable[tuple[Image, int]]:
    offset = 0
    for image in images:
        yield image, offset
        offset += len(image.element.children)


def _open_images(data: bytes) -> tuple[bytes, Element]:
    """Return the file with an element for its pictures that has an end tag, and its outermost element."""
    text = data.decode()
    for tags, inside in ((("dataset",), b"\n  <images>\n  </images>\n"), (("dataset", "images"), b"\n  ")):
        ranges = xml_reader.byte_ranges(text, *tags)
        if not ranges:  # no <images> in <dataset>
            at = _end_tag(data, xml_reader.byte_ranges(text, "dataset")[0])
            data = data[:at] + b"  <images>\n  </images>\n" + data[at:]
        elif data[: ranges[0][1]].endswith(b"/>"):
            end = ranges[0][1]
            data = data[: end - 2] + b">" + inside + b"</" + tags[-1].encode() + b">" + data[end:]
        text = data.decode()
    return data, xml_reader.parse(text)


def _end_tag(data: bytes, place: tuple[int, int]) -> int:
    return data.rindex(b"</", *place)


def _read_image(
    path: Path, before: bytes, data: bytes, element: Element, finder: ImageFinder, issues: list[Issue]
) -> Image:
    image = Image(before, data, element)
    place = f"{path}, line {element.line}"
    with reporting(issues.append, place):
        image.path = finder.find(validate.parse_name(element.attributes.get("file")), place)
    with reporting(issues.append, place):
        image.size = validate.parse_size(element.attributes.get("width"), element.attributes.get("height"))
    for at, child in enumerate(element.children):
        if child.tag == "box":
            with reporting(issues.append, f"{path}, line {child.line}"):
                image.boxes[at] = imglab.parse_box(path, child)
    return image


def _render(
    element: Element, size: tuple[int, int], kept: dict[int, Box], readable: set[int], drawn: Sequence[Box]
) -> ElementTree.Element:
    """Return the element of a picture with its new boxes. kept, readable: by place among the children."""
    tree = ElementTree.Element("image", element.attributes | {"width": str(size[0]), "height": str(size[1])})
    for at, child in enumerate(element.children):
        if at in kept:
            tree.append(_render_box(kept[at], child))
        elif at not in readable:
            tree.append(_copy(child))
    for box in drawn:
        tree.append(_render_box(box, Element("box", {}, 0)))
    ElementTree.indent(tree, level=2)
    return tree


def _render_box(box: Box, old: Element) -> ElementTree.Element:
    tree = _copy(old)
    for side in SIDES:
        tree.set(side, str(getattr(box, side)))
    if box.ignore:
        tree.set("ignore", "1")
    else:
        tree.attrib.pop("ignore", None)
    label = tree.find("label")
    if label is None:
        label = ElementTree.Element("label")
        tree.insert(0, label)
    label.text = box.label
    return tree


def _copy(element: Element) -> ElementTree.Element:
    tree = ElementTree.Element(element.tag, element.attributes)
    tree.text = "".join(element.texts) or None
    tree.extend(map(_copy, element.children))
    return tree
