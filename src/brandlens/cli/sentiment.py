"""`brandlens sentiment score`: classify texts as positive or negative, or as a model's own labels."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, starmap
from pathlib import Path
from typing import BinaryIO, TextIO

from tqdm import tqdm

from brandlens import filesystems
from brandlens.cli import bulk
from brandlens.cli.output import colors, html, streams
from brandlens.cli.parser import epilog
from brandlens.datasets import tables
from brandlens.errors import UserError
from brandlens.io import folder_digest
from brandlens.report.highlight import highlight
from brandlens.sentiment import score_file, score_writers
from brandlens.sentiment.classifier import UNSURE, SentimentClassifier
from brandlens.sentiment.explain import Span, largest_changes, to_cell
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.score_file import Chunk, ScoringJob
from brandlens.sentiment.score_writers import Record
from brandlens.sentiment.terms.lexicon import Lexicon, read_lexicon
from brandlens.sentiment.terms.table import TermTable, format_table
from brandlens.sniff import content
from brandlens.sniff import encoding as sniff_encoding

SCORE = """Classify texts as positive or negative, or as a model's own labels.

Of two labels, the score is the probability of positive, from 0 to 1. Of more, with neutral or one a star, the likeliest
is taken; the score is its probability, and JSON and tables have those of all labels.

