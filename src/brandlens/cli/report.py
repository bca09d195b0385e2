"""`brandlens report`: runs side by side."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from brandlens.cli.output import html, streams
from brandlens.cli.parser import Commands, add_command
from brandlens.errors import UserError
from brandlens.metrics.intervals import Interval
from brandlens.report.compare import Comparison, Pair, compare, find_results

DESCRIPTION = """Compare two or more runs: models, parameters, data sets.

DIR is a folder of results that `dvc repro` wrote (reports), a copy of one, or a folder that holds it. Every metric has
its 95 % interval; on crops and reviews that a run shares with the first one, there is the paired difference as well,
and so are the parameters that differ."""


EXAMPLES = ("brandlens report first second", "brandlens report first second --format html")
EXIT_CODES = "Exit codes: 0 success, 2 usage or input error."


def add_parser(sides: Commands, _: Sequence[str] = ()) -> None:
    """Add the command `report` to the parser."""
    report = add_command(sides, "report", "compare runs", DESCRIPTION, EXAMPLES, EXIT_CODES)
    report.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="folder of results")
    report.add_argument("--format", choices=tuple(WRITERS), default="text", help="default: %(default)s")
    report.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens report` and return the exit code."""
    if len(arguments.folders) < 2:
        raise UserError(f"{arguments.folders[0]} alone cannot be compared; name two folders or more")
    comparisons = compare(arguments.folders)
    for comparison in comparisons:
        for folder in map(find_results, arguments.folders):
            path = folder / comparison.side / "run.json"
            if not path.exists():
                print(f"brandlens: {path}: no such file; the runs' parameters are not compared", file=sys.stderr)
    WRITERS[arguments.format](comparisons, streams.output(arguments.format))
    return 0


def write_text(comparisons: Sequence[Comparison], out: TextIO) -> None:
    """Write tables for people."""
    for index, comparison in enumerate(comparisons):
        print("\n" * (index > 0) + align([[comparison.title, *comparison.runs], *metric_rows(comparison)]), file=out)
        for line in pair_lines(comparison):
            print(line, file=out)
        if comparison.params:
            params = ([name, *values] for name, values in comparison.params)
            print("\n" + align([["parameter", *comparison.runs], *params]), file=out)


def write_json(comparisons: Sequence[Comparison], out: TextIO) -> None:
    """Write one JSON object."""
    content = {comparison.side: asdict(comparison) for comparison in comparisons}
    print(json.dumps(content, ensure_ascii=False, indent=2), file=out)


def write_html(comparisons: Sequence[Comparison], out: TextIO) -> None:
    """Write a page that needs nothing beside it."""
    sections = []
    for comparison in comparisons:
        body = html.table(["", *comparison.runs], metric_rows(comparison))
        body += "".join(map(html.paragraph, pair_lines(comparison)))
        if comparison.params:
            body += html.table(["parameter", *comparison.runs], [[name, *values] for name, values in comparison.params])
        sections.append((comparison.title, body))
    print(html.page("Runs side by side", sections), file=out)


WRITERS: dict[str, Callable[[Sequence[Comparison], TextIO], None]] = {
    "text": write_text, "json": write_json, "html": write_html,
}  # fmt: skip


def metric_rows(comparison: Comparison) -> list[list[str]]:
    """Return a row of texts for each metric: its title, and each run's value."""
    return [[row.title, *(format_value(*value) for value in row.values)] for row in comparison.metrics]


def format_value(value: float, interval: Interval | None) -> str:
    """Return a number with its interval; one that is not a ratio needs no decimals."""
    if interval is None:
        return f"{value:.3f}" if value <= 1 else f"{value:,.0f}"
    return f"{value:.3f} ({interval.low:.3f}–{interval.high:.3f})"


def pair_lines(comparison: Comparison) -> list[str]:
    """Return a line for each run: how it differs from the first."""
    first, noun = comparison.runs[0], comparison.row_noun
    lines = [f"{pair.name} against {first}: {describe_pair(pair, noun)}" for pair in comparison.pairs]
    return lines + [f"{name} against {first}: no {noun} in common" for name in comparison.unpaired]


def describe_pair(pair: Pair, row_noun: str) -> str:
    """Return a paired difference as text."""
    low, high = (100 * end for end in pair.interval)
    return (
        f"{100 * pair.gain:+.1f} points of {pair.rows:,} {row_noun} in common ({low:+.1f} to {high:+.1f}), "
        f"McNemar p = {pair.p_value:.2g}: {pair.verdict}"
    )


def align(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as columns of text, the first row underlined."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])
