"""Training images for the network, batch by batch, made beside the training; the same seed gives the same ones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from brandlens.config.logo import OneStage
from brandlens.logo.detectors.one_stage.assigner import PADDING
from brandlens.logo.detectors.one_stage.augment import Sample, augment, letterbox_sample
from brandlens.logo.detectors.one_stage.dataset import PARTIAL, TrainingImage
from brandlens.training import StartEpoch

MAX_BOXES = 32  # in a training image; of more, the smallest go
NUM_WORKERS = 2  # threads that make batches; OpenCV lets other threads run meanwhile

Batch = tuple[np.ndarray, np.ndarray]  # (batch, size, size, 3) uint8 and (batch, MAX_BOXES, 5) float32, see `assigner`


class MosaicBatches(keras.utils.PyDataset):
    """Training images: every picture in turn, in a new order each time.

    A training image depends on the seed, on `epoch` and on its index alone, not on the thread that makes it, nor on
    what was made before: a resumed training goes on with what it would have had. From epoch `partial_from` on the
    labels count as incomplete, see `stack`.
    """

    def __init__(
        self,
        images: Sequence[TrainingImage],
        cfg: OneStage,
        *,
        steps_per_epoch: int,
        seed: int,
        partial_from: float = np.inf,
        workers: int = NUM_WORKERS,
        **options: Any,
    ) -> None:
        """Start at epoch 0. steps_per_epoch: number of batches. options: of keras.utils.PyDataset."""
        super().__init__(workers=workers, **{"max_queue_size": 4, **options})
        self.images, self.cfg, self.steps_per_epoch, self.seed = images, cfg, steps_per_epoch, seed
        self.partial_from, self.epoch = partial_from, 0

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self.steps_per_epoch

    def start_epoch(self, epoch: int) -> None:
        """Make the batches of an epoch from now on."""
        self.epoch = epoch

    def __getitem__(self, index: int) -> Batch:
        first = (self.epoch * self.steps_per_epoch + index) * self.cfg.batch_size
        samples = [self._sample(number) for number in range(first, first + self.cfg.batch_size)]
        return stack(samples, partial=self.epoch >= self.partial_from)

    def _sample(self, number: int) -> Sample:
        turn, index = divmod(number, len(self.images))
        order = np.random.default_rng([self.seed, turn]).permutation(len(self.images))
        rng = np.random.default_rng([self.seed, turn, index])
        return augment(self.images, int(order[index]), self.cfg.image_size, self.cfg, rng)


class CloseMosaic(StartEpoch):
    """Prepares the batches of each epoch, from epoch `start` on without mosaics and pasted logos."""

    def __init__(self, batches: MosaicBatches, start: int) -> None:
        super().__init__(batches)
        self.batches: MosaicBatches = batches
        self.start = start

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Prepare them, before the first is made."""
        super().on_epoch_begin(epoch)
        if epoch >= self.start:
            self.batches.cfg = replace(self.batches.cfg, mosaic=0.0, copy_paste=0.0)


def val_batch(images: Sequence[TrainingImage], size: int, batch_size: int) -> Batch:
    """Return whole pictures, unchanged, for validation; filled up from the start to a multiple of the batch size."""
    count = -(-len(images) // batch_size) * batch_size
    return stack([letterbox_sample(images[index % len(images)], size) for index in range(count)])


def stack(samples: Sequence[Sample], *, partial: bool = False) -> Batch:
    """Return samples as one batch. partial: whether each has a PARTIAL region as large as itself."""
    y_true = np.full((len(samples), MAX_BOXES, 5), PADDING, np.float32)
    for row, (pixels, boxes, labels) in zip(y_true, samples, strict=True):
        sizes = boxes[:, 2:] - boxes[:, :2]
        kept = np.argsort(-sizes[:, 0] * sizes[:, 1], kind="stable")[: MAX_BOXES - partial]
        row[: len(kept), :4], row[: len(kept), 4] = boxes[kept], labels[kept]
        row[len(kept) :, :4] = 0
        if partial:
            row[-1] = 0, 0, pixels.shape[1], pixels.shape[0], PARTIAL
    return np.stack([pixels for pixels, _, _ in samples]), y_true
