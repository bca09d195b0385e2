"""Digits → one trained network, by its recipe in params.yaml; a killed training is resumed."""

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
        repeats: int = 1,
        seed: int = 1,
    ) -> None:
        """Prepare the first epoch, which has each digit `repeats` times.

        pixels: (n, height, width, channels) float32, with one channel where they are distorted. labels: (n, classes).
        """
        super().__init__()
        self.pixels, self.labels, self.batch_size, self.repeats = pixels, labels, batch_size, repeats
        self.distortion, self.seed = distortion, seed
        self.start_epoch(0)

    def __len__(self) -> int:
        """Return the number of whole batches in an epoch, or the one there is."""
        return max(1, self.repeats * len(self.pixels) // self.batch_size)

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
        rng = np.random.default_rng((self.seed, epoch))
        self.order = np.concatenate([rng.permutation(len(self.pixels)) for _ in range(self.repeats)])


@dataclass(frozen=True)
class Data:
    """What a network learns from and is validated on: (n, height, width, channels) float32, (n,) class numbers."""

    pixels: np.ndarray
    labels: np.ndarray
    val_pixels: np.ndarray
    val_labels: np.ndarray
    num_classes: int = networks.NUM_CLASSES


def train(
    data: Data,
    cfg: Network,
    run_dir: Path,
    *,
    distortion: Distortion,
    min_steps: int = 1,
    seed: int = 1,
) -> keras.Model:
    """Train a network, or resume where a killed call stopped; its log is run_dir/phase-0.csv.

    min_steps: steps at least; where there are few digits, an epoch passes over them several times. Raises UserError
    without digits.
    """
    if not len(data.pixels):
        raise UserError("digits.train: there is no digit to learn from")
    training.set_up(seed)
    model = networks.build(cfg, data.pixels.shape[1:], data.num_classes)
    run_dir.mkdir(parents=True, exist_ok=True)
    training.fit_or_load(model, run_dir, 0, lambda: _fit(model, data, cfg, run_dir, distortion, min_steps, seed))
    return model


def _fit(
    model: keras.Model, data: Data, cfg: Network, run_dir: Path, distortion: Distortion, min_steps: int, seed: int
) -> None:
    one_hot = np.eye(data.num_classes, dtype=np.float32)
    steps = max(1, cfg.epochs * len(data.pixels) // cfg.batch_size)
    batches = DigitBatches(
        data.pixels,
        one_hot[data.labels],
        cfg.batch_size,
        distortion if cfg.distort else None,
        repeats=math.ceil(min_steps / steps),
        seed=seed,
    )
    compile_model(model, cfg, cfg.epochs * len(batches))
    model.fit(
        batches,
        epochs=cfg.epochs,
        validation_data=(data.val_pixels, one_hot[data.val_labels]),
        validation_batch_size=500,
        callbacks=[training.StartEpoch(batches), *training.callbacks(run_dir, 0, 0)],
        verbose=0,
    )
    if cfg.ema_momentum and cfg.batch_norm:
        num_batches = min(len(batches), math.ceil(BATCH_NORM_DIGITS / cfg.batch_size))
        training.update_bn(model, (batches[index][0] for index in range(num_batches)))


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
    logits = model.predict(pixels, batch_size=batch_size, verbose=0)
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits))
