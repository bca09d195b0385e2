"""A Keras callback that stops a training early and ends it with its best weights, also when it was resumed."""

import json
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brandlens import io


class BestWeights(keras.callbacks.Callback):
    """Ends a training with the weights of the lowest validation loss, after `patience` epochs without a lower one.

    Unlike Keras' EarlyStopping it keeps them in a folder, so that a resumed training knows them, and how long it has
    waited. It takes them while validation runs: where SwapEMAWeights swaps for each validation, that is the average.
    """

    def __init__(self, folder: Path, patience: int, *, fresh: bool) -> None:
        """Start, or resume with what is in the folder; fresh: discard what an earlier training left there."""
        super().__init__()
        self.weights, self.card, self.patience = folder / "weights.npz", folder / "best.json", patience
        folder.mkdir(parents=True, exist_ok=True)
        if fresh:
            self.card.unlink(missing_ok=True)
        self.best: dict[str, Any] = {"epoch": -1, "loss": math.inf}
        if self.card.exists():
            self.best = json.loads(self.card.read_text())

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the epoch."""
        self.epoch = epoch

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Keep the weights where the validation loss is lower than ever."""
        loss = float((logs or {})["loss"])
        if not loss < self.best["loss"]:
            return
        self.best = {"epoch": self.epoch, "loss": loss}
        with io.atomic_write(self.weights) as unfinished:
            np.savez(unfinished, *self.model.get_weights())
        with io.atomic_write(self.card) as unfinished:
            unfinished.write_text(json.dumps(self.best))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Stop where the patience is at its end."""
        if epoch - self.best["epoch"] >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Put the best weights in place."""
        if self.best["epoch"] >= 0:
            with np.load(self.weights) as stored:
                self.model.set_weights([stored[name] for name in stored.files])
