"""Scores of reviews on standard output: text for people, JSON, CSV and HTML."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import starmap
from typing import TextIO

from brandlens.cli.output import colors, html
from brandlens.report.highlight import STYLES, highlight
from brandlens.sentiment import score_file, score_writers
from brandlens.sentiment.classifier import UNSURE
from brandlens.sentiment.explain import Span, largest_changes, to_cell
from brandlens.sentiment.score_writers import Record

TOWARD_LABEL = "towards the label that is given", "away from it"  # of more than two labels
COLORS = {"positive": "good", "negative": "bad", UNSURE: "unsure"}  # of labels; others have none

Writer = Callable[[Record], None]


@dataclass(frozen=True)
class Shape:
    """What records look like.

    labels: of the classifier, in their order. explained: whether records have words. with_terms: whether terms.
    """

    labels: Sequence[str]
    explained: bool
    with_terms: bool = False


def text_writer(out: TextIO, shape: Shape) -> Writer:
    """Write one line a text, for people; if explained, a second one with the words that changed the score."""
    colorize = colors.colorizer(out)
    width = max(map(len, (*shape.labels, UNSURE)))

    def write(record: Record) -> None:
        printable = _printable(record["text"])
        reason = f"  [{record['reason']}]" if record["label"] == UNSURE else ""
        result = f"{record['label']:{width}} {record['score']:.2f}"
        if record["label"] in COLORS:
            result = colorize(result, COLORS[record["label"]])
        print(f"{result}  {' '.join(printable.split())}{reason}", file=out)
        if shape.explained:
            changes = _printable(to_cell(record["text"], starmap(Span, record["spans"])).replace("; ", "  "))
            print(f"{'':{width + 7}}{changes or 'no single word changes it'}", file=out)
        if shape.with_terms and record["terms"]:
            print(f"{'':{width + 7}}{score_file.format_terms(record['terms'])}", file=out)

    return write


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def json_writer(out: TextIO, shape: Shape) -> Writer:
    """Write one JSON object a line; if explained, with every token and what it adds to the score."""
    del shape  # the record has all that it is to have
    return lambda record: print(score_writers.json_line(record), end="", file=out)


def csv_writer(out: TextIO, shape: Shape) -> Writer:
    """Write one row a text; if explained, with the words that changed the score in a last column."""
    columns = score_file.column_names(shape.explained, shape.labels, shape.with_terms)
    print(score_writers.csv_line(columns), end="", file=out)

    def write(record: Record) -> None:
        cells = score_file.flatten(record)
        print(score_writers.csv_line([cells[name] for name in columns]), end="", file=out)

    return write


def html_writer(out: TextIO, shape: Shape) -> Writer:
    """Write a page with a section a text, the words that changed the score marked; its end is `html.foot`."""
    is_binary = len(shape.labels) == 2
    print(html.head("Reviews"), file=out)
    if shape.explained:
        ends = [f"towards {label}" for label in reversed(shape.labels)] if is_binary else TOWARD_LABEL
        marks = [
            f'<mark class="{style}">{escape(end)}</mark>' for style, end in zip(STYLES[is_binary], ends, strict=True)
        ]
        print(f"<p>Marked is what moved the score {', '.join(marks)}.</p>", file=out)

    def write(record: Record) -> None:
        spans = largest_changes(starmap(Span, record["spans"])) if shape.explained else []
        body = highlight(record["text"], spans, is_binary=is_binary)
        if "reason" in record:
            body += f'<br><span class="soft">{escape(record["reason"])}</span>'
        if shape.with_terms and record["terms"]:
            body += f"<br>{escape(score_file.format_terms(record['terms']))}"
        print(html.section(f"{record['label']} {record['score']:.2f}", f"<p>{body}</p>\n"), end="", file=out)

    return write


FORMATS: dict[str, Callable[[TextIO, Shape], Writer]] = {
    "text": text_writer, "json": json_writer, "csv": csv_writer, "html": html_writer,
}  # fmt: skip
