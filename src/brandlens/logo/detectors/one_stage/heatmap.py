"""The scores of a one-stage network as a map over the picture."""

import cv2
import numpy as np

from brandlens.config.logo import OneStageDetect
from brandlens.logo.detectors.one_stage.letterbox import STRIDES, pad_to_stride, resize_longest
from brandlens.logo.detectors.one_stage.predict import OneStageModel


def heatmap(pixels: np.ndarray, model: OneStageModel, cfg: OneStageDetect) -> np.ndarray:
    """Return (h, w) float32 from 0 to 1: the best score of any label at an anchor point there, the mean over the sizes.

    pixels: (h, w, 3) uint8 RGB; the map is as large as the largest of the sizes. Between anchor points, which lie a
    stride apart, scores are interpolated.
    """
    height, width = resize_longest(pixels, max(cfg.image_sizes)).shape[:2]
    maps = [cv2.resize(_map_at(pixels, model, size), (width, height)) for size in cfg.image_sizes]
    return np.stack(maps).mean(axis=0, dtype=np.float32)


def _map_at(pixels: np.ndarray, model: OneStageModel, size: int) -> np.ndarray:
    """Return the map of one size, as large as that: the best of all strides at each pixel."""
    resized = resize_longest(pixels, size)
    padded = pad_to_stride(resized)
    height, width = padded.shape[:2]
    scores = model(padded)[1].max(axis=1)
    grids = [(height // stride, width // stride) for stride in STRIDES]
    levels = np.split(scores, np.cumsum([rows * columns for rows, columns in grids])[:-1])
    maps = [cv2.resize(level.reshape(grid), (width, height)) for level, grid in zip(levels, grids, strict=True)]
    return np.max(maps, axis=0)[: resized.shape[0], : resized.shape[1]]
