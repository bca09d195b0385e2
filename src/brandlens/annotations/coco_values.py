"""Values in COCO's JSON: ids, flags, and the edges of boxes, as tools really write them."""

import json
import math
import re
from typing import Any

from brandlens.annotations import shapes, validate
from brandlens.annotations.issues import InvalidValueError
from brandlens.annotations.shapes import Edges

WHOLE = re.compile(r"\s*(-?(?:0|[1-9][0-9]{0,17}))(?:\.0+)?\s*")  # a whole number written as text


def parse_id(entry: Any, name: str) -> int | str:
    """Return an entry's id under this name: a number, also where it is written as 1.0 or "1", or a text."""
    if not isinstance(entry, dict):
        raise InvalidValueError("not an object with names and values", "remove it")
    value = entry.get(name)
    if isinstance(value, str) and (number := WHOLE.fullmatch(value)):
        return int(number[1])
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or value == "":
        raise InvalidValueError(f"has no {name}", "give it one")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidValueError(f"has {json.dumps(value)[:20]} as {name}", "write a whole number")
    return value


def edges_of(annotation: dict[str, Any]) -> Edges:
    """Return the edges of the upright box: of the bbox, around it if it is rotated, or around polygons."""
    bbox, points = annotation.get("bbox"), _points(annotation.get("segmentation"))
    if points and not (isinstance(bbox, list) and any(bbox)):
        shapes.check_pixels(edges := shapes.around_points(points))
        return edges
    if not isinstance(bbox, list) or len(bbox) != 4:
        raise InvalidValueError("has no bbox of four numbers", "export boxes, not masks alone")
    left, top, width, height = map(validate.parse_number, bbox, ("left", "top", "width", "height"))
    shapes.check_pixels(edges := (left, top, left + width, top + height))
    attributes = annotation.get("attributes")
    rotation = _degrees(attributes.get("rotation") if isinstance(attributes, dict) else None)
    if rotation % 360 and points and set(points) - set(edges):  # a polygon that is turned already
        return shapes.around_points(points)
    is_mask = isinstance(annotation.get("segmentation"), dict)  # and the bbox is around it
    return edges if is_mask else shapes.around_rotated(edges, rotation % 360)


def _degrees(value: Any) -> float:
    """Return a rotation, which may be written as text; 0 for none, and for a word of the user's own."""
    try:
        degrees = 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return degrees if math.isfinite(degrees) else 0.0


def _points(segmentation: Any) -> list[float]:
    """Return x, y, x, y, … of all polygons; none where there are none, or a mask."""
    if not isinstance(segmentation, list):
        return []
    polygons = [polygon for polygon in segmentation if isinstance(polygon, list) and len(polygon) % 2 == 0]
    return [validate.parse_number(number, "point of a polygon") for polygon in polygons for number in polygon]
