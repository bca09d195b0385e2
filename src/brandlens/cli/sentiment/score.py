"""`brandlens sentiment score`: classify texts as positive or negative, or as a model's own labels."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from brandlens import filesystems
from brandlens.cli import bulk
from brandlens.cli.output import html, streams
from brandlens.cli.output.scores import FORMATS, Shape
from brandlens.cli.parser import Commands, add_command
from brandlens.cli.sentiment.lines import decode_argument, read_lines
from brandlens.cli.sentiment.progress import SkippedRows, advance, progress_bar
from brandlens.datasets import tables
from brandlens.errors import UserError
from brandlens.io import folder_digest
from brandlens.sentiment import score_file, score_writers
from brandlens.sentiment.classifier import UNSURE, SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.score_file import Chunk, ScoringJob
from brandlens.sentiment.terms.lexicon import Lexicon, read_lexicon
from brandlens.sentiment.terms.scores import label_values, record_sentiment
from brandlens.sentiment.terms.table import TermTable, format_table

DESCRIPTION = """Classify texts as positive or negative, or as a model's own labels.

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
EXIT_CODES = "Exit codes: 0 all rows scored, 1 some rows could not be read, 2 usage or input error."


def add_parser(commands: Commands) -> None:
    """Add `sentiment score` to the commands of a side."""
    score = add_command(commands, "score", "score texts, or a file of reviews", DESCRIPTION, EXAMPLES, EXIT_CODES)
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
    score.add_argument(
        "--explain",
        action="store_true",
        help="also show which words changed the score, that of the label that is given where there are more than two",
    )
    score.add_argument(
        "--terms",
        metavar="TERMS",
        help="also score the clauses that mention a term: battery,price,..., or a file with lines as: price = cost",
    )
    score.add_argument(
        "--model", type=Path, default=Path("models/sentiment"), metavar="DIR", help="default: %(default)s"
    )
    bulk.add_options(score)
    score.set_defaults(run=run)


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
    values = label_values(classifier.labels) if lexicon else {}
    num_labels: Counter[str] = Counter()
    skipped = SkippedRows()
    with progress_bar(hidden=not arguments.file or sys.stdout.isatty()) as bar:
        for chunk in read_input(arguments):
            for record in predictor.predict(chunk.texts):
                write(record)
                num_labels[record["label"]] += 1
                if table:
                    table.add(record["terms"], record_sentiment(record, values))
            out.flush()
            advance(bar, len(chunk.texts), chunk.progress)
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
            advance(bar, len(chunk.texts), chunk.progress, resumed)
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


def summary(num_labels: Mapping[str, int], labels: Sequence[str]) -> str:
    """Return how many texts there were of each label."""
    names = (*reversed(labels), UNSURE)
    counts = ", ".join(f"{num_labels[label]:,} {label}" for label in names if num_labels[label])
    return f"{sum(num_labels.values()):,} texts: {counts}"
