"""A run's folder: whose results it holds, which blocks are done, and that no other run writes it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from brandlens import __version__
from brandlens.bulk import output
from brandlens.bulk.blocks import Block
from brandlens.bulk.folders import LEASE, Folder
from brandlens.bulk.output import JOB, SUCCESS, Counts
from brandlens.bulk.tasks import Task
from brandlens.errors import UserError
from brandlens.io import write_json

OVERWRITE = "name another --out, or add --overwrite to begin anew"


@dataclass
class Job:
    """An opened folder. done: the names of the parts that were there, by index."""

    folder: Folder
    task: Task
    done: dict[int, str]
    _complete: bool = False
    _names: set[str] = field(default_factory=set)

    def remaining(
        self, blocks: Iterable[Block], on_done: Callable[[Block, Counts], object], *, retry_errors: bool = False
    ) -> Iterator[Block]:
        """Yield the blocks that have no part yet, and call `on_done` with each of the others and its counts.

        retry_errors: yield those too whose rows have errors. Raises UserError where a part is of a block with another
        content: then the input has changed.
        """
        for block in blocks:
            self._names.add(block.name)
            name = self.done.get(block.index)
            if name not in (None, block.name):
                raise UserError(f"--out {self.folder.name}: {name} is of another input, which has changed; {OVERWRITE}")
            counts = output.read_counts(self.folder, name) if name else None
            if counts is not None and not (retry_errors and counts.errors):
                on_done(block, counts)
                continue
            if self._complete:  # by a run one of whose parts is to be written again
                self.folder.delete(SUCCESS)
                self._complete = False
            yield block

    def finish(self, counts: Counts) -> None:
        """Write _SUCCESS, after the end of `remaining`. Raises UserError where parts are missing or surplus."""
        there = set(output.finished(self.folder).values())
        if surplus := sorted(there - self._names):
            raise UserError(f"--out {self.folder.name}: {surplus[0]} is of another input; {OVERWRITE}")
        if missing := sorted(self._names - there):
            raise UserError(f"--out {self.folder.name}: {missing[0]} is missing; rerun to resume")
        output.write_success(self.folder, len(there), counts)


@contextmanager
def opened(folder: Folder, task: Task, source: Mapping[str, Any], *, overwrite: bool = False) -> Iterator[Job]:
    """Yield the job of a folder, which no other run can write meanwhile.

    source: what is read, as plain values by name. What a run of the same job has written stays; overwrite: delete it
    instead. Raises UserError for a folder of another job, which names the difference, for one with other files, and
    while another run writes it.
    """
    state = {"brandlens": __version__, **task.describe(), **source}
    output.arrow()
    with folder.locked():
        names = folder.files()
        _refuse_others(folder, names)
        if overwrite:
            for name in sorted(names, key=lambda name: name != SUCCESS):  # so that half a folder never looks whole
                if name != LEASE:
                    folder.delete(name)
        elif JOB in names:
            _compare(folder, state)
        elif output.finished(folder):
            raise UserError(f"--out {folder.name}: holds parts, and no {JOB} that says of what; {OVERWRITE}")
        if overwrite or JOB not in names:
            with folder.open(JOB) as path:
                write_json(state, path)
        yield Job(folder, task, output.finished(folder), _complete=SUCCESS in folder.files())


def _refuse_others(folder: Folder, names: Iterable[str]) -> None:
    """Raise UserError for a folder with files that no run has written."""
    for name in names:
        if name not in (JOB, SUCCESS, LEASE) and not output.PART.fullmatch(name):
            raise UserError(
                f"--out {folder.name}: holds other files, such as {name}; name an empty folder, or a new one"
            )


def _compare(folder: Folder, state: dict[str, Any]) -> None:
    """Raise UserError where the folder is another job's, with the first thing that differs."""
    with folder.read(JOB) as file:
        try:
            known = json.load(file)
        except ValueError:
            known = {}
    for name in {**known, **state}:
        before, now = known.get(name), json.loads(json.dumps(state.get(name)))
        if before != now:
            difference = f"{name} was {_short(before)}, and is {_short(now)}"
            raise UserError(f"--out {folder.name}: is of another job: {difference}; {OVERWRITE}")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
