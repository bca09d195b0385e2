"""A geometric lower-case alphabet and symbols, made of strokes: the hand of the sample logo and its look-alikes."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

# Units: x-height 140, baseline at y = 0, y grows downwards. Strokes are centre lines, STROKE wide, with round ends.
STROKE, GAP, SYMBOL, SPACE = 28, 12, 256, 34
TOP, BOTTOM, TALL, DEEP = -126, -14, -180, 44
LEFT, RIGHT, RADIUS = 14, 80, 33

Stroke = np.ndarray  # (n, 2) float x, y
Part = tuple[Sequence[Stroke], float, int]  # strokes, their width, which of the two colours
Symbol = Callable[[], list[Part]]


def arc(x: float, y: float, radius: float, start: float, end: float) -> Stroke:
    """(33, 2) points of a circle's arc, clockwise on screen; degrees, 0 is to the right."""
    angles = np.radians(np.linspace(start, end, 33))
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def _line(*points: float | Stroke) -> Stroke:
    """x, y, x, y ... and whole strokes, joined."""
    rows, numbers = [], []
    for point in points:
        if isinstance(point, np.ndarray):
            rows += [np.reshape(numbers, (-1, 2)), point]
            numbers = []
        else:
            numbers.append(point)
    return np.concatenate([*rows, np.reshape(numbers, (-1, 2))]).astype(float)


_MIDDLE, _UPPER, _LOWER = (LEFT + RIGHT) / 2, TOP + RADIUS, BOTTOM - RADIUS
_BOWL = _line(arc(_MIDDLE, _UPPER, RADIUS, 180, 360), arc(_MIDDLE, _LOWER, RADIUS, 0, 180), LEFT, _UPPER)
_ARCH = _line(LEFT, BOTTOM, arc(_MIDDLE, _UPPER, RADIUS, 180, 360), RIGHT, BOTTOM)
_CUP = _line(LEFT, TOP, arc(_MIDDLE, _LOWER, RADIUS, 180, 0), RIGHT, TOP)
_SIDE = _line(RIGHT, TOP, RIGHT, BOTTOM)
_STEM = _line(LEFT, TOP, LEFT, BOTTOM)
_BAR = _line(LEFT, TOP, 68, TOP)
_HALF = (TOP + BOTTOM) / 2

# letter: strokes and the width it takes
GLYPHS: dict[str, tuple[list[Stroke], float]] = {
    "a": ([_BOWL, _SIDE], 94),
    "b": ([_BOWL, _line(LEFT, TALL, LEFT, BOTTOM)], 94),
    "c": ([_line(arc(_MIDDLE, _LOWER, RADIUS, 40, 180), arc(_MIDDLE, _UPPER, RADIUS, 180, 320))], 88),
    "d": ([_BOWL, _line(RIGHT, TALL, RIGHT, BOTTOM)], 94),
    "e": (
        [
            _line(
                *(LEFT, _HALF, RIGHT, _HALF),
                arc(_MIDDLE, _UPPER, RADIUS, 360, 180),
                arc(_MIDDLE, _LOWER, RADIUS, 180, 40),
            )
        ],
        94,
    ),
    "h": ([_ARCH, _line(LEFT, TALL, LEFT, BOTTOM)], 94),
    "i": ([_STEM, _line(LEFT, TALL, LEFT, TALL)], 28),
    "l": ([_line(LEFT, TALL, LEFT, BOTTOM)], 28),
    "m": ([_STEM, _ARCH, _ARCH + np.array([RIGHT - LEFT, 0])], 160),
    "n": ([_STEM, _ARCH], 94),
    "o": ([_BOWL], 94),
    "p": ([_BOWL, _line(LEFT, TOP, LEFT, DEEP)], 94),
    "q": ([_BOWL, _line(RIGHT, TOP, RIGHT, DEEP)], 94),
    "r": ([_STEM, _line(LEFT, BOTTOM, arc(_MIDDLE, _UPPER, RADIUS, 180, 290))], 72),
    "t": ([_line(34, TALL, arc(60, BOTTOM - 26, 26, 180, 90), 68, BOTTOM), _BAR], 82),
    "u": ([_CUP, _SIDE], 94),
    "v": ([_line(LEFT, TOP, 45, BOTTOM, 76, TOP)], 90),
    "w": ([_line(LEFT, TOP, 42, BOTTOM, 70, TOP, 98, BOTTOM, 126, TOP)], 140),
    "x": ([_line(LEFT, TOP, 76, BOTTOM), _line(76, TOP, LEFT, BOTTOM)], 90),
    "z": ([_line(LEFT, TOP, 76, TOP, LEFT, BOTTOM, 76, BOTTOM)], 90),
}

