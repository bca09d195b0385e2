"""Augmented crops → a trained network: epochs, then rounds of hard-negative mining, resumable after a kill."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from brandlens import training
from brandlens.errors import UserError
from brandlens.logo.augment import Augmented
from brandlens.logo.batches import Batches, class_weights, targets
from brandlens.logo.network import NETWORKS, Look, twin
from brandlens.logo.slabs import Slabs


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
class Part:
    """A stretch of epochs at one learning rate."""

    number: int
    epochs: int
    rate: float


Miner = Callable[[keras.Model], np.ndarray]  # float32 network → (n, height, width, 3) uint8 false alarms


def train(
    data: Augmented,
    slabs: Slabs | None,
    validation: Augmented,
    classes: int,
    recipe: Recipe,
    work: Path,
    rounds: Sequence[tuple[int, Miner]] = (),
) -> keras.Model:
    """Train from nothing; `rounds` are (epochs, miner): after the first training each mines false alarms and goes on.

    slabs: only for a network that slides; None for crops alone.

    Everything that a later call needs to go on after a kill is kept in `work`: finished parts as weights, the running one
    as Keras' backup, the false alarms as .npy. Returns the network in float32.
    """
    work.mkdir(parents=True, exist_ok=True)
    build = builder(data, classes, recipe)
    model = build()
    parts: list[tuple[int, Miner | None]] = [(recipe.epochs, None), *rounds]
    for number, (epochs, mine) in enumerate(parts):
        if mine is not None:
            data = with_others(data, _mined(work / f"mined-{number}.npy", lambda mine=mine: mine(twin(model, build))))
        weights = work / f"part-{number}.weights.h5"
        if weights.exists():
            model.load_weights(weights)
            continue
        rate = recipe.rate if mine is None else recipe.rate / 4  # a round corrects a trained network, it does not start over
        _fit(model, data, slabs, validation, recipe, Part(number, epochs, rate), work)
        partial = work / "partial.weights.h5"
        model.save_weights(partial)
        partial.replace(weights)
    return twin(model, build)


def builder(data: Augmented, classes: int, recipe: Recipe) -> Callable[[], keras.Model]:
    """A function that builds the recipe's network for these crops, with their mean and deviation inside."""
    sample = data.crops[:: max(1, len(data.crops) // 5000)] / 255.0
    height, width = data.crops.shape[1:3]
    look = Look(height, width, classes, sample.mean(axis=(0, 1, 2)), np.maximum(sample.std(axis=(0, 1, 2)), 1e-3))
    decay = 0.0 if recipe.optimizer == "adamw" else recipe.l2  # AdamW decays the weights itself
    return lambda: NETWORKS[recipe.network](look, filters=recipe.width, dropout=recipe.dropout, l1=recipe.l1, l2=decay)


def _mined(path: Path, mine: Callable[[], np.ndarray]) -> np.ndarray:
    """What `mine` finds, kept in a file so that a resumed run learns from the same."""
    if not path.exists():
        partial = path.with_suffix(".partial.npy")
        np.save(partial, mine())
        partial.replace(path)
    return np.load(path)


def with_others(data: Augmented, found: np.ndarray) -> Augmented:
    """The training crops with false alarms added as class 0."""
    return Augmented(
        np.concatenate([data.crops, found]),
        np.concatenate([data.classes, np.zeros(len(found), data.classes.dtype)]),
        np.concatenate([data.places, np.zeros((len(found), 4), data.places.dtype)]),
    )


def _fit(
    model: keras.Model, data: Augmented, slabs: Slabs | None, validation: Augmented, recipe: Recipe, plan: Part, work: Path
) -> None:
    places = "place" in model.output
    classes = model.output["label"].shape[-1]
    weigh = class_weights(data.classes, classes, recipe.weights)
    batches = Batches(data, slabs, weigh, batch=recipe.batch, places=places, seed=plan.number)
    label = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=recipe.focus, label_smoothing=recipe.smoothing)
    model.compile(
        optimizer=training.optimizer(recipe.optimizer, plan.rate, recipe.schedule, len(batches) * plan.epochs, decay=recipe.l2),
        loss={"label": label, "place": keras.losses.Huber(delta=0.1)} if places else {"label": label},
        loss_weights={"label": 1.0, "place": 10.0} if places else None,
        weighted_metrics={"label": ["accuracy"]},
    )
    held = targets(validation, slice(None), np.ones(classes, np.float32), places) if len(validation.crops) else None
    fitted = model.fit(
        batches,
        epochs=plan.epochs,
        validation_data=held,
        callbacks=training.callbacks(work, f"part-{plan.number}", recipe.patience if held else 0),
        verbose=training.verbosity(),
    )
    if fitted.history and not np.isfinite(fitted.history["loss"][-1]):
        raise UserError(f"logo.train: the loss became {fitted.history['loss'][-1]}; lower the network's rate")
