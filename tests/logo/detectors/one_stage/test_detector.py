"""The one-stage detector: what it is built from, and what it answers through the protocol of all detectors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brandlens import annotations, config, images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.config.logo import OneStageDetect
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.detectors.base import StageInputs
from brandlens.logo.detectors.one_stage.detector import ONE_STAGE, OneStageDetector
from brandlens.logo.detectors.one_stage.letterbox import STRIDES
from brandlens.logo.detectors.one_stage.predict import OneStageModel

PARAMS = Path(__file__).parents[4] / "params.yaml"


class Everywhere(OneStageModel):
    """Every anchor point frames the whole input and is sure of the second of two labels."""

    def __init__(self) -> None:
        pass

    def __call__(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width = pixels.shape[:2]
        num_points = sum((height // stride) * (width // stride) for stride in STRIDES)
        boxes = np.tile(np.float32([0, 0, width, height]), (num_points, 1))
        return boxes, np.tile(np.float32([0.1, 0.7]), (num_points, 1))


@pytest.fixture
def detector() -> OneStageDetector:
    return OneStageDetector(Everywhere(), ("cola", "fizz"), OneStageDetect((64,), 0.5))


def test_it_detects(detector: OneStageDetector) -> None:
    detections = detector.detect(np.zeros((32, 64, 3), np.uint8), 0.5)
    assert detections.boxes.tolist() == [[0, 0, 64, 32]]
    assert (detections.labels.tolist(), detections.scores.tolist()) == ([1], [pytest.approx(0.7)])
    assert detector.iou_threshold == 0.5


def test_crops_are_scored_by_the_detections_in_their_pictures(detector: OneStageDetector) -> None:
    assert detector.needs_detections
    record = CropRecord("0.png", "test", "background", "background", "one.jpg", 0, 0, 60, 40)
    crops, detections = np.zeros((1, 22, 75, 3), np.uint8), {"one.jpg": [Detection("fizz", 0.7, 0, 0, 60, 40)]}
    np.testing.assert_allclose(detector.score_crops(crops, [record], detections), [[0.3, 0, 0.7]], atol=1e-6)


def test_it_has_a_heatmap(detector: OneStageDetector) -> None:
    scores = detector.heatmap(np.zeros((30, 60, 3), np.uint8))
    np.testing.assert_allclose(scores, np.full((32, 64), 0.7, np.float32))


def test_its_config_comes_from_the_pictures_and_params_and_builds_it(tmp_path: Path) -> None:
    """No crops are needed: the labels are those of the training pictures."""
    pixels = np.full((20, 60, 3), 70, np.uint8)
    images.write(tmp_path / "one.png", pixels)
    pictures = [Picture(tmp_path / "one.png", (Box(2, 2, 20, 10, "fizz"), Box(30, 2, 20, 10, "cola")), 60, 20)]
    annotations.write(tmp_path / "train.xml", pictures)
    annotations.write(tmp_path / "val.xml", [])
    inputs = StageInputs(tmp_path, tmp_path / "no crops", tmp_path / "none.npz")
    logo = config.load(PARAMS).logo
    built = ONE_STAGE.config(logo, inputs)
    assert built["labels"] == ["cola", "fizz"]
    assert ONE_STAGE.config(replace(logo, crop=replace(logo.crop, labels=("fizz",))), inputs)["labels"] == ["fizz"]
    detector = ONE_STAGE.build(None, built)
    assert (detector.labels, detector.cfg) == (("cola", "fizz"), logo.detect.one_stage)
    assert detector.config == built
    size = logo.train.one_stage.image_size
    assert ONE_STAGE.parity_inputs(logo, inputs).shape == (1, size, size, 3)


@pytest.mark.parametrize(
    ("backbone", "is_fast"), [("none", True), ("efficientnet_lite0", False), ("MobileNetV2", False)]
)
def test_a_pretrained_backbone_is_trained_in_float32(backbone: str, is_fast: bool) -> None:
    """Where the policy is left to the processor: depthwise convolutions are slower in bfloat16."""
    cfg = config.load(PARAMS).logo
    train = replace(cfg.train, one_stage=replace(cfg.train.one_stage, backbone=backbone))
    assert ("avx512_bf16" in ONE_STAGE.fast_bfloat16(replace(cfg, train=train))) is is_fast
