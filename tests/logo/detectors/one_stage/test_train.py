"""The training: a small network learns to detect toy logos, delivers float32, and resumes where it was after a kill."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from brandlens import onnx_runtime, provenance, training
from brandlens.boxes import Box
from brandlens.config.logo import OneStage, OneStageDetect
from brandlens.logo import export
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.one_stage import network, train
from brandlens.logo.detectors.one_stage.dataset import TrainingImage
from brandlens.logo.detectors.one_stage.train import train_network
from brandlens.metrics import detection
from brandlens.metrics.registry import compute
from brandlens.provenance import Pretrained

Images = list[TrainingImage]


def tiny(num_labels: int, *, width_multiplier: float, backbone: keras.Model | None = None) -> keras.Model:
    """A network with the one-stage heads on five convolutions: the whole one takes a minute to compile."""

    def convolve(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x))

    if backbone:
        return network.add_heads(backbone.input, backbone.outputs, num_labels, 16)
    inputs = keras.Input((None, None, 3), dtype="uint8")
    fine = convolve(convolve(convolve(keras.layers.Rescaling(1 / 255)(inputs), 8), 16), 24)
    middle = convolve(fine, 32)
    features = (fine, middle, convolve(middle, round(32 * width_multiplier)))
    return network.add_heads(inputs, features, num_labels, 16)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(network, "one_stage", tiny)
    yield
    assert keras.config.dtype_policy().name == "float32"


@pytest.fixture
def recipe(cfg: OneStage) -> OneStage:
    """Settings for a short training with mosaics."""
    return replace(cfg, image_size=96, mosaic=0.3, scale_range=(0.7, 1.4), brightness=0.1)


def log(run_dir: Path) -> list[dict[str, str]]:
    with (run_dir / "phase-0.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_detects_what_it_was_trained_on(
    training_images: Images, recipe: OneStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a short training, exported, saved and loaded: the logos are detected, framed and distinguished."""
    monkeypatch.setattr(train, "NUM_EPOCHS", 8)  # each ends with validation and a backup
    keras.utils.set_random_seed(1)
    model = train_network(training_images, training_images, 2, replace(recipe, max_steps=160), tmp_path / "run")
    losses = [float(row["val_loss"]) for row in log(tmp_path / "run")]
    assert losses[-1] < losses[0] / 2
    network = export.to_onnx(model)
    labels, cfg = ("cola", "fizz"), OneStageDetect((96, 128), 0.5)
    config = {"labels": list(labels), "detect": vars(cfg)}
    made = LogoDetector.from_session("one_stage", onnx_runtime.session(network, 1), config, 0.3, {})
    made.save(tmp_path / "model", network)
    loaded = LogoDetector.load(tmp_path / "model")
    assert (loaded.model, loaded.labels, loaded.detector.cfg) == ("one_stage", labels, cfg)
    detections = [loaded.detect(image.levels[0]) for image in training_images]
    assert detections == [made.detect(image.levels[0]) for image in training_images]
    labelled = [
        [
            Box(*map(int, (*box[:2], *(box[2:] - box[:2]))), labels[int(label)])
            for box, label in zip(image.boxes, image.labels, strict=True)
        ]
        for image in training_images
    ]
    assert compute(detection.match_pictures(labelled, detections, labels))["ap50"] > 0.9


