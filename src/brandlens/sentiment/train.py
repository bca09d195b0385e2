"""Reviews as token ids and the vectors of their words → a trained network; a killed training is resumed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brandlens import training
from brandlens.config.sentiment import ModelTraining
from brandlens.errors import UserError
from brandlens.metrics.calibration import softmax, temperature
from brandlens.sentiment.augmentation.augmenter import Augmenter
from brandlens.sentiment.batches import ReviewBatches, predict_logits, to_probabilities
from brandlens.sentiment.models import registry
from brandlens.sentiment.models.adversarial import Adversarial
from brandlens.sentiment.models.nb_features import append_log_count_ratio
from brandlens.sentiment.models.ngrams import HashedNgrams, add_linear_branch, fit_ngrams


@dataclass(frozen=True)
class Data:
    """What a network learns from and is validated on: reviews as (t,) int32 token ids each, and their labels.

    labels, val_labels: (n,) class numbers; labels may be (n, num_labels) probabilities. vectors: (words, size) float32,
    one for each token id. unlabelled: reviews without labels. teacher: (m, num_labels) probabilities by another
    model, a row of NaN for none; None: there is no such model. words, label_names: of the token ids and of the classes;
    without them augmentation makes no clauses, and knows no label that is neutral.
    """

    rows: Sequence[np.ndarray]
    labels: np.ndarray
    val_rows: Sequence[np.ndarray]
    val_labels: np.ndarray
    vectors: np.ndarray
    unlabelled: Sequence[np.ndarray] = ()
    teacher: np.ndarray | None = None
    num_labels: int = 2
    words: Sequence[str] = ()
    label_names: Sequence[str] = ()


@dataclass(frozen=True)
class Phase:
    """One `fit` of a training: 0 on labelled reviews, 1 on labelled and unlabelled ones."""

    number: int
    epochs: int
    seed: int


def train(
    data: Data,
    model: str,
    cfg: ModelTraining,
    run_dir: Path,
    *,
    seed: int = 1,
    dtype_policy: str = "float32",
    initialize: Callable[[keras.Model], None] | None = None,
) -> keras.Model:
    """Train a network, or resume where a killed call stopped: all that takes is kept in `run_dir`.

    First on labelled reviews; then, where there are unlabelled ones and `self_training_epochs`, on both together.
    model: a name in the registry. initialize: gives the new network the weights to start from; None: random ones.
    Returns the network, float32 in every layer whatever the policy: with the best
    weights on validation where `patience` is set, else the last ones; their moving average where `ema_momentum` is set;
    averaged with a linear model of n-grams where `max_ngram` is set. Raises UserError without reviews, or when the loss
    becomes infinite or NaN.
    """
    if not len(data.rows):
        raise UserError("sentiment.train: there is no labelled review to learn from")
    run_dir.mkdir(parents=True, exist_ok=True)
    augmenter = make_augmenter(data, cfg, seed)
    vectors = data.vectors
    if cfg.nb_log_ratio:
        counted = data.rows, data.labels
        if augmenter is not None:
            counted = augmenter.count_negated(data.rows, to_probabilities(data.labels, data.num_labels))
        vectors = append_log_count_ratio(vectors, *counted, cfg.nb_log_ratio, data.num_labels)

    def build() -> keras.Model:
        return registry.find(model).build(vectors, cfg, data.num_labels)

    def run(phase: Phase, phase_data: Data) -> None:
        with training.dtype_scope(dtype_policy):
            training.fit_or_load(
                network, run_dir, phase.number, lambda: _fit(network, phase_data, cfg, phase, run_dir, augmenter)
            )

    with training.dtype_scope(dtype_policy):
        network = build()
        if initialize is not None:
            initialize(network)
    run(Phase(0, cfg.epochs, seed), data)
    linear = linear_model(data, cfg, seed)
    if cfg.self_training_epochs and len(data.unlabelled):
        labels = training.cached_array(
            run_dir / "pseudo_labels.npy",
            lambda: pseudo_labels(calibrated_ensemble(training.float32_copy(network, build), linear, data), data),
        )
        run(Phase(1, cfg.self_training_epochs, seed), with_unlabelled(data, labels))
    trained = training.float32_copy(network, build)
    return trained if linear is None else calibrated_ensemble(trained, linear, data)


def make_augmenter(data: Data, cfg: ModelTraining, seed: int) -> Augmenter | None:
    """Return what makes further reviews out of the training reviews; None where cfg wants none."""
    if not cfg.augmentation.is_on:
        return None
    labels = to_probabilities(data.labels, data.num_labels)
    return Augmenter.fit(
        data.rows, labels, data.words, data.label_names, cfg.augmentation, cfg.max_length, cfg.epochs, seed
    )


def linear_model(data: Data, cfg: ModelTraining, seed: int) -> HashedNgrams | None:
    """Return the linear model of n-grams to average a network with; None where cfg or the labels want none."""
    if not cfg.max_ngram:
        return None
    labelled = (data.rows, data.labels), (data.val_rows, data.val_labels)
    return fit_ngrams(
        *labelled, max_ngram=cfg.max_ngram, num_words=len(data.vectors), seed=seed, num_labels=data.num_labels
    )


def calibrated_ensemble(network: keras.Model, linear: HashedNgrams | None, data: Data) -> keras.Model:
    """Return the network, its logits calibrated on validation, averaged with the linear model where there is one."""
    return add_linear_branch(network, linear, temperature(predict_logits(network, data.val_rows), data.val_labels))


def pseudo_labels(network: keras.Model, data: Data) -> np.ndarray:
    """Return (m, labels) float32 probabilities of the unlabelled reviews' labels, to learn from.

    Those of the teacher, where it has one (knowledge distillation: Hinton et al. 2015). Elsewhere the network's:
    self-training (Scudder 1965; pseudo-labels, Lee 2013) with soft labels, from two models that err on different
    reviews, an LSTM and a linear one.
    """
    own = softmax(predict_logits(network, data.unlabelled))
    return own if data.teacher is None else np.where(np.isnan(data.teacher), own, data.teacher).astype(np.float32)


def with_unlabelled(data: Data, labels: np.ndarray) -> Data:
    """Return the data with the unlabelled reviews among the training reviews, with these labels."""
    merged = np.concatenate([to_probabilities(data.labels, data.num_labels), labels])
    return replace(data, rows=[*data.rows, *data.unlabelled], labels=merged)


def _fit(
    network: keras.Model, data: Data, cfg: ModelTraining, phase: Phase, run_dir: Path, augmenter: Augmenter | None
) -> None:
    options: dict[str, Any] = {
        "batch_size": cfg.batch_size, "segment_length": cfg.segment_length, "seed": phase.seed,
        "num_labels": data.num_labels,
    }  # fmt: skip
    labels = to_probabilities(data.labels, data.num_labels)
    draw = None if augmenter is None else partial(augmenter.draw, data.rows, labels, phase.number)
    batches = ReviewBatches(data.rows, labels, draw=draw, **options)
    val_batches = ReviewBatches(data.val_rows, data.val_labels, **options)
    loss_fn = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=cfg.label_smoothing)
    model = Adversarial(network, cfg.adversarial_epsilon, loss_fn) if cfg.adversarial_epsilon else network
    model.compile(
        optimizer=training.optimizer(
            cfg.optimizer, cfg.learning_rate, cfg.lr_schedule, len(batches) * phase.epochs,
            weight_decay=cfg.weight_decay, clipvalue=cfg.clipvalue, ema_momentum=cfg.ema_momentum,
            updater=training.DL4JUpdater(cfg.batch_size, l2=cfg.l2),
        ),
        loss={"label": loss_fn},
        metrics={"label": ["accuracy"]},
    )  # fmt: skip
    callbacks = [training.StartEpoch(batches), *training.callbacks(run_dir, phase.number, patience=0)]
    if cfg.patience and len(val_batches):
        name = f"phase-{phase.number}"
        fresh = not (run_dir / "backup" / name).exists()
        callbacks.append(training.BestWeights(run_dir / "best" / name, cfg.patience, fresh=fresh))
    if cfg.ema_momentum:
        callbacks.append(keras.callbacks.SwapEMAWeights())  # after BestWeights, which so sees the average in place
    history = model.fit(
        training.shard(batches),
        epochs=phase.epochs,
        validation_data=training.shard(val_batches) if len(val_batches) else None,
        callbacks=callbacks,
        verbose=training.verbosity(),
    ).history
    if history and not np.isfinite(history["loss"][-1]):
        raise UserError(f"sentiment.train: the loss became {history['loss'][-1]}; lower the model's learning_rate")
