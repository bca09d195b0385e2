"""What a run says while it goes on: rows done, how many a second, errors by reason, and the time left."""

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TextIO

from brandlens.bulk.blocks import Block
from brandlens.bulk.output import Counts
from brandlens.errors import plural

SHORT, LONG = 1.0, 60.0  # seconds between two lines: on a terminal, where one overwrites the other, and in a log
MAX_REASONS = 3  # in a line


class Progress:
    """Counts what is done, and prints a line now and then. Rows of an earlier run do not count for the speed."""

    def __init__(self, unit: str, out: TextIO | None = None) -> None:
        self.unit, self.out = unit, out or sys.stderr
        self.counts = Counts()
        self.num_resumed, self.share, self.share_resumed = 0, 0.0, 0.0
        self._shares: dict[int, float] = {}
        self._start = self._printed = time.monotonic()
        self._width = 0

    def watch(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield the blocks, and note what share of the input each is."""
        reached = 0.0
        for block in blocks:
            self._shares[block.index] = block.progress - reached
            reached = block.progress
            yield block

    def add(self, block: Block, counts: Counts, *, resumed: bool = False) -> None:
        """Count a block that is done, by an earlier run if resumed."""
        share = self._shares.pop(block.index, 0.0)
        self.counts.update(counts)
        self.share += share
        if resumed:
            self.num_resumed += counts["rows"]
            self.share_resumed += share
        else:
            self._print()

    def line(self, seconds: float) -> str:
        """Return a line of all counts, so many seconds after the start."""
        num_new = self.counts["rows"] - self.num_resumed
        done = self.share - self.share_resumed
        left = f", {duration(seconds * (1 - self.share) / done)} left" if done > 0 and self.share < 1 else ""
        speed = f"{num_new / seconds:,.1f} a second" if seconds else "0 a second"
        return f"{self.counts['rows']:,} {self.unit}s ({self.share:.1%}), {speed}{left}{describe_errors(self.counts)}"

    def _print(self, *, last: bool = False) -> None:
        now, is_terminal = time.monotonic(), self.out.isatty()
        if not last and now - self._printed < (SHORT if is_terminal else LONG):
            return
        self._printed = now
        line = self.line(now - self._start)
        print(f"\r{line:{self._width}}" if is_terminal else line, end="" if is_terminal else "\n", file=self.out)
        self.out.flush()
        self._width = len(line)

    def close(self) -> None:
        """End the line on a terminal, with all that is done by now."""
        if self._width and self.out.isatty():
            self._print(last=True)
            print(file=self.out)

    def summary(self) -> str:
        """Return a line of all that the folder holds."""
        seconds = time.monotonic() - self._start
        earlier = f", {self.num_resumed:,} of them by an earlier run" if self.num_resumed else ""
        num_new = self.counts["rows"] - self.num_resumed
        speed = f"; {duration(seconds)}, {num_new / max(seconds, 1e-9):,.1f} a second" if num_new else ""
        errors = describe_errors(self.counts, len(self.counts))
        return f"{self.counts['rows']:,} {self.unit}s{earlier}{speed}{errors}"


def describe_errors(counts: Counts, most: int = MAX_REASONS) -> str:
    """Return how many rows have an error, by reason with the commonest first; "" for none."""
    errors = counts.errors
    if not errors:
        return ""
    reasons = [f"{count:,} {reason}" for reason, count in errors.items()]
    named = ", ".join([*reasons[:most], *(["..."] if len(reasons) > most else [])])
    return f"; {plural(sum(errors.values()), 'error')}: {named}"


def duration(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))
