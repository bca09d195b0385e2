"""What a network is trained on, batch by batch: crops, and beside them dense patches where the network can slide."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.detectors.sliding_window.dense_patches import PatchSet

Tensors = dict[str, np.ndarray]
CROPS_PER_PATCH = 8  # in a batch


def training_model(network: keras.Model, shapes: Mapping[str, tuple[int, ...]]) -> keras.Model:
    """Return the network with one input each for crops and patches; the weights are shared.

    shapes: as from `CropBatches.shapes`. Outputs, as far as the network has them: crop.label, crop.box_deltas,
    patch.label, patch.box_deltas.
    """
    inputs = {kind: keras.Input(shape, dtype="uint8", name=kind) for kind, shape in shapes.items()}
    outputs = {}
    for kind, pixels in inputs.items():
        for name, output in network(pixels).items():
            outputs[f"{kind}.{name}"] = output
    return keras.Model(inputs, outputs)


class CropBatches(keras.utils.PyDataset):
    """(inputs, targets, weights) for `training_model`: every crop once an epoch, in a new order each time.

    All batches are full: the last one is filled up with crops that it, or an earlier one, has already.
    """

    def __init__(
        self,
        crops: CropSet,
        patches: PatchSet | None,
        class_weights: np.ndarray,
        *,
        batch_size: int,
        with_box_deltas: bool,
        seed: int,
        **options: Any,
    ) -> None:
        """Prepare the first epoch.

        class_weights: (classes,) weight of a crop of each class. batch_size: crops in a batch, beside an eighth as many
        patches. with_box_deltas: whether the network has them. options: of keras.utils.PyDataset.
        """
        super().__init__(**options)
        self.crops, self.patches, self.class_weights = crops, patches, class_weights
        self.batch_size, self.with_box_deltas = batch_size, with_box_deltas
        self.patch_batch_size = max(1, batch_size // CROPS_PER_PATCH)
        self.seed = seed
        self._set_turn(0)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return math.ceil(len(self.crops.crops) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Tensors, Tensors, Tensors]:
        batch = self._crops(self.crop_order[index * self.batch_size : (index + 1) * self.batch_size])
        if self.patches is not None:
            start = index * self.patch_batch_size
            chosen = self._patches(self.patches, self.patch_order[start : start + self.patch_batch_size])
            for tensors, more in zip(batch, chosen, strict=True):
                tensors.update(more)
        return batch

    def start_epoch(self, epoch: int) -> None:
        """Put crops and patches into the order of an epoch, which depends on the seed and the epoch alone."""
        self._set_turn(epoch + 1)  # turn 0 is what Keras looks at before the first epoch, and ends then

    def on_epoch_end(self) -> None:
        """Go on to the next order."""
        self._set_turn(self.turn + 1)

    def _set_turn(self, turn: int) -> None:
        self.turn = turn
        rng = np.random.default_rng(self.seed)
        for _ in range(turn + 1):
            self._shuffle(rng)

    def _shuffle(self, rng: np.random.Generator) -> None:
        self.crop_order = np.resize(rng.permutation(len(self.crops.crops)), len(self) * self.batch_size)
        if self.patches is not None and len(self):
            num_patches = len(self.patches.patches)
            repeats = -(-len(self) * self.patch_batch_size // num_patches)
            self.patch_order = np.concatenate([rng.permutation(num_patches) for _ in range(repeats)])

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """(height, width, 3) of a crop and, where there are any, of a patch."""
        crops = {"crop": self.crops.crops.shape[1:]}
        return crops if self.patches is None else {**crops, "patch": self.patches.patches.shape[1:]}

    def _crops(self, chosen: np.ndarray) -> tuple[Tensors, Tensors, Tensors]:
        class_ids = self.crops.class_ids[chosen][:, None, None]  # the network gives 1 row and 1 column of windows
        box_deltas = self.crops.box_deltas[chosen][:, None, None]
        return self._tensors("crop", self.crops.crops[chosen], class_ids, box_deltas, self.class_weights[class_ids])

    def _patches(self, patches: PatchSet, chosen: np.ndarray) -> tuple[Tensors, Tensors, Tensors]:
        class_ids = patches.class_ids[chosen]
        # a window counts as much as half a crop
        weights = (class_ids >= 0) * np.float32(class_ids.size / (2 * self.batch_size))
        return self._tensors("patch", patches.patches[chosen], class_ids, patches.box_deltas[chosen], weights)

    def _tensors(
        self, kind: str, pixels: np.ndarray, class_ids: np.ndarray, box_deltas: np.ndarray, weights: np.ndarray
    ) -> tuple[Tensors, Tensors, Tensors]:
        one_hot = np.eye(len(self.class_weights), dtype=np.float32)[np.maximum(class_ids, 0)]
        targets = {f"{kind}.label": one_hot}
        target_weights = {f"{kind}.label": weights.astype(np.float32)}
        if self.with_box_deltas:  # background has no box, so there its deltas weigh nothing
            targets[f"{kind}.box_deltas"] = box_deltas
            target_weights[f"{kind}.box_deltas"] = np.where(class_ids > 0, weights, 0).astype(np.float32)
        return {kind: pixels}, targets, target_weights


def class_weights(class_ids: np.ndarray, num_classes: int, class_weight: str) -> np.ndarray:
    """Return the (num_classes,) float32 weight of a crop of each class.

    class_weight: none, all weigh 1; balanced, every class weighs the same in all.
    """
    if class_weight == "none":
        return np.ones(num_classes, np.float32)
    counts = np.maximum(np.bincount(class_ids, minlength=num_classes), 1)
    return (len(class_ids) / (num_classes * counts)).astype(np.float32)
