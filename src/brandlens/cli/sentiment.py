"""`brandlens sentiment score`: are these texts positive or negative?"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TextIO

from tqdm import tqdm

from brandlens.cli.output import colors, html
from brandlens.errors import UserError
from brandlens.report.highlight import highlight
from brandlens.sentiment import score_file, score_writers, text_reader
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.explain import telling
from brandlens.sentiment.score_file import Row, ScoringJob

SCORE = """Score texts: 1 is surely positive, 0 surely negative.

Give texts, a file, or neither: then every line of standard input is a text. A text in another language, or without a
word that the model knows, is "unsure" and scores 0.5. With --out a file may have millions of rows; a run that was
stopped goes on where it was when the same command is given again."""

EXIT = "Exit codes: 0 all done, 1 some rows could not be read, 2 nothing could be done."
SHOWN = 10  # rows that cannot be read are named one by one, up to this many
BLOCK = 1 << 16  # bytes of standard input that are scored together, at most

KINDS = {"positive": "good", "negative": "bad", "unsure": "unsure"}  # a label's colour

Writer = Callable[[Row], None]


def add_parser(sides: "argparse._SubParsersAction[argparse.ArgumentParser]", _: Sequence[str] = ()) -> None:
    """Hang `sentiment` and its commands into the parser."""
    side = sides.add_parser("sentiment", help="tell praise from blame")
    commands = side.add_subparsers(title="commands", metavar="COMMAND", required=True)
    score = commands.add_parser(
        "score",
        help="score texts, or a file of reviews",
        description=SCORE,
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    score.add_argument("texts", nargs="*", metavar="TEXT", help="text to score")
    score.add_argument("--file", type=Path, metavar="FILE", help=f"table of reviews: {', '.join(text_reader.READERS)}")
    score.add_argument("--column", default="text", metavar="NAME", help="its column of texts; default: %(default)s")
    score.add_argument(
        "--out", type=Path, metavar="FILE", help=f"write there, not here: {', '.join(score_writers.KINDS)}"
    )
    score.add_argument("--format", choices=tuple(FORMATS), help="of standard output; default: text")
    score.add_argument("--explain", action="store_true", help="also tell which words moved the score")
    score.add_argument(
        "--model", type=Path, default=Path("models/sentiment"), metavar="DIR", help="default: %(default)s"
    )
    score.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """`brandlens sentiment score`; returns the exit code."""
    if arguments.texts and arguments.file:
        raise UserError("TEXT and --file are both given; leave one out")
    if arguments.out and not arguments.file:
        raise UserError("--out is for the scores of a --file; send others there with: > FILE")
    if arguments.out and arguments.format:
        raise UserError("--format is for standard output; of --out the end of its name tells the format")
    if not arguments.texts and not arguments.file and sys.stdin.isatty():
        raise UserError("nothing to score; give a text, a --file, or lines on standard input")
    if arguments.out:
        return to_file(arguments)
    classifier = SentimentClassifier.load(arguments.model)
    explained = arguments.explain or arguments.format == "html"
    write = FORMATS[arguments.format or "text"](sys.stdout, explained)
    said: Counter[str] = Counter()
    troubles = SkippedRows()
    with bar(hidden=not arguments.file or sys.stdout.isatty()) as shown:
        for chunk in given(arguments):
            for row in score_file.rows(classifier, chunk.texts, explained):
                write(row)
                said[row["label"]] += 1
            sys.stdout.flush()
            advance(shown, chunk)
            troubles.tell(chunk.problems)
    if arguments.format == "html":
        print(html.foot())
    if sys.stderr.isatty() and said.total() > 1:
        print(summary(said), file=sys.stderr)
    return troubles.close()


def to_file(arguments: argparse.Namespace) -> int:
    """With --out: in parts, which a later run goes on with."""
    classifier = SentimentClassifier.load(arguments.model)
    job = ScoringJob(
        arguments.file, arguments.column, arguments.out, arguments.explain, score_file.digest(arguments.model)
    )
    troubles = SkippedRows()
    with bar() as shown:

        def progress(chunk: text_reader.Chunk, kept: bool) -> None:
            advance(shown, chunk, kept)
            troubles.tell(chunk.problems)

        count = score_file.run(job, classifier, progress)
    print(f"{arguments.out}: {count:,} rows scored")
    return troubles.close()


def given(arguments: argparse.Namespace) -> Iterable[text_reader.Chunk]:
    """The texts that the command line names, a chunk at a time."""
    if arguments.file:
        return text_reader.chunks(arguments.file, arguments.column, score_file.CHUNK)
    return [text_reader.Chunk(arguments.texts, [], 1.0)] if arguments.texts else lines(sys.stdin.buffer)


def lines(file: BinaryIO) -> Iterator[text_reader.Chunk]:
    """Lines as they come, so that a slow writer gets its answers at once and a quick one many at a time."""
    rest = b""
    for block in chain(iter(lambda: file.read1(BLOCK), b""), [b""]):
        *some, rest = (rest + block).split(b"\n")
        if not block and rest:  # a last line without its end
            some = [rest]
        if some:
            yield text_reader.Chunk([text_reader.decoded(line).rstrip("\r") for line in some], [], 0.0)


def bar(hidden: bool = False) -> "tqdm[None]":
    """A progress bar in reviews, for people who watch and do not see the scores go by."""
    return tqdm(unit="review", unit_scale=True, file=sys.stderr, disable=hidden or not sys.stderr.isatty())


def advance(shown: "tqdm[None]", chunk: text_reader.Chunk, kept: bool = False) -> None:
    """Move the bar on; how many reviews there are in all is told from the share of the file that is read."""
    if shown.disable:
        return
    done = shown.n + len(chunk.texts)
    shown.total = max(done, round(done / chunk.share))
    if kept:
        shown.initial += len(chunk.texts)  # scored by an earlier run, so does not count for the speed
    shown.update(len(chunk.texts))


class SkippedRows:
    """Rows that cannot be read: the first few are named on standard error, the others counted."""

    def __init__(self) -> None:
        self.count = 0

    def tell(self, problems: list[str]) -> None:
        """Name them, or count them."""
        for problem in problems[: max(0, SHOWN - self.count)]:
            tqdm.write(f"brandlens: {problem}", file=sys.stderr)
        self.count += len(problems)

    def close(self) -> int:
        """The exit code, after a last word on those that were not named."""
        if self.count > SHOWN:
            print(f"brandlens: {self.count - SHOWN:,} more rows could not be read", file=sys.stderr)
        return 1 if self.count else 0


def summary(said: Mapping[str, int]) -> str:
    """How many texts there were of each label."""
    return f"{sum(said.values()):,} texts: " + ", ".join(f"{said[label]:,} {label}" for label in KINDS if said[label])


def as_text(out: TextIO, explained: bool) -> Writer:
    """One line a text, for people; explained, a second one with the words that moved the score."""
    paint = colors.colorizer(out)

    def write(row: Row) -> None:
        shown = "".join(sign if sign.isprintable() else " " for sign in row["text"])
        why = "  [too few known words]" if row["label"] == "unsure" else ""
        verdict = paint(f"{row['label']:8} {row['score']:.2f}", KINDS[row["label"]])
        print(f"{verdict}  {' '.join(shown.split())}{why}", file=out)
        if explained:
            moved = "  ".join(f"{word} {change:+.2f}" for word, change in telling(row["words"]))
            print(f"{'':15}{moved or 'no word alone moves it'}", file=out)

    return write


def as_json(out: TextIO, explained: bool) -> Writer:
    """One JSON object a line; explained, with every token and what it adds to the score."""
    del explained  # the row tells
    return lambda row: print(score_writers.json_line(row), end="", file=out)


def as_csv(out: TextIO, explained: bool) -> Writer:
    """One row a text; explained, with the words that moved the score in a last column."""
    names = score_file.columns(explained)
    print(score_writers.csv_line(names), end="", file=out)

    def write(row: Row) -> None:
        cells = score_file.flatten(row)
        print(score_writers.csv_line([cells[name] for name in names]), end="", file=out)

    return write


def as_html(out: TextIO, explained: bool) -> Writer:
    """A page, a section a text, with the words marked that moved the score; its end is `html.foot`."""
    print(html.head("Reviews"), file=out)

    def write(row: Row) -> None:
        body = highlight(row["text"], dict(telling(row["words"])) if explained else {})
        print(html.section(f"{row['label']} {row['score']:.2f}", f"<p>{body}</p>\n"), end="", file=out)

    return write


FORMATS: dict[str, Callable[[TextIO, bool], Writer]] = {
    "text": as_text, "json": as_json, "csv": as_csv, "html": as_html,
}  # fmt: skip