@pytest.mark.usefixtures("eagerly")
def test_a_killed_training_resumes(
    training_images: Images, recipe: OneStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(self: keras.callbacks.Callback, epoch: int, logs: object = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(keras.callbacks.CSVLogger, "on_epoch_begin", kill)
        with pytest.raises(KeyboardInterrupt):
            train_network(training_images, [], 2, recipe, tmp_path)
    assert [row["epoch"] for row in log(tmp_path)] == ["0", "1"]
    first = train_network(training_images, [], 2, recipe, tmp_path)
    assert [row["epoch"] for row in log(tmp_path)] == ["0", "1", "2", "3"]
    again = train_network(training_images, [], 2, recipe, tmp_path)  # all is done: the weights are only loaded
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("policy", training.precision.POLICIES)
def test_whatever_it_trains_in_it_delivers_float32(
    training_images: Images, recipe: OneStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    """With the moving average of the weights, new batch statistics, and the network exported from the usual policy."""
    monkeypatch.setattr(train, "NUM_EPOCHS", 2)  # after each, a backup is written
    cfg = replace(recipe, max_steps=2, image_size=64, ema_momentum=0.5)
    model = train_network(training_images, [], 2, cfg, tmp_path, dtype_policy=policy)
    assert {(layer.compute_dtype, layer.variable_dtype) for layer in model.layers} == {("float32", "float32")}
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    if policy == "mixed_bfloat16":  # where every layer is float32, the policy makes no difference to the export
        pixels = np.random.default_rng(1).integers(0, 256, (3, 64, 96, 3)).astype(np.uint8)
        assert export.largest_difference(model, export.to_onnx(model), pixels) < 1e-4


def test_it_starts_from_weights(
    training_images: Images, recipe: OneStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "fit_or_load", lambda *_: None)
    monkeypatch.setattr(training, "update_bn", lambda *_: None)
    earlier = tiny(2, width_multiplier=1.0, backbone=None).get_weights()
    model = train_network(training_images, [], 2, recipe, tmp_path, initialize=lambda new: new.set_weights(earlier))
    for one, other in zip(earlier, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("above", "is_trained", "epoch"), [(1.0, True, np.inf), (0.3, False, 5), (0.3, True, 0)])
def test_labels_count_as_incomplete_once_it_knows_something(
    recipe: OneStage, above: float, is_trained: bool, epoch: float
) -> None:
    cfg = replace(recipe, ignore_unlabeled_above=above)
    assert train.first_partial_epoch(cfg, 20, is_trained=is_trained) == epoch


def pretrained(name: str, weights: str) -> tuple[keras.Model, Pretrained]:
    """A backbone whose weights are the same each time."""
    inputs = x = keras.Input((None, None, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(x)
    features = []
    for index in range(5):
        kernel = keras.initializers.HeNormal(seed=index)
        x = keras.layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, kernel_initializer=kernel)(x)
        x = keras.layers.BatchNormalization()(x)
        features.append(x)
    return keras.Model(inputs, features[2:]), Pretrained(name, weights, "MIT", "0" * 64)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    ("policy", "settings", "changed"),
    [
        pytest.param("float32", {}, [True] * 10, id="all is trained"),
        pytest.param("mixed_bfloat16", {"frozen_batch_norm": True}, [True, False] * 5, id="frozen batch normalization"),
        pytest.param("float32", {"frozen_stages": 2}, [False] * 4 + [True] * 6, id="frozen stages"),
        pytest.param(
            "float32", {"frozen_batch_norm": True, "backbone_lr_multiplier": 0.0}, [False] * 10, id="no learning rate"
        ),
    ],
)
def test_a_training_starts_from_a_backbone(
    training_images: Images, recipe: OneStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    policy: str, settings: dict[str, Any], changed: list[bool],
) -> None:  # fmt: skip
    """What is frozen keeps its weights, bit by bit; the run directory tells where they come from."""
    monkeypatch.setattr(train, "NUM_EPOCHS", 1)
    monkeypatch.setattr(train.backbones, "load", pretrained)
    short = replace(recipe, max_steps=1, image_size=64, ema_momentum=0.0)
    cfg = replace(short, backbone="a_net", backbone_weights="a_file", **settings)
    model = train_network(training_images, [], 2, cfg, tmp_path, dtype_policy=policy)
    assert provenance.read_pretrained(tmp_path / provenance.PRETRAINED) == [
        Pretrained("a_net", "a_file", "MIT", "0" * 64)
    ]
    assert {weight.dtype for weight in model.weights} == {"float32"}
    before = [layer.get_weights() for layer in pretrained("", "")[0].layers if layer.weights]
    after = [layer.get_weights() for layer in model.layers if layer.weights][: len(before)]
    differs = [
        any((one != other).any() for one, other in zip(first, second, strict=True))
        for first, second in zip(before, after, strict=True)
    ]
    assert differs == changed
