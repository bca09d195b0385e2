"""A whole picture → detections, by one pass of an exported one-stage network at each of a few sizes."""

import numpy as np
import onnxruntime

from brandlens.boxes import clip
from brandlens.config.logo import OneStageDetect
from brandlens.logo.detectors.base import Detections
from brandlens.logo.detectors.one_stage.box_fusion import Pass, weighted_boxes_fusion
from brandlens.logo.detectors.one_stage.letterbox import pad_to_stride, resize_longest

MIN_SCORE = 0.05  # of a pass; thousands of anchor points score less


class OneStageModel:
    """An exported one-stage network on ONNX Runtime; see `network` for its outputs."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self.session = session

    def __call__(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (points, 4) boxes and (points, labels) probabilities of (h, w, 3) uint8, sides multiples of 32."""
        boxes, label = self.session.run(["boxes", "label"], {"picture": pixels[None]})
        return boxes[0], label[0]


def detect(pixels: np.ndarray, model: OneStageModel, cfg: OneStageDetect, threshold: float) -> Detections:
    """Return all detections in a (h, w, 3) uint8 RGB picture that score `threshold` or more, those of all sizes fused.

    Whatever the threshold, the same boxes have the same scores.
    """
    passes = [detect_at(pixels, model, size) for size in cfg.image_sizes]
    detections = weighted_boxes_fusion(passes, cfg.iou_threshold)
    return detections.where(detections.scores >= threshold)


def detect_at(pixels: np.ndarray, model: OneStageModel, size: int) -> Pass:
    """Return boxes (n, 4) in pixels of the picture, labels (n,) and scores (n,) of one size, duplicates and all."""
    height, width = pixels.shape[:2]
    resized = resize_longest(pixels, size)
    boxes, label = model(pad_to_stride(resized))
    labels = label.argmax(axis=1)
    scores = label[np.arange(len(label)), labels]
    kept = scores >= MIN_SCORE
    scale = np.array([width / resized.shape[1], height / resized.shape[0]] * 2, np.float32)
    return clip(boxes[kept] * scale, width, height), labels[kept], scores[kept]
