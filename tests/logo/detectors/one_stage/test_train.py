"""The training: a small network learns to find toy logos, and goes on where it was after a kill."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import onnx_runtime
from brandlens.boxes import Box
from brandlens.logo import export
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.one_stage import network
from brandlens.logo.detectors.one_stage import train as shot
from brandlens.logo.detectors.one_stage.augment import Augmentation
from brandlens.logo.detectors.one_stage.dataset import TrainingImage
from brandlens.logo.detectors.one_stage.predict import ImageSizes, OneStageModel
from brandlens.metrics import detection
from brandlens.metrics.registry import compute


@pytest.fixture(autouse=True)
def same_number_format() -> Iterator[None]:
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


def tiny(labels: int, *, width: float) -> keras.Model:
    """A network with the one-shot network's heads on six convolutions: the whole one takes a minute to compile."""

    def convolved(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x))

    inputs = keras.Input((None, None, 3), dtype="uint8")
    fine = convolved(convolved(convolved(keras.layers.Rescaling(1 / 255)(inputs), 8), 16), 24)
    middle = convolved(fine, 32)
    return network.headed(inputs, (fine, middle, convolved(middle, round(32 * width))), labels, 16)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "shot", tiny)


@pytest.fixture
def recipe(unchanged: Augmentation) -> shot.Recipe:
    change = replace(unchanged, mosaic=0.3, zoom=(0.7, 1.4), brightness=0.1)
    return shot.Recipe(
        width=1.0, size=96, steps=4, batch=4, rate=0.005, decay=0.01, average=0.99, calm=0.2, change=change, seed=1
    )


def log(work: Path) -> list[dict[str, str]]:
    with (work / "part-0.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_finds_what_it_was_shown(album: list[TrainingImage], recipe: shot.Recipe, tmp_path: Path) -> None:
    """After a short training, exported, saved and loaded: the logos are found, framed and told apart."""
    keras.utils.set_random_seed(1)
    model = shot.train(album, album, 2, replace(recipe, steps=240), tmp_path / "work")
    losses = [float(row["val_loss"]) for row in log(tmp_path / "work")]
    assert losses[-1] < losses[0] / 2
    exported = export.to_onnx(model)
    geometry, sizes = WindowSpec(("cola", "fizz"), 48, 32, 0.1, (1.5,)), ImageSizes((96, 128), 0.5)
    made = LogoDetector(OneStageModel(onnx_runtime.session(exported, 1)), geometry, sizes, 0.3, {"network": "shot"})
    made.save(tmp_path / "model", exported)
    detector = LogoDetector.load(tmp_path / "model")
    assert (detector.geometry, detector.plan, detector.threshold) == (geometry, sizes, 0.3)
    found = [detector.detect(shown.levels[0]) for shown in album]
    assert found == [made.detect(shown.levels[0]) for shown in album]
    labels = geometry.labels
    truth = [
        [Box(*map(int, (*box[:2], *(box[2:] - box[:2]))), labels[int(kind)]) for box, kind in zip(*of, strict=True)]
        for of in ((shown.boxes, shown.kinds) for shown in album)
    ]
    assert compute(detection.match_pictures(truth, found, labels))["ap50"] > 0.9


def test_a_killed_training_goes_on(
    album: list[TrainingImage], recipe: shot.Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: keras.callbacks.Callback, epoch: int, logs: object = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(keras.callbacks.CSVLogger, "on_epoch_begin", killed)
        with pytest.raises(KeyboardInterrupt):
            shot.train(album, [], 2, recipe, tmp_path)
    assert [row["epoch"] for row in log(tmp_path)] == ["0", "1"]
    first = shot.train(album, [], 2, recipe, tmp_path)
    assert [row["epoch"] for row in log(tmp_path)] == ["0", "1", "2", "3"]
    again = shot.train(album, [], 2, recipe, tmp_path)  # all is done: the weights are only loaded
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_comes_back_in_float32(album: list[TrainingImage], recipe: shot.Recipe, tmp_path: Path) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = shot.train(album, [], 2, replace(recipe, steps=1, size=64), tmp_path)
    assert {layer.compute_dtype for layer in model.layers if layer.weights} == {"float32"}
    assert all(np.isfinite(each).all() for each in model.get_weights())
