"""The test pictures that a report shows: small copies, without boxes, which the page draws over them."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import cv2
import numpy as np

from brandlens import images
from brandlens.boxes import Box, Detection
from brandlens.logo.detectors.sliding_window import heatmap
from brandlens.logo.evaluate import Predictions
from brandlens.metrics import plots
from brandlens.metrics.matching import match

SIDE = 320  # pixels: longer side of a copy
COLUMNS = ("picture", "file", "width", "height", "heat")
INDEX = "gallery.csv"


def chosen(found: Predictions, labels: Sequence[str], threshold: float, most: int) -> list[int]:
    """Which pictures to show, in their order: of false alarms, of misses and of neither at most `most` each.

    False alarms: the surest first; misses: the most first; those without either: the least sure find first.
    """
    wrong: list[tuple[float, int]] = []
    missed: list[tuple[float, int]] = []
    right: list[tuple[float, int]] = []
    for at, (truth, detections) in enumerate(zip(found.truth(labels), found.detections, strict=True)):
        alarm, hit, misses = _outcome(truth, [each for each in detections if each.score >= threshold])
        if alarm:
            wrong.append((-max(alarm), at))
        if misses:
            missed.append((-misses, at))
        if hit and not alarm and not misses:
            right.append((min(hit), at))
    return sorted({at for group in (wrong, missed, right) for _, at in sorted(group)[:most]})


def _outcome(truth: Sequence[Box], detections: Sequence[Detection]) -> tuple[list[float], list[float], int]:
    """The scores of false alarms, those of hits, and how many boxes are missed."""
    matches = match(truth, detections)
    alarms = [
        each.score for each, out in zip(detections, matches.true_positive | matches.ignored, strict=True) if not out
    ]
    hits = [each.score for each, hit in zip(detections, matches.true_positive, strict=True) if hit]
    missed = sum(not taken and not box.ignore for box, taken in zip(truth, matches.detected, strict=True))
    return alarms, hits, missed


def write(
    found: Predictions, which: Sequence[int], folder: Path,
    look: Callable[[np.ndarray], np.ndarray] | None = None, looked: Collection[int] = (),
) -> None:  # fmt: skip
    """Small JPEG copies of these pictures, and gallery.csv: each with its file and its own width and height.

    look: a (h, w, 3) picture → its heat, see `heat.looker`; those that are `looked` at get a copy with the heat too.
    """
    rows = []
    for number, at in enumerate(which):
        path = found.pictures[at].path
        pixels = images.read(path)
        small, name, overlay = smaller(pixels), f"{number:04d}.jpg", ""
        images.write(folder / name, small, quality=80)
        if look and at in looked:
            overlay = f"{number:04d}-heat.jpg"
            images.write(folder / overlay, heatmap.overlay(small, look(pixels)), quality=80)
        sides = {"width": pixels.shape[1], "height": pixels.shape[0]}
        rows.append({"picture": path.name, "file": name, **sides, "heat": overlay})
    plots.write_csv(rows, folder / INDEX, COLUMNS)


def smaller(pixels: np.ndarray) -> np.ndarray:
    """The picture, its longer side SIDE pixels at most."""
    high, wide = pixels.shape[:2]
    scale = SIDE / max(high, wide)
    if scale >= 1:
        return pixels
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
