"""A detector on labelled pictures and crops → its threshold, metrics, and the tables and plots that show them.

The threshold is chosen on the validation split; every number that is reported comes from the test split.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from brandlens import io
from brandlens.annotations import Picture
from brandlens.config.logo import Evaluate
from brandlens.config.types import ThresholdConfig
from brandlens.logo import baselines, tables
from brandlens.logo.crops import crop_set, manifest
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.detector import LogoDetector
from brandlens.logo.labels import class_names
from brandlens.logo.predictions import Predictions, Progress, no_progress, predict, predict_class
from brandlens.metrics import classification, detection, plots
from brandlens.metrics.classification import LabelledRows
from brandlens.metrics.registry import Rows, compute, compute_intervals, unflatten
from brandlens.metrics.thresholds import PRCurve, precision_recall_curve
from brandlens.metrics.thresholds import choose_threshold as choose_on_curve

# The threshold


def choose_threshold(
    predictions: Predictions,
    probabilities: np.ndarray,
    class_ids: np.ndarray,
    labels: Sequence[str],
    rule: ThresholdConfig,
    min_score: float,
) -> float:
    """Return the threshold that the rule asks for on validation, never under the score that detections were kept at.

    A precision or a recall is asked of boxes, the hardest of the three uses. The best F1 is that of the mean curve of
    boxes, pictures and crops ((n, classes) probabilities and (n,) class ids): one threshold has to serve them all, and
    a few dozen boxes alone would leave it to chance.
    """
    boxes = precision_recall_curve(*predictions.matched(labels).ranking())
    if rule.maximize is None:
        curve = boxes
    else:
        curve = PRCurve.mean([boxes, picture_curve(predictions, labels), crop_curve(probabilities, class_ids)])
    return round(max(min_score, choose_on_curve(curve, rule)), 4)


def crop_curve(probabilities: np.ndarray, class_ids: np.ndarray) -> PRCurve:
    """Return precision and recall over the threshold of: is the likeliest brand of a crop the one that it shows?"""
    brand = probabilities[:, 1:].argmax(axis=1) + 1
    positive = class_ids > 0
    return precision_recall_curve(
        (brand == class_ids) & positive, probabilities[:, 1:].max(axis=1), int(positive.sum())
    )


def picture_curve(predictions: Predictions, labels: Sequence[str]) -> PRCurve:
    """Return precision and recall over the threshold of: does a picture show a brand?"""
    rows = tables.picture_rows(predictions, labels)
    y_true = np.array([row["y_true"] for row in rows], bool)
    score = np.array([row["score"] for row in rows], np.float64)
    detected = score > 0
    return precision_recall_curve(y_true[detected], score[detected], int(y_true.sum()))


# Metrics


def crop_metrics(y_true: np.ndarray, y_pred: np.ndarray, labels: Sequence[str]) -> dict[str, float]:
    """Return the metrics over the background and the brands, from (n,) class ids.

    The macro means are over all of these classes.
    """
    return compute(LabelledRows(class_names(labels), y_true, y_pred, np.arange(len(y_true)), len(y_true)))


def box_metrics(predictions: Predictions, labels: Sequence[str], threshold: float) -> dict[str, float]:
    """Return average precision, and precision and recall at the threshold, over boxes."""
    return compute(predictions.matched(labels, threshold))


# All of it


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A detector on the test split at one threshold, with baselines beside it on the same crops.

    val, test: the predictions in these splits' pictures. records: of the test crops, in the order of y_true, their
    (n,) int64 class ids, of probabilities, (n, classes), and of the class ids that each baseline predicts.
    crop_seconds: how long scoring the test crops took, with the detections that it needs.
    """

    labels: Sequence[str]
    threshold: float
    val: Predictions
    test: Predictions
    records: Sequence[CropRecord]
    y_true: np.ndarray
    probabilities: np.ndarray
    baseline_ids: Mapping[str, np.ndarray]
    crop_seconds: float

    @cached_property
    def y_pred(self) -> np.ndarray:
        """(n,) int64 predicted class ids of the test crops."""
        return predict_class(self.probabilities, self.threshold)

    @cached_property
    def boxes(self) -> tables.Table:
        """The rows of boxes.csv."""
        return tables.box_rows(self.test, self.labels)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The content of metrics.json: over crops, boxes (also by their size) and pictures, of baselines, and speed.

        intervals: the same tree, with [low, high] of the 95 % interval; pictures are resampled.
        """
        boxes = self.test.matched(self.labels, self.threshold)
        rows: dict[str, Rows] = {
            "crops": self._crops(self.y_pred),
            "boxes": boxes,
            "pictures": self.test.decided(self.labels, self.threshold),
        }
        baseline_rows = {name: self._crops(y_pred) for name, y_pred in self.baseline_ids.items()}

        def measure(function: Callable[[Rows], Mapping[str, Any]]) -> dict[str, Any]:
            tree: dict[str, Any] = {name: unflatten(function(measured)) for name, measured in rows.items()}
            return tree | {
                "baselines": {name: {"crops": unflatten(function(crops))} for name, crops in baseline_rows.items()}
            }

        values, intervals = measure(compute), measure(compute_intervals)
        values["boxes"]["by_size"] = {name: unflatten(size) for name, size in detection.by_size(boxes).items()}
        intervals["boxes"]["by_size"] = {
            name: unflatten(size) for name, size in detection.by_size_intervals(boxes).items()
        }
        return {
            "threshold": self.threshold,
            **values,
            "intervals": intervals,
            "validation": {"boxes": unflatten(box_metrics(self.val, self.labels, self.threshold))},
            "speed": {
                "picture_ms": self.test.median_ms,
                "crops_per_second": round(len(self.records) / self.crop_seconds, 1) if self.crop_seconds else 0.0,
            },
        }

    def _crops(self, y_pred: np.ndarray) -> LabelledRows:
        """Return the crops with these (n,) predicted class ids; a crop's unit is its picture."""
        names = (picture.path.name for picture in self.test.pictures)
        units = dict(zip(names, self.test.units(), strict=True))
        unit = np.array([units[record.picture] for record in self.records], np.int64)
        return LabelledRows(class_names(self.labels), self.y_true, y_pred, unit, len(self.test.pictures))

    def write(self, folder: Path) -> None:
        """Write metrics.json, predictions.csv, boxes.csv, crops.csv, and precision_recall and confusion as CSV and PNG.

        The folder is made if need be.
        """
        folder.mkdir(parents=True, exist_ok=True)
        io.write_json(self.metrics, folder / "metrics.json")
        labels, threshold, test = self.labels, self.threshold, self.test
        curve = precision_recall_curve(*test.matched(labels).ranking())
        plots.write_curve(curve, folder / "precision_recall.csv", folder / "precision_recall.png", threshold)
        names = class_names(labels)
        caption = f"Test crops at threshold {threshold:.2f}: rows are their labels, columns the predicted ones."
        matrix = classification.confusion(self.y_true, self.y_pred, len(names))
        plots.write_confusion(matrix, names, folder / "confusion.csv", folder / "confusion.png", caption)
        io.write_csv(tables.picture_rows(test, labels), folder / "predictions.csv", tables.PICTURE_COLUMNS)
        io.write_csv(self.boxes, folder / "boxes.csv", tables.BOX_COLUMNS)
        crops = tables.crop_rows(self.records, self.probabilities, threshold, labels, self.baseline_ids)
        io.write_csv(crops, folder / "crops.csv", (*tables.CROP_COLUMNS, *self.baseline_ids))

    def summary(self) -> str:
        """Return the scores in one line."""
        crops, boxes, pictures = (self.metrics[name] for name in ("crops", "boxes", "pictures"))
        return (
            f"threshold {self.threshold:.2f}: crops P {crops['precision']:.3f} R {crops['recall']:.3f}, boxes AP50 "
            f"{boxes['ap50']:.3f}, pictures P {pictures['precision']:.3f} R {pictures['recall']:.3f}, "
            f"{self.metrics['speed']['picture_ms']:.0f} ms a picture"
        )


