"""Augmented crops → a trained network of one window: epochs, then rounds of mining; resumable after a kill."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from brandlens import onnx_runtime, training
from brandlens.config.logo import Augmentation, Logo, WindowTraining
from brandlens.errors import UserError
from brandlens.logo import export
from brandlens.logo.crops import crop_set, manifest
from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.detectors import warm_start
from brandlens.logo.detectors.base import StageInputs, progress_bar
from brandlens.logo.detectors.sliding_window import mining, network
from brandlens.logo.detectors.sliding_window.batches import CropBatches, class_weights, training_model
from brandlens.logo.detectors.sliding_window.dense_patches import PatchSet, sample_patches
from brandlens.logo.detectors.sliding_window.detector import FCN_STRIDE, SNOWDON_STRIDE, MakeScorer
from brandlens.logo.detectors.sliding_window.network import BuildNetwork, InputSpec
from brandlens.logo.detectors.sliding_window.scorers import DenseScorer, PatchScorer
from brandlens.logo.detectors.warm_start import Initialize

MINING_RATE = 0.25  # factor on the learning rate after a round: it corrects a trained network, it does not start over
LOSS_WEIGHTS = {"label": 1.0, "box_deltas": 10.0}
HUBER_DELTA = 0.1  # of a box delta: an error from which its loss grows linearly

Miner = Callable[[keras.Model], np.ndarray]  # float32 network → (n, height, width, 3) uint8 false positives


@dataclass(frozen=True)
class TrainingSets:
    """What a network is trained and validated on. Patches: for a network that slides. num_classes: with background."""

    crops: CropSet
    patches: PatchSet | None
    val_crops: CropSet
    val_patches: PatchSet | None
    num_classes: int


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs at one learning rate."""

    number: int
    epochs: int
    learning_rate: float


