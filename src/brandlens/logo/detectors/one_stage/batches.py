"""Squares for the network, batch by batch, made beside the training; the same seed gives the same ones."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from brandlens.logo.detectors.one_stage import augment
from brandlens.logo.detectors.one_stage.assigner import PADDING
from brandlens.logo.detectors.one_stage.augment import Augmentation
from brandlens.logo.detectors.one_stage.dataset import TrainingImage

MOST = 32  # boxes in a square; of more, the smallest go
THREADS = 2  # that make batches; OpenCV lets other threads run meanwhile

Batch = tuple[np.ndarray, np.ndarray]  # (batch, size, size, 3) uint8 and (batch, MOST, 5) float32, see targets


class MosaicBatches(keras.utils.PyDataset):
    """Training squares: every picture in turn, in a new order each time.

    A square depends on the seed, on `epoch` and on its place in it alone, not on the thread that makes it, nor on what
    was made before: a resumed training goes on with what it would have seen. `epoch` is set by `Turns`.
    """

    def __init__(
        self,
        album: Sequence[TrainingImage],
        *,
        size: int,
        batch: int,
        steps: int,
        change: Augmentation,
        seed: int,
        workers: int = THREADS,
        **rest: Any,
    ) -> None:
        """size: pixels of a side; batch: squares in a batch; steps: batches in an epoch."""
        super().__init__(workers=workers, **{"max_queue_size": 4, **rest})
        self.album, self.size, self.batch, self.steps, self.change, self.seed = album, size, batch, steps, change, seed
        self.epoch = 0

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.steps

    def __getitem__(self, at: int) -> Batch:
        first = (self.epoch * self.steps + at) * self.batch
        return stacked([self._square(number) for number in range(first, first + self.batch)])

    def _square(self, number: int) -> augment.Square:
        turn, at = divmod(number, len(self.album))
        order = np.random.default_rng([self.seed, turn]).permutation(len(self.album))
        return augment.square(
            self.album, int(order[at]), self.size, self.change, np.random.default_rng([self.seed, turn, at])
        )


class CloseMosaic(keras.callbacks.Callback):
    """Tells squares which epoch it is; from epoch `calm` on they are changed as `after` says."""

    def __init__(self, squares: MosaicBatches, calm: int, after: Augmentation) -> None:
        super().__init__()
        self.squares, self.calm, self.after = squares, calm, after

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Before the first batch of the epoch is made."""
        self.squares.epoch = epoch
        if epoch >= self.calm:
            self.squares.change = self.after


def plain(album: Sequence[TrainingImage], size: int, batch: int) -> Batch:
    """Whole pictures, unchanged, for validation; the last batch is filled up from the start."""
    count = -(-len(album) // batch) * batch
    return stacked([augment.plain(album[at % len(album)], size) for at in range(count)])


def stacked(squares: Sequence[augment.Square]) -> Batch:
    """One batch of squares."""
    truth = np.full((len(squares), MOST, 5), PADDING, np.float32)
    for row, (_, boxes, kinds) in zip(truth, squares, strict=True):
        sides = boxes[:, 2:] - boxes[:, :2]
        kept = np.argsort(-sides[:, 0] * sides[:, 1], kind="stable")[:MOST]
        row[: len(kept), :4], row[: len(kept), 4] = boxes[kept], kinds[kept]
        row[len(kept) :, :4] = 0
    return np.stack([pixels for pixels, _, _ in squares]), truth
