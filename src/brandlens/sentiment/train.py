"""Reviews as numbers and the vectors of their words → a trained network, resumable after a kill."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brandlens import io, onnx_runtime, training
from brandlens.errors import UserError
from brandlens.metrics.calibration import softmax, temperature
from brandlens.sentiment import export, inference
from brandlens.sentiment.batches import Batches
from brandlens.sentiment.models import ngrams
from brandlens.sentiment.models.adversarial import Adversarial
from brandlens.sentiment.models.nb_features import append_log_count_ratio
from brandlens.sentiment.models.network import NETWORKS


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; sentiment.train in params.yaml says the units."""

    network: str
    leaning: float
    units: int
    longest: int
    segment: int
    grams: int
    epochs: int
    taught: int
    batch: int
    optimizer: str
    rate: float
    schedule: str
    clip: float
    l2: float
    dropout: float
    forget: float
    perturb: float
    smoothing: float
    average: float
    patience: int


@dataclass(frozen=True)
class Data:
    """What a network is trained on and held to: reviews as (n,) int32 numbers of tokens, and their 0 or 1 labels.

    vectors: (words, size) float32, one for each number. unlabelled: reviews without labels.
    """

    rows: Sequence[np.ndarray]
    labels: np.ndarray
    held_rows: Sequence[np.ndarray]
    held_labels: np.ndarray
    vectors: np.ndarray
    unlabelled: Sequence[np.ndarray] = ()


@dataclass(frozen=True)
class Phase:
    """A training and, where it goes on with unlabelled reviews, a second one. epochs: how long it is."""

    number: int
    epochs: int
    seed: int

    @property
    def name(self) -> str:
        """That of its log and its backup."""
        return f"part-{self.number}"


def train(data: Data, recipe: Recipe, work: Path, seed: int = 1, dtype_policy: str = "float32") -> keras.Model:
    """Train from nothing, or go on where a killed call left off: all that it needs is kept in `work`.

    First on labelled reviews; then, where there are unlabelled ones and `taught` epochs for them, on both together.
    Returns the network in float32, with the best weights on validation where patience is asked for, else the last ones;
    either way their running mean where that is; and with a linear model of n-grams beside it where `grams` are.
    Raises UserError without reviews, or when the loss grows without bound.
    """
    if not len(data.rows):
        raise UserError("sentiment.train: there is no labelled review to learn from")
    work.mkdir(parents=True, exist_ok=True)
    vectors = data.vectors
    if recipe.leaning:
        vectors = append_log_count_ratio(vectors, data.rows, data.labels, recipe.leaning)
    build = builder(vectors, recipe)
    with training.dtype_scope(dtype_policy):
        network = build()
        training.fit_or_load(network, work, 0, lambda: _fit(network, data, recipe, Phase(0, recipe.epochs, seed), work))
    counting = linear(data, recipe, seed)
    if recipe.taught and len(data.unlabelled):
        labels = training.cached_array(
            work / "taught.npy",
            lambda: probabilities(calibrated_ensemble(training.float32_copy(network, build), counting, data), data),
        )
        more = with_unlabelled(data, labels)
        with training.dtype_scope(dtype_policy):
            training.fit_or_load(
                network, work, 1, lambda: _fit(network, more, recipe, Phase(1, recipe.taught, seed), work)
            )
    network = training.float32_copy(network, build)
    return network if counting is None else calibrated_ensemble(network, counting, data)


def linear(data: Data, recipe: Recipe, seed: int) -> ngrams.HashedNgrams | None:
    """The linear model of n-grams to stand beside a network; None where the recipe or the labels want none."""
    if not recipe.grams:
        return None
    labelled = (data.rows, data.labels), (data.held_rows, data.held_labels)
    return ngrams.fitted(*labelled, longest=recipe.grams, words=len(data.vectors), seed=seed)


def calibrated_ensemble(network: keras.Model, counting: ngrams.HashedNgrams | None, data: Data) -> keras.Model:
    """The network, its logits calibrated on validation, beside the linear model where there is one."""
    return ngrams.add_linear_branch(
        network, counting, temperature(predict_logits(network, data.held_rows), data.held_labels)
    )


