"""What a network is trained on, batch by batch: crops, and slabs between them where there are any."""

from typing import Any

import keras
import numpy as np

from brandlens.logo.augment import Augmented
from brandlens.logo.slabs import Slabs

Batch = tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]  # pictures, wished outputs, weights


class Batches(keras.utils.PyDataset):
    """Shuffled anew each epoch. With slabs every second batch is one of slabs, as many of them as there are of crops."""

    def __init__(
        self, data: Augmented, slabs: Slabs | None, weigh: np.ndarray, *, batch: int, places: bool, seed: int, **rest: Any
    ) -> None:
        """weigh: (classes,) weight of a crop of each class. batch: crops in a batch; slabs come in an eighth of that."""
        super().__init__(**rest)
        self.data, self.slabs, self.weigh, self.places = data, slabs, weigh, places
        self.batch, self.slab_batch = batch, max(1, batch // 8)
        self.random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        """Batches in an epoch."""
        crops = -(-len(self.data.crops) // self.batch)
        return 2 * crops if self.slabs is not None else crops

    def __getitem__(self, at: int) -> Batch:
        if self.slabs is None:
            return self._crops(at)
        return self._slabs(at // 2) if at % 2 else self._crops(at // 2)

    def on_epoch_end(self) -> None:
        """Another order."""
        self.order = self.random.permutation(len(self.data.crops))
        if self.slabs is not None:
            needed = len(self) // 2 * self.slab_batch
            rounds = -(-needed // len(self.slabs.pictures))
            self.slab_order = np.concatenate([self.random.permutation(len(self.slabs.pictures)) for _ in range(rounds)])

    def _crops(self, at: int) -> Batch:
        chosen = self.order[at * self.batch : (at + 1) * self.batch]
        return targets(self.data, chosen, self.weigh, self.places)

    def _slabs(self, at: int) -> Batch:
        chosen = self.slab_order[at * self.slab_batch : (at + 1) * self.slab_batch]
        classes = self.slabs.classes[chosen]
        weight = (classes >= 0) * np.float32(classes.size / (2 * self.batch))  # a window counts as much as half a crop
        wished = {"label": np.eye(len(self.weigh), dtype=np.float32)[np.maximum(classes, 0)]}
        weights = {"label": weight.astype(np.float32)}
        if self.places:
            wished["place"] = self.slabs.places[chosen]
            weights["place"] = np.where(classes > 0, weight, 0).astype(np.float32)
        return self.slabs.pictures[chosen], wished, weights


def targets(data: Augmented, chosen: np.ndarray | slice, weigh: np.ndarray, places: bool) -> Batch:
    """These crops as Keras' fit takes them; "other" has no place, so there it weighs nothing."""
    here = (slice(None), None, None)  # the network answers for 1 row and 1 column of windows
    classes = data.classes[chosen]
    wished = {"label": np.eye(len(weigh), dtype=np.float32)[classes][here]}
    weights = {"label": weigh[classes][here]}
    if places:
        wished["place"] = data.places[chosen][here]
        weights["place"] = (classes > 0).astype(np.float32)[here]
    return data.crops[chosen], wished, weights


def class_weights(classes: np.ndarray, count: int, choice: str) -> np.ndarray:
    """(count,) float32 weight of a crop of each class: all 1, or "balanced": each class counts alike."""
    if choice == "equal":
        return np.ones(count, np.float32)
    members = np.maximum(np.bincount(classes, minlength=count), 1)
    return (len(classes) / (count * members)).astype(np.float32)
