"""A whole picture → scored boxes, by one pass of an exported one-shot network at each of a few sizes."""

from dataclasses import dataclass

import numpy as np
import onnxruntime

from brandlens.boxes import clip
from brandlens.logo.detectors.one_stage.box_fusion import weighted_boxes_fusion
from brandlens.logo.detectors.one_stage.letterbox import pad_to_stride, resize_longest
from brandlens.logo.detectors.sliding_window.scan import Detections

FLOOR = 0.05  # lowest score of a pass that is looked at further; thousands of places have less


@dataclass(frozen=True)
class ImageSizes:
    """longest: the longer sides in pixels that a picture is shrunk or grown to, one pass each.
    overlap: intersection over union above which two finds of a label are one."""

    longest: tuple[int, ...]
    overlap: float


class OneStageModel:
    """An exported one-shot network; see shot.network for what it gives."""

    def __init__(self, network: onnxruntime.InferenceSession) -> None:
        self.network = network

    def __call__(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(places, 4) boxes and (places, labels) probabilities for (h, w, 3) uint8, h and w multiples of MULTIPLE."""
        boxes, label = self.network.run(["boxes", "label"], {"picture": picture[None]})
        return boxes[0], label[0]


def detect(picture: np.ndarray, shot: OneStageModel, sizes: ImageSizes, threshold: float) -> Detections:
    """All finds in a (h, w, 3) uint8 RGB picture that score `threshold` or more, those of all passes fused.

    Whatever the threshold, the same boxes have the same scores.
    """
    finds = weighted_boxes_fusion([one_pass(picture, shot, longest) for longest in sizes.longest], sizes.overlap)
    return finds.where(finds.scores >= threshold)


def one_pass(picture: np.ndarray, shot: OneStageModel, longest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes (n, 4) in pixels of the picture, labels (n,) and scores (n,) of one size, doubles and all."""
    tall, wide = picture.shape[:2]
    shown = resize_longest(picture, longest)
    boxes, label = shot(pad_to_stride(shown))
    likeliest = label.argmax(axis=1)
    scores = label[np.arange(len(label)), likeliest]
    kept = scores >= FLOOR
    ratio = np.array([wide / shown.shape[1], tall / shown.shape[0]] * 2, np.float32)
    return clip(boxes[kept] * ratio, wide, tall), likeliest[kept], scores[kept]
