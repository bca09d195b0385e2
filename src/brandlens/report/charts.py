"""Line charts as SVG, for a page: colors come from its style sheet, so a chart is light or dark as the page is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

WIDTH, HEIGHT = 460, 300  # of the drawing, in its own units
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 42  # margins around the frame; page.js knows them too
MAX_POINTS = 400  # of a line


@dataclass(frozen=True, eq=False)
class Line:
    """A line over (n,) x and y. style: first, second, third or guide, as in the style sheet. dots: also mark points."""

    name: str
    x: np.ndarray
    y: np.ndarray
    style: str = "first"
    dots: bool = False


@dataclass(frozen=True)
class Axis:
    """A side of the frame: its label and its range."""

    label: str
    low: float = 0.0
    high: float = 1.0

    @property
    def ticks(self) -> list[float]:
        """Return four to seven round numbers."""
        span = self.high - self.low
        power = 10.0 ** np.floor(np.log10(span / 4))
        step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if span / (power * factor) <= 6)
        first, last = int(np.ceil(self.low / step - 1e-9)), int(np.floor(self.high / step + 1e-9))
        return [round(index * step, 10) for index in range(first, last + 1)]


def chart(
    caption: str,
    lines: Sequence[Line],
    x: Axis,
    y: Axis,
    mark: tuple[float, float] | None = None,
    element_id: str = "",
) -> Markup:
    """Draw lines in one frame, with their names below.

    caption: what a screen reader says of it. mark: a point of interest. element_id: by which a script finds the frame
    and moves the mark.
    """
    identity = f' id="{escape(element_id)}"' if element_id else ""
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(caption)}" class="chart"{identity}>']
    for tick in x.ticks:
        left = _x(x, tick)
        parts.append(f'<path class="grid" d="M{left} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{left}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{tick:g}</text>')
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    parts.append(f'<text class="axis" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x.label)}</text>')
    parts += draw_y_axis(y)
    parts += [_draw_line(line, x, y) for line in lines]
    if mark:
        parts.append(f'<circle class="mark" cx="{_x(x, mark[0])}" cy="{top_of(y, mark[1])}" r="6"/>')
    parts.append("</svg>")
    return Markup("".join(parts)) + legend(lines)


def draw_y_axis(y: Axis) -> list[str]:
    """Return the ticks with their grid lines, and the label, as SVG."""
    parts = []
    for tick in y.ticks:
        top = top_of(y, tick)
        parts.append(f'<path class="grid" d="M{LEFT} {top}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{top + 4}" text-anchor="end">{tick:g}</text>')
    center = TOP + (HEIGHT - TOP - BOTTOM) / 2
    rotated = f'transform="translate(12 {center}) rotate(-90)" text-anchor="middle"'
    return [*parts, f'<text class="axis" {rotated}>{escape(y.label)}</text>']


def top_of(axis: Axis, value: float) -> float:
    """Return where a value stands, from the top of the drawing."""
    return round(float(HEIGHT - BOTTOM - (value - axis.low) / (axis.high - axis.low) * (HEIGHT - TOP - BOTTOM)), 1)


def legend(lines: Sequence[Line]) -> Markup:
    """Return the lines' names with their styles; nothing for a single line."""
    if len(lines) < 2:
        return Markup()
    entries = (f'<span class="key {line.style}">{escape(line.name)}</span>' for line in lines)
    return Markup(f'<p class="legend">{" ".join(entries)}</p>')


def _draw_line(line: Line, x: Axis, y: Axis) -> str:
    """Return a line as SVG, thinned evenly to MAX_POINTS."""
    if not len(line.x):
        return ""
    kept = np.unique(np.linspace(0, len(line.x) - 1, min(len(line.x), MAX_POINTS)).round().astype(int))
    points = [(_x(x, line.x[index]), top_of(y, line.y[index])) for index in kept]
    path = " ".join(f"{left},{top}" for left, top in points)
    dots = (f'<circle class="{line.style}" cx="{left}" cy="{top}" r="3.5"/>' for left, top in points)
    return f'<polyline class="{line.style}" points="{path}"/>' + ("".join(dots) if line.dots else "")


def _x(axis: Axis, value: float) -> float:
    return round(float(LEFT + (value - axis.low) / (axis.high - axis.low) * (WIDTH - LEFT - RIGHT)), 1)