def predict_logits(network: keras.Model, rows: Sequence[np.ndarray]) -> np.ndarray:
    """(n, 2) float32 of reviews, by ONNX Runtime, which is quicker than Keras."""
    return inference.predict_logits(onnx_runtime.session(export.to_onnx(network), 1), rows, onnx_runtime.cores())


def probabilities(network: keras.Model, data: Data) -> np.ndarray:
    """(m,) float32: how surely the unlabelled reviews are positive. What the network is taught then.

    Self-training (Scudder 1965) with soft labels (Hinton et al. 2015), by two that err on other reviews: one reads and
    one counts words in a row.
    """
    return softmax(predict_logits(network, data.unlabelled))[:, 1]


def with_unlabelled(data: Data, labels: np.ndarray) -> Data:
    """The training reviews with the unlabelled ones added, given these probabilities of positive."""
    return replace(data, rows=[*data.rows, *data.unlabelled], labels=np.concatenate([data.labels, labels]))


def builder(vectors: np.ndarray, recipe: Recipe) -> Callable[[], keras.Model]:
    """A function that builds the recipe's network for these (words, size) vectors."""
    decay = 0.0 if recipe.optimizer == "adamw" else recipe.l2  # AdamW decays the weights itself
    return lambda: NETWORKS[recipe.network](
        vectors, units=recipe.units, segment=recipe.segment, dropout=recipe.dropout, forget=recipe.forget, l2=decay
    )


def _fit(network: keras.Model, data: Data, recipe: Recipe, part: Phase, work: Path) -> None:
    shape = {"batch": recipe.batch, "segment": recipe.segment, "seed": part.seed}
    batches = Batches(data.rows, data.labels, **shape)
    held = Batches(data.held_rows, data.held_labels, **shape)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.smoothing)
    model = Adversarial(network, recipe.perturb, loss) if recipe.perturb else network
    model.compile(
        optimizer=training.optimizer(
            recipe.optimizer, recipe.rate, recipe.schedule, len(batches) * part.epochs,
            weight_decay=recipe.l2, clipvalue=recipe.clip, ema_momentum=recipe.average,
        ),
        loss={"label": loss},
        metrics={"label": ["accuracy"]},
    )  # fmt: skip
    chosen = training.callbacks(work, part.name, patience=0)
    if recipe.patience and len(held):
        fresh = not (work / "backup" / part.name).exists()
        chosen.append(BestWeights(work / "best" / part.name, recipe.patience, fresh=fresh))
    if recipe.average:
        chosen.append(keras.callbacks.SwapEMAWeights())  # behind Best, which so sees the mean in place
    fitted = model.fit(
        batches,
        epochs=part.epochs,
        validation_data=held if len(held) else None,
        callbacks=chosen,
        verbose=training.verbosity(),
    )
    if fitted.history and not np.isfinite(fitted.history["loss"][-1]):
        raise UserError(f"sentiment.train: the loss became {fitted.history['loss'][-1]}; lower the network's rate")


class BestWeights(keras.callbacks.Callback):
    """Ends a training with the weights that had the lowest validation loss, some epochs after there was none better.

    Unlike Keras' EarlyStopping it keeps them in a folder, so that a resumed training knows them; and it takes them
    while the validation runs, so that they are the running mean where SwapEMAWeights has put that in place.
    """

    def __init__(self, folder: Path, patience: int, *, fresh: bool) -> None:
        """patience: epochs. fresh: forget what an earlier training left in the folder."""
        super().__init__()
        self.weights, self.card, self.patience = folder / "weights.npz", folder / "best.json", patience
        folder.mkdir(parents=True, exist_ok=True)
        if fresh:
            self.card.unlink(missing_ok=True)
        self.best: dict[str, Any] = {"epoch": -1, "loss": math.inf}
        if self.card.exists():
            self.best = json.loads(self.card.read_text())

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        loss = float((logs or {})["loss"])
        if not loss < self.best["loss"]:
            return
        self.best = {"epoch": self.epoch, "loss": loss}
        with io.atomic_write(self.weights) as unfinished:
            np.savez(unfinished, *self.model.get_weights())
        self.card.write_text(json.dumps(self.best))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if epoch - self.best["epoch"] >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self.best["epoch"] >= 0:
            with np.load(self.weights) as kept:
                self.model.set_weights([kept[name] for name in kept.files])
