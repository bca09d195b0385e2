"""What a network is trained on, batch by batch: reviews of about the same length, padded no further than they need."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from brandlens.sentiment.text.vocabulary import PAD, pad_sequences

JITTER = 0.1  # share by which a length is off when reviews are sorted, so that the same ones do not always meet
STEPS = 8  # widths up to the longest review; each is compiled once where a backend compiles for a shape


class Batches(keras.utils.PyDataset):
    """((n, width) int32 tokens, {"label": (n, 2) float32}): every review once an epoch, in new company each time.

    The width of a batch is that of its longest review, rounded up (see `rounded`); its last one may be smaller. The
    widest batch comes first and the narrowest second: what does not fit into memory fails at once, and Keras, which
    takes for fixed what the first two batches have in common, sees that the width is not.
    """

    def __init__(
        self,
        rows: Sequence[np.ndarray],
        labels: np.ndarray,
        *,
        batch: int,
        segment: int = 0,
        seed: int = 1,
        **rest: Any,
    ) -> None:
        """rows: (n,) int32 each. labels: (m,) probabilities of positive. batch: reviews. segment: tokens; 0: none."""
        super().__init__(**rest)
        positive = np.asarray(labels, np.float32)
        self.rows, self.labels, self.batch = rows, np.stack([1 - positive, positive], axis=1), batch
        self.lengths = np.array([len(row) for row in rows], np.int64)
        self.step = segment or math.ceil(self.lengths.max(initial=1) / STEPS)
        self.random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        """Batches in an epoch."""
        return math.ceil(len(self.rows) / self.batch)

    def __getitem__(self, at: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        chosen = self.order[at]
        tokens = pad_sequences([self.rows[each] for each in chosen])
        width = self._width(at)
        if at == 0 and len(self.order) > 1 and width == self._width(1):  # all are of one width, today
            width += self.step
        spare = width - tokens.shape[1]
        return np.pad(tokens, ((0, 0), (0, spare)), constant_values=PAD), {"label": self.labels[chosen]}

    def _width(self, at: int) -> int:
        return rounded(int(self.lengths[self.order[at]].max(initial=0)), self.step)

    def on_epoch_end(self) -> None:
        """Other batches, in another order."""
        about = self.lengths * self.random.uniform(1 - JITTER, 1 + JITTER, len(self.rows))
        batches = np.split(np.argsort(about), range(self.batch, len(self.rows), self.batch))
        self.random.shuffle(batches)
        widths = [self.lengths[each].max(initial=0) for each in batches]
        ends = [int(np.argmax(widths)), int(np.argmin(widths))]
        self.order = [batches[at] for at in dict.fromkeys([*ends, *range(len(batches))])]


def rounded(width: int, step: int) -> int:
    """The width rounded up to a multiple of `step`, or of a quarter of that where it is no more than one step."""
    part = step if width > step else math.ceil(step / 4)
    return max(1, math.ceil(width / part)) * part
