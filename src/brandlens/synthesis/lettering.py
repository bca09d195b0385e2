"""A geometric lower-case alphabet and symbols, made of strokes: the letters of the sample logo and its look-alikes."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from brandlens.synthesis.textures import Color

# Units: x-height 140, baseline at y = 0, y grows downwards. Strokes are center lines with round ends.
STROKE_WIDTH, LETTER_GAP, SYMBOL_SIZE, SYMBOL_GAP = 28, 12, 256, 34
TOP, BOTTOM, ASCENDER, DESCENDER = -126, -14, -180, 44
LEFT, RIGHT, RADIUS = 14, 80, 33

Stroke = np.ndarray  # (n, 2) float x, y


class Part(NamedTuple):
    """Strokes of one width and color. color_index: which of a logo's two colors."""

    strokes: Sequence[Stroke]
    width: float
    color_index: int


class Glyph(NamedTuple):
    """A letter: its strokes, and the width that it takes."""

    strokes: Sequence[Stroke]
    width: float


def arc(x: float, y: float, radius: float, start: float, end: float) -> Stroke:
    """Return (33, 2) points of a circle's arc, clockwise on screen; in degrees, 0 is to the right."""
    angles = np.radians(np.linspace(start, end, 33))
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def _line(*points: float | Stroke) -> Stroke:
    """Join coordinates x, y, x, y ... and whole strokes to one stroke."""
    rows: list[np.ndarray] = []
    coordinates: list[float] = []
    for point in points:
        if isinstance(point, np.ndarray):
            rows += [np.array(coordinates).reshape(-1, 2), point]
            coordinates = []
        else:
            coordinates.append(point)
    return np.concatenate([*rows, np.array(coordinates).reshape(-1, 2)]).astype(float)


_MIDDLE, _UPPER, _LOWER = (LEFT + RIGHT) / 2, TOP + RADIUS, BOTTOM - RADIUS
_BOWL = _line(arc(_MIDDLE, _UPPER, RADIUS, 180, 360), arc(_MIDDLE, _LOWER, RADIUS, 0, 180), LEFT, _UPPER)
_ARCH = _line(LEFT, BOTTOM, arc(_MIDDLE, _UPPER, RADIUS, 180, 360), RIGHT, BOTTOM)
_CUP = _line(LEFT, TOP, arc(_MIDDLE, _LOWER, RADIUS, 180, 0), RIGHT, TOP)
_SIDE = _line(RIGHT, TOP, RIGHT, BOTTOM)
_STEM = _line(LEFT, TOP, LEFT, BOTTOM)
_BAR = _line(LEFT, TOP, 68, TOP)
_HALF = (TOP + BOTTOM) / 2

GLYPHS: dict[str, Glyph] = {
    "a": Glyph([_BOWL, _SIDE], 94),
    "b": Glyph([_BOWL, _line(LEFT, ASCENDER, LEFT, BOTTOM)], 94),
    "c": Glyph([_line(arc(_MIDDLE, _LOWER, RADIUS, 40, 180), arc(_MIDDLE, _UPPER, RADIUS, 180, 320))], 88),
    "d": Glyph([_BOWL, _line(RIGHT, ASCENDER, RIGHT, BOTTOM)], 94),
    "e": Glyph(
        [
            _line(
                *(LEFT, _HALF, RIGHT, _HALF),
                arc(_MIDDLE, _UPPER, RADIUS, 360, 180),
                arc(_MIDDLE, _LOWER, RADIUS, 180, 40),
            )
        ],
        94,
    ),
    "h": Glyph([_ARCH, _line(LEFT, ASCENDER, LEFT, BOTTOM)], 94),
    "i": Glyph([_STEM, _line(LEFT, ASCENDER, LEFT, ASCENDER)], 28),
    "l": Glyph([_line(LEFT, ASCENDER, LEFT, BOTTOM)], 28),
    "m": Glyph([_STEM, _ARCH, _ARCH + np.array([RIGHT - LEFT, 0])], 160),
    "n": Glyph([_STEM, _ARCH], 94),
    "o": Glyph([_BOWL], 94),
    "p": Glyph([_BOWL, _line(LEFT, TOP, LEFT, DESCENDER)], 94),
    "q": Glyph([_BOWL, _line(RIGHT, TOP, RIGHT, DESCENDER)], 94),
    "r": Glyph([_STEM, _line(LEFT, BOTTOM, arc(_MIDDLE, _UPPER, RADIUS, 180, 290))], 72),
    "t": Glyph([_line(34, ASCENDER, arc(60, BOTTOM - 26, 26, 180, 90), 68, BOTTOM), _BAR], 82),
    "u": Glyph([_CUP, _SIDE], 94),
    "v": Glyph([_line(LEFT, TOP, 45, BOTTOM, 76, TOP)], 90),
    "w": Glyph([_line(LEFT, TOP, 42, BOTTOM, 70, TOP, 98, BOTTOM, 126, TOP)], 140),
    "x": Glyph([_line(LEFT, TOP, 76, BOTTOM), _line(76, TOP, LEFT, BOTTOM)], 90),
    "z": Glyph([_line(LEFT, TOP, 76, TOP, LEFT, BOTTOM, 76, BOTTOM)], 90),
}

