"""Detections drawn on a picture: boxes with labels and scores."""

from collections.abc import Sequence

import numpy as np

from brandlens import images
from brandlens.boxes import Detection, to_xyxy

COLORS = ((0, 158, 115), (213, 94, 0), (0, 114, 178), (204, 121, 167), (230, 159, 0), (86, 180, 233))  # Okabe and Ito


def draw_detections(picture: np.ndarray, detections: Sequence[Detection], labels: Sequence[str]) -> np.ndarray:
    """Return a copy of the (h, w, 3) uint8 RGB picture with its detections drawn, one color for each of `labels`."""
    captions = [f"{detection.label} {detection.score:.2f}" for detection in detections]
    colors = [COLORS[labels.index(detection.label) % len(COLORS)] for detection in detections]
    return images.draw(picture, to_xyxy(detections), captions, colors)
