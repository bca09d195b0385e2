"""What a network is trained on, batch by batch: crops, and beside them slabs where the network can slide."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from brandlens.logo.detectors.sliding_window.crop_set import CropSet
from brandlens.logo.detectors.sliding_window.dense_patches import DensePatches

Tensors = dict[str, np.ndarray]
SLABS = 8  # as many crops are in a batch for each slab


def training_model(network: keras.Model, shapes: Mapping[str, tuple[int, ...]]) -> keras.Model:
    """The network with one input each for crops and slabs; the weights are shared. shapes: as from `Batches.shapes`.

    Outputs: crop.label, crop.place, slab.label, slab.place, those that there are.
    """
    inputs = {kind: keras.Input(shape, dtype="uint8", name=kind) for kind, shape in shapes.items()}
    outputs = {}
    for kind, pixels in inputs.items():
        for name, output in network(pixels).items():
            outputs[f"{kind}.{name}"] = output
    return keras.Model(inputs, outputs)


class CropBatches(keras.utils.PyDataset):
    """(inputs, wished outputs, weights) for `trainer`: every crop once an epoch, in a new order each time.

    All batches are full: the last one is filled up with crops that it, or an earlier one, has already.
    """

    def __init__(
        self,
        data: CropSet,
        slabs: DensePatches | None,
        weigh: np.ndarray,
        *,
        batch: int,
        places: bool,
        seed: int,
        **rest: Any,
    ) -> None:
        """weigh: (classes,) weight of a crop of each class. batch: crops in a batch, beside batch / 8 slabs."""
        super().__init__(**rest)
        self.data, self.slabs, self.weigh, self.places, self.batch = data, slabs, weigh, places, batch
        self.some = max(1, batch // SLABS)
        self.random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        """Batches in an epoch."""
        return math.ceil(len(self.data.crops) / self.batch)

    def __getitem__(self, at: int) -> tuple[Tensors, Tensors, Tensors]:
        inputs, wished, weights = self._crops(self.order[at * self.batch : (at + 1) * self.batch])
        if self.slabs is not None:
            more = self._slabs(self.slab_order[at * self.some : (at + 1) * self.some])
            for mine, its in zip((inputs, wished, weights), more, strict=True):
                mine.update(its)
        return inputs, wished, weights

    def on_epoch_end(self) -> None:
        """Another order."""
        self.order = np.resize(self.random.permutation(len(self.data.crops)), len(self) * self.batch)
        if self.slabs is not None and len(self):
            rounds = -(-len(self) * self.some // len(self.slabs.pictures))
            self.slab_order = np.concatenate([self.random.permutation(len(self.slabs.pictures)) for _ in range(rounds)])

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """(height, width, 3) of a crop and, where there are any, of a slab."""
        crops = {"crop": self.data.crops.shape[1:]}
        return crops if self.slabs is None else {**crops, "slab": self.slabs.pictures.shape[1:]}

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
