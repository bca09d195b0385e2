"""Digits → trained networks, by their recipe in params.yaml; a killed training is resumed."""

import math
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from brandlens import training
from brandlens.config.digits import Distortion, Network
from brandlens.digits import networks
from brandlens.digits.distort import distort
from brandlens.errors import UserError

STEPS_PER_EXECUTION = 16  # of small networks, a step of which takes no longer than to start it
BATCH_NORM_DIGITS = 10_000  # that the statistics of averaged weights are estimated on


class DigitBatches(keras.utils.PyDataset):
    """((n, height, width, channels) float32 pixels, (n, classes) float32): each digit changed at random.

    What is in a batch depends on the seed, the epoch and the batch's index alone.
    """

    def __init__(
        self,
        pixels: np.ndarray,
        labels: np.ndarray,
        batch_size: int,
        distortion: Distortion | None = None,
        *,
        seed: int = 1,
    ) -> None:
        """Prepare the first epoch, which has each digit once, but for those that fill no whole batch.

        pixels: (n, height, width, channels) float32, with one channel where they are distorted. labels: (n, classes).
        """
        super().__init__()
        self.pixels, self.labels, self.batch_size = pixels, labels, batch_size
        self.distortion, self.seed = distortion, seed
        self.start_epoch(0)

    def __len__(self) -> int:
        """Return the number of whole batches in an epoch, or the one there is."""
        return max(1, len(self.pixels) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a batch."""
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        pixels = self.pixels[chosen]
        if self.distortion is not None:
            rng = np.random.default_rng((self.seed, self.epoch, index))
            pixels = distort(pixels[..., 0], self.distortion, rng)[..., None]
        return pixels, self.labels[chosen]

    def start_epoch(self, epoch: int) -> None:
        """Put the digits of an epoch in order."""
        self.epoch = epoch
        self.order = np.random.default_rng((self.seed, epoch)).permutation(len(self.pixels))


@dataclass(frozen=True)
class Data:
    """What a network learns from and is validated on: (n, height, width, channels) float32, (n,) class numbers."""

    pixels: np.ndarray
    labels: np.ndarray
    val_pixels: np.ndarray
    val_labels: np.ndarray
    num_classes: int = networks.NUM_CLASSES


class Trainer:
    """Trains a network from several random starts.

    Its graphs are built once, which takes longer than a short training: each start gives the same variables new values.
    """

    def __init__(self, data: Data, cfg: Network, *, distortion: Distortion, min_steps: int = 1) -> None:
        """Prepare the trainings of a network. Raises UserError without digits.

        min_steps: steps at least, for which batches are smaller than cfg.batch_size where there are few digits.
        """
        if not len(data.pixels):
            raise UserError("digits.train: there is no digit to learn from")
        self.data, self.cfg = data, cfg
        one_hot = np.eye(data.num_classes, dtype=np.float32)
        self.labels = one_hot[data.labels]
        self.distortion = distortion if cfg.distort else None
        self.batch_size = max(1, min(cfg.batch_size, cfg.epochs * len(data.pixels) // min_steps))
        self.model: keras.Model | None = None
        self.optimizer_start: list[np.ndarray] = []

    def train(self, run_dir: Path, seed: int = 1) -> keras.Model:
        """Train it, or resume where a killed call stopped; its log is run_dir/phase-0.csv.

        Returns the one model of all starts: save or use it before the next one.
        """
        training.set_up(seed)
        batches = DigitBatches(self.data.pixels, self.labels, self.batch_size, self.distortion, seed=seed)
        model = self._start(networks.build(self.cfg, self.data.pixels.shape[1:], self.data.num_classes), len(batches))
        run_dir.mkdir(parents=True, exist_ok=True)
        training.fit_or_load(model, run_dir, 0, lambda: self._fit(model, batches, run_dir))
        return model

    def _start(self, fresh: keras.Model, num_batches: int) -> keras.Model:
        """Return the compiled model with the weights and generators of a fresh one, its optimizer as at the start."""
        if self.model is None:
            compile_model(fresh, self.cfg, self.cfg.epochs * num_batches)
            fresh.optimizer.build(fresh.trainable_variables)
            self.optimizer_start = [keras.ops.convert_to_numpy(each) for each in fresh.optimizer.variables]
            self.model = fresh
            return fresh
        for variable, start in zip(self.model.variables, fresh.variables, strict=True):
            variable.assign(start)
        for variable, value in zip(self.model.optimizer.variables, self.optimizer_start, strict=True):
            variable.assign(value)
        return self.model

    def _fit(self, model: keras.Model, batches: DigitBatches, run_dir: Path) -> None:
        validation = Validation(self.data.val_pixels, self.data.val_labels)
        callbacks = [training.StartEpoch(batches), validation, *training.brief_callbacks(run_dir)]
        model.fit(batches, epochs=self.cfg.epochs, callbacks=callbacks, verbose=0)
        if self.cfg.ema_momentum and self.cfg.batch_norm:
            num_batches = min(len(batches), math.ceil(BATCH_NORM_DIGITS / self.batch_size))
            training.update_bn(model, (batches[index][0] for index in range(num_batches)))


class Validation(keras.callbacks.Callback):
    """Puts `val_accuracy` into an epoch's logs. Keras' own validation builds a graph, and a dataset for every epoch."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Take (n, height, width, channels) float32 pixels and (n,) class numbers."""
        super().__init__()
        self.pixels, self.labels = pixels, labels

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Add it to the epoch's logs."""
        if logs is not None:
            logs["val_accuracy"] = float((predict(self.model, self.pixels).argmax(axis=1) == self.labels).mean())


def compile_model(model: keras.Model, cfg: Network, steps: int) -> None:
    """Give a network its loss and its optimizer for so many steps.

    A running mean reaches back over a tenth of a short training at most: Keras' begins with the random weights.
    """
    ema_momentum = min(cfg.ema_momentum, max(0.0, 1 - 10 / steps))
    model.compile(
        training.optimizer(cfg.optimizer, cfg.learning_rate, cfg.lr_schedule, steps, ema_momentum=ema_momentum),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=cfg.label_smoothing),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        steps_per_execution=STEPS_PER_EXECUTION,
        jit_compile=training.jit_compile(),
    )


def predict(model: keras.Model, pixels: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """Return the (n, classes) float32 probabilities of (n, height, width, channels) float32 pixels, in their order."""
    parts = [pixels[start : start + batch_size] for start in range(0, len(pixels), batch_size)]
    logits = [keras.ops.softmax(model(part, training=False)) for part in parts]
    return np.concatenate([keras.ops.convert_to_numpy(each) for each in logits])
