"""The lectures' advice, one factor at a time → benchmarks/results/advice.json: what still pays,
and what no longer does.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/advice.py

A small network on 5,000 digits of MNIST, each variant for the same number of steps and from the same three seeds, which
decide random weights and the order of digits; error on the 10,000 training digits kept for validation. The effect of a
factor is the mean over seeds of its error less that of the base with the same seed, with Student's 95 % interval. Early
stopping watches 2,000 other training digits. Prints one JSON object. The same on crops of logos and on reviews:
advice_crops.py, advice_words.py.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import scratch
from scipy import stats

from brandlens import training
from brandlens.config.digits import Collect, Distortion, Network
from brandlens.digits import data, networks
from brandlens.digits.distort import distort
from brandlens.digits.evaluation import error
from brandlens.digits.train import DigitBatches, compile_model, predict

# isort: split
import itertools

import keras

NUM_DIGITS, NUM_WATCHED, SEEDS = 5000, 2000, (1, 2, 3)
NONE = Distortion(0, 0, 0, 0, 0, 0)
BASE = Network("8C5-MP2-16C5-MP2-FC64", epochs=8, learning_rate=0.05)
DEEP = Network("FC256-FC256-FC256", epochs=8, learning_rate=0.05)
SIGMOID = replace(DEEP, activation="sigmoid", initializer="glorot_normal", learning_rate=0.1)
STEPS = BASE.epochs * (NUM_DIGITS // BASE.batch_size)
PRETRAINING_EPOCHS = 4  # of each layer
Pixels = Callable[[np.ndarray], np.ndarray]
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
Sets = Mapping[str, tuple[np.ndarray, np.ndarray]]  # train, watched, scored: pixels and class numbers


@dataclass(frozen=True)
class Variant:
    """The base with one thing changed. pixels: what the network is given instead; change: of each batch, at random."""

    group: str
    name: str
    cfg: Network
    base: Network = BASE
    change: Change | None = None
    optimizer: Callable[[], Any] | None = None
    pixels: Pixels | None = None
    patience: int = 0
    pretrain: bool = False


def variants() -> list[Variant]:
    """Return everything that is measured."""
    change = lambda **knobs: replace(BASE, **knobs)  # noqa: E731
    by = lambda **amounts: lambda pixels, rng: distort(pixels[..., 0], replace(NONE, **amounts), rng)[..., None]  # noqa: E731
    sgd = keras.optimizers.SGD
    return [
        Variant("initialization (base: He)", "normal, standard deviation 0.01", change(initializer="normal_0.01")),
        Variant("initialization (base: He)", "Xavier (Glorot)", change(initializer="glorot_normal")),
        Variant("activation (base: ReLU)", "tanh, Xavier", change(activation="tanh", initializer="glorot_normal")),
        Variant("activation (base: ReLU)", "sigmoid, Xavier",
                change(activation="sigmoid", initializer="glorot_normal")),
        Variant("activation (base: ReLU)", "ELU", change(activation="elu")),
        Variant("activation (base: ReLU)", "SELU, LeCun", change(activation="selu", initializer="lecun_normal")),
        Variant("activation (base: ReLU)", "swish", change(activation="silu")),
        Variant("normalization", "batch normalization", change(batch_norm=True)),
        Variant("regularization", "dropout 0.4", change(dropout=0.4)),
        Variant("regularization", "L1 1e-5", change(l1=1e-5)),
        Variant("regularization", "L2 1e-4", change(l2=1e-4)),
        Variant("regularization", "label smoothing 0.1", change(label_smoothing=0.1)),
        Variant("regularization", "early stopping, patience 2", BASE, patience=2),
        Variant("optimizer (base: Nesterov momentum 0.9, cosine)", "no momentum, same rate", BASE,
                optimizer=lambda: sgd(cosine(BASE.learning_rate, STEPS))),
        Variant("optimizer (base: Nesterov momentum 0.9, cosine)", "no momentum, ten times the rate", BASE,
                optimizer=lambda: sgd(cosine(10 * BASE.learning_rate, STEPS))),
        Variant("optimizer (base: Nesterov momentum 0.9, cosine)", "constant learning rate",
                change(lr_schedule="constant")),
        Variant("optimizer (base: Nesterov momentum 0.9, cosine)", "Adam, 2e-3",
                change(optimizer="adam", learning_rate=2e-3)),
        Variant("optimizer (base: Nesterov momentum 0.9, cosine)", "averaged weights, 0.98", change(ema_momentum=0.98)),
        Variant("input (base: 0 to 1)", "0 to 255", BASE, pixels=lambda pixels: 255 * pixels),
        Variant("input (base: 0 to 1)", "normalized: mean 0, standard deviation 1", BASE,
                pixels=lambda pixels: normalize(pixels, digits()["train"][0])),
        Variant("input (base: 0 to 1)", "whitened (ZCA)", BASE, pixels=lambda pixels: whiten(pixels, *whitening())),
        Variant("augmentation", "mirrored, half of them", BASE, change=mirror),
        Variant("augmentation", "shifted by 2 pixels (random crop)", BASE, change=by(translation=2)),
        Variant("augmentation", "rotated by 10 degrees", BASE, change=by(rotation=10)),
        Variant("augmentation", "elastic distortion", BASE, change=by(elastic_sigma=4, elastic_alpha=0.6)),
        Variant("pre-training, three dense layers", "ReLU: tied autoencoders", DEEP, base=DEEP, pretrain=True),
        Variant("pre-training, three dense layers", "sigmoid: tied autoencoders", SIGMOID, base=SIGMOID, pretrain=True),
    ]  # fmt: skip


def cosine(rate: float, steps: int) -> Any:
    """Return the schedule of `training.optimizer`."""
    return training.optimizer("sgd", rate, "cosine", steps)._learning_rate


@cache
def digits() -> Sets:
    """Return pixels and labels to train on, to watch, and to score."""
    path = scratch.dataset(".", "mnist.npz") / "mnist.npz"
    splits = data.collect(Collect("mnist", str(path), 1 / 6, 0.1), 1)
    pixels, labels = splits["train"].pixels, splits["train"].labels
    end = NUM_DIGITS + NUM_WATCHED
    return {
        "train": (pixels[:NUM_DIGITS], labels[:NUM_DIGITS]),
        "watched": (pixels[NUM_DIGITS:end], labels[NUM_DIGITS:end]),
        "scored": (splits["val"].pixels, splits["val"].labels),
    }


def normalize(pixels: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return pixels less the training pixels' mean, divided by their standard deviation, channel by channel."""
    axes = tuple(range(train.ndim - 1))
    return (pixels - train.mean(axis=axes)) / train.std(axis=axes)


