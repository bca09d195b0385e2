"""Changes of light and color that leave every pixel where it is, for dense patches and mosaics alike."""

import cv2
import numpy as np

from brandlens.config.logo import Augmentation
from brandlens.logo.crops.augment import add_noise, jpeg_compress

TINT = 0.06  # logarithm of how much stronger or weaker a color gets at most
BLUR_RATIO = 0.5  # fraction of the pictures that are blurred
MIN_BLUR_SIGMA = 0.2  # pixels: a narrower Gaussian changes nothing


def degrade(pixels: np.ndarray, cfg: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Change (h, w, 3) uint8 RGB as another camera might have: brightness, contrast, tint, focus, noise and JPEG."""
    gain = np.exp(rng.uniform(-cfg.contrast, cfg.contrast)) * np.exp(rng.uniform(-TINT, TINT, 3))
    changed = (pixels - 128.0) * gain + 128 + 255 * rng.uniform(-cfg.brightness, cfg.brightness)
    sigma = rng.uniform(0, cfg.blur_sigma) if rng.random() < BLUR_RATIO else 0.0
    changed = np.clip(changed, 0, 255).astype(np.float32)
    blurred = cv2.GaussianBlur(changed, (0, 0), sigma) if sigma > MIN_BLUR_SIGMA else changed
    return jpeg_compress(add_noise(blurred[None], cfg.noise_std, rng), cfg.jpeg_min_quality, rng)[0]


def jitter_hsv(
    pixels: np.ndarray, *, hue: float, saturation: float, brightness: float, rng: np.random.Generator
) -> np.ndarray:
    """Change hue, saturation and brightness of (h, w, 3) uint8 RGB at random.

    hue: largest shift either way, as a fraction of the color circle. saturation, brightness: largest fraction, either
    way, by which they grow or shrink.
    """
    h, s, v = rng.uniform(-1, 1, 3) * (hue, saturation, brightness)
    levels = np.arange(256)
    table = np.stack(
        [(levels + round(h * 180)) % 180, np.clip(levels * (1 + s), 0, 255), np.clip(levels * (1 + v), 0, 255)],
        axis=-1,
    )
    changed = cv2.LUT(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV), table.astype(np.uint8)[None])
    return cv2.cvtColor(changed, cv2.COLOR_HSV2RGB)
