"""Where the one-shot network looks: the scores of its places, laid over the picture."""

import cv2
import numpy as np

from brandlens.logo.detectors.one_stage.letterbox import STRIDES, pad_to_stride, resize_longest
from brandlens.logo.detectors.one_stage.predict import ImageSizes, OneStageModel


def heatmap(picture: np.ndarray, shot: OneStageModel, sizes: ImageSizes) -> np.ndarray:
    """(h, w) float32 from 0 to 1: at each pixel the best score of any brand at a place there, the mean over the sizes.

    picture: (h, w, 3) uint8 RGB; the map is as large as the largest of its sizes. Between the middles of places, which
    lie a stride apart, scores are interpolated.
    """
    tall, wide = resize_longest(picture, max(sizes.longest)).shape[:2]
    passes = [cv2.resize(_one_pass(picture, shot, longest), (wide, tall)) for longest in sizes.longest]
    return np.mean(passes, axis=0, dtype=np.float32)


def _one_pass(picture: np.ndarray, shot: OneStageModel, longest: int) -> np.ndarray:
    shown = resize_longest(picture, longest)
    whole = pad_to_stride(shown)
    tall, wide = whole.shape[:2]
    scores = shot(whole)[1].max(axis=1)
    grids = [(tall // stride, wide // stride) for stride in STRIDES]
    parts = np.split(scores, np.cumsum([rows * columns for rows, columns in grids])[:-1])
    maps = [cv2.resize(part.reshape(grid), (wide, tall)) for part, grid in zip(parts, grids, strict=True)]
    return np.max(maps, axis=0)[: shown.shape[0], : shown.shape[1]]
