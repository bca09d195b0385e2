"""The engine of one machine: blocks → parts, in this process or in several, each with a predictor of its own."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice

from brandlens import onnx_runtime
from brandlens.bulk import output
from brandlens.bulk.blocks import Block
from brandlens.bulk.folders import Folder
from brandlens.bulk.output import Counts
from brandlens.bulk.prefetch import ahead
from brandlens.bulk.tasks import Predictor, Task
from brandlens.errors import UserError

MAX_DEATHS = 3  # of workers one after the other, without a part in between

Result = tuple[Block, Counts]


def run_block(block: Block, task: Task, predictor: Predictor, folder: Folder) -> Counts:
    """Write the part of a block, and return its counts; while the predictor has one batch, the next is read.

    Raises UserError where the folder takes no part.
    """
    batches = ahead(task.read(block))
    try:
        return output.write_part(folder, block, map(predictor, batches), task.schema(), task.revision)
    except OSError as error:
        raise UserError(f"--out {folder.name}: cannot be written: {error.strerror or error}") from None
    finally:
        batches.close()


def run(blocks: Iterable[Block], task: Task, folder: Folder, workers: int | None = None) -> Iterator[Result]:
    """Write the part of every block, in whatever order, and yield each block with its counts.

    workers: processes, which share the cores; None for one a core, or fewer where there are fewer blocks. One works in
    this process. Raises UserError where the folder takes no part, and where workers are killed again and again.
    """
    rest = iter(blocks)
    first = list(islice(rest, workers or onnx_runtime.cores()))
    processes = min(len(first), workers or len(first))
    threads = max(1, onnx_runtime.cores() // max(1, processes))
    if processes > 1:
        yield from _run_pool(chain(first, rest), task, folder, processes, threads)
    elif first:
        predictor = task.load(threads)
        for block in chain(first, rest):
            yield block, run_block(block, task, predictor, folder)


def _run_pool(blocks: Iterator[Block], task: Task, folder: Folder, processes: int, threads: int) -> Iterator[Result]:
    """Run blocks in processes. Those that a killed worker takes along are begun anew, by new workers."""
    again = deque[Block]()  # those that have been taken and have no part
    deaths = 0
    while True:
        running: dict[Future[Counts], Block] = {}
        pool = ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(task, folder, threads)
        )
        try:
            while True:
                while len(running) <= processes:  # one waits, so that no worker does
                    if not again and (block := next(blocks, None)):
                        again.append(block)
                    if not again:
                        break
                    running[pool.submit(_run_in_worker, again[0])] = again[0]
                    again.popleft()
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    counts = future.result()
                    deaths = 0
                    yield running.pop(future), counts
        except BrokenProcessPool:
            deaths += 1
            again.extendleft(reversed(running.values()))
            if deaths >= MAX_DEATHS:
                names = ", ".join(block.name for block in running.values())
                raise UserError(
                    f"a worker was killed {deaths} times, for lack of memory maybe, in one of {names}; "
                    "rerun with fewer --workers"
                ) from None
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass
class _Worker:
    """What a worker process has for all its blocks; the predictor is loaded with the first."""

    task: Task
    folder: Folder
    threads: int
    predictor: Predictor | None = None


_WORKER: list[_Worker] = []  # one, if this process is a worker


def _prepare(task: Task, folder: Folder, threads: int) -> None:
    """Begin a worker, and see to it that it ends with the process that started it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _WORKER[:] = [_Worker(task, folder, threads)]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)  # a killed parent leaves its workers waiting for ever


def _run_in_worker(block: Block) -> Counts:
    worker = _WORKER[0]
    worker.predictor = worker.predictor or worker.task.load(worker.threads)
    return run_block(block, worker.task, worker.predictor, worker.folder)
