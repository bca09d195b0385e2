"""What a command says on standard error while it reads reviews: how far it is, and which rows cannot be read."""

import sys
from collections.abc import Sequence

from tqdm import tqdm

MAX_REPORTED = 10  # rows that cannot be read are named one by one, up to this many


def progress_bar(hidden: bool = False) -> "tqdm[None]":
    """Return a progress bar that counts reviews, for people who watch and do not see the scores go by."""
    return tqdm(unit="review", unit_scale=True, file=sys.stderr, disable=hidden or not sys.stderr.isatty())


def advance(bar: "tqdm[None]", num_rows: int, progress: float, resumed: bool = False) -> None:
    """Move the bar on; the total is estimated from the progress, the share of the file that is read, above 0."""
    if bar.disable:
        return
    num_done = bar.n + num_rows
    bar.total = max(num_done, round(num_done / progress))
    if resumed:
        bar.initial += num_rows  # scored by an earlier run, so does not count for the speed
    bar.update(num_rows)


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
