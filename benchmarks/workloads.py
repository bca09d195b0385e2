"""Every network of the project, compiled, with random batches of the shapes it is trained on.

For benchmarks that measure time, which does not depend on what a picture shows or a review says. Hyperparameters are
those of params.yaml. Runs on each of Keras' backends, without TensorFlow where another is chosen.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from brandlens import config, training
from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.detectors.one_stage import losses
from brandlens.logo.detectors.one_stage import network as one_stage_network
from brandlens.logo.detectors.one_stage.batches import MosaicBatches
from brandlens.logo.detectors.one_stage.dataset import TrainingImage
from brandlens.logo.detectors.one_stage.train import NUM_EPOCHS
from brandlens.logo.detectors.sliding_window import network as window_network
from brandlens.logo.detectors.sliding_window.batches import CropBatches, training_model
from brandlens.logo.detectors.sliding_window.dense_patches import PatchSet
from brandlens.sentiment.batches import ReviewBatches
from brandlens.sentiment.models import registry

HOME = Path(__file__).resolve().parent.parent
WINDOW_WH = (75, 22)  # pixels
PICTURE_WH = (480, 360)  # pixels
WINDOW_NETWORKS = {"fcn": window_network.fcn, "snowdon": window_network.snowdon}


@dataclass(frozen=True)
class Sizes:
    """How much there is to train on, and how large the networks are.

    batch_size, units: None for those of params.yaml. num_tokens: of a review, on average; fixed_length: of every one.
    """

    num_crops: int = 4160
    num_patches: int = 700
    width_multiplier: float = 1.0
    image_size: int = 256
    max_steps: int = 4600
    num_images: int = 200
    num_reviews: int = 25_000
    num_tokens: int = 230
    fixed_length: bool = False
    num_words: int = 30_000
    units: int | None = None
    batch_size: int | None = None


@dataclass(frozen=True)
class Workload:
    """A compiled model, the batches of an epoch, and how many epochs params.yaml trains it for."""

    model: keras.Model
    batches: keras.utils.PyDataset
    epochs: int


def fcn(sizes: Sizes) -> Workload:
    """Build the fully convolutional network on crops and dense patches."""
    return _window("fcn", sizes)


def snowdon_crops(sizes: Sizes) -> Workload:
    """Build the CNN of Dave Snowdon's talk on crops."""
    return _window("snowdon", replace(sizes, num_patches=0))


def _window(name: str, sizes: Sizes) -> Workload:
    train = _params().logo.train
    cfg = getattr(train, name)
    rng = np.random.default_rng(0)
    width, height = WINDOW_WH
    crops = CropSet(
        rng.integers(0, 256, (sizes.num_crops, height, width, 3), np.uint8),
        np.arange(sizes.num_crops) % 2,
        np.zeros((sizes.num_crops, 4), np.float32),
    )
    patches = None
    if sizes.num_patches:
        patch_width, patch_height = train.dense_patches.patch_wh
        grid = window_network.output_grid(WINDOW_NETWORKS[name], WINDOW_WH, train.dense_patches.patch_wh)
        patches = PatchSet(
            rng.integers(0, 256, (sizes.num_patches, patch_height, patch_width, 3), np.uint8),
            np.zeros((sizes.num_patches, *grid), np.int64),
            np.zeros((sizes.num_patches, *grid, 4), np.float32),
        )
    spec = window_network.InputSpec(height, width, 2, np.full(3, 0.5), np.full(3, 0.25))
    l1, l2 = cfg.penalty
    network = WINDOW_NETWORKS[name](
        spec, width_multiplier=sizes.width_multiplier, dropout=cfg.dropout, l1=l1, l2=l2
    )  # fmt: skip
    batches = CropBatches(
        crops, patches, np.ones(2, np.float32), batch_size=sizes.batch_size or cfg.batch_size,
        with_box_deltas="box_deltas" in network.output, seed=0,
    )  # fmt: skip
    model = training_model(network, batches.shapes)
    loss = {output: "categorical_crossentropy" if output.endswith("label") else "huber" for output in model.output}
    optimizer = training.optimizer(
        cfg.optimizer, cfg.learning_rate, cfg.lr_schedule, len(batches) * cfg.epochs, weight_decay=cfg.weight_decay,
        updater=training.DL4JUpdater(
            cfg.batch_size, cfg.l1, cfg.l2, renormalize_layers=True, lr_multipliers=window_network.LR_MULTIPLIERS
        ),
    )  # fmt: skip
    model.compile(optimizer=optimizer, loss=loss)
    return Workload(model, batches, cfg.epochs)


