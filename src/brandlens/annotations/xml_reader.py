"""XML of strangers → elements that know their line. Nothing is expanded, nothing is fetched."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from brandlens.annotations.issues import InvalidValueError

DEEPEST = 50  # elements inside one another
MOST = 2_000_000  # elements of a file, for which memory of 1 GB is enough
DECLARES = InvalidValueError("declares entities or external references", "remove them")


@dataclass(slots=True)
class Element:
    """line: the one its tag starts on. texts: what stands directly in it, between its children too."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def find(self, *tags: str) -> Iterator["Element"]:
        """The elements that a path of tags leads to, in their order."""
        first, *rest = tags
        for child in self.children:
            if child.tag == first:
                yield from child.find(*rest) if rest else (child,)

    def said(self, *tags: str) -> str | None:
        """The text of the first element that the tags lead to; None where there is none."""
        return next(("".join(found.texts) for found in self.find(*tags)), None)


def parse(data: bytes) -> Element:
    """The outermost element. Raises UnfitError for what is not well-formed, declares entities or is nested too deep."""
    top = Element("", {}, 0)
    stack = [top]
    parser = _parser()

    count = itertools.count(1)

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, parser.CurrentLineNumber)
        if len(stack) > DEEPEST:
            raise InvalidValueError(f"line {element.line}: over {DEEPEST} elements inside one another", "remove them")
        if next(count) > MOST:
            raise InvalidValueError(f"line {element.line}: over {MOST:,} elements", "divide the file")
        stack[-1].children.append(element)
        stack.append(element)

    def text(words: str) -> None:
        if words.strip(" \t\r\n"):  # what XML calls space indents, or stands around what is said
            stack[-1].texts.append(words)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = text
    _feed(parser, data, True)
    return top.children[0]


def outermost(data: bytes) -> str:
    """The tag of the outermost element of a file that starts like this; "" where there is none. Raises UnfitError."""
    tags: list[str] = []
    parser = _parser()
    parser.StartElementHandler = lambda tag, _: tags.append(tag)
    try:
        _feed(parser, data, False)
    except InvalidValueError:
        if not tags:
            raise
    return tags[0] if tags else ""


def _parser() -> XMLParserType:
    """A parser that refuses what could make it expand or fetch anything."""

    def refuse(*_: object) -> None:
        raise DECLARES

    def doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
        del name, internal
        if system or public:
            raise DECLARES

    parser = ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.StartDoctypeDeclHandler = doctype
    return parser


def _feed(parser: XMLParserType, data: bytes, last: bool) -> None:
    try:
        parser.Parse(data, last)
    except (ExpatError, LookupError, ValueError) as error:
        raise InvalidValueError(f"not well-formed XML: {error}", "save it again") from None
