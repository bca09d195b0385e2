"""A task without a model for tests of runs: it is quick, and says in every row what it was given."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from brandlens.bulk import fetch, output
from brandlens.bulk.blocks import Block, Columns, InputRow, Limits, Rows

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that worker processes can import this module


@dataclass(frozen=True)
class LengthTask:
    """Scores a text by its length; sleeps `seconds` a batch, and is killed by the text "kill" while `fuse` is there."""

    limits: Limits = Limits(block_rows=4, batch_rows=2)  # noqa: RUF009
    unit: str = "text"
    revision: str = "r1"
    seconds: float = 0.0
    fuse: str = ""

    def load(self, threads: int) -> "LengthTask":
        assert threads >= 1
        return self

    def __call__(self, batch: Mapping[str, Any]) -> Columns:
        time.sleep(self.seconds)
        if "kill" in batch["input"] and (not self.fuse or Path(self.fuse).exists()):
            Path(self.fuse or "none").unlink(missing_ok=True)
            os.kill(os.getpid(), signal.SIGKILL)
        rows = zip(batch["input"], batch["error"], strict=True)
        scores = [None if error else float(len(text)) for text, error in rows]
        labels = [None if score is None else "long" for score in scores]
        return {
            "id": batch["id"], "input": batch["input"], "label": labels,
            "score": scores, "reason": [None] * len(scores), "error": batch["error"], "seconds": [0.0] * len(scores),
        }  # fmt: skip

    def read(self, block: Block) -> Iterator[Columns]:
        return fetch.read_texts(block, self.limits)

    def schema(self) -> Any:
        return output.sentiment_schema(False)

    def describe(self) -> dict[str, Any]:
        return {"side": "lengths", "revision": self.revision}


def blocks_of(*texts: str | None, size: int = 4) -> list[Block]:
    """Blocks that carry these texts; None is one that cannot be read."""
    rows = [InputRow(f"#{n}", t, None if t is not None else f"t.csv, row {n}: no text") for n, t in enumerate(texts)]
    cut = [tuple(rows[start : start + size]) for start in range(0, len(rows), size)]
    return [Block(index, Rows(part), (index + 1) / len(cut)) for index, part in enumerate(cut)]


@pytest.fixture
def task() -> LengthTask:
    return LengthTask()