# parts in a square of SYMBOL_SIZE units around (0, 0)
SYMBOLS: dict[str, list[Part]] = {
    "orbit": [Part([arc(0, 0, 104, 0, 270)], 48, 0), Part([_line(73.5, -73.5, 73.5, -73.5)], 88, 1)],
    "crescent": [Part([arc(0, 0, 104, 60, 300)], 48, 0), Part([_line(30, 0, 30, 0)], 96, 1)],
    "halves": [Part([arc(-10, 0, 96, 100, 260)], 48, 0), Part([arc(10, 0, 96, -80, 80)], 48, 1)],
    "gate": [Part([_line(-104, 104, arc(0, 0, 104, 180, 360), 104, 104)], 48, 0), Part([_line(0, 0, 0, 104)], 64, 1)],
    "dots": [Part([_line(-70, 70, -70, 70), _line(70, 70, 70, 70)], 104, 0), Part([_line(0, -62, 0, -62)], 120, 1)],
    "peak": [Part([_line(-100, 90, 0, -90, 100, 90)], 52, 0), Part([_line(0, 84, 0, 84)], 72, 1)],
    "frame": [
        Part([_line(-98, -98, 98, -98, 98, 98, -98, 98, -98, -98)], 44, 0),
        Part([_line(-36, 36, 36, -36)], 64, 1),
    ],
    "waves": [Part([arc(0, 70, 150, 215, 325), arc(0, 70, 86, 215, 325)], 40, 0), Part([_line(0, 70, 0, 70)], 88, 1)],
    "bars": [Part([_line(-96, 96, -96, 0), _line(96, 96, 96, -96)], 56, 0), Part([_line(0, 96, 0, -60)], 56, 1)],
}


def wordmark(word: str, symbol: str | None, accent: int | None) -> list[Part]:
    """Lay out a logo: a symbol (a key of SYMBOLS, or None) and `word` right of it, in the letters of GLYPHS.

    accent: index of the letter in the second color. Raises KeyError for a letter that the alphabet lacks.
    """
    parts: list[Part] = []
    x = 0.0
    if symbol is not None:
        center = np.array([SYMBOL_SIZE / 2, _HALF])
        parts += [part._replace(strokes=[stroke + center for stroke in part.strokes]) for part in SYMBOLS[symbol]]
        x = SYMBOL_SIZE + SYMBOL_GAP
    for index, letter in enumerate(word):
        glyph = GLYPHS[letter]
        shifted = [stroke + np.array([x, 0]) for stroke in glyph.strokes]
        parts.append(Part(shifted, STROKE_WIDTH, int(index == accent)))
        x += glyph.width + LETTER_GAP
    return parts


def draw(parts: Sequence[Part], colors: Sequence[Color], width: int) -> np.ndarray:
    """Draw (height, width, 4) uint8 RGB and alpha of parts in their two colors, cropped to the ink."""
    low = np.min([stroke.min(axis=0) - part.width / 2 for part in parts for stroke in part.strokes], axis=0)
    high = np.max([stroke.max(axis=0) + part.width / 2 for part in parts for stroke in part.strokes], axis=0)
    scale = 4 * width / (high[0] - low[0])  # drawn at four times the size, then averaged: smooth edges
    height = max(1, round(width * (high[1] - low[1]) / (high[0] - low[0])))
    canvas = np.zeros((4 * height, 4 * width, 4), np.uint8)
    for part in parts:
        for stroke in part.strokes:
            points = np.rint((stroke - low) * scale * 16).astype(np.int32)
            thickness = max(1, round(part.width * scale))
            cv2.polylines(canvas, [points], False, (*colors[part.color_index], 255), thickness, cv2.LINE_8, shift=4)
    alpha = cv2.resize(canvas[..., 3], (width, height), interpolation=cv2.INTER_AREA)
    premultiplied = cv2.resize(canvas[..., :3], (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    rgb = premultiplied * 255 / np.maximum(alpha, 1)[..., None]
    return np.dstack([np.clip(rgb, 0, 255).astype(np.uint8), alpha])
