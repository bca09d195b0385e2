"""Metrics of whole pictures: does a picture show a brand?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from brandlens.metrics.detection import (
    Detected,
    Labelled,
    f1,
    precision,
    recall,
    units_labelled,
    units_predicted,
)  # fmt: skip
from brandlens.metrics.registry import Metric


@dataclass(frozen=True, eq=False)
class PictureDecisions:
    """Does a picture show a brand? One decision per picture and label.

    y_true, y_pred, decided: (units, classes) bool. A label that a picture shows as an `ignore` box only is not decided.
    """

    labels: Sequence[str]
    y_true: np.ndarray
    y_pred: np.ndarray
    decided: np.ndarray

    @property
    def num_units(self) -> int:
        """Return the number of pictures."""
        return len(self.y_true)

    @property
    def registry(self) -> Mapping[str, Metric]:
        """Return `PICTURE_METRICS`."""
        return PICTURE_METRICS

    def counts(self) -> dict[str, float]:
        """Return none."""
        return {}

    @cached_property
    def outcomes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (units, classes) float32 counts of true positives, false positives and false negatives."""
        cells = self.y_true & self.y_pred, self.y_pred & ~self.y_true, self.y_true & ~self.y_pred
        true_positives, false_positives, false_negatives = (
            (self.decided & chosen).astype(np.float32) for chosen in cells
        )
        return true_positives, false_positives, false_negatives


def decide_pictures(
    y_true: Labelled,
    detections: Detected,
    labels: Sequence[str],
    threshold: float,
    units: Sequence[int] | None = None,
) -> PictureDecisions:
    """Decide which labels each picture shows: those with a detection that scores `threshold` or more.

    units: the number of each picture, by default its place in the list.
    """
    labelled, ignored, detected = np.zeros((3, len(y_true), len(labels)), bool)
    numbers = range(len(y_true)) if units is None else units
    for unit, row, predicted in zip(numbers, y_true, detections, strict=True):
        for table, names in (
            (labelled, {box.label for box in row if not box.ignore}),
            (ignored, {box.label for box in row if box.ignore}),
            (detected, {detection.label for detection in predicted if detection.score >= threshold}),
        ):
            table[unit] = [label in names for label in labels]
    return PictureDecisions(labels, labelled, detected, labelled | ~ignored)


def accuracy(pictures: PictureDecisions, weights: np.ndarray) -> np.ndarray:
    """Return (r,) the fraction of pictures whose decisions are all right: an empty one without a detection is."""
    right = ((pictures.y_true == pictures.y_pred) | ~pictures.decided).all(axis=1)
    return weights @ right.astype(np.float32) / np.maximum(weights.sum(axis=1), 1)


PICTURE_METRICS: dict[str, Metric] = {
    "precision": Metric("precision", precision, support=units_predicted),
    "recall": Metric("recall", recall, support=units_labelled),
    "f1": Metric("F1", f1, support=units_labelled),
    "accuracy": Metric("accuracy", accuracy),
}
