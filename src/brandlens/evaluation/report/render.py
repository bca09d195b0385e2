"""Sections of text, tables and pictures → one HTML page that needs nothing beside it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined

Table = tuple[Sequence[str], Sequence[Sequence[object]]]


@dataclass(frozen=True)
class Figure:
    """A PNG and the sentence below it."""

    path: Path
    caption: str

    @property
    def uri(self) -> str:
        """The picture itself, as an address that a page can hold."""
        return f"data:image/png;base64,{base64.b64encode(self.path.read_bytes()).decode()}"


@dataclass(frozen=True)
class Section:
    """A heading, paragraphs of plain text (a blank line between two), a table (header, rows) and figures."""

    title: str
    text: str = ""
    table: Table | None = None
    figures: Sequence[Figure] = ()


def beside(columns: Mapping[str, Mapping[str, float]], names: Mapping[str, str]) -> Table:
    """A table of metrics: one row per name, one column per model or baseline, so that every number has a neighbour.

    columns: heading → flat metrics; names: metric → how the row is called. A metric that a column lacks is left empty.
    """
    rows = [[shown, *(flat.get(name, "") for flat in columns.values())] for name, shown in names.items()]
    return ["", *columns], rows


def render(title: str, sections: Sequence[Section]) -> str:
    """The page as HTML: pictures embedded, every text escaped, for light and dark screens of any width.

    In tables a float has three decimals and an int its thousands marked; hand over counts as int.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["cell"] = _cell
    template = resources.files("brandlens.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    return environment.from_string(template).render(title=title, sections=sections)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
