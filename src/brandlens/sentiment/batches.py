"""What a network is trained on, batch by batch: reviews of about the same length, padded no further than they need."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from brandlens.sentiment.text.vocabulary import PAD, pad_sequences

JITTER = 0.1  # fraction that a length is off when reviews are sorted, so that the same ones do not always meet
NUM_WIDTHS = 8  # up to the longest review; each is compiled once where a backend compiles for a shape

Draw = Callable[[int], tuple[Sequence[np.ndarray], np.ndarray]]  # turn → rows, and (m, labels) float32 probabilities


class ReviewBatches(keras.utils.PyDataset):
    """((n, width) int32 tokens, {"label": (n, labels) float32}): every review once an epoch, in new company each time.

    The width of a batch is that of its longest review, rounded up (see `round_width`); the last batch may have fewer
    reviews. The widest batch comes first, so that what does not fit into memory fails at once, and the narrowest second
    (see `__getitem__`).
    """

    def __init__(
        self,
        rows: Sequence[np.ndarray],
        labels: np.ndarray,
        *,
        batch_size: int,
        num_labels: int = 2,
        segment_length: int = 0,
        seed: int = 1,
        draw: Draw | None = None,
        **options: Any,
    ) -> None:
        """Prepare the first epoch.

        rows: (t,) int32 token ids each. labels: (n,) class numbers, or (n, labels) probabilities. segment_length:
        tokens; 0: no segments. draw: makes the reviews of a turn, as many for each, in the place of these; None: they
        are the same for all.
        """
        super().__init__(**options)
        self.own_rows, self.batch_size = rows, batch_size
        self.own_labels = to_probabilities(labels, num_labels)
        self.step = width_step(np.array([len(row) for row in rows], np.int64), segment_length)
        self.seed, self.draw = seed, draw
        self._set_turn(0)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return math.ceil(len(self.rows) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return a batch; the first is a step wider where all batches of this epoch have one width.

        On TensorFlow, Keras takes the shape of all batches from the first two (PyDatasetAdapter.get_tf_dataset, with
        NUM_BATCHES_FOR_TENSOR_SPEC of keras/src/trainers/data_adapters/data_adapter_utils.py): a width that these share
        becomes fixed, and a batch of a later epoch that is narrower would be refused.
        """
        chosen = self.order[index]
        width = self._width(index)
        if index == 0 and len(self.order) > 1 and width == self._width(1):
            width += self.step
        return pad_to([self.rows[review] for review in chosen], width), {"label": self.labels[chosen]}

    def _width(self, index: int) -> int:
        return round_width(int(self.lengths[self.order[index]].max(initial=0)), self.step)

    def start_epoch(self, epoch: int) -> None:
        """Put the reviews into the batches of an epoch, which depend on the seed and the epoch alone."""
        self._set_turn(epoch + 1)  # turn 0 is what Keras looks at before the first epoch, and ends then

    def on_epoch_end(self) -> None:
        """Go on to other batches."""
        self._set_turn(self.turn + 1)

    def _set_turn(self, turn: int) -> None:
        self.turn = turn
        self.rows, self.labels = self.own_rows, self.own_labels
        if self.draw is not None:
            self.rows, self.labels = self.draw(turn)
        self.lengths = np.array([len(row) for row in self.rows], np.int64)
        rng = np.random.default_rng(self.seed)
        for _ in range(turn + 1):
            batches = self._shuffled(rng)
        longest = [self.lengths[batch].max(initial=0) for batch in batches]
        first = [int(np.argmax(longest)), int(np.argmin(longest))]
        self.order = [batches[index] for index in dict.fromkeys([*first, *range(len(batches))])]

    def _shuffled(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Return the reviews of each batch, those of about the same length together, in a random order."""
        jittered = self.lengths * rng.uniform(1 - JITTER, 1 + JITTER, len(self.rows))
        batches = np.split(np.argsort(jittered), range(self.batch_size, len(self.rows), self.batch_size))
        rng.shuffle(batches)
        return batches


def to_probabilities(labels: np.ndarray, num_labels: int) -> np.ndarray:
    """Return (n, labels) float32 of (n,) class numbers, or of what is that already."""
    labels = np.asarray(labels)
    return np.asarray(labels if labels.ndim == 2 else np.eye(num_labels)[labels.astype(np.int64)], np.float32)


def predict_logits(network: keras.Model, rows: Sequence[np.ndarray], batch_size: int = 128) -> np.ndarray:
    """Return a Keras network's (n, labels) float32 logits, in the order of the (t,) int32 rows of token ids."""
    lengths = np.array([len(row) for row in rows], np.int64)
    order, step = np.argsort(-lengths, kind="stable"), width_step(lengths)
    logits = np.zeros((len(rows), network.output["label"].shape[-1]), np.float32)
    for start in range(0, len(rows), batch_size):
        batch = order[start : start + batch_size]
        tokens = pad_to([rows[index] for index in batch], round_width(int(lengths[batch[0]]), step))
        logits[batch] = network.predict_on_batch(tokens)["label"]
    return logits


def width_step(lengths: np.ndarray, segment_length: int = 0) -> int:
    """Return what widths of batches are multiples of: the segment length, or a fraction of the longest review's."""
    return segment_length or math.ceil(lengths.max(initial=1) / NUM_WIDTHS)


def round_width(width: int, step: int) -> int:
    """Return the width rounded up to a multiple of `step`, or of a quarter of that where it is at most one step."""
    unit = step if width > step else math.ceil(step / 4)
    return max(1, math.ceil(width / unit)) * unit


def pad_to(rows: Sequence[np.ndarray], width: int) -> np.ndarray:
    """Return (n, width) int32 tokens: rows padded on the right."""
    tokens = pad_sequences(rows)
    return np.pad(tokens, ((0, 0), (0, width - tokens.shape[1])), constant_values=PAD)
