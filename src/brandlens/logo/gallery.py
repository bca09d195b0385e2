"""The test pictures that a report shows: small copies, without boxes, which the page draws over them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from brandlens import images, io
from brandlens.boxes import Box, Detection
from brandlens.logo.crops import windows
from brandlens.logo.detectors import heatmap as heatmaps
from brandlens.logo.predictions import Predictions
from brandlens.metrics.matching import match

SIDE = 320  # pixels: longer side of a copy
MAX_HEATMAPS = 3  # pictures of each outcome that get a heatmap; for each the detector runs once more
COLUMNS = ("picture", "file", "width", "height", "heatmap")
INDEX = "gallery.csv"


def select(predictions: Predictions, labels: Sequence[str], threshold: float, max_images: int) -> list[int]:
    """Return the indices of the pictures to show, rising: of each outcome at most `max_images`.

    With false positives: the highest score first; with false negatives: the most of them first; with neither, but a
    true positive: the lowest score first.
    """
    false_positives: list[tuple[float, int]] = []
    false_negatives: list[tuple[float, int]] = []
    faultless: list[tuple[float, int]] = []
    pairs = zip(predictions.labelled(labels), predictions.detections, strict=True)
    for index, (labelled, detections) in enumerate(pairs):
        wrong, right, missing = _outcomes(
            labelled, [detection for detection in detections if detection.score >= threshold]
        )
        if wrong:
            false_positives.append((-max(wrong), index))
        if missing:
            false_negatives.append((-missing, index))
        if right and not wrong and not missing:
            faultless.append((min(right), index))
    groups = (false_positives, false_negatives, faultless)
    return sorted({index for group in groups for _, index in sorted(group)[:max_images]})


def _outcomes(labelled: Sequence[Box], detections: Sequence[Detection]) -> tuple[list[float], list[float], int]:
    """Return the scores of false positives, those of true positives, and how many false negatives there are."""
    matches = match(labelled, detections)
    counted = matches.true_positive | matches.ignored
    wrong = [detection.score for detection, counts in zip(detections, counted, strict=True) if not counts]
    right = [detection.score for detection, correct in zip(detections, matches.true_positive, strict=True) if correct]
    missing = sum(not detected and not box.ignore for box, detected in zip(labelled, matches.detected, strict=True))
    return wrong, right, missing


def write(
    predictions: Predictions, labels: Sequence[str], threshold: float, max_images: int, folder: Path,
    heatmap: Callable[[np.ndarray], np.ndarray | None] | None = None,
) -> None:  # fmt: skip
    """Write small JPEG copies of the selected pictures, and gallery.csv: each with its file and its own size.

    heatmap: of a (h, w, 3) uint8 RGB picture its scores, (h, w) float32 from 0 to 1, or None for a detector that has
    none; at most MAX_HEATMAPS pictures of each outcome get a second copy with it.
    """
    with_heatmap = select(predictions, labels, threshold, min(max_images, MAX_HEATMAPS)) if heatmap else []
    rows = []
    for number, index in enumerate(select(predictions, labels, threshold, max_images)):
        path = predictions.pictures[index].path
        pixels = images.read(path)
        small, file, overlay = windows.shrink_to(pixels, SIDE), f"{number:04d}.jpg", ""
        images.write(folder / file, small, quality=80)
        scores = heatmap(pixels) if heatmap and index in with_heatmap else None
        if scores is not None:
            overlay = f"{number:04d}-heatmap.jpg"
            images.write(folder / overlay, heatmaps.overlay(small, scores), quality=80)
        height, width = pixels.shape[:2]
        rows.append({"picture": path.name, "file": file, "width": width, "height": height, "heatmap": overlay})
    io.write_csv(rows, folder / INDEX, COLUMNS)
