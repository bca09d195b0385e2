"""What a network is trained on, batch by batch: crops, and beside them slabs where the network can slide."""

from typing import Any

import keras
import numpy as np

from brandlens.logo.augment import Augmented
from brandlens.logo.slabs import Slabs

Tensors = dict[str, np.ndarray]
SLABS = 8  # as many crops are in a batch for each slab


def trainer(network: keras.Model, crop: tuple[int, int], slab: tuple[int, int] | None) -> keras.Model:
    """The network with an input for crops and one for slabs, both (height, width); the weights are shared.

    Two inputs of fixed sizes, since TensorFlow runs convolutions of unknown size half as fast (measured on 2 cores).
    Outputs: crop.label, crop.place, slab.label, slab.place, those that there are.
    """
    inputs = {"crop": keras.Input((*crop, 3), dtype="uint8", name="crop")}
    if slab is not None:
        inputs["slab"] = keras.Input((*slab, 3), dtype="uint8", name="slab")
    outputs = {
        f"{kind}.{name}": output for kind, pixels in inputs.items() for name, output in network(pixels).items()
    }
    return keras.Model(inputs, outputs)


class Batches(keras.utils.PyDataset):
    """(inputs, wished outputs, weights) for `trainer`, in a new order each epoch."""

    def __init__(
        self, data: Augmented, slabs: Slabs | None, weigh: np.ndarray, *, batch: int, places: bool, seed: int, **rest: Any
    ) -> None:
        """weigh: (classes,) weight of a crop of each class. batch: crops in a batch, beside batch / 8 slabs."""
        super().__init__(**rest)
        self.data, self.slabs, self.weigh, self.places, self.batch = data, slabs, weigh, places, batch
        self.random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        """Batches in an epoch: every crop comes once."""
        return -(-len(self.data.crops) // self.batch)

    def __getitem__(self, at: int) -> tuple[Tensors, Tensors, Tensors]:
        chosen = self.order[at * self.batch : (at + 1) * self.batch]
        inputs, wished, weights = self._crops(chosen)
        if self.slabs is not None:
            some = max(1, self.batch // SLABS)
            more = self._slabs(self.slab_order[at * some : (at + 1) * some])
            for mine, its in zip((inputs, wished, weights), more, strict=True):
                mine.update(its)
        return inputs, wished, weights

    def on_epoch_end(self) -> None:
        """Another order."""
        self.order = self.random.permutation(len(self.data.crops))
        if self.slabs is not None:
            needed = len(self) * max(1, self.batch // SLABS)
            rounds = -(-needed // len(self.slabs.pictures))
            self.slab_order = np.concatenate([self.random.permutation(len(self.slabs.pictures)) for _ in range(rounds)])

    def _crops(self, chosen: np.ndarray) -> tuple[Tensors, Tensors, Tensors]:
        classes = self.data.classes[chosen][:, None, None]  # the network answers for 1 row and 1 column of windows
        places = self.data.places[chosen][:, None, None]
        return self._tensors("crop", self.data.crops[chosen], classes, places, self.weigh[classes])

    def _slabs(self, chosen: np.ndarray) -> tuple[Tensors, Tensors, Tensors]:
        classes = self.slabs.classes[chosen]
        weight = (classes >= 0) * np.float32(classes.size / (2 * self.batch))  # a window counts as much as half a crop
        return self._tensors("slab", self.slabs.pictures[chosen], classes, self.slabs.places[chosen], weight)

    def _tensors(
        self, kind: str, pixels: np.ndarray, classes: np.ndarray, places: np.ndarray, weight: np.ndarray
    ) -> tuple[Tensors, Tensors, Tensors]:
        wished = {f"{kind}.label": np.eye(len(self.weigh), dtype=np.float32)[np.maximum(classes, 0)]}
        weights = {f"{kind}.label": weight.astype(np.float32)}
        if self.places:  # "other" has no place, so there it weighs nothing
            wished[f"{kind}.place"] = places
            weights[f"{kind}.place"] = np.where(classes > 0, weight, 0).astype(np.float32)
        return {kind: pixels}, wished, weights


def class_weights(classes: np.ndarray, count: int, choice: str) -> np.ndarray:
    """(count,) float32 weight of a crop of each class: all 1, or "balanced": each class counts alike."""
    if choice == "equal":
        return np.ones(count, np.float32)
    members = np.maximum(np.bincount(classes, minlength=count), 1)
    return (len(classes) / (count * members)).astype(np.float32)
