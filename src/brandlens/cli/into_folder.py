"""`logo detect --out FOLDER` and `sentiment score --out FOLDER`: results of millions of rows as Parquet parts."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from brandlens.bulk import csv_view, folders, inputs, local, ray_engine
from brandlens.bulk.blocks import Block, Limits
from brandlens.bulk.inputs import Columns
from brandlens.bulk.progress import Progress
from brandlens.bulk.run import Engine, run
from brandlens.bulk.tasks import LogoTask, SentimentTask, Task, labels_of, revision_of
from brandlens.errors import UserError
from brandlens.sentiment.terms.lexicon import read_lexicon
from brandlens.sentiment.terms.scores import label_values

Blocks = Callable[[Sequence[str], Columns, Limits], Iterator[Block]]

ENGINES: dict[str, Callable[[argparse.Namespace], Engine]] = {
    "local": lambda arguments: partial(local.run, workers=arguments.workers),
    "ray": lambda arguments: partial(ray_engine.run, workers=arguments.workers, address=arguments.address),
}


def detect(arguments: argparse.Namespace) -> int:
    """Detect logos in the pictures of all inputs, and return the exit code."""
    for name in ("format", "draw", "vid_stride"):
        if getattr(arguments, name):
            raise UserError(f"--{name.replace('_', '-')} is not for results in a folder; leave it out, or --out")
    model = str(arguments.model)
    task = LogoTask(model, revision_of(model), arguments.threshold, arguments.tile, arguments.max_pixels)
    return run_into_folder(arguments, task, arguments.paths, inputs.pictures, csv_view.write_detections)


def score(arguments: argparse.Namespace) -> int:
    """Score the reviews of all inputs, and return the exit code."""
    model = str(arguments.model)
    lexicon = read_lexicon(arguments.terms) if arguments.terms is not None else None
    if lexicon:
        label_values(labels_of(model))
    task = SentimentTask(model, revision_of(model), arguments.explain, labels_of(model), lexicon)
    write_csv = csv_view.scores_writer(task.explained, task.labels, lexicon is not None)
    return run_into_folder(arguments, task, arguments.file, inputs.texts, write_csv)


def run_into_folder(
    arguments: argparse.Namespace, task: Task, names: Sequence[str], blocks: Blocks, write_csv: csv_view.Writer
) -> int:
    """Run a task over names into --out, print what came of it, and return the exit code.

    blocks: cuts what names stand for into blocks. write_csv: writes the CSV file of --csv.
    """
    folder = folders.folder_at(arguments.out)
    columns = Columns(arguments.column, arguments.id_column, arguments.encoding)
    of_table = {name: getattr(arguments, name) for name in ("column", "id_column", "encoding")}
    source = {"inputs": list(names), **of_table}
    if arguments.address and arguments.engine != "ray":
        raise UserError("--address is a Ray cluster's; add --engine ray")
    progress, engine = Progress(task.unit), ENGINES[arguments.engine or "local"](arguments)
    counts = run(
        blocks(names, columns, task.limits), task, folder, source, engine=engine, progress=progress,
        overwrite=arguments.overwrite, retry_errors=arguments.retry_errors,
    )  # fmt: skip
    if arguments.csv:
        write_csv(arguments.csv, folder)
    print(f"{arguments.out}: {progress.summary()}")
    if counts.errors:
        print(
            f'brandlens: why rows could not be read stands in the column "error" of {arguments.out}',
            file=sys.stderr,
        )
    return 1 if counts.errors else 0