# name: parts in a square of 256 units round (0, 0)
SYMBOLS: dict[str, list[Part]] = {
    "orbit": [([arc(0, 0, 104, 0, 270)], 48, 0), ([_line(73.5, -73.5, 73.5, -73.5)], 88, 1)],
    "crescent": [([arc(0, 0, 104, 60, 300)], 48, 0), ([_line(30, 0, 30, 0)], 96, 1)],
    "halves": [([arc(-10, 0, 96, 100, 260)], 48, 0), ([arc(10, 0, 96, -80, 80)], 48, 1)],
    "gate": [([_line(-104, 104, arc(0, 0, 104, 180, 360), 104, 104)], 48, 0), ([_line(0, 0, 0, 104)], 64, 1)],
    "dots": [([_line(-70, 70, -70, 70), _line(70, 70, 70, 70)], 104, 0), ([_line(0, -62, 0, -62)], 120, 1)],
    "peak": [([_line(-100, 90, 0, -90, 100, 90)], 52, 0), ([_line(0, 84, 0, 84)], 72, 1)],
    "frame": [([_line(-98, -98, 98, -98, 98, 98, -98, 98, -98, -98)], 44, 0), ([_line(-36, 36, 36, -36)], 64, 1)],
    "waves": [([arc(0, 70, 150, 215, 325), arc(0, 70, 86, 215, 325)], 40, 0), ([_line(0, 70, 0, 70)], 88, 1)],
    "bars": [([_line(-96, 96, -96, 0), _line(96, 96, 96, -96)], 56, 0), ([_line(0, 96, 0, -60)], 56, 1)],
}


def wordmark(word: str, symbol: str | None, accent: int | None) -> list[Part]:
    """The parts of a logo: a symbol (a key of SYMBOLS, or None) and `word` right of it, in the letters of GLYPHS.

    The letter numbered `accent` has the second colour. Raises KeyError for a letter that the alphabet lacks.
    """
    parts: list[Part] = []
    x = 0.0
    if symbol is not None:
        middle = (TOP + BOTTOM) / 2
        centre = [SYMBOL / 2, middle]
        parts += [([stroke + centre for stroke in strokes], wide, colour) for strokes, wide, colour in SYMBOLS[symbol]]
        x = SYMBOL + SPACE
    for at, letter in enumerate(word):
        strokes, wide = GLYPHS[letter]
        parts.append(([stroke + np.array([x, 0]) for stroke in strokes], STROKE, int(at == accent)))
        x += wide + GAP
    return parts


def draw(parts: Sequence[Part], colours: Sequence[Sequence[int]], width: int) -> np.ndarray:
    """(height, width, 4) uint8 RGB and alpha of parts in their two colours, cropped to the ink."""
    low = np.min([stroke.min(axis=0) - wide / 2 for strokes, wide, _ in parts for stroke in strokes], axis=0)
    high = np.max([stroke.max(axis=0) + wide / 2 for strokes, wide, _ in parts for stroke in strokes], axis=0)
    fine = 4 * width / (high[0] - low[0])  # drawn at four times the size, then averaged: smooth edges
    height = max(1, round(width * (high[1] - low[1]) / (high[0] - low[0])))
    picture = np.zeros((4 * height, 4 * width, 4), np.uint8)
    for strokes, wide, colour in parts:
        ink = (*(int(value) for value in colours[colour]), 255)
        for stroke in strokes:
            points = np.rint((stroke - low) * fine * 16).astype(np.int32)
            cv2.polylines(picture, [points], False, ink, max(1, round(wide * fine)), cv2.LINE_8, shift=4)
    covered = cv2.resize(picture[..., 3], (width, height), interpolation=cv2.INTER_AREA)
    premultiplied = cv2.resize(picture[..., :3], (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    colour = premultiplied * 255 / np.maximum(covered, 1)[..., None]
    return np.dstack([np.clip(colour, 0, 255).astype(np.uint8), covered])
