"""The scores of a fully convolutional network as a map over the picture."""

import cv2
import numpy as np

from brandlens.config.logo import SlidingWindowDetect
from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detectors.sliding_window import scan
from brandlens.logo.detectors.sliding_window.scorers import WindowScorer


def heatmap(pixels: np.ndarray, scorer: WindowScorer, window: WindowSpec, cfg: SlidingWindowDetect) -> np.ndarray:
    """Return (h, w) float32 from 0 to 1: the best score of any label in a window of any size centered at each pixel.

    pixels: (h, w, 3) uint8 RGB; one larger than `cfg.max_size` gets a map of that size. Scores are those of the image
    pyramid; windows lie a stride apart, and between their centers scores are interpolated.
    """
    small = windows.shrink_to(pixels, cfg.max_size)
    height, width = small.shape[:2]
    image_wh = np.array([width, height])
    window_wh = np.array([window.width, window.height])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    best = np.zeros((height, width), np.float32)
    for size in scan.window_sizes(width, height, window, cfg):
        level_wh = np.maximum(1, np.rint(image_wh * window_wh / size)).astype(int)
        zoom = level_wh / image_wh
        level, *padding = scan.pad_level(windows.resize(small, *level_wh), window)
        scores = np.ascontiguousarray(scorer.score_windows(level)[0][..., 1:].max(axis=-1))
        # the score at a pixel is at (pixel * zoom + padding - half a window) / stride
        shift = ((zoom - 1) / 2 + padding - (window_wh - 1) / 2) / scorer.stride
        matrix = np.column_stack([np.diag(zoom / scorer.stride), shift])
        best = np.maximum(best, cv2.warpAffine(scores, matrix, (width, height), flags=flags))
    return best
