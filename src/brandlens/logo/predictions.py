"""Pictures → the detections of a detector, timed, in the form that evaluations and reports take."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.metrics.detection import MatchedBoxes, match_pictures
from brandlens.metrics.pictures import PictureDecisions, decide_pictures

Progress = Callable[[Sequence[Picture]], Iterable[Picture]]


def no_progress(pictures: Sequence[Picture]) -> Iterable[Picture]:
    """Return the pictures as they are, without a progress bar."""
    return pictures


class PictureDetector(Protocol):
    """What finds logos in a picture."""

    def detect(self, picture: np.ndarray, threshold: float) -> list[Detection]:
        """Return the detections in a (h, w, 3) uint8 RGB picture that score `threshold` or more."""


@dataclass(frozen=True)
class Predictions:
    """The detections in pictures, in their order. seconds: (n,) float64 to detect in each, reading it left out."""

    pictures: Sequence[Picture]
    detections: list[list[Detection]]
    seconds: np.ndarray

    def labelled(self, labels: Sequence[str]) -> list[list[Box]]:
        """Return the labelled boxes of each picture: those of these labels, and `ignore` boxes of any."""
        return [[box for box in picture.boxes if box.ignore or box.label in labels] for picture in self.pictures]

    def units(self) -> list[int]:
        """Return the number of each picture: its place among their sorted names, whatever their order here."""
        order = sorted(range(len(self.pictures)), key=lambda index: self.pictures[index].path.name)
        return [int(unit) for unit in np.argsort(order)]

    def matched(self, labels: Sequence[str], threshold: float = 0.0) -> MatchedBoxes:
        """Match the detections with the labelled boxes; threshold: of precision and recall."""
        return match_pictures(self.labelled(labels), self.detections, labels, threshold, self.units())

    def decided(self, labels: Sequence[str], threshold: float) -> PictureDecisions:
        """Decide which of the labels each picture shows."""
        return decide_pictures(self.labelled(labels), self.detections, labels, threshold, self.units())

    def by_picture(self) -> dict[str, list[Detection]]:
        """Return the detections by their picture's name."""
        names = (picture.path.name for picture in self.pictures)
        return dict(zip(names, self.detections, strict=True))

    @property
    def median_ms(self) -> float:
        """Milliseconds that a picture takes, the median; 0.0 without pictures."""
        return round(1000 * float(np.median(self.seconds)), 2) if len(self.seconds) else 0.0


def predict(
    detector: PictureDetector,
    pictures: Sequence[Picture],
    min_score: float,
    progress: Progress = no_progress,
) -> Predictions:
    """Run the detector on pictures, keeping detections that score `min_score` or more."""
    detections, seconds = [], []
    for picture in progress(pictures):
        pixels = images.read(picture.path)
        start = time.perf_counter()
        detections.append(detector.detect(pixels, min_score))
        seconds.append(time.perf_counter() - start)
    return Predictions(pictures, detections, np.array(seconds))


def predict_class(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """Return (n,) int64 class ids of (n, classes) probabilities: the likeliest brand where it reaches the threshold."""
    brand = probabilities[:, 1:].argmax(axis=1) + 1
    return np.where(probabilities[np.arange(len(brand)), brand] >= threshold, brand, 0)
