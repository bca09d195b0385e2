"""What a detector said of pictures and crops → metrics, and the tables and drawings that show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from brandlens.logo import evaluate
from brandlens.logo.crops.extract import BACKGROUND, CropRecord
from brandlens.metrics import classification, detection, plots


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
        """Over crops, boxes (also by their size) and pictures, and of the baselines over crops; nested."""
        found, labels, threshold = self.found, self.labels, self.threshold
        boxes = evaluate.box_metrics(found, labels, threshold) | evaluate.size_metrics(self.boxes, labels, threshold)
        return {
            "threshold": threshold,
            "crops": classification.unflatten(evaluate.crop_metrics(self.truth, self.predicted, labels)),
            "boxes": classification.unflatten(boxes),
            "pictures": classification.unflatten(evaluate.picture_metrics(found, labels, threshold)),
            "baselines": {
                name: {"crops": classification.unflatten(evaluate.crop_metrics(self.truth, guess, labels))}
                for name, guess in self.rivals.items()
            },
        }

    def write(self, into: Path) -> None:
        """predictions.csv, boxes.csv and crops.csv, and precision_recall and confusion as .csv and .png."""
        found, labels, threshold = self.found, self.labels, self.threshold
        curve = detection.box_curve(found.truth(labels), found.detections, labels=labels)
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
