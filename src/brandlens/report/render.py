"""A template and its values → one HTML page that needs nothing beside it."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from brandlens.report.load import Results

MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}
MAX_BYTES, MAX_WIDTH = 300_000, 1200  # of a picture within a page; bytes, pixels


class MetricCells:
    """The metrics of a run as a page shows them: each with its path in metrics.json, and its interval if it has one.

    A test reads the paths back and compares the page with metrics.json.
    """

    def __init__(self, results: Results) -> None:
        self.results = results

    def ratio(self, *path: str) -> Markup:
        """Return a number from 0 to 1, with three decimals."""
        return self._cell(path, lambda value: f"{value:.3f}")

    def percent(self, *path: str) -> Markup:
        """Return a ratio in percent."""
        return self._cell(path, format_percent)

    def small_percent(self, *path: str) -> Markup:
        """Return a ratio in percent, with two decimals, such as a small error."""
        return self._cell(path, lambda value: f"{100 * value:.2f} %")

    def percent_of_rest(self, *path: str) -> Markup:
        """Return what a ratio leaves, in percent: wrong ones of a precision, missed ones of a recall."""
        return self._cell(path, format_percent, rest=True)

    def number(self, *path: str) -> Markup:
        """Return a whole number."""
        return self._cell(path, lambda value: f"{value:,.0f}")

    def _cell(self, path: tuple[str, ...], form: Callable[[float], str], *, rest: bool = False) -> Markup:
        value, interval = self.results.metric(*path), self.results.interval(*path)
        name = escape(json.dumps([self.results.side, *path], ensure_ascii=False))
        text = form(1 - value if rest else value)
        cell = Markup(f'<data value="{value}" data-metric="{name}"{" data-rest" if rest else ""}>{escape(text)}</data>')
        if interval is None:
            return cell
        low, high = (1 - interval.high, 1 - interval.low) if rest else interval
        return cell + Markup(f' <span class="range">{form(max(low, 0.0))}–{form(min(high, 1.0))}</span>')


def format_percent(ratio: float) -> str:
    """Return a ratio in percent: a decimal under 10 and over 90, two where one would make it 0 or 100."""
    percent = 100 * ratio
    edge = min(percent, 100 - percent)
    return f"{percent:.{0 if edge < 0.005 or edge >= 9.95 else 1 if edge >= 0.05 else 2}f} %"


def data_uri(path: Path) -> str:
    """Return an address that holds the picture itself, a large one smaller and as JPEG; "" where there is none."""
    if not path.is_file():
        return ""
    data, media_type = path.read_bytes(), MEDIA_TYPES[path.suffix]
    if len(data) > MAX_BYTES:
        data, media_type = _shrink(path), MEDIA_TYPES[".jpg"]
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _shrink(path: Path) -> bytes:
    """Return the picture as JPEG, MAX_WIDTH wide at most."""
    pixels = cv2.imread(str(path))
    if pixels is None:
        return path.read_bytes()
    scale = min(1.0, MAX_WIDTH / pixels.shape[1])
    size = round(pixels.shape[1] * scale), max(1, round(pixels.shape[0] * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def json_script(value: object) -> Markup:
    """Return JSON for a script element: "<" is spelled out, so that no text can end the element."""
    return Markup(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def render(template: str, **values: object) -> str:
    """Return the page as HTML: every text escaped, for light and dark screens of any width."""
    environment = Environment(
        loader=PackageLoader("brandlens.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"json_script": json_script, "percent": format_percent}
    return environment.get_template(template).render(**values)