def train(
    build: BuildNetwork,
    make_scorer: MakeScorer,
    stride: int,
    cfg: Logo,
    inputs: StageInputs,
    run_dir: Path,
    *,
    seed: int,
    dtype_policy: str,
) -> keras.Model:
    """Train the network that `build` builds from what the stages before wrote; see `base.Model.train`.

    make_scorer, stride: how it is slid when false positives are mined.
    """
    window, records = manifest.read_manifest(inputs.crops)
    pictures = {split: inputs.read_pictures(split) for split in ("train", "val")}
    patches = cfg.train.dense_patches
    initialize = warm_start.initializer(
        cfg.train, window.labels, lambda config: config["window"]["labels"], background=True
    )

    def sample(split: str, num_patches: int, augmentation: Augmentation | None) -> PatchSet | None:
        grid = network.output_grid(build, (window.width, window.height), patches.patch_wh)
        if grid is None or not patches.num_patches:
            return None
        return sample_patches(
            pictures[split], window, replace(patches, num_patches=num_patches), grid=grid, stride=stride,
            min_size=cfg.detect.sliding_window.min_size, seed=seed, augmentation=augmentation,
            progress=progress_bar(f"{split} patches"),
        )  # fmt: skip

    def mine(model: keras.Model) -> np.ndarray:
        scorer = make_scorer(onnx_runtime.session(export.to_onnx(model)), stride, window)
        images = mining.sample(pictures["train"], cfg.train.hard_negatives.max_images, seed)
        return mining.mine_hard_negatives(
            images, scorer, window, cfg.detect.sliding_window, cfg.train.hard_negatives, progress_bar("mine")
        )

    sets = TrainingSets(
        crops=crop_set.load(inputs.augmented),
        patches=sample("train", patches.num_patches, cfg.augment),
        val_crops=crop_set.load_crops(inputs.crops, [record for record in records if record.split == "val"], window),
        val_patches=sample("val", patches.num_patches // 8 + 1, None),
        num_classes=len(window.labels) + 1,
    )
    section = cfg.train.active
    return train_network(
        build, sets, section, run_dir, [(cfg.train.hard_negatives.epochs, mine)] * section.mining_rounds,
        initialize=initialize, width_multiplier=cfg.train.width_multiplier, dtype_policy=dtype_policy,
    )  # fmt: skip


train_fcn = partial(train, network.fcn, DenseScorer, FCN_STRIDE)
train_snowdon = partial(train, network.snowdon, PatchScorer, SNOWDON_STRIDE)


def train_network(
    build: BuildNetwork,
    sets: TrainingSets,
    cfg: WindowTraining,
    run_dir: Path,
    rounds: Sequence[tuple[int, Miner]] = (),
    *,
    initialize: Initialize | None = None,
    width_multiplier: float = 1.0,
    dtype_policy: str = "float32",
) -> keras.Model:
    """Train a network; `rounds` are (epochs, miner): each mines false positives, adds them and trains on.

    initialize: sets the weights that it starts from; None to train from scratch.
    Everything that a later call needs to resume after a kill is kept in `run_dir`: finished phases as weights, the
    running one as Keras' backup, the false positives as .npy. Returns the network in float32.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    build_model = _builder(build, sets, cfg, width_multiplier)
    with training.dtype_scope(dtype_policy):
        model = build_model()
        if initialize is not None:
            initialize(model)
    phases: list[tuple[int, Miner | None]] = [(cfg.epochs, None), *rounds]
    for number, (epochs, miner) in enumerate(phases):
        if miner is not None:
            mine = partial(_mine, miner, model, build_model)
            negatives = training.cached_array(run_dir / f"mined-{number}.npy", mine)
            sets = replace(sets, crops=add_negatives(sets.crops, negatives))
        phase = Phase(number, epochs, cfg.learning_rate * (1 if miner is None else MINING_RATE))
        with training.dtype_scope(dtype_policy):
            training.fit_or_load(model, run_dir, number, partial(_fit, model, sets, cfg, phase, run_dir))
    return training.float32_copy(model, build_model)


def add_negatives(crops: CropSet, negatives: np.ndarray) -> CropSet:
    """Return the crops and, as background, (n, height, width, 3) uint8 negatives."""
    return CropSet(
        np.concatenate([crops.crops, negatives]),
        np.concatenate([crops.class_ids, np.zeros(len(negatives), crops.class_ids.dtype)]),
        np.concatenate([crops.box_deltas, np.zeros((len(negatives), 4), crops.box_deltas.dtype)]),
    )


def _mine(miner: Miner, model: keras.Model, build_model: Callable[[], keras.Model]) -> np.ndarray:
    return miner(training.float32_copy(model, build_model))


def _builder(
    build: BuildNetwork, sets: TrainingSets, cfg: WindowTraining, width_multiplier: float
) -> Callable[[], keras.Model]:
    """Return a function that builds the network for these crops, with their mean and deviation inside."""
    crops = sets.crops.crops
    sample = crops[:: max(1, len(crops) // 5000)] / 255.0
    std = np.maximum(sample.std(axis=(0, 1, 2)), 1e-3)
    spec = InputSpec(crops.shape[1], crops.shape[2], sets.num_classes, sample.mean(axis=(0, 1, 2)), std)
    l1, l2 = cfg.penalty
    return lambda: build(spec, width_multiplier=width_multiplier, dropout=cfg.dropout, l1=l1, l2=l2)


def _fit(model: keras.Model, sets: TrainingSets, cfg: WindowTraining, phase: Phase, run_dir: Path) -> None:
    weights = class_weights(sets.crops.class_ids, sets.num_classes, cfg.class_weight)
    batches, val_batches = (
        CropBatches(
            crops, patches, class_weights, batch_size=cfg.batch_size, with_box_deltas="box_deltas" in model.output,
            seed=seed,
        )
        for crops, patches, class_weights, seed in (
            (sets.crops, sets.patches, weights, phase.number),
            (sets.val_crops, sets.val_patches, np.ones_like(weights), 0),
        )
    )  # fmt: skip
    both = training_model(model, batches.shapes)
    losses = {
        "label": keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=cfg.focal_gamma, label_smoothing=cfg.label_smoothing
        ),
        "box_deltas": keras.losses.Huber(delta=HUBER_DELTA),
    }
    both.compile(
        optimizer=training.optimizer(
            cfg.optimizer, phase.learning_rate, cfg.lr_schedule, len(batches) * phase.epochs,
            weight_decay=cfg.weight_decay,
            updater=training.DL4JUpdater(
                cfg.batch_size, cfg.l1, cfg.l2, renormalize_layers=True, lr_multipliers=network.LR_MULTIPLIERS
            ),
        ),
        loss={name: losses[name.split(".")[1]] for name in both.output},
        loss_weights={name: LOSS_WEIGHTS[name.split(".")[1]] for name in both.output},
        weighted_metrics={"crop.label": ["accuracy"]},
    )  # fmt: skip
    has_val = len(val_batches) > 0
    history = both.fit(
        training.shard(batches),
        epochs=phase.epochs,
        validation_data=training.shard(val_batches) if has_val else None,
        callbacks=[
            training.StartEpoch(batches),
            *training.callbacks(run_dir, phase.number, cfg.patience if has_val else 0),
        ],
        verbose=training.verbosity(),
    ).history
    if history and not np.isfinite(history["loss"][-1]):
        raise UserError(f"logo.train: the loss became {history['loss'][-1]}; lower the model's learning_rate")
