"""Line charts as SVG, for a page: colours come from its style sheet, so a chart is light or dark as the page is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

WIDTH, HEIGHT = 460, 300  # of the drawing, in its own units
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 42
POINTS = 400  # of a line, at most


@dataclass(frozen=True, eq=False)
class Line:
    """A line over (n,) x and y. kind: first, second, third or guide, as in the style sheet. dots: also mark points."""

    name: str
    x: np.ndarray
    y: np.ndarray
    kind: str = "first"
    dots: bool = False


@dataclass(frozen=True)
class Axis:
    """What is along a side, and from where to where."""

    label: str
    low: float = 0.0
    high: float = 1.0

    @property
    def ticks(self) -> list[float]:
        """Four to seven round numbers."""
        span = self.high - self.low
        power = 10.0 ** np.floor(np.log10(span / 4))
        step = next(power * each for each in (1, 2, 2.5, 5, 10) if span / (power * each) <= 6)
        first = int(np.ceil(self.low / step - 1e-9))
        return [round(at * step, 10) for at in range(first, int(np.floor(self.high / step + 1e-9)) + 1)]


def chart(
    caption: str, lines: Sequence[Line], x: Axis, y: Axis, mark: tuple[float, float] | None = None, name: str = ""
) -> Markup:
    """The lines in one frame, with what each is called below. caption: read out to who cannot see it.

    mark: a point of interest; name: an id, by which a script finds the frame and moves the mark.
    """
    identity = f' id="{escape(name)}"' if name else ""
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(caption)}" class="chart"{identity}>']
    for tick in x.ticks:
        at = _across(x, tick)
        parts.append(f'<path class="grid" d="M{at} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{at}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{tick:g}</text>')
    for tick in y.ticks:
        at = _down(y, tick)
        parts.append(f'<path class="grid" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{tick:g}</text>')
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    parts.append(f'<text class="axis" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x.label)}</text>')
    down = TOP + (HEIGHT - TOP - BOTTOM) / 2
    turned = f'transform="translate(12 {down}) rotate(-90)" text-anchor="middle"'
    parts.append(f'<text class="axis" {turned}>{escape(y.label)}</text>')
    for line in lines:
        parts.append(_drawn(line, x, y))
    if mark:
        parts.append(f'<circle class="mark" cx="{_across(x, mark[0])}" cy="{_down(y, mark[1])}" r="6"/>')
    parts.append("</svg>")
    return Markup("".join(parts)) + legend(lines)


def legend(lines: Sequence[Line]) -> Markup:
    """What the lines are called, nothing for one alone."""
    if len(lines) < 2:
        return Markup()
    entries = (f'<span class="key {line.kind}">{escape(line.name)}</span>' for line in lines)
    return Markup(f'<p class="legend">{" ".join(entries)}</p>')


def _drawn(line: Line, x: Axis, y: Axis) -> str:
    count = len(line.x)
    kept = np.unique(np.linspace(0, count - 1, min(count, POINTS)).round().astype(int)) if count else []
    points = [(_across(x, line.x[at]), _down(y, line.y[at])) for at in kept]
    drawn = f'<polyline class="{line.kind}" points="{" ".join(f"{a},{b}" for a, b in points)}"/>' if points else ""
    dots = "".join(f'<circle class="{line.kind}" cx="{a}" cy="{b}" r="3.5"/>' for a, b in points) if line.dots else ""
    return drawn + dots


def _across(axis: Axis, value: float) -> float:
    return round(float(LEFT + (value - axis.low) / (axis.high - axis.low) * (WIDTH - LEFT - RIGHT)), 1)


def _down(axis: Axis, value: float) -> float:
    return round(float(HEIGHT - BOTTOM - (value - axis.low) / (axis.high - axis.low) * (HEIGHT - TOP - BOTTOM)), 1)
