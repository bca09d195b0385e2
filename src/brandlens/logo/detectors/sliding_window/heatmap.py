"""Where a network looks: its scores, of a scan those of the first look, laid over the picture."""

from collections.abc import Callable

import cv2
import numpy as np

from brandlens.logo.crops import windows
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.one_stage import heatmap as shot
from brandlens.logo.detectors.one_stage.predict import OneStageModel
from brandlens.logo.detectors.sliding_window import scan
from brandlens.logo.detectors.sliding_window.scan import ScanConfig, WindowScorer
from brandlens.logo.detectors.sliding_window.scorers import DenseScorer

STRENGTH = 0.6  # share of the heat's colour in the overlay, the rest is the picture in grey


def heatmap_of(detector: LogoDetector) -> Callable[[np.ndarray], np.ndarray] | None:
    """A picture → its heat. None for a network that takes windows one by one: it would need minutes for a few maps."""
    if isinstance(detector.scorer, OneStageModel):
        return lambda picture: shot.heatmap(picture, detector.scorer, detector.plan)
    if not isinstance(detector.scorer, DenseScorer):
        return None
    return lambda picture: heatmap(picture, detector.scorer, detector.geometry, detector.plan)


def heatmap(picture: np.ndarray, scorer: WindowScorer, geometry: WindowSpec, plan: ScanConfig) -> np.ndarray:
    """(h, w) float32 from 0 to 1: at each pixel the best score of any brand in a window of any size centred there.

    picture: (h, w, 3) uint8 RGB; one larger than `plan.longest` gets a map of that size. Windows lie a stride apart:
    between their centres, scores are interpolated.
    """
    tall, wide = picture.shape[:2]
    shrink = min(1.0, plan.longest / max(tall, wide))
    size = max(1, round(wide * shrink)), max(1, round(tall * shrink))
    small = windows.resize(picture, *size) if shrink < 1 else picture
    best = np.zeros((size[1], size[0]), np.float32)
    for window in scan.window_sizes(*size, geometry, plan):
        fit = np.array([geometry.width, geometry.height])
        shown = np.maximum(1, np.rint(size * fit / window)).astype(int)
        zoom = shown / size
        level, *added = scan.padded(windows.resize(small, *shown), geometry)
        scores = np.ascontiguousarray(scorer(level)[0][..., 1:].max(axis=-1))
        # the score at a pixel is at (pixel * zoom + what was added - half a window) / stride
        shift = ((zoom - 1) / 2 + added - (fit - 1) / 2) / scorer.stride
        place = np.column_stack([np.diag(zoom / scorer.stride), shift])
        best = np.maximum(best, cv2.warpAffine(scores, place, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))
    return best


def overlay(picture: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 RGB: the picture in grey, and over it its scores from black at 0 to light yellow at 1.

    picture: (h, w, 3) uint8 RGB; scores: float32 from 0 to 1, of any size.
    """
    high, wide = picture.shape[:2]
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    levels = (cv2.resize(scores, (wide, high), interpolation=cv2.INTER_AREA) * 255).round().astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return cv2.addWeighted(grey, 1 - STRENGTH, colours, STRENGTH, 0)
