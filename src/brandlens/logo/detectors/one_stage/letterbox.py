"""Pictures as the one-stage network takes them, in training and in use: resized, and padded with grey."""

import cv2
import numpy as np

from brandlens.logo.crops import windows

STRIDES = (8, 16, 32)  # pixels between neighboring anchor points of the network, which gives them in this order
MULTIPLE = STRIDES[-1]  # of which the sides of the network's input are multiples
GREY = 114  # of 255


def resize_longest(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return a (h, w, 3) uint8 picture whose longer side is `size` pixels."""
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    wh = max(1, round(width * scale)), max(1, round(height * scale))
    return pixels if wh == (width, height) else windows.resize(pixels, *wh)


def pad_to_stride(pixels: np.ndarray) -> np.ndarray:
    """Return a (h, w, 3) uint8 picture with grey on the right and below, so that both sides are multiples of 32."""
    height, width = pixels.shape[:2]
    return _pad(pixels, -height % MULTIPLE, -width % MULTIPLE)


def letterbox(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return (size, size, 3) uint8: the whole picture as large as fits, in the left upper corner, grey elsewhere."""
    resized = resize_longest(pixels, size)
    return _pad(resized, size - resized.shape[0], size - resized.shape[1])


def _pad(pixels: np.ndarray, below: int, right: int) -> np.ndarray:
    return cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(GREY, GREY, GREY))
