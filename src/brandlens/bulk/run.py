"""A run: blocks of input through an engine into a folder, so that every row is there once, whatever was killed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from brandlens.bulk import job, local
from brandlens.bulk.blocks import Block
from brandlens.bulk.folders import Folder
from brandlens.bulk.output import Counts
from brandlens.bulk.progress import Progress
from brandlens.bulk.tasks import Task

Engine = Callable[[Iterable[Block], Task, Folder], Iterator[tuple[Block, Counts]]]


def run(
    blocks: Iterable[Block],
    task: Task,
    folder: Folder,
    source: Mapping[str, Any],
    *,
    engine: Engine = local.run,
    progress: Progress | None = None,
    overwrite: bool = False,
    retry_errors: bool = False,
) -> Counts:
    """Write the results of all blocks to a folder, and return how many rows and errors it holds.

    A block whose part is there is passed over. source: what the blocks are made from, as plain values; a folder of
    another source, or another task, is refused. overwrite: delete what is there. retry_errors: redo the blocks that
    have errors. engine: writes the parts of the blocks it takes, and yields each with its counts, in whatever order.
    Raises UserError, as `job.opened`, the engine and the blocks do.
    """
    progress = progress or Progress(task.unit)
    with job.opened(folder, task, source, overwrite=overwrite) as opened:
        try:

            def on_done(block: Block, counts: Counts) -> None:
                progress.add(block, counts, resumed=True)

            remaining = opened.remaining(progress.watch(blocks), on_done, retry_errors=retry_errors)
            for block, counts in engine(remaining, task, folder):
                progress.add(block, counts)
        finally:
            progress.close()
        opened.finish(progress.counts)
    return progress.counts
