"""Edges of boxes as files state them: pixels or not, in which order, turned or not; and upright boxes around shapes.

Edges are left, top, right, bottom, fractions of pixels allowed, right and bottom exclusive.
"""

import math
from collections.abc import Sequence

from brandlens.annotations.issues import InvalidValueError, Issue, OnIssue

Edges = tuple[float, float, float, float]
DECIMALS = 6  # of a pixel, which the sine of half a turn is off by less than


def check_pixels(edges: Edges) -> None:
    """Raise InvalidValueError for edges that are fractions of the picture and not pixels: all from 0 to 1, or nearly.

    A box of one pixel at the corner, all of whose edges are whole, is none of these.
    """
    left, top, right, bottom = edges
    near = all(abs(edge) <= 1 for edge in (left, top, right - left, bottom - top))
    if near and any(edge != int(edge) for edge in edges):
        raise InvalidValueError(
            "numbers from 0 to 1 are fractions of the picture, not pixels", "multiply them by its width and height"
        )


def in_order(edges: Edges, label: str, place: str, on_issue: OnIssue) -> Edges:
    """Return the edges, swapped where right is before left or bottom above top; then tell."""
    left, top, right, bottom = edges
    if right < left or bottom < top:
        message = f'box of label "{label}" has its corners swapped'
        on_issue(Issue(place, message, "read with them swapped back", hint=True, safe=True))
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)


def around_rotated(edges: Edges, degrees: float) -> Edges:
    """Return the upright box around a box turned about its center; the same, whichever way it is turned."""
    left, top, right, bottom = edges
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    width, height = right - left, bottom - top
    if not degrees or width <= 0 or height <= 0:
        return edges
    x, y = (left + right) / 2, (top + bottom) / 2
    half_width, half_height = (width * cosine + height * sine) / 2, (width * sine + height * cosine) / 2
    turned = (x - half_width, y - half_height, x + half_width, y + half_height)
    left, top, right, bottom = (round(edge, DECIMALS) for edge in turned)
    return left, top, right, bottom


def around_points(numbers: Sequence[float]) -> Edges:
    """Return the upright box around points x, y, x, y, …"""
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
