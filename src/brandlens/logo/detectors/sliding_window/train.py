"""Examples crops → a trained network: epochs, then rounds of hard-negative mining, resumable after a kill."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from brandlens import training
from brandlens.errors import UserError
from brandlens.logo.detectors.sliding_window.batches import CropBatches, class_weights, training_model
from brandlens.logo.detectors.sliding_window.crop_set import CropSet
from brandlens.logo.detectors.sliding_window.dense_patches import DensePatches
from brandlens.logo.detectors.sliding_window.network import NETWORKS, InputSpec


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; logo.train in params.yaml says the units."""

    network: str
    width: float
    epochs: int
    batch: int
    optimizer: str
    rate: float
    schedule: str
    l1: float
    l2: float
    dropout: float
    smoothing: float
    weights: str
    focus: float
    patience: int


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs at one learning rate."""

    number: int
    epochs: int
    rate: float


Miner = Callable[[keras.Model], np.ndarray]  # float32 network → (n, height, width, 3) uint8 false alarms


@dataclass(frozen=True)
class Data:
    """What a network is trained on and held to: crops and, for a network that slides, slabs. classes: with "other"."""

    crops: CropSet
    slabs: DensePatches | None
    held: CropSet
    held_slabs: DensePatches | None
    classes: int


def train(
    data: Data, recipe: Recipe, work: Path, rounds: Sequence[tuple[int, Miner]] = (), dtype_policy: str = "float32"
) -> keras.Model:
    """Train from nothing; `rounds` are (epochs, miner): after the first training each mines false alarms and goes on.

    Everything that a later call needs to go on after a kill is kept in `work`: finished parts as weights, the running
    one as Keras' backup, the false alarms as .npy. Returns the network in float32.
    """
    work.mkdir(parents=True, exist_ok=True)
    build = builder(data, recipe)
    with training.dtype_scope(dtype_policy):
        model = build()
    parts: list[tuple[int, Miner | None]] = [(recipe.epochs, None), *rounds]
    for number, (epochs, mine) in enumerate(parts):
        if mine is not None:
            found = training.cached_array(
                work / f"mined-{number}.npy", lambda mine=mine: mine(training.float32_copy(model, build))
            )
            data = replace(data, crops=add_negatives(data.crops, found))
        # a round corrects a trained network, it does not start over
        part = Phase(number, epochs, recipe.rate if mine is None else recipe.rate / 4)
        with training.dtype_scope(dtype_policy):
            training.fit_or_load(
                model, work, number, lambda part=part, data=data: _fit(model, data, recipe, part, work)
            )
    return training.float32_copy(model, build)


def builder(data: Data, recipe: Recipe) -> Callable[[], keras.Model]:
    """A function that builds the recipe's network for these crops, with their mean and deviation inside."""
    crops = data.crops.crops
    sample = crops[:: max(1, len(crops) // 5000)] / 255.0
    look = InputSpec(
        *crops.shape[1:3], data.classes, sample.mean(axis=(0, 1, 2)), np.maximum(sample.std(axis=(0, 1, 2)), 1e-3)
    )
    decay = 0.0 if recipe.optimizer == "adamw" else recipe.l2  # AdamW decays the weights itself
    return lambda: NETWORKS[recipe.network](look, filters=recipe.width, dropout=recipe.dropout, l1=recipe.l1, l2=decay)


def add_negatives(data: CropSet, found: np.ndarray) -> CropSet:
    """The training crops with false alarms added as class 0."""
    return CropSet(
        np.concatenate([data.crops, found]),
        np.concatenate([data.classes, np.zeros(len(found), data.classes.dtype)]),
        np.concatenate([data.places, np.zeros((len(found), 4), data.places.dtype)]),
    )


def _fit(model: keras.Model, data: Data, recipe: Recipe, part: Phase, work: Path) -> None:
    places = "place" in model.output
    weigh = class_weights(data.crops.classes, data.classes, recipe.weights)
    batches = CropBatches(data.crops, data.slabs, weigh, batch=recipe.batch, places=places, seed=part.number)
    held = CropBatches(data.held, data.held_slabs, np.ones_like(weigh), batch=recipe.batch, places=places, seed=0)
    both = training_model(model, batches.shapes)
    label = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=recipe.focus, label_smoothing=recipe.smoothing)
    losses = {"label": label, "place": keras.losses.Huber(delta=0.1)}
    shares = {"label": 1.0, "place": 10.0}
    both.compile(
        optimizer=training.optimizer(
            recipe.optimizer, part.rate, recipe.schedule, len(batches) * part.epochs, weight_decay=recipe.l2
        ),
        loss={name: losses[name.split(".")[1]] for name in both.output},
        loss_weights={name: shares[name.split(".")[1]] for name in both.output},
        weighted_metrics={"crop.label": ["accuracy"]},
    )
    fitted = both.fit(
        batches,
        epochs=part.epochs,
        validation_data=held if len(held) else None,
        callbacks=training.callbacks(work, f"part-{part.number}", recipe.patience if len(held) else 0),
        verbose=training.verbosity(),
    )
    if fitted.history and not np.isfinite(fitted.history["loss"][-1]):
        raise UserError(f"logo.train: the loss became {fitted.history['loss'][-1]}; lower the network's rate")