def evaluate(
    detector: LogoDetector,
    pictures: Mapping[str, Sequence[Picture]],
    crops_dir: Path,
    cfg: Evaluate,
    progress: Callable[[str], Progress] = lambda split: no_progress,
) -> Evaluation:
    """Evaluate a detector on the test split, at a threshold chosen on the validation split.

    pictures: of the splits val and test. crops_dir: what stage logo-crop wrote of the same pictures, and of the
    training split, from which the baselines learn. progress: of a split's name, wraps its pictures while they are read.
    """
    window, records = manifest.read_manifest(crops_dir)
    # jittered copies are left out: to the baselines they would tell nothing but a false balance of the classes
    kept = {
        split: [record for record in records if record.split == split and record.kind != "jittered"]
        for split in ("train", "val", "test")
    }
    crops = {split: crop_set.load_crops(crops_dir, chosen, window) for split, chosen in kept.items()}
    predictions = {
        split: predict(detector, pictures[split], cfg.min_score, progress(split)) for split in ("val", "test")
    }
    val_scores = detector.score_crops(crops["val"].crops, kept["val"], predictions["val"].by_picture())
    threshold = choose_threshold(
        predictions["val"], val_scores, crops["val"].class_ids, detector.labels, cfg.threshold, cfg.min_score
    )
    start = time.perf_counter()
    test_scores = detector.score_crops(crops["test"].crops, kept["test"], predictions["test"].by_picture())
    seconds = time.perf_counter() - start
    if detector.needs_detections:
        seconds += float(predictions["test"].seconds.sum())
    train, val = ((crops[split].crops, crops[split].class_ids) for split in ("train", "val"))
    return Evaluation(
        detector.labels, threshold, predictions["val"], predictions["test"], kept["test"], crops["test"].class_ids,
        test_scores, baselines.predictions(train, val, crops["test"].crops), seconds,
    )  # fmt: skip


def describe_split(pictures: Sequence[Picture]) -> dict[str, dict[str, int]]:
    """Return how many pictures a split has, those without a box too, and boxes by label, for run.json."""
    boxes = Counter(box.label for picture in pictures for box in picture.boxes if not box.ignore)
    empty = sum(not picture.boxes for picture in pictures)
    return {"pictures": {"all": len(pictures), "without a box": empty}, "boxes": dict(sorted(boxes.items()))}
