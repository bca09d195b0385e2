"""Random changes of digits, in one resampling: affine ones and elastic distortion (Simard, Steinkraus, Platt 2003)."""

import cv2
import numpy as np

from brandlens.config.digits import Distortion


def distort(digits: np.ndarray, cfg: Distortion, rng: np.random.Generator) -> np.ndarray:
    """Return each digit rotated, zoomed, sheared, shifted and elastically distorted by its own random amounts.

    digits: (n, height, width) float32 or uint8, of which the result has shape and dtype. What comes in from outside is
    0. Elastic distortion: each pixel is moved by a random field, smoothed by a Gaussian of elastic_sigma pixels and
    scaled to a root mean square of elastic_alpha pixels.
    """
    if cfg.is_none:
        return digits
    count, height, width = digits.shape
    maps = _affine_maps(count, height, width, cfg, rng)
    if cfg.elastic_alpha:
        maps += _elastic_fields(count, height, width, cfg, rng)
    result = np.empty_like(digits)
    for index in range(count):
        cv2.remap(digits[index], maps[index, 0], maps[index, 1], cv2.INTER_LINEAR, result[index], cv2.BORDER_CONSTANT)
    return result


def _affine_maps(count: int, height: int, width: int, cfg: Distortion, rng: np.random.Generator) -> np.ndarray:
    """Return (n, 2, height, width) float32: the x and y that each pixel of the result is taken from."""
    angle = np.deg2rad(rng.uniform(-cfg.rotation, cfg.rotation, count))
    scale = np.exp(rng.uniform(-1, 1, (2, count)) * np.log1p(cfg.zoom))
    shear = rng.uniform(-cfg.shear, cfg.shear, count)
    cos, sin, ones = np.cos(angle), np.sin(angle), np.ones(count)
    rotation = np.array([[cos, -sin], [sin, cos]]).transpose(2, 0, 1)
    slant = np.array([[ones, shear], [0 * ones, ones]]).transpose(2, 0, 1)
    matrices = (rotation @ slant * scale.T[:, None, :]).astype(np.float32)
    center = np.array([(width - 1) / 2, (height - 1) / 2], np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    grid = np.stack([x.ravel(), y.ravel()]) - center[:, None]
    shift = rng.uniform(-cfg.translation, cfg.translation, (count, 2, 1)).astype(np.float32)
    return (matrices @ grid + center[:, None] + shift).reshape(count, 2, height, width)


def _elastic_fields(count: int, height: int, width: int, cfg: Distortion, rng: np.random.Generator) -> np.ndarray:
    """Return (n, 2, height, width) float32 displacements in pixels."""
    noise = rng.uniform(-1, 1, (count, 2, height, width)).astype(np.float32)
    smooth = _smoothing(height, cfg.elastic_sigma) @ noise @ _smoothing(width, cfg.elastic_sigma).T
    spread = np.sqrt(np.mean(np.square(smooth), axis=(1, 2, 3), keepdims=True))
    return cfg.elastic_alpha / np.maximum(spread, 1e-12) * smooth


def _smoothing(size: int, sigma: float) -> np.ndarray:
    """Return the (size, size) float32 matrix that smooths a column by a Gaussian."""
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    return np.exp(-0.5 * np.square(distance / sigma)).astype(np.float32)