@cache
def whitening() -> tuple[np.ndarray, np.ndarray]:
    """Return what `fit_whitening` does of the training digits."""
    return fit_whitening(digits()["train"][0])


def fit_whitening(train: np.ndarray, epsilon: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of (n, ...) training pixels, and the matrix that decorrelates them (ZCA)."""
    rows = train.reshape(len(train), -1)
    mean = rows.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(rows, rowvar=False, dtype=np.float32))
    return mean, ((vectors / np.sqrt(np.maximum(values, 0) + epsilon)) @ vectors.T).astype(np.float32)


def whiten(pixels: np.ndarray, mean: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return pixels whose correlations are taken out."""
    return ((pixels.reshape(len(pixels), -1) - mean) @ matrix).reshape(pixels.shape)


def mirror(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n, h, w, channels) pixels, half of them mirrored."""
    return np.where((rng.random(len(pixels)) < 0.5)[:, None, None, None], pixels[:, :, ::-1], pixels)


class ChangedBatches(DigitBatches):
    """Batches that are changed at random."""

    def __init__(self, *arguments: Any, change: Change | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.change = change

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a batch."""
        pixels, labels = super().__getitem__(index)
        rng = np.random.default_rng((self.seed, self.epoch, index))
        return pixels if self.change is None else self.change(pixels, rng), labels


def measure(variant: Variant, seed: int, sets: Sets, num_classes: int) -> float:
    """Train a variant; return its error on what is scored."""
    training.set_up(seed)
    form = variant.pixels or (lambda pixels: pixels)
    formed = {name: (form(pixels), np.eye(num_classes, dtype=np.float32)[y]) for name, (pixels, y) in sets.items()}
    cfg = variant.cfg
    batches = ChangedBatches(*formed["train"], cfg.batch_size, change=variant.change, seed=seed)
    model = networks.build(cfg, formed["train"][0].shape[1:], num_classes)
    if variant.pretrain:
        pretrain(model, formed["train"][0])
    compile_model(model, cfg, cfg.epochs * len(batches))
    if variant.optimizer is not None:
        model.compile(variant.optimizer(), model.loss, steps_per_execution=16, jit_compile=False)
    stop = keras.callbacks.EarlyStopping(patience=variant.patience, restore_best_weights=True)
    watched = {"validation_data": formed["watched"], "validation_batch_size": 500} if variant.patience else {}
    callbacks = [training.StartEpoch(batches), *([stop] if variant.patience else [])]
    model.fit(batches, epochs=cfg.epochs, callbacks=callbacks, verbose=0, **watched)
    if cfg.ema_momentum and cfg.batch_norm:
        training.update_bn(model, (batches[index][0] for index in range(len(batches))))
    return error(predict(model, formed["scored"][0]), sets["scored"][1])


class TiedDecoder(keras.layers.Layer):
    """Decodes with the transposed weights of a dense layer and biases of its own."""

    def __init__(self, encoder: keras.layers.Dense) -> None:
        super().__init__()
        self.encoder = encoder

    def build(self, input_shape: Sequence[int]) -> None:
        """Make the biases."""
        self.bias = self.add_weight(shape=(self.encoder.kernel.shape[0],), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Return what was encoded."""
        return keras.ops.matmul(inputs, keras.ops.transpose(self.encoder.kernel)) + self.bias


def pretrain(model: keras.Model, pixels: np.ndarray) -> None:
    """Train each hidden layer, from the first on, as an autoencoder of what the one before it gives."""
    layers = model.layers
    rows = pixels.reshape(len(pixels), -1)
    for dense, activation in itertools.pairwise(layers):
        if not isinstance(dense, keras.layers.Dense) or dense.name == "label":
            continue
        inputs = keras.Input(rows.shape[1:])
        code = activation(dense(inputs))
        autoencoder = keras.Model(inputs, TiedDecoder(dense)(code))
        autoencoder.compile(keras.optimizers.Adam(1e-3), "mean_squared_error", steps_per_execution=16)
        autoencoder.fit(rows, rows, batch_size=128, epochs=PRETRAINING_EPOCHS, verbose=0)
        rows = keras.Model(inputs, code).predict(rows, batch_size=500, verbose=0)


def effect(errors: Sequence[float], base: Sequence[float]) -> dict[str, float]:
    """Return the mean error, and its difference from the base's, in points, with Student's 95 % interval."""
    differences = 100 * (np.array(errors) - np.array(base))
    half = stats.t.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / np.sqrt(len(differences))
    mean = float(differences.mean())
    values = {"error": 100 * float(np.mean(errors)), "effect": mean, "low": mean - half, "high": mean + half}
    return {name: round(float(value), 3) for name, value in values.items()}


def measure_all(variants: Sequence[Variant], sets: Sets, num_classes: int) -> dict[str, Any]:
    """Measure every variant beside its base; return rows, the error of the first variant's base in %, and seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    bases: dict[Network, list[float]] = {}
    rows = []
    for variant in variants:
        if variant.base not in bases:
            base = Variant("", "", variant.base)
            bases[variant.base] = [measure(base, seed, sets, num_classes) for seed in SEEDS]
        errors = [measure(variant, seed, sets, num_classes) for seed in SEEDS]
        rows.append({"group": variant.group, "name": variant.name, **effect(errors, bases[variant.base])})
        print(rows[-1], file=sys.stderr, flush=True)
    return {
        "base_error": round(100 * float(np.mean(bases[variants[0].base])), 3), "rows": rows,
        "seconds": round(time.perf_counter() - wall), "cpu_seconds": round(time.process_time() - cpu),
    }  # fmt: skip


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    scratch.keep("advice", "digits", {
        "digits": NUM_DIGITS, "seeds": len(SEEDS), "architecture": BASE.architecture, "steps": STEPS,
        **measure_all(variants(), digits(), 10),
    })  # fmt: skip


if __name__ == "__main__":
    main()
