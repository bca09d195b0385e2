"""A template and what it shows → one HTML page that needs nothing beside it."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from brandlens.metrics.intervals import Interval
from brandlens.report.load import Results

TYPES = {".png": "image/png", ".jpg": "image/jpeg"}
LARGE, WIDEST = 300_000, 1200  # bytes, pixels: of a picture within a page


class Numbers:
    """The numbers of a run as a page shows them: each with the path of its metric, and its interval where it has one.

    A test reads the paths back and holds the page against metrics.json.
    """

    def __init__(self, side: str, found: Results, intervals: Mapping[tuple[str, ...], Interval]) -> None:
        self.side, self.found, self.intervals = side, found, intervals

    def ratio(self, *path: str) -> Markup:
        """From 0 to 1, with three decimals."""
        value = self.found.at(*path)
        return self._data(path, value, f"{value:.3f}") + self._range(path, lambda each: f"{each:.3f}")

    def hundred(self, *path: str) -> Markup:
        """Of a hundred."""
        value = self.found.at(*path)
        return self._data(path, value, hundredths(value)) + self._range(path, hundredths)

    def others(self, *path: str) -> Markup:
        """Of a hundred those that are left: false alarms of a precision, misses of a recall."""
        value = self.found.at(*path)
        return self._data(path, value, hundredths(1 - value), "rest") + self._range(path, hundredths, rest=True)

    def count(self, *path: str) -> Markup:
        """A whole number."""
        value = self.found.at(*path)
        return self._data(path, value, f"{value:,.0f}")

    def _data(self, path: tuple[str, ...], value: float, shown: str, form: str = "") -> Markup:
        name = escape(json.dumps([self.side, *path], ensure_ascii=False))
        extra = f' data-form="{form}"' if form else ""
        return Markup(f'<data value="{value}" data-metric="{name}"{extra}>{escape(shown)}</data>')

    def _range(self, path: tuple[str, ...], shown: Any, *, rest: bool = False) -> Markup:
        interval = self.intervals.get(path)
        if interval is None:
            return Markup()
        low, high = (1 - interval.high, 1 - interval.low) if rest else interval
        return Markup(f' <span class="range">{shown(max(low, 0.0))}–{shown(min(high, 1.0))}</span>')


def hundredths(value: float) -> str:
    """A share as a number of a hundred: a decimal under ten and over ninety, two where one would make it 0 or 100."""
    parts = 100 * value
    edge = min(parts, 100 - parts)
    return f"{parts:.{0 if edge < 0.005 or edge >= 9.95 else 1 if edge >= 0.05 else 2}f}"


def image_tag(path: Path) -> str:
    """A picture's address that holds the picture itself, a large one smaller and as JPEG; "" where there is none."""
    if not path.is_file():
        return ""
    data, kind = path.read_bytes(), TYPES[path.suffix]
    if len(data) > LARGE:
        data, kind = _smaller(path), TYPES[".jpg"]
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _smaller(path: Path) -> bytes:
    pixels = cv2.imread(str(path))
    shrink = min(1.0, WIDEST / pixels.shape[1])
    size = round(pixels.shape[1] * shrink), max(1, round(pixels.shape[0] * shrink))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def json_script(value: object) -> Markup:
    """JSON that stands in a script element: "<" is spelled out, so that no text can end the element."""
    return Markup(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def page(template: str, **shown: object) -> str:
    """The page as HTML: every text escaped, for light and dark screens of any width."""
    environment = Environment(
        loader=PackageLoader("brandlens.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"held": json_script, "picture": image_tag, "hundredths": hundredths}
    return environment.get_template(template).render(**shown)
