"""Pages of the command line, where Jinja2 need not be installed: a few elements, every text escaped."""

from collections.abc import Sequence
from html import escape
from importlib import resources


def page(title: str, sections: Sequence[tuple[str, str]]) -> str:
    """A page of sections, each a heading and its HTML, in the style of the reports."""
    return f"{head(title)}{''.join(section(*each) for each in sections)}{foot()}"


def head(title: str) -> str:
    """A page up to its first section."""
    folder = resources.files("brandlens.report").joinpath("templates")
    style = folder.joinpath("style.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(title)}</h1></header>\n<main>\n"
    )


def foot() -> str:
    """What ends a page."""
    return "</main>\n</body>\n</html>"


def section(title: str, body: str) -> str:
    """A section with its heading."""
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}</section>\n"


def paragraph(text: str) -> str:
    """Plain text."""
    return f"<p>{escape(text)}</p>\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column names the rows; one that is too wide scrolls within itself."""
    names = "".join(f'<th scope="col">{escape(each)}</th>' if each else "<td></td>" for each in header)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(each)}</td>" for each in rest)}</tr>\n'
        for first, *rest in rows
    )
    label = escape(" ".join(header).strip())
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{names}</tr></thead>\n<tbody>\n{lines}</tbody></table></div>\n"
    )
