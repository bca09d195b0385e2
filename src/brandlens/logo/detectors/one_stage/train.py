"""Pictures with boxes → a trained one-stage network, resumable after a kill."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import keras
import numpy as np

from brandlens import provenance, training
from brandlens.config.logo import Logo, OneStage
from brandlens.errors import UserError
from brandlens.logo.detectors import warm_start
from brandlens.logo.detectors.base import StageInputs, progress_bar
from brandlens.logo.detectors.one_stage import backbones, dataset, network
from brandlens.logo.detectors.one_stage.batches import CloseMosaic, MosaicBatches, val_batch
from brandlens.logo.detectors.one_stage.dataset import TrainingImage
from brandlens.logo.detectors.one_stage.losses import OneStageLoss
from brandlens.logo.detectors.warm_start import Initialize
from brandlens.logo.labels import labels_of

NUM_EPOCHS = 20  # into which the steps are divided: after each a line in the log, and a state to resume from
BN_BATCHES = 40  # batches that the final weights' batch statistics are taken from
WARM_UP = 0.25  # fraction of the steps, at the start, that only learn: nothing counts as a missing label yet
EMA_SPAN = 5.0  # a shorter training's moving average of the weights gives its start a weight of exp(-EMA_SPAN)


def train(cfg: Logo, inputs: StageInputs, run_dir: Path, *, seed: int, dtype_policy: str) -> keras.Model:
    """Train the network from the pictures that logo-collect wrote; see `base.Model.train`."""
    backbones.check(cfg.train.one_stage.backbone, cfg.train.one_stage.backbone_weights)
    pictures = {split: inputs.read_pictures(split) for split in ("train", "val")}
    labels = labels_of(pictures["train"], cfg.crop.labels)
    initialize = warm_start.initializer(cfg.train, labels, lambda config: config["labels"], background=False)
    images, val_images = (
        dataset.load_images(pictures[split], labels, progress_bar(f"read {split}")) for split in ("train", "val")
    )
    return train_network(
        images, val_images, len(labels), cfg.train.one_stage, run_dir, initialize=initialize,
        width_multiplier=cfg.train.width_multiplier, seed=seed, dtype_policy=dtype_policy,
    )  # fmt: skip


def train_network(
    images: Sequence[TrainingImage],
    val_images: Sequence[TrainingImage],
    num_labels: int,
    cfg: OneStage,
    run_dir: Path,
    *,
    initialize: Initialize | None = None,
    width_multiplier: float = 1.0,
    seed: int = 1,
    dtype_policy: str = "float32",
) -> keras.Model:
    """Train a network, from scratch or from a pretrained backbone.

    val_images: may be empty; for the validation loss in the log alone. initialize: sets the weights that it starts
    from; None for those of the backbone, or for random ones.
    What a later call needs to resume after a kill is kept in `run_dir`. Returns the network in float32.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # training images are made by threads of ours, beside the network's

    def build(backbone: keras.Model | None) -> keras.Model:
        return network.one_stage(num_labels, width_multiplier=width_multiplier, backbone=backbone)

    with training.dtype_scope(dtype_policy):
        backbone = _backbone(cfg, run_dir)
        model = build(backbone)
        if initialize is not None:
            initialize(model)
    steps = max(1, cfg.max_steps // NUM_EPOCHS)
    epochs = -(-cfg.max_steps // steps)
    partial_from = first_partial_epoch(cfg, epochs, is_trained=initialize is not None)
    batches = MosaicBatches(images, cfg, steps_per_epoch=steps, seed=seed, partial_from=partial_from)
    close_mosaic = CloseMosaic(batches, round(epochs * (1 - cfg.close_mosaic)))
    with training.dtype_scope(dtype_policy):
        training.fit_or_load(
            model, run_dir, 0, lambda: _fit(model, backbone, batches, close_mosaic, epochs, val_images, cfg, run_dir)
        )
    close_mosaic.on_epoch_begin(epochs)  # training images that it was not trained on
    training.update_bn(model, (batches[index][0] for index in range(min(BN_BATCHES, steps))))
    return training.float32_copy(model, lambda: build(_backbone(cfg, run_dir)))


def _backbone(cfg: OneStage, run_dir: Path) -> keras.Model | None:
    """Return the backbone that the params name, frozen as they say, and note in `run_dir` where it comes from."""
    if cfg.backbone == "none":
        return None
    backbone, pretrained = backbones.load(cfg.backbone, cfg.backbone_weights)
    provenance.write_pretrained(run_dir, [pretrained])
    backbones.freeze(backbone, stages=cfg.frozen_stages, batch_norm=cfg.frozen_batch_norm)
    return backbone


def first_partial_epoch(cfg: OneStage, epochs: int, *, is_trained: bool) -> float:
    """Return the epoch from which labels count as incomplete: never, after WARM_UP, or at once where it is trained."""
    if cfg.ignore_unlabeled_above >= 1:
        return np.inf
    return 0 if is_trained else round(epochs * WARM_UP)


def _fit(
    model: keras.Model,
    backbone: keras.Model | None,
    batches: MosaicBatches,
    close_mosaic: CloseMosaic,
    epochs: int,
    val_images: Sequence[TrainingImage],
    cfg: OneStage,
    run_dir: Path,
) -> None:
    steps = epochs * len(batches)
    ema_momentum = min(cfg.ema_momentum, max(0.0, 1 - EMA_SPAN / steps))
    pretrained = backbone.trainable_variables if backbone else []
    optimizer = training.optimizer(
        "adamw", cfg.learning_rate, "cosine", steps, cfg.weight_decay, ema_momentum=ema_momentum,
        pretrained=pretrained, multiplier=cfg.backbone_lr_multiplier,
    )  # fmt: skip
    optimizer.exclude_from_weight_decay(var_list=pretrained, var_names=["bias", "gamma", "beta"])
    both = network.training_model(model)
    loss = OneStageLoss(cfg.image_size, cfg.image_size, cfg.ignore_unlabeled_above)
    both.compile(optimizer=optimizer, loss=loss, jit_compile=training.jit_compile())
    both.optimizer.build(both.trainable_variables)  # else TensorFlow traces the step twice, once to make them
    history = both.fit(
        training.shard(batches),
        epochs=epochs,
        validation_data=training.even_rows(val_batch(val_images, cfg.image_size, cfg.batch_size))
        if val_images
        else None,
        validation_batch_size=cfg.batch_size,
        callbacks=[close_mosaic, *training.callbacks(run_dir, 0, patience=0)],
        verbose=training.verbosity(),
    ).history
    if history and not np.isfinite(history["loss"][-1]):
        raise UserError(f"logo.train.one_stage: the loss became {history['loss'][-1]}; lower its learning_rate")
