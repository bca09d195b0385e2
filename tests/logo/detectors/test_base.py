"""A network of one's own, from outside of brandlens: one `Model`, one line that registers it, and all callers know it.

The network here finds the rectangle around whatever is brighter than a threshold, and has nothing to learn but that.
"""

import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest

from brandlens import images, onnx_runtime
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.config.logo import Evaluate, Logo
from brandlens.config.types import ThresholdConfig
from brandlens.errors import ModelError
from brandlens.logo import evaluation, export
from brandlens.logo.crops.manifest import CropRecord, write_manifest
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors import registry
from brandlens.logo.detectors.base import Detections, Model, StageInputs

# The network's own module


@dataclass(frozen=True)
class BrightDetector:
    """Detects one label: what is bright."""

    session: onnxruntime.InferenceSession
    labels: tuple[str, ...]
    iou_threshold: float = 0.5
    needs_detections: bool = False

    @property
    def config(self) -> dict[str, Any]:
        return {"labels": list(self.labels)}

    def detect(self, pixels: np.ndarray, threshold: float) -> Detections:
        scores = self.heatmap(pixels)
        rows, columns = np.nonzero(scores >= max(threshold, 0.5))
        if not len(rows):
            return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))
        box = np.float32([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]])
        return Detections(box, np.zeros(1, np.int64), scores[rows, columns].max(keepdims=True))

    def score_crops(
        self, crops: np.ndarray, records: Sequence[CropRecord], detections: Mapping[str, Sequence[Detection]]
    ) -> np.ndarray:
        bright = self.session.run(["label"], {"picture": crops})[0].mean(axis=(1, 2))
        return np.concatenate([1 - bright, bright], axis=1)

    def heatmap(self, pixels: np.ndarray) -> np.ndarray:
        return self.session.run(["label"], {"picture": pixels[None]})[0][0, ..., 0]


def bright_config(cfg: Logo, inputs: StageInputs) -> dict[str, Any]:
    return {"labels": ["lamp"]}


def sample_inputs(cfg: Logo, inputs: StageInputs) -> np.ndarray:
    return np.stack([images.read(picture.path) for picture in inputs.read_pictures("val")])


def train_bright(cfg: Logo, inputs: StageInputs, run_dir: Path, *, seed: int, dtype_policy: str) -> keras.Model:
    """Set the bias so that a grey level of 192 scores one half."""
    pixels = keras.Input((None, None, 3), dtype="uint8")
    head = keras.layers.Conv2D(1, 1, activation="sigmoid", name="label")
    label = head(keras.layers.Rescaling(1 / 255)(pixels))
    head.set_weights([np.full((1, 1, 3, 1), 10 / 3, np.float32), np.float32([-10 * 192 / 255])])
    return keras.Model(pixels, {"label": label})


BRIGHT = Model(
    build=lambda session, config: BrightDetector(session, tuple(config["labels"])),
    config=bright_config,
    parity_inputs=sample_inputs,
    trainer=f"{__name__}:train_bright",
)


# What a user of it does


@pytest.fixture
def bright(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """The model, registered for one test."""
    monkeypatch.setattr(registry, "MODELS", dict(registry.MODELS))
    registry.register("bright", BRIGHT)
    return registry.find("bright")


def picture(folder: Path, name: str, *boxes: Box) -> Picture:
    pixels = np.full((48, 64, 3), 60, np.uint8)
    for box in boxes:
        pixels[box.top : box.top + box.height, box.left : box.left + box.width] = 250
    images.write(folder / f"{name}.png", pixels)
    return Picture(folder / f"{name}.png", boxes)


def test_a_model_from_outside_is_trained_exported_evaluated_and_loaded(
    bright: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [picture(tmp_path, "lit", Box(10, 8, 20, 16, "lamp")), picture(tmp_path, "dark")]
    inputs = StageInputs(tmp_path, tmp_path / "crops", tmp_path / "crops.npz")
    monkeypatch.setattr(StageInputs, "read_pictures", lambda self, split: pictures)

    model = bright.train(None, inputs, tmp_path / "run", seed=1, dtype_policy="float32")
    network = export.to_onnx(model)
    assert export.check_parity(model, network, bright.parity_inputs(None, inputs), atol=1e-5) < 1e-5

    config = bright.config(None, inputs)
    detector = LogoDetector.from_session("bright", onnx_runtime.session(network, 1), config, 0.6, {})
    records = [
        CropRecord(f"{split}-{name}.png", split, label, kind, f"{name}.png", 0, 0, 64, 48)
        for split in ("train", "val", "test")
        for name, label, kind in (("lit", "lamp", "labelled"), ("dark", "background", "background"))
    ]
    for record in records:
        images.write(inputs.crops / record.file, np.full((48, 64, 3), 250 if record.label == "lamp" else 60, np.uint8))
    write_manifest(inputs.crops, WindowSpec(("lamp",), 64, 48, 0.1, (1.5,)), records)
    splits = {"val": pictures, "test": pictures}
    cfg = Evaluate(ThresholdConfig(maximize="f1"), min_score=0.05, gallery_images=1)
    result = evaluation.evaluate(detector, splits, inputs.crops, cfg)
    assert result.metrics["boxes"]["ap50"] == 1
    assert result.metrics["crops"]["accuracy"] == 1

    detector.save(tmp_path / "model", network)
    loaded = LogoDetector.load(tmp_path / "model", threads=1)
    assert (loaded.model, loaded.labels, loaded.threshold) == ("bright", ("lamp",), 0.6)
    (detection,) = loaded.detect(pictures[0].path)
    assert (detection.label, detection.left, detection.top, detection.width, detection.height) == (
        "lamp",
        10,
        8,
        20,
        16,
    )
    assert loaded.detect(pictures[1].path) == []
    assert loaded.heatmap(images.read(pictures[0].path)).shape == (48, 64)


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ModelError, match="no model is called 'bright'; known: fcn, snowdon, one_stage"):
        registry.find("bright")


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_models_trainer_can_be_imported(name: str) -> None:
    assert callable(pkgutil.resolve_name(registry.find(name).trainer))


def test_detections_are_picked_together() -> None:
    detections = Detections(np.eye(4, dtype=np.float32)[:3], np.array([0, 1, 2]), np.float32([0.9, 0.8, 0.7]))
    for kept in (np.array([True, False, True]), np.array([0, 2])):
        assert detections.where(kept).labels.tolist() == [0, 2]
        assert detections.where(kept).scores.tolist() == pytest.approx([0.9, 0.7])
    assert detections.where(np.zeros(3, bool)).boxes.shape == (0, 4)
