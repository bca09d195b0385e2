"""A detector's scores laid over the picture."""

import cv2
import numpy as np

OPACITY = 0.6  # of the colors; the rest is the picture in grey


def overlay(pixels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return (h, w, 3) uint8 RGB: the picture in grey, and over it its scores from black at 0 to light yellow at 1.

    pixels: (h, w, 3) uint8 RGB; scores: float32 from 0 to 1, of any size.
    """
    height, width = pixels.shape[:2]
    grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    levels = (cv2.resize(scores, (width, height), interpolation=cv2.INTER_AREA) * 255).round().astype(np.uint8)
    colors = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return cv2.addWeighted(grey, 1 - OPACITY, colors, OPACITY, 0)
