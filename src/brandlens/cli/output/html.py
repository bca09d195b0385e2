"""Pages of the command line, by hand as Jinja2 need not be installed: a few elements, every text escaped."""

from collections.abc import Sequence
from html import escape
from importlib import resources


def page(title: str, sections: Sequence[tuple[str, str]]) -> str:
    """Return a page of sections, each a heading and its HTML, in the style of the reports."""
    return f"{head(title)}{''.join(section(heading, body) for heading, body in sections)}{foot()}"


def head(title: str) -> str:
    """Return a page up to its first section."""
    folder = resources.files("brandlens.report").joinpath("templates")
    style = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("colors.css", "style.css"))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(title)}</h1></header>\n<main>\n"
    )


def foot() -> str:
    """Return the end of a page."""
    return "</main>\n</body>\n</html>"


def section(heading: str, body: str) -> str:
    """Return a section: a heading, which is escaped, and a body of HTML, which is not."""
    return f"<section>\n<h2>{escape(heading)}</h2>\n{body}</section>\n"


def paragraph(text: str) -> str:
    """Return a paragraph of plain text, escaped."""
    return f"<p>{escape(text)}</p>\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of escaped texts whose first column names the rows; a wide one scrolls within itself."""
    names = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in header)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>\n'
        for first, *rest in rows
    )
    label = escape(" ".join(header).strip())
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{names}</tr></thead>\n<tbody>\n{lines}</tbody></table></div>\n"
    )
