"""Pictures with boxes → a trained one-shot network, resumable after a kill."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import keras
import numpy as np

from brandlens import training
from brandlens.errors import UserError
from brandlens.logo.detectors.one_stage import batches, network
from brandlens.logo.detectors.one_stage.augment import Augmentation
from brandlens.logo.detectors.one_stage.dataset import TrainingImage
from brandlens.logo.detectors.one_stage.losses import OneStageLoss

EPOCHS = 20  # parts of the training: after each a line in the log, and a state to go on from
BN_BATCHES = 40  # batches that the final weights' batch statistics are taken from
FORGET = 5.0  # of a training shorter than the running mean of the weights needs, its start counts exp(-FORGET)


@dataclass(frozen=True)
class Recipe:
    """How the network is trained; logo.train.shot in params.yaml says the units."""

    width: float
    size: int
    steps: int
    batch: int
    rate: float
    decay: float
    average: float
    calm: float
    change: Augmentation
    seed: int


def train(
    album: Sequence[TrainingImage],
    held: Sequence[TrainingImage],
    labels: int,
    recipe: Recipe,
    work: Path,
    dtype_policy: str = "float32",
) -> keras.Model:
    """Train from nothing on an album; `held`, which may be empty, is for the validation loss in the log alone.

    What a later call needs to go on after a kill is kept in `work`. Returns the network in float32.
    """
    work.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # squares are made by threads of ours, beside the network's

    def build() -> keras.Model:
        return network.shot(labels, width=recipe.width)

    with training.dtype_scope(dtype_policy):
        model = build()
    steps = max(1, recipe.steps // EPOCHS)
    squares = batches.MosaicBatches(
        album, size=recipe.size, batch=recipe.batch, steps=steps, change=recipe.change, seed=recipe.seed
    )
    epochs = -(-recipe.steps // steps)
    turns = batches.CloseMosaic(
        squares, round(epochs * (1 - recipe.calm)), replace(recipe.change, mosaic=0.0, paste=0.0)
    )
    with training.dtype_scope(dtype_policy):
        training.fit_or_load(model, work, 0, lambda: _fit(model, squares, turns, epochs, held, recipe, work))
    turns.on_epoch_begin(epochs)  # squares that it was not trained on
    training.update_bn(model, (squares[at][0] for at in range(min(BN_BATCHES, steps))))
    return training.float32_copy(model, build)


def _fit(
    model: keras.Model,
    squares: batches.MosaicBatches,
    turns: batches.CloseMosaic,
    epochs: int,
    held: Sequence[TrainingImage],
    recipe: Recipe,
    work: Path,
) -> None:
    steps = epochs * len(squares)
    average = min(recipe.average, max(0.0, 1 - FORGET / steps))
    optimizer = training.optimizer("adamw", recipe.rate, "cosine", steps, recipe.decay, ema_momentum=average)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    both = network.trainer(model)
    both.compile(optimizer=optimizer, loss=OneStageLoss(recipe.size, recipe.size), jit_compile=training.jit_compile())
    fitted = both.fit(
        squares,
        epochs=epochs,
        validation_data=batches.plain(held, recipe.size, recipe.batch) if held else None,
        validation_batch_size=recipe.batch,
        callbacks=[turns, *training.callbacks(work, "part-0", patience=0)],
        verbose=training.verbosity(),
    )
    if fitted.history and not np.isfinite(fitted.history["loss"][-1]):
        raise UserError(f"logo.train.shot: the loss became {fitted.history['loss'][-1]}; lower its rate")
