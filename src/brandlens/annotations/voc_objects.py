"""The boxes of Pascal VOC's <object> elements, as tools really write them."""

import math
from contextlib import suppress

from brandlens.annotations import shapes, validate
from brandlens.annotations.issues import InvalidValueError, OnIssue
from brandlens.annotations.shapes import Edges
from brandlens.annotations.xml_reader import Element
from brandlens.boxes import Box

CORNERS = ("xmin", "ymin", "xmax", "ymax")


def parse_object(element: Element, first: int, place: str, on_issue: OnIssue) -> Box:
    """Return the box of an <object>. first: what xmin and ymin of the first pixel are, 0 or 1."""
    label = validate.parse_label(element.text_of("name"))
    difficult = element.text_of("difficult")
    ignore = difficult != "Unspecified" and validate.parse_flag(difficult, "difficult")
    left, top, right, bottom = shapes.in_order(_edges(element), label, place, on_issue)
    edges = shapes.around_rotated((left - first, top - first, right, bottom), _degrees(element))
    return validate.make_box(*edges, label, ignore)


def _edges(element: Element) -> Edges:
    """Return the edges that an <object> states; of a rotated box those before the rotation."""
    upright, rotated = list(element.find("bndbox")), list(element.find("robndbox"))
    if len(upright) > 1:
        raise InvalidValueError(f"<object> has {len(upright)} bndbox", "write an <object> for each")
    if upright:
        left, top, right, bottom = (_number(upright[0], corner) for corner in CORNERS)
    elif rotated:
        x, y, width, height = (_number(rotated[0], tag) for tag in ("cx", "cy", "w", "h"))
        left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    else:
        raise InvalidValueError("<object> has no bndbox", "draw an upright box or remove it")
    shapes.check_pixels((left, top, right, bottom))
    return left, top, right, bottom


def _degrees(element: Element) -> float:
    """Return by how much the box of an <object> is rotated."""
    if not any(element.find("bndbox")):
        return math.degrees(sum(_number(rotated, "angle") for rotated in element.find("robndbox"))) % 360
    for attribute in element.find("attributes", "attribute"):
        if attribute.text_of("name") == "rotation":
            with suppress(InvalidValueError):  # a word of the user's own
                return validate.parse_number((attribute.text_of("value") or "").strip(), "rotation") % 360
    return 0


def _number(element: Element, tag: str) -> float:
    return validate.parse_number((element.text_of(tag) or "").strip(), tag)
