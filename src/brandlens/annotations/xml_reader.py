"""Parse XML of unknown origin into elements that know their line. Nothing is expanded, nothing is fetched."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from brandlens.annotations import xml_encoding
from brandlens.annotations.issues import InvalidValueError
from brandlens.media_files import is_passed_over

SUFFIX = ".xml"
MAX_DEPTH = 50  # elements inside one another
MAX_ELEMENTS = 2_000_000  # of a file; they take 1 GB of memory


@dataclass(slots=True)
class Element:
    """line: where its tag starts. texts: what stands directly in it, between its children too."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def find(self, *tags: str) -> Iterator["Element"]:
        """Yield the elements that a path of tags leads to, in their order."""
        first, *rest = tags
        for child in self.children:
            if child.tag == first:
                yield from child.find(*rest) if rest else (child,)

    def text_of(self, *tags: str) -> str | None:
        """Return the text of the first element that the tags lead to; None where there is none."""
        return next(("".join(element.texts) for element in self.find(*tags)), None)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the XML files below a folder, whatever the case of their suffix; not hidden ones, such as Macs add."""
    names = (path for path in folder.rglob("*") if path.suffix.lower() == SUFFIX)
    yield from (path for path in names if not is_passed_over(path.relative_to(folder)))


def parse(data: bytes | str) -> Element:
    """Return the outermost element. data: of a text the declared encoding does not count.

    Raises InvalidValueError for what is not well-formed, declares entities, is nested too deep or too large, and for
    bytes that `xml_encoding` cannot decode.
    """
    top = Element("", {}, 0)
    stack = [top]
    parser = _parser()

    count = itertools.count(1)

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(_local(tag), attributes, parser.CurrentLineNumber)
        if len(stack) > MAX_DEPTH:
            raise InvalidValueError(f"line {element.line}: over {MAX_DEPTH} elements inside one another", "remove them")
        if next(count) > MAX_ELEMENTS:
            raise InvalidValueError(f"line {element.line}: over {MAX_ELEMENTS:,} elements", "split the file")
        stack[-1].children.append(element)
        stack.append(element)

    def text(characters: str) -> None:
        if characters.strip(" \t\r\n"):  # white space between elements is indentation
            stack[-1].texts.append(characters)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = text
    _feed(parser, xml_encoding.decode(data) if isinstance(data, bytes) else data, True)
    return top.children[0]


def byte_ranges(text: str, *tags: str) -> list[tuple[int, int]]:
    """Return where the elements that a path of tags leads to, from the outermost on, start and end in the text's UTF-8.

    Raises InvalidValueError as `parse` does.
    """
    data = text.encode(errors="replace")
    path: list[str] = []
    starts: list[int] = []
    ranges: list[tuple[int, int]] = []
    parser = _parser()

    def start(tag: str, _: dict[str, str]) -> None:
        path.append(_local(tag))
        starts.append(parser.CurrentByteIndex)

    def end(tag: str) -> None:
        if tuple(path) == tags:
            at = parser.CurrentByteIndex  # of the end tag; what follows a tag that ends itself, as <images/>
            end_tag = re.compile(rb"</" + re.escape(tag.encode()) + rb"\s*>").match(data, at)
            ranges.append((starts[-1], end_tag.end() if end_tag else at))
        path.pop()
        starts.pop()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    _feed(parser, text, True)
    return ranges


def outermost_tag(data: bytes) -> str:
    """Return the tag of the outermost element of a file that starts like this; "" where none has begun.

    Raises InvalidValueError for what is not well-formed before that tag.
    """
    tags: list[str] = []
    parser = _parser()
    parser.StartElementHandler = lambda tag, _: tags.append(_local(tag))
    try:
        _feed(parser, xml_encoding.decode(data, truncated=True), False)
    except InvalidValueError:
        if not tags:
            raise
    return tags[0] if tags else ""


def _local(tag: str) -> str:
    """Return a tag without the prefix of its namespace."""
    return tag.rpartition(":")[2]


def _parser() -> XMLParserType:
    """Return a parser that refuses everything that could make it expand or fetch something."""

    def refuse(*_: object) -> int:
        raise InvalidValueError("declares entities or external references", "remove them")

    def doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
        del name, internal
        if system or public:
            refuse()

    parser = ParserCreate("utf-8")
    parser.buffer_text = True
    parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.StartDoctypeDeclHandler = doctype
    return parser


def _feed(parser: XMLParserType, text: str, last: bool) -> None:
    try:
        parser.Parse(text.encode(errors="replace"), last)
    except (ExpatError, LookupError, ValueError) as error:
        raise InvalidValueError(f"not well-formed XML: {error}", "save it again") from None
