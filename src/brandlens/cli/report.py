"""`brandlens report`: runs side by side."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from brandlens.cli.output import html
from brandlens.errors import UserError
from brandlens.metrics.intervals import Interval
from brandlens.report.compare import Comparison, Pair, compare

REPORT = """Compare two or more runs: networks, parameters, data sets.

DIR is a folder of results that `dvc repro` wrote (reports), a copy of one, or a folder that holds it. Every number has
its 95 % interval; on crops and reviews that a run shares with the first one, the paired difference stands beside it."""


def add_parser(sides: "argparse._SubParsersAction[argparse.ArgumentParser]", _: Sequence[str] = ()) -> None:
    """Hang `report` into the parser."""
    report = sides.add_parser(
        "report",
        help="compare runs",
        description=REPORT,
        epilog="Exit codes: 0 all done, 2 nothing could be done.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="folder of results")
    report.add_argument("--format", choices=tuple(FORMATS), default="text", help="default: %(default)s")
    report.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """`brandlens report`; returns the exit code."""
    if len(arguments.folders) < 2:
        raise UserError(f"{arguments.folders[0]} alone has nothing beside it; name two folders or more")
    FORMATS[arguments.format](compare(arguments.folders), sys.stdout)
    return 0


def as_text(found: Sequence[Comparison], out: TextIO) -> None:
    """Tables for people."""
    for at, side in enumerate(found):
        rows = [[name, *(number(*each) for each in values)] for name, values in side.rows]
        print("\n" * (at > 0) + aligned([[side.title, *side.runs], *rows]), file=out)
        for pair in side.pairs:
            print(f"{pair.name} against {side.runs[0]}: {told(pair, side.unit)}", file=out)
        for name in side.missing:
            print(f"{name} against {side.runs[0]}: no {side.unit} in common", file=out)
        if side.apart:
            print(
                "\n" + aligned([["parameter", *side.runs], *([name, *values] for name, values in side.apart)]), file=out
            )


def as_json(found: Sequence[Comparison], out: TextIO) -> None:
    """One JSON object."""
    content = {side.side: {name: value for name, value in asdict(side).items() if name != "side"} for side in found}
    print(json.dumps(content, ensure_ascii=False, indent=2), file=out)


def as_html(found: Sequence[Comparison], out: TextIO) -> None:
    """A page that needs nothing beside it."""
    sections = []
    for side in found:
        body = html.table(["", *side.runs], [[name, *(number(*each) for each in values)] for name, values in side.rows])
        lines = [f"{pair.name} against {side.runs[0]}: {told(pair, side.unit)}" for pair in side.pairs]
        lines += [f"{name} against {side.runs[0]}: no {side.unit} in common" for name in side.missing]
        body += "".join(map(html.paragraph, lines))
        if side.apart:
            body += html.table(["parameter", *side.runs], [[name, *values] for name, values in side.apart])
        sections.append((side.title, body))
    print(html.page("Runs side by side", sections), file=out)


FORMATS: dict[str, Callable[[Sequence[Comparison], TextIO], None]] = {
    "text": as_text, "json": as_json, "html": as_html,
}  # fmt: skip


def number(value: float, interval: Interval | None) -> str:
    """A number and its interval; what is no share has no need of decimals."""
    if interval is None:
        return f"{value:.3f}" if value <= 1 else f"{value:,.0f}"
    return f"{value:.3f} ({interval.low:.3f}–{interval.high:.3f})"


def told(pair: Pair, unit: str) -> str:
    """A paired difference, in a line."""
    low, high = (100 * each for each in pair.interval)
    return (
        f"{100 * pair.gain:+.1f} points of {pair.rows:,} {unit} in common ({low:+.1f} to {high:+.1f}), "
        f"McNemar p = {pair.chance:.2g}: {pair.verdict}"
    )


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns of text, the first row underlined."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])
