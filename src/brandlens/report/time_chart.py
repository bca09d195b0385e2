"""Values by date with their intervals as SVG; colors come from the page's style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from markupsafe import Markup, escape

from brandlens.report.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, draw_y_axis, top_of

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

    top = partial(top_of, y)
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(caption)}" class="chart">']
    parts += draw_y_axis(y)
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
    return Markup("".join([*parts, "</svg>"]))