def one_stage(sizes: Sizes) -> Workload:
    """Build the one-stage network on training images that are composed of pictures while it trains."""
    cfg = _params().logo.train.one_stage
    cfg = replace(cfg, image_size=sizes.image_size, batch_size=sizes.batch_size or cfg.batch_size)
    rng = np.random.default_rng(0)
    width, height = PICTURE_WH
    box = np.array([[100, 80, 220, 160]], np.float32)
    images = [
        TrainingImage((rng.integers(0, 256, (height, width, 3), np.uint8),), box, np.zeros(1, np.float32))
        for _ in range(sizes.num_images)
    ]
    batches = MosaicBatches(images, cfg, steps_per_epoch=max(1, sizes.max_steps // NUM_EPOCHS), seed=0)
    network = one_stage_network.one_stage(1, width_multiplier=sizes.width_multiplier)
    model = one_stage_network.training_model(network)
    optimizer = training.optimizer(
        "adamw", cfg.learning_rate, "cosine", sizes.max_steps, cfg.weight_decay, ema_momentum=cfg.ema_momentum
    )
    loss = losses.OneStageLoss(sizes.image_size, sizes.image_size)
    model.compile(optimizer=optimizer, loss=loss, jit_compile=training.jit_compile())
    return Workload(model, batches, NUM_EPOCHS)


def bilstm(sizes: Sizes) -> Workload:
    """Build the bidirectional LSTM on reviews."""
    return _reviews("bilstm", sizes)


def snowdon_reviews(sizes: Sizes) -> Workload:
    """Build the LSTM of Dave Snowdon's talk on reviews."""
    return _reviews("snowdon", sizes)


def _reviews(name: str, sizes: Sizes) -> Workload:
    params = _params().sentiment
    cfg = getattr(params.train, name)
    cfg = replace(cfg, batch_size=sizes.batch_size or cfg.batch_size, units=sizes.units or cfg.units)
    rng = np.random.default_rng(0)
    lengths = np.full(sizes.num_reviews, sizes.num_tokens)
    if not sizes.fixed_length:  # skewed, as reviews are; cut at four times the mean, so that memory does not decide
        lengths = np.clip(rng.gamma(2.0, sizes.num_tokens / 2.0, sizes.num_reviews), 10, 4 * sizes.num_tokens)
    rows = [rng.integers(2, sizes.num_words, int(length), np.int32) for length in lengths]
    labels = np.arange(sizes.num_reviews) % 2
    batches = ReviewBatches(rows, labels, batch_size=cfg.batch_size, segment_length=cfg.segment_length, seed=0)
    vectors = rng.normal(size=(sizes.num_words, params.embed.vector_size)).astype(np.float32)
    model = registry.find(name).build(vectors, cfg, 2)
    optimizer = training.optimizer(
        cfg.optimizer, cfg.learning_rate, cfg.lr_schedule, len(batches) * cfg.epochs, weight_decay=cfg.weight_decay,
        clipvalue=cfg.clipvalue, ema_momentum=cfg.ema_momentum,
        updater=training.DL4JUpdater(cfg.batch_size, l2=cfg.l2),
    )  # fmt: skip
    model.compile(optimizer=optimizer, loss={"label": keras.losses.CategoricalCrossentropy(from_logits=True)})
    return Workload(model, batches, cfg.epochs)


def _params() -> config.Config:
    return config.load(HOME / "params.yaml")


WORKLOADS: dict[str, Callable[[Sizes], Workload]] = {
    "logo/fcn": fcn,
    "logo/snowdon": snowdon_crops,
    "logo/one_stage": one_stage,
    "sentiment/bilstm": bilstm,
    "sentiment/snowdon": snowdon_reviews,
}
