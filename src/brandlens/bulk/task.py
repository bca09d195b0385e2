"""What an engine asks of a side: read a block, load the predictor, and the schema of the results."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from brandlens.bulk.blocks import Block, Columns, Limits

Predictor = Callable[[Mapping[str, Any]], Columns]


class Task(Protocol):
    """A side's part in a run. Picklable: workers load the predictor themselves, from the folder of the model."""

    @property
    def limits(self) -> Limits:
        """How large blocks and batches are."""

    @property
    def unit(self) -> str:
        """What a row is, for people: picture, review."""

    @property
    def revision(self) -> str:
        """The revision of the model, which stands in every row."""

    def load(self, threads: int) -> Predictor:
        """Return the predictor, which runs on so many cores."""

    def read(self, block: Block) -> Iterator[Columns]:
        """Yield the batches of a block, as the predictor takes them."""

    def schema(self) -> Any:
        """Return the schema of the parts."""

    def describe(self) -> dict[str, Any]:
        """Return all that results depend on besides the input: plain values by name."""
