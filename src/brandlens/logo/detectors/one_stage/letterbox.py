"""Pictures as the one-shot network takes them, in training and in use: grown or shrunk, and filled up with grey."""

import cv2
import numpy as np

from brandlens.logo.crops import windows

STRIDES = (8, 16, 32)  # pixels between neighbouring places of the network, which gives them in this order
MULTIPLE = STRIDES[-1]  # of which the sides of the network's input are multiples
GREY = 114  # of 255


def resize_longest(picture: np.ndarray, longest: int) -> np.ndarray:
    """The picture with its longer side as long as wished."""
    tall, wide = picture.shape[:2]
    scale = longest / max(tall, wide)
    size = max(1, round(wide * scale)), max(1, round(tall * scale))
    return picture if size == (wide, tall) else windows.resize(picture, *size)


def pad_to_stride(picture: np.ndarray) -> np.ndarray:
    """The picture with grey on the right and below, so that both sides are multiples of MULTIPLE."""
    tall, wide = picture.shape[:2]
    return _grey_around(picture, -tall % MULTIPLE, -wide % MULTIPLE)


def letterbox(picture: np.ndarray, size: int) -> np.ndarray:
    """(size, size, 3) uint8: the whole picture as large as fits, in the left upper corner, grey elsewhere."""
    shown = resize_longest(picture, size)
    return _grey_around(shown, size - shown.shape[0], size - shown.shape[1])


def _grey_around(picture: np.ndarray, below: int, right: int) -> np.ndarray:
    return cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(GREY, GREY, GREY))
