"""What a detector said of pictures and crops → metrics, and the tables and drawings that show them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from brandlens.logo import evaluate
from brandlens.logo.crops.extract import BACKGROUND, CropRecord
from brandlens.metrics import classification, detection, plots, thresholds
from brandlens.metrics.classification import LabelledRows
from brandlens.metrics.registry import Rows, compute, compute_intervals, unflatten


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Of one split, by one threshold. found: in its pictures. crops: rows of the manifest, in the order of truth, the
    (n,) int64 classes that they show, and of probabilities, (n, classes). rivals: the classes that each baseline says.
    """

    labels: Sequence[str]
    threshold: float
    found: evaluate.Predictions
    crops: Sequence[CropRecord]
    truth: np.ndarray
    probabilities: np.ndarray
    rivals: Mapping[str, np.ndarray]

    @cached_property
    def predicted(self) -> np.ndarray:
        """(n,) int64 class of the crops."""
        return evaluate.predict_class(self.probabilities, self.threshold)

    @cached_property
    def boxes(self) -> list[dict[str, object]]:
        """The rows of boxes.csv."""
        return evaluate.box_rows(self.found, self.labels)

    def metrics(self) -> dict[str, Any]:
        """Return the metrics over crops, boxes (also by size) and pictures, and of the baselines over crops; nested.

        intervals: the same tree, with [low, high] of the 95 % interval; pictures are resampled.
        """
        found, labels, threshold = self.found, self.labels, self.threshold
        boxes = found.matched(labels, threshold)
        tables: dict[str, Rows] = {
            "crops": self._rows(self.predicted),
            "boxes": boxes,
            "pictures": found.decided(labels, threshold),
        }
        baselines = {name: self._rows(guess) for name, guess in self.rivals.items()}

        def measure(function: Callable[[Rows], Mapping[str, Any]]) -> dict[str, Any]:
            tree: dict[str, Any] = {name: unflatten(function(rows)) for name, rows in tables.items()}
            return tree | {
                "baselines": {name: {"crops": unflatten(function(rows))} for name, rows in baselines.items()}
            }

        values, intervals = measure(compute), measure(compute_intervals)
        values["boxes"]["by_size"] = {name: unflatten(size) for name, size in detection.by_size(boxes).items()}
        intervals["boxes"]["by_size"] = {
            name: unflatten(size) for name, size in detection.by_size_intervals(boxes).items()
        }
        return {"threshold": threshold, **values, "intervals": intervals}

    def _rows(self, predicted: np.ndarray) -> LabelledRows:
        """Return the crops with these (n,) classes; a crop's unit is its picture."""
        units = {picture.path.name: unit for picture, unit in zip(self.found.pictures, self.found.units(), strict=True)}
        unit = np.array([units[crop.picture] for crop in self.crops], np.int64)
        return LabelledRows((BACKGROUND, *self.labels), self.truth, predicted, unit, len(self.found.pictures))

    def write(self, into: Path) -> None:
        """predictions.csv, boxes.csv and crops.csv, and precision_recall and confusion as .csv and .png."""
        found, labels, threshold = self.found, self.labels, self.threshold
        curve = thresholds.precision_recall_curve(*found.matched(labels).ranking())
        plots.write_curve(curve, into / "precision_recall.csv", into / "precision_recall.png", threshold)
        names = (BACKGROUND, *labels)
        caption = f"Test crops at threshold {threshold:.2f}: rows are what they show, columns what the network says."
        matrix = classification.confusion(self.truth, self.predicted, len(names))
        plots.write_confusion(matrix, names, into / "confusion.csv", into / "confusion.png", caption)
        pictures = evaluate.picture_rows(found, labels)
        plots.write_csv(pictures, into / "predictions.csv", evaluate.PICTURE_COLUMNS)
        plots.write_csv(self.boxes, into / "boxes.csv", evaluate.BOX_COLUMNS)
        crops = evaluate.crop_rows(self.crops, self.probabilities, threshold, labels, self.rivals)
        plots.write_csv(crops, into / "crops.csv", (*evaluate.CROP_COLUMNS, *self.rivals))
