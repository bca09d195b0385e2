"""Values by date with their intervals as SVG; colors come from the page's style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup, escape

from brandlens.report.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis

MAX_TICKS = 4  # dates along the frame
MAX_DOTS = 60


@dataclass(frozen=True)
class Point:
    """A value at a date. low, high: its interval, None where there is none."""

    day: date
    value: float
    low: float | None = None
    high: float | None = None


def time_chart(caption: str, points: Sequence[Point], y: Axis, marks: Sequence[date] = ()) -> Markup:
    """Draw values by date, their intervals as lines, and upright marks at dates. caption: for a screen reader."""
    first, last = points[0].day, points[-1].day
    days = max(1, (last - first).days)

    def left(day: date) -> float:
        return round(LEFT + 8 + (day - first).days / days * (WIDTH - LEFT - RIGHT - 16), 1)

    def top(value: float) -> float:
        return round(TOP + (y.high - value) / (y.high - y.low) * (HEIGHT - TOP - BOTTOM), 1)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(caption)}" class="chart">']
    for tick in y.ticks:
        parts.append(f'<path class="grid" d="M{LEFT} {top(tick)}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{top(tick) + 4}" text-anchor="end">{tick:g}</text>')
    steps = min(MAX_TICKS, (last - first).days + 1)
    for index in range(steps):
        day = first + timedelta(days=round(index * (last - first).days / max(1, steps - 1)))
        anchor = "start" if index == 0 and steps > 1 else "end" if index == steps - 1 and steps > 1 else "middle"
        parts.append(f'<text x="{left(day)}" y="{HEIGHT - BOTTOM + 16}" text-anchor="{anchor}">{day}</text>')
    for day in marks:
        parts.append(f'<path class="change" d="M{left(day)} {TOP}V{HEIGHT - BOTTOM}"/>')
    for point in points:
        if point.low is not None and point.high is not None:
            parts.append(f'<path class="spread" d="M{left(point.day)} {top(point.low)}V{top(point.high)}"/>')
    path = " ".join(f"{left(point.day)},{top(point.value)}" for point in points)
    parts.append(f'<polyline class="first" points="{path}"/>')
    if len(points) <= MAX_DOTS:
        parts += [f'<circle class="first" cx="{left(p.day)}" cy="{top(p.value)}" r="3.5"/>' for p in points]
    center = TOP + (HEIGHT - TOP - BOTTOM) / 2
    rotated = f'transform="translate(12 {center}) rotate(-90)" text-anchor="middle"'
    return Markup("".join([*parts, f'<text class="axis" {rotated}>{escape(y.label)}</text></svg>']))
