"""`brandlens sentiment summary`: what reviews say, over time, by group and about terms, as a page and as tables."""

import argparse
import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from brandlens import filesystems
from brandlens.cli.parser import Commands, add_command
from brandlens.cli.sentiment.progress import SkippedRows, advance, progress_bar
from brandlens.errors import UserError
from brandlens.sentiment.summary.dates import PERIODS

DESCRIPTION = """Summarize a file of reviews: sentiment by date, by group and of terms, on a page and in tables.

The sentiment of a review is the probability of positive less that of negative, from -1 to 1; of stars, the expected
one on that scale. Means come with 95 % intervals; a change over time is reported where its interval excludes 0. Writes
summary.html, periods.csv, groups.csv, terms.csv, change_points.csv, quotes.csv and sightings.csv into --out.

Dates are ISO 8601 and the like, 31.12.2024, 12/31/2024, 31 Dec 2024, Unix times or those of spreadsheets. Whether the
day or the month comes first is taken from the whole column; where that does not tell, name it by --date-format."""

EXAMPLES = (
    "brandlens sentiment summary --file reviews.csv --out summary",
    "brandlens sentiment summary --file reviews.csv --column text --group label --terms film,plot --out summary",
)
EXIT_CODES = "Exit codes: 0 all rows scored, 1 some rows could not be read, 2 usage or input error."


def add_parser(commands: Commands) -> None:
    """Add `sentiment summary` to the commands of a side."""
    parser = add_command(
        commands, "summary", "summarize a file of reviews by date, group and term", DESCRIPTION, EXAMPLES, EXIT_CODES
    )
    parser.add_argument("--file", required=True, metavar="FILE", help="table of reviews, or folder of its parts")
    parser.add_argument("--column", default="text", metavar="NAME", help="column of the texts; default: %(default)s")
    parser.add_argument("--date", metavar="NAME", help="column of dates")
    parser.add_argument(
        "--date-format",
        metavar="FORMAT",
        help="day-first, month-first, year-first (24-12-31), or as of strptime, such as %%d/%%m/%%Y",
    )
    parser.add_argument("--by", choices=PERIODS, help="period; default: by how long the dates stretch")
    parser.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="NAME",
        help="column such as product; may be repeated",
    )
    parser.add_argument("--terms", metavar="TERMS", help="battery,price,... or a file; default: discovered")
    parser.add_argument("--sightings", type=Path, metavar="FOUND", help="output of `brandlens logo detect`")
    parser.add_argument(
        "--sightings-dates", type=Path, metavar="FILE", help="table with picture and date; default: EXIF"
    )
    parser.add_argument("--encoding", metavar="NAME", help="of the file; default: UTF-8, UTF-16, or else Windows-1252")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="folder for the page and the tables")
    parser.add_argument(
        "--model", type=Path, default=Path("models/sentiment"), metavar="DIR", help="default: %(default)s"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens sentiment summary` and return the exit code."""
    from brandlens.sentiment.classifier import SentimentClassifier  # noqa: PLC0415, takes a while to load
    from brandlens.sentiment.summary import answer, collect, dates, sightings, tables  # noqa: PLC0415
    from brandlens.sentiment.terms.lexicon import read_lexicon  # noqa: PLC0415

    _check(arguments)
    lexicon = read_lexicon(arguments.terms) if arguments.terms else None
    table = collect.Table(
        filesystems.to_path(arguments.file), arguments.column, arguments.date, tuple(dict.fromkeys(arguments.group)),
        arguments.encoding,
    )  # fmt: skip
    columns = collect.look(table, arguments.date_format, arguments.by)
    found = None
    if arguments.sightings:
        found = sightings.read(arguments.sightings, arguments.sightings_dates, arguments.date_format)
        if not (arguments.date or arguments.by):
            period = dates.choose_period((min(found.pictures), max(found.pictures)))
            columns = replace(columns, period=period)
    classifier = SentimentClassifier.load(arguments.model)
    if lexicon is None:
        lexicon = collect.discover_terms(table, columns.num_rows, classifier)
    skipped = SkippedRows()
    with progress_bar() as bar:

        def on_chunk(problems: Sequence[str], num_rows: int, progress: float) -> None:
            advance(bar, num_rows, progress)
            skipped.report(problems)

        summary = collect.summarize(table, columns, classifier, lexicon, on_chunk)
    rows = tables.make(summary, found)
    answers = answer.lines(summary, rows)
    try:
        tables.write(arguments.out, rows)
        page = _write_page(arguments, answers, summary, rows)
    except OSError as error:
        raise UserError(f"--out {arguments.out}: cannot be written: {error.strerror or error}") from None
    if summary.undated:
        answers.append(f"{summary.undated:,} reviews without a date are counted, but in no period.")
    if found and (found.undated or found.unread):
        answers.append(f"Pictures without a date: {found.undated:,}; that could not be read: {found.unread:,}.")
    print("\n".join([*answers, f"{page}: open it in a browser; the tables lie beside it"]))
    return skipped.close()


def _check(arguments: argparse.Namespace) -> None:
    """Raise UserError for options that do not go together, and where the page cannot be made."""
    if arguments.out.exists() and not arguments.out.is_dir():
        raise UserError(f"--out {arguments.out}: is a file; name a folder")
    if arguments.date_format and not (arguments.date or arguments.sightings_dates):
        raise UserError("--date-format: there is no column of dates; name it by --date")
    if arguments.by and not (arguments.date or arguments.sightings):
        raise UserError("--by: there are no dates to summarize by; name their column by --date")
    if arguments.sightings_dates and not arguments.sightings:
        raise UserError("--sightings-dates: there are no sightings; name them by --sightings")
    if importlib.util.find_spec("jinja2") is None:
        raise UserError('the page needs Jinja2; run: pip install "brandlens[summary]"')


def _write_page(arguments: argparse.Namespace, answers: Sequence[str], summary: Any, rows: Any) -> Path:
    """Write summary.html and return its path."""
    from brandlens.report import summary_page  # noqa: PLC0415, needs Jinja2

    quotes = [
        {
            "row": quote.row, "text": quote.text, "label": quote.label, "score": quote.score, "period": quote.period,
            "groups": quote.groups, "clauses": [vars(clause) for clause in quote.clauses],
        }
        for quote in summary.quotes
    ]  # fmt: skip
    name = Path(arguments.file).name or arguments.file
    return summary_page.write(arguments.out, name, answers, summary.labels, rows, quotes)