Give texts, a file, or neither: then every line of standard input is a text. A text in another language, or without a
word that the model knows, is "unsure" and scores 0.5, or the same for each label. With --out a file may have millions
of rows, and the same command resumes a run that was interrupted. An --out without a suffix is a folder for Parquet
parts, written by several processes; then --file may be several tables, folders, patterns and tar shards, and URLs
(s3://, gs://, hdfs:// ...)."""

EXAMPLES = (
    'brandlens sentiment score "Not bad at all!" --explain',
    "brandlens sentiment score --file reviews.csv --column text --out scored.csv",
)
EXIT = "Exit codes: 0 all rows scored, 1 some rows could not be read, 2 usage or input error."
MAX_REPORTED = 10  # rows that cannot be read are named one by one, up to this many
BLOCK = 1 << 16  # bytes of standard input that are scored together, at most

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


def add_parser(sides: "argparse._SubParsersAction[argparse.ArgumentParser]", _: Sequence[str] = ()) -> None:
    """Add `sentiment` and its commands to the parser."""
    side = sides.add_parser("sentiment", help="classify reviews as positive or negative")
    commands = side.add_subparsers(title="commands", metavar="COMMAND", required=True)
    score = commands.add_parser(
        "score",
        help="score texts, or a file of reviews",
        description=SCORE,
        epilog=epilog(EXAMPLES, EXIT),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    score.add_argument("texts", nargs="*", metavar="TEXT", help="text to score")
    kinds = ", ".join(tables.READERS)
    score.add_argument(
        "--file",
        nargs="+",
        action="extend",
        metavar="INPUT",
        help=f"table of reviews, or folder of its parts: {kinds}",
    )
    score.add_argument("--column", default="text", metavar="NAME", help="column of the texts; default: %(default)s")
    score.add_argument("--encoding", metavar="NAME", help="of the input; default: UTF-8, UTF-16, or else Windows-1252")
    score.add_argument(
        "--out",
        metavar="OUT",
        help=f"write the scores there, not to standard output: {', '.join(score_writers.WRITERS)}, or a folder",
    )
    score.add_argument("--format", choices=tuple(FORMATS), help="of standard output; default: text")
    score.add_argument("--explain", action="store_true", help="also show which words changed the score")
    score.add_argument(
        "--terms",
        metavar="TERMS",
        help="also score what is said of each: battery,price,customer support, or a file with lines as: price = cost",
    )
    score.add_argument(
        "--model", type=Path, default=Path("models/sentiment"), metavar="DIR", help="default: %(default)s"
    )
    bulk.add_options(score)
    score.set_defaults(run=run)
    from brandlens.cli import sentiment_summary  # noqa: PLC0415, which uses what this module has

    sentiment_summary.add_parser(commands)


def run(arguments: argparse.Namespace) -> int:
    """Run `brandlens sentiment score` and return the exit code."""
    if arguments.texts and arguments.file:
        raise UserError("TEXT and --file are both given; leave one out")
    if arguments.file == ["-"] and not Path("-").exists():
        raise UserError("--file -: lines on standard input need no --file; save a table there as a file, and name it")
    if arguments.out and not arguments.file:
        raise UserError("--out is for the scores of a --file; redirect others with: > FILE")
    if arguments.out and arguments.format:
        raise UserError("--format is for standard output; the suffix of --out decides its format")
    if arguments.encoding and arguments.texts:
        raise UserError("--encoding is for a --file and for standard input; a TEXT needs none")
    if not arguments.texts and not arguments.file and streams.piped_input() is None:
        raise UserError("nothing to score; give a text, a --file, or lines on standard input")
    if arguments.out and bulk.is_folder(arguments.out):
        from brandlens.cli import into_folder  # noqa: PLC0415, takes a while to load

        return into_folder.score(arguments)
    bulk.refuse_options(arguments)
    lexicon = None if arguments.terms is None else read_lexicon(arguments.terms)
    if arguments.file and len(arguments.file) > 1:
        raise UserError("--file: several inputs need a folder for their scores; name one by --out FOLDER")
    classifier = SentimentClassifier.load(arguments.model)
    if arguments.out:
        return score_to_file(arguments, classifier, lexicon)
    return score_to_stdout(arguments, classifier, lexicon)


def score_to_stdout(arguments: argparse.Namespace, classifier: SentimentClassifier, lexicon: Lexicon | None) -> int:
    """Score texts, a file or standard input, print the scores as they come and return the exit code."""
    explained = arguments.explain or arguments.format == "html"
    format = arguments.format or "text"
    out = streams.output(format)
    predictor = SentimentPredictor(classifier, explained, lexicon)
    write = FORMATS[format](out, Shape(classifier.labels, explained, lexicon is not None))
    table = TermTable(term.name for term in lexicon.terms) if lexicon else None
    num_labels: Counter[str] = Counter()
    skipped = SkippedRows()
    with progress_bar(hidden=not arguments.file or sys.stdout.isatty()) as bar:
        for chunk in read_input(arguments):
            for record in predictor.predict(chunk.texts):
                write(record)
                num_labels[record["label"]] += 1
                if table:
                    table.add(record["terms"])
            out.flush()
            advance(bar, chunk)
            skipped.report(chunk.problems)
    if arguments.format == "html":
        print(html.foot(), file=out)
    if table and format == "text" and num_labels.total() > 1:
        print(f"\n{format_table(table.rows())}", file=out)
    if sys.stderr.isatty() and num_labels.total() > 1:
        print(summary(num_labels, classifier.labels), file=sys.stderr)
    return skipped.close()


def score_to_file(arguments: argparse.Namespace, classifier: SentimentClassifier, lexicon: Lexicon | None) -> int:
    """Score a file into --out, in parts that a later run resumes from, and return the exit code."""
    job = ScoringJob(
        filesystems.to_path(arguments.file[0]), arguments.column, Path(arguments.out), arguments.explain,
        folder_digest(arguments.model), arguments.encoding, lexicon,
    )  # fmt: skip
    skipped = SkippedRows()
    with progress_bar() as bar:

        def on_chunk(chunk: Chunk, resumed: bool) -> None:
            advance(bar, chunk, resumed)
            skipped.report(chunk.problems)

        num_rows = job.run(classifier, on_chunk)
    print(f"{arguments.out}: {num_rows:,} rows scored")
    if arguments.terms:
        print("the terms as a table, with intervals: brandlens sentiment summary, with the same --file and --terms")
    return skipped.close()


def read_input(arguments: argparse.Namespace) -> Iterable[Chunk]:
    """Return the texts that the command line names, a chunk at a time."""
    if arguments.file:
        path = filesystems.to_path(arguments.file[0])
        return score_file.read_chunks(path, arguments.column, score_file.CHUNK, arguments.encoding)
    if arguments.texts:
        return [Chunk(list(map(decode_argument, arguments.texts)), [], 1.0)]
    file = streams.piped_input()
    return read_lines(file, arguments.encoding) if file else []


def read_lines(file: BinaryIO, encoding: str | None = None) -> Iterator[Chunk]:
    """Yield lines as they come, so that a slow writer is answered at once and a quick one many lines at a time.

    A line that is not UTF-8 is read as Windows-1252 where it may be that, which is reported once; another one has a
    problem. Raises UserError for an encoding that Python does not know, and where they cannot be read, as of a folder.
    """
    decoder, rest, number, is_reported = None, "", 0, False
    for block in chain(iter(lambda: _read_block(file), b""), [b""]):
        if decoder is None:
            if kind := content.describe_packed(block) or content.describe(block):
                raise UserError(f"standard input: not text, but {kind}")
            try:
                decoder = sniff_encoding.make_decoder(encoding or sniff_encoding.of_start(block[:4]) or "utf-8-sig")
            except LookupError:
                raise UserError(f"standard input: no encoding is named {encoding!r}") from None
        *lines, rest = (rest + decoder.decode(block, not block)).split("\n")
        if not block and rest:  # a last line without its end
            lines = [rest]
        texts, problems = list[str](), list[str]()
        for number, line in enumerate(lines, number + 1):  # noqa: B020, goes on from the last block
            text = line.removesuffix("\r")
            if tables.has_surrogates(text):
                western = None if encoding else decode_western(text)
                if western is None:
                    problems.append(f"standard input, line {number}: bytes that are no text in this encoding")
                elif not is_reported:
                    is_reported = True
                    print(
                        f"standard input: line {number} and maybe others: not UTF-8, read as Windows-1252; if that is "
                        "wrong, name the encoding by --encoding", file=sys.stderr,
                    )  # fmt: skip
                text = western or ""
            texts.append(text)
        if lines:
            yield Chunk(texts, problems, 0.0)


def _read_block(file: BinaryIO) -> bytes:
    try:
        return file.read1(BLOCK)  # type: ignore[attr-defined]  # of buffered files
    except OSError as error:
        raise UserError(f"standard input: {error.strerror or error}") from None


def decode_argument(text: str) -> str:
    """Return a TEXT of the command line as it was typed, whatever Python took its bytes for, as in a C locale."""
    data = os.fsencode(text)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return decode_western(data.decode("utf-8", "surrogateescape")) or data.decode(errors="replace")


def decode_western(text: str) -> str | None:
    """Return a line as Windows-1252, given as UTF-8 with surrogates for its bytes; None where it is not that either."""
    try:
        data = text.encode("utf-8", "surrogateescape")
        return data.decode("cp1252") if sniff_encoding.is_western(*sniff_encoding.count_foreign(data)) else None
    except UnicodeError:
        return None


def progress_bar(hidden: bool = False) -> "tqdm[None]":
    """Return a progress bar that counts reviews, for people who watch and do not see the scores go by."""
    return tqdm(unit="review", unit_scale=True, file=sys.stderr, disable=hidden or not sys.stderr.isatty())


def advance(bar: "tqdm[None]", chunk: Chunk, resumed: bool = False) -> None:
    """Move the bar on; the total is estimated from the share of the file that is read."""
    if bar.disable:
        return
    num_done = bar.n + len(chunk.texts)
    bar.total = max(num_done, round(num_done / chunk.progress))
    if resumed:
        bar.initial += len(chunk.texts)  # scored by an earlier run, so does not count for the speed
    bar.update(len(chunk.texts))


class SkippedRows:
    """Rows that cannot be read: the first few are named on standard error, the others counted."""

    def __init__(self) -> None:
        self.count = 0

    def report(self, problems: Sequence[str]) -> None:
        """Name these rows, or count them."""
        for problem in problems[: max(0, MAX_REPORTED - self.count)]:
            tqdm.write(f"brandlens: {problem}", file=sys.stderr)
        self.count += len(problems)

    def close(self) -> int:
        """Print how many rows were not named, and return the exit code."""
        if self.count > MAX_REPORTED:
            print(f"brandlens: {self.count - MAX_REPORTED:,} more rows could not be read", file=sys.stderr)
        return 1 if self.count else 0


def summary(num_labels: Mapping[str, int], labels: Sequence[str]) -> str:
    """Return how many texts there were of each label."""
    names = (*reversed(labels), UNSURE)
    counts = ", ".join(f"{num_labels[label]:,} {label}" for label in names if num_labels[label])
    return f"{sum(num_labels.values()):,} texts: {counts}"


def text_writer(out: TextIO, shape: Shape) -> Writer:
    """Write one line a text, for people; if explained, a second one with the words that changed the score."""
    colorize = colors.colorizer(out)
    width = max(map(len, (*shape.labels, UNSURE)))

    def write(record: Record) -> None:
        printable = "".join(character if character.isprintable() else " " for character in record["text"])
        reason = f"  [{record['reason']}]" if record["label"] == UNSURE else ""
        result = f"{record['label']:{width}} {record['score']:.2f}"
        if record["label"] in COLORS:
            result = colorize(result, COLORS[record["label"]])
        print(f"{result}  {' '.join(printable.split())}{reason}", file=out)
        if shape.explained:
            changes = to_cell(record["text"], starmap(Span, record["spans"])).replace("; ", "  ")
            changes = "".join(character if character.isprintable() else " " for character in changes)
            print(f"{'':{width + 7}}{changes or 'no single word changes it'}", file=out)
        if shape.with_terms and record["terms"]:
            print(f"{'':{width + 7}}{score_file.format_terms(record['terms'])}", file=out)

    return write


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
    print(html.head("Reviews"), file=out)

    def write(record: Record) -> None:
        body = highlight(record["text"], largest_changes(starmap(Span, record["spans"])) if shape.explained else [])
        if shape.with_terms and record["terms"]:
            body += f"<br>{escape(score_file.format_terms(record['terms']))}"
        print(html.section(f"{record['label']} {record['score']:.2f}", f"<p>{body}</p>\n"), end="", file=out)

    return write


FORMATS: dict[str, Callable[[TextIO, Shape], Writer]] = {
    "text": text_writer, "json": json_writer, "csv": csv_writer, "html": html_writer,
}  # fmt: skip
