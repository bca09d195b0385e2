"""How good a detector is: on crops, on boxes and on whole pictures, by one threshold chosen on validation."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.config.types import ThresholdConfig
from brandlens.logo.crops.extract import BACKGROUND, CropRecord
from brandlens.logo.detector import LogoDetector
from brandlens.metrics import detection, error_types, pictures, registry, thresholds
from brandlens.metrics.classification import LabelledRows
from brandlens.metrics.detection import MatchedBoxes
from brandlens.metrics.matching import match
from brandlens.metrics.pictures import PictureDecisions
from brandlens.metrics.thresholds import PRCurve

Progress = Callable[[Sequence[Picture]], Iterable[Picture]]


@dataclass(frozen=True)
class Predictions:
    """What a detector found in pictures, in their order. seconds: (n,) float64 to scan each, reading it left out."""

    pictures: Sequence[Picture]
    detections: list[list[Detection]]
    seconds: np.ndarray

    def truth(self, labels: Sequence[str]) -> list[list[Box]]:
        """The labelled boxes of each picture: those of these labels, and `ignore` boxes of any."""
        return [[box for box in picture.boxes if box.ignore or box.label in labels] for picture in self.pictures]

    def units(self) -> list[int]:
        """Return the number of each picture: its place among their sorted names, whatever their order here."""
        order = sorted(range(len(self.pictures)), key=lambda index: self.pictures[index].path.name)
        return [int(unit) for unit in np.argsort(order)]

    def matched(self, labels: Sequence[str], threshold: float = 0.0) -> MatchedBoxes:
        """Match the detections with the labelled boxes; threshold: of precision and recall."""
        return detection.match_pictures(self.truth(labels), self.detections, labels, threshold, self.units())

    def decided(self, labels: Sequence[str], threshold: float) -> PictureDecisions:
        """Decide which of the labels each picture shows."""
        return pictures.decide_pictures(self.truth(labels), self.detections, labels, threshold, self.units())


def typical_ms(found: Predictions) -> float:
    """Milliseconds that a picture takes, the median; 0.0 without pictures."""
    return round(1000 * float(np.median(found.seconds)), 2) if len(found.seconds) else 0.0


def predict(
    detector: LogoDetector, pictures: Sequence[Picture], floor: float, progress: Progress = lambda these: these
) -> Predictions:
    """Run the detector on pictures, keeping detections that score `floor` or more."""
    detections, seconds = [], []
    for picture in progress(pictures):
        pixels = images.read(picture.path)
        start = time.perf_counter()
        detections.append(detector.detect(pixels, floor))
        seconds.append(time.perf_counter() - start)
    return Predictions(pictures, detections, np.array(seconds))


def choose_threshold(
    found: Predictions,
    probabilities: np.ndarray,
    classes: np.ndarray,
    labels: Sequence[str],
    rule: ThresholdConfig,
    floor: float,
) -> float:
    """The threshold that the rule asks for on validation, never under the floor that the finds were kept at.

    A precision or a recall is that of boxes, the hardest of the three uses. The best F1 is that of the mean curve of
    boxes, pictures and crops ((n, classes) probabilities and (n,) true classes): one threshold has to serve them all,
    and a few dozen boxes alone would leave it to chance.
    """
    boxes = thresholds.precision_recall_curve(*found.matched(labels).ranking())
    if rule.maximize is None:
        curve = boxes
    else:
        curve = PRCurve.mean([boxes, picture_curve(found, labels), crop_curve(probabilities, classes)])
    return round(max(floor, thresholds.choose_threshold(curve, rule)), 4)


def crop_curve(probabilities: np.ndarray, classes: np.ndarray) -> PRCurve:
    """Precision and recall over the threshold: is the likeliest brand of a crop what it shows?"""
    brand = probabilities[:, 1:].argmax(axis=1) + 1
    shown = classes > 0
    return thresholds.precision_recall_curve(
        (brand == classes) & shown, probabilities[:, 1:].max(axis=1), int(shown.sum())
    )


def picture_curve(found: Predictions, labels: Sequence[str]) -> PRCurve:
    """Precision and recall over the threshold: does a picture show a brand?"""
    rows = picture_rows(found, labels)
    seen = [row for row in rows if row["score"] > 0]
    return thresholds.precision_recall_curve(
        np.array([row["y_true"] for row in seen], bool),
        np.array([row["score"] for row in seen], np.float64),
        sum(row["y_true"] for row in rows),
    )


def predict_class(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """(n,) int64 class of crops from (n, classes) probabilities: the likeliest brand if it reaches the threshold."""
    brand = probabilities[:, 1:].argmax(axis=1) + 1
    return np.where(probabilities[np.arange(len(brand)), brand] >= threshold, brand, 0)


def crop_metrics(truth: np.ndarray, predicted: np.ndarray, labels: Sequence[str]) -> dict[str, float]:
    """The metrics over the background and the brands; the macro means are over all of them, as in the talk."""
    rows = LabelledRows((BACKGROUND, *labels), truth, predicted, np.arange(len(truth)), len(truth))
    return registry.compute(rows)


def box_metrics(found: Predictions, labels: Sequence[str], threshold: float) -> dict[str, float]:
    """Average precision, and precision and recall at the threshold, over boxes."""
    return registry.compute(found.matched(labels, threshold))


def picture_metrics(found: Predictions, labels: Sequence[str], threshold: float) -> dict[str, float]:
    """Does a picture show the brand? Precision, recall, F1 and the share of pictures that are all right."""
    return registry.compute(found.decided(labels, threshold))


def picture_rows(found: Predictions, labels: Sequence[str]) -> list[dict[str, object]]:
    """One row a picture and label: y_true (1 shown, 0 not) and the best score, for predictions.csv.

    A label that a picture shows as an `ignore` box only is left out.
    """
    rows = []
    for picture, detections in zip(found.pictures, found.detections, strict=True):
        for label in labels:
            ignored = {box.ignore for box in picture.boxes if box.label == label}
            if ignored == {True}:
                continue
            shown = False in ignored
            score = max((each.score for each in detections if each.label == label), default=0.0)
            rows.append({"picture": picture.path.name, "label": label, "y_true": int(shown), "score": round(score, 4)})
    return rows


PICTURE_COLUMNS = ("picture", "label", "y_true", "score")


def box_rows(found: Predictions, labels: Sequence[str]) -> list[dict[str, object]]:
    """One row a detection and one a false negative, for boxes.csv.

    outcome: true_positive, false_positive, false_negative or ignored, at an overlap of 0.5. error_type: of a false
    positive, one of `error_types.ERROR_TYPES`. size: the side in pixels (square root of the area) of the labelled box
    that was detected or not, else of the detection.
    """
    rows: list[dict[str, object]] = []
    for picture, truth, detections in zip(found.pictures, found.truth(labels), found.detections, strict=True):
        matches = match(truth, detections)
        types = error_types.error_types(picture.boxes, detections)
        for at, each in enumerate(detections):
            correct, ignored = matches.true_positive[at], matches.ignored[at]
            outcome = "true_positive" if correct else "ignored" if ignored else "false_positive"
            facts = {"outcome": outcome, "score": round(each.score, 4), "error_type": types[at]}
            rows.append(_row(picture, each, truth[matches.matched[at]] if correct else each) | facts)
        for box, taken in zip(truth, matches.detected, strict=True):
            if not taken and not box.ignore:
                facts = {"outcome": "false_negative", "score": 0.0, "error_type": ""}
                rows.append(_row(picture, box, box) | facts)
    return rows


BOX_COLUMNS = ("picture", "label", "left", "top", "width", "height", "size", "outcome", "score", "error_type")


def _row(picture: Picture, box: Box | Detection, shown: Box | Detection) -> dict[str, object]:
    """What a row says of where a box is. shown: the one whose size counts."""
    sides = {side: getattr(box, side) for side in ("left", "top", "width", "height")}
    size = round(math.sqrt(shown.width * shown.height), 1)
    return {"picture": picture.path.name, "label": box.label, **sides, "size": size}


def crop_rows(
    rows: Sequence[CropRecord], probabilities: np.ndarray, threshold: float, labels: Sequence[str],
    rivals: Mapping[str, np.ndarray],
) -> list[dict[str, object]]:  # fmt: skip
    """One row a crop, for crops.csv: what it shows, what is said of it, the likeliest brand, its score, the window.

    probabilities: (n, classes) of the crops of these manifest rows; rivals: the (n,) classes that each baseline says.
    """
    names = (BACKGROUND, *labels)
    predicted, brands = predict_class(probabilities, threshold), predict_class(probabilities, 0.0)
    scores = probabilities[:, 1:].max(axis=1)
    return [
        {
            "crop": row.file,
            "picture": row.picture,
            "y_true": row.label,
            "y_pred": names[predicted[at]],
            "brand": names[brands[at]],
            "score": round(float(scores[at]), 4),
            **{side: getattr(row, side) for side in WINDOW},
            **{rival: names[guess[at]] for rival, guess in rivals.items()},
        }
        for at, row in enumerate(rows)
    ]


WINDOW = ("left", "top", "right", "bottom")  # pixels of the picture: by them runs find the crops that they share
CROP_COLUMNS = ("crop", "picture", "y_true", "y_pred", "brand", "score", *WINDOW)  # and one a baseline
