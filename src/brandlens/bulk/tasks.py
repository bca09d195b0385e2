"""What a run does with its rows, a class a side: read them, load the predictor, and the schema of the results."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from brandlens import images, io, model_card
from brandlens.bulk import fetch, output
from brandlens.bulk.blocks import Block, Columns, Limits
from brandlens.datasets.reviews import TWO_LABELS
from brandlens.logo import tiling
from brandlens.logo.predictor import LogoPredictor
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.terms.lexicon import Lexicon

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


@dataclass(frozen=True)
class LogoTask:
    """Detect logos in pictures. model: the folder; revision: see `revision_of`; the others: see `LogoPredictor`."""

    model: str
    revision: str
    threshold: float | None = None
    tile: int = tiling.SIDE
    max_pixels: int = images.MAX_PIXELS
    limits: Limits = Limits(block_rows=256, batch_rows=32)  # noqa: RUF009, frozen
    unit: str = "picture"

    def load(self, threads: int) -> Predictor:
        """Return the predictor. Raises ModelError."""
        return LogoPredictor.load(
            self.model, threads=threads, threshold=self.threshold, tile=self.tile, max_pixels=self.max_pixels
        )

    def read(self, block: Block) -> Iterator[Columns]:
        """Yield the batches of a block: id, input, data, error."""
        return fetch.read_pictures(block, self.limits, self.max_pixels)

    def schema(self) -> Any:
        """Return the schema of the parts."""
        return output.logo_schema()

    def describe(self) -> dict[str, Any]:
        """Return all that results depend on besides the input."""
        return {"side": "logo", **_values(self)}


@dataclass(frozen=True)
class SentimentTask:
    """Score reviews.

    model: the folder; revision: see `revision_of`; explained: whether there are words; labels: the model's.
    lexicon: terms that results are to have, or None.
    """

    model: str
    revision: str
    explained: bool = False
    labels: tuple[str, ...] = TWO_LABELS
    lexicon: Lexicon | None = None
    limits: Limits = Limits(block_rows=16_384, batch_rows=4096)  # noqa: RUF009, frozen
    unit: str = "review"

    def load(self, threads: int) -> Predictor:
        """Return the predictor. Raises ModelError."""
        predictor = SentimentPredictor.load(self.model, threads=threads, explained=self.explained, lexicon=self.lexicon)
        return lambda batch: _with_structs(predictor(batch))

    def read(self, block: Block) -> Iterator[Columns]:
        """Yield the batches of a block: id, input, error."""
        return fetch.read_texts(block, self.limits)

    def schema(self) -> Any:
        """Return the schema of the parts."""
        return output.sentiment_schema(self.explained, self.labels, self.lexicon is not None)

    def describe(self) -> dict[str, Any]:
        """Return all that results depend on besides the input."""
        return {"side": "sentiment", **_values(self)}


def revision_of(model: str) -> str:
    """Return the revision of a model's folder: the first twelve digits of the SHA-256 of its files."""
    return io.folder_digest(Path(model))[:12]


def labels_of(model: str) -> tuple[str, ...]:
    """Return the labels of a sentiment model's folder. Raises ModelError."""
    return tuple(map(str, model_card.read(Path(model), "sentiment").get("labels", TWO_LABELS)))


def _values(task: LogoTask | SentimentTask) -> dict[str, Any]:
    """Return a task's fields: not the place of the model, whose revision counts, nor the size of batches."""
    values = asdict(task)
    limits = {"block_rows": task.limits.block_rows, "block_bytes": task.limits.block_bytes}
    return {name: value for name, value in values.items() if name not in ("model", "limits", "unit")} | limits


def _with_structs(columns: Columns) -> Columns:
    """Return results whose words and spans are named values, as the schema has them."""
    if "words" not in columns:
        return columns
    words = [
        None if row is None else [{"word": word, "change": change} for word, change in row] for row in columns["words"]
    ]
    spans = [
        None if row is None else [dict(zip(("start", "end", "change"), span, strict=True)) for span in row]
        for row in columns["spans"]
    ]
    return columns | {"words": words, "spans": spans}
