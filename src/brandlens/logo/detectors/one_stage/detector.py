"""The detector that runs a one-stage network, and its model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnxruntime

from brandlens import images
from brandlens.boxes import Detection
from brandlens.config.logo import Logo, OneStageDetect
from brandlens.config.schema import from_mapping
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.detectors.base import Detections, Model, StageInputs
from brandlens.logo.detectors.one_stage.crop_scores import crop_scores
from brandlens.logo.detectors.one_stage.heatmap import heatmap
from brandlens.logo.detectors.one_stage.letterbox import letterbox
from brandlens.logo.detectors.one_stage.predict import OneStageModel, detect
from brandlens.logo.labels import labels_of

NUM_PARITY_PICTURES = 25


@dataclass(frozen=True)
class OneStageDetector:
    """Detects by `predict.detect`; see `base.Detector`."""

    model: OneStageModel
    labels: tuple[str, ...]
    cfg: OneStageDetect
    needs_detections: bool = True

    @property
    def iou_threshold(self) -> float:
        return self.cfg.iou_threshold

    @property
    def config(self) -> dict[str, Any]:
        return {"labels": list(self.labels), "detect": asdict(self.cfg)}

    def detect(self, pixels: np.ndarray, threshold: float) -> Detections:
        """Return all detections that score `threshold` or more."""
        return detect(pixels, self.model, self.cfg, threshold)

    def score_crops(
        self, crops: np.ndarray, records: Sequence[CropRecord], detections: Mapping[str, Sequence[Detection]]
    ) -> np.ndarray:
        """Return the crops' probabilities from the detections in their pictures."""
        return crop_scores(records, detections, self.labels)

    def heatmap(self, pixels: np.ndarray) -> np.ndarray:
        """Return the map of the anchor points' scores."""
        return heatmap(pixels, self.model, self.cfg)


def _build(session: onnxruntime.InferenceSession, config: Mapping[str, Any]) -> OneStageDetector:
    cfg = from_mapping(OneStageDetect, config["detect"], "detect")
    return OneStageDetector(OneStageModel(session), tuple(config["labels"]), cfg)


def _config(cfg: Logo, inputs: StageInputs) -> dict[str, Any]:
    labels = labels_of(inputs.read_pictures("train"), cfg.crop.labels)
    return {"labels": list(labels), "detect": asdict(cfg.detect.one_stage)}


def _letterboxed_pictures(cfg: Logo, inputs: StageInputs) -> np.ndarray:
    """Return (n, size, size, 3) uint8: validation pictures, or training pictures where there are none."""
    pictures = inputs.read_pictures("val") or inputs.read_pictures("train")
    size = cfg.train.one_stage.image_size
    return np.stack([letterbox(images.read(picture.path), size) for picture in pictures[:NUM_PARITY_PICTURES]])


def _fast_bfloat16(cfg: Logo) -> tuple[str, ...]:
    """Return none for a pretrained backbone: the depthwise convolutions in most of them are slower in bfloat16."""
    return ("amx_bf16", "avx512_bf16") if cfg.train.one_stage.backbone == "none" else ()


ONE_STAGE = Model(
    build=_build,
    config=_config,
    parity_inputs=_letterboxed_pictures,
    trainer="brandlens.logo.detectors.one_stage.train:train",
    fast_bfloat16=_fast_bfloat16,
)
