"""How good a detector is: on crops, on boxes and on whole pictures, by one threshold chosen on validation."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo.crops.extract import BACKGROUND, CropRecord
from brandlens.logo.detector import LogoDetector
from brandlens.metrics import classification, detection, error_types, sizes, weighted
from brandlens.metrics.classification import PRCurve, ThresholdRule

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
    wish: ThresholdRule,
    floor: float,
) -> float:
    """The threshold that fulfils the wish on validation, never under the floor that the finds were kept at.

    A precision or a recall is wished for boxes, the hardest of the three uses. The best F1 is that of the mean curve of
    boxes, pictures and crops ((n, classes) probabilities and (n,) true classes): one threshold has to serve them all,
    and a few dozen boxes alone would leave it to chance.
    """
    boxes = detection.box_curve(found.truth(labels), found.detections, labels=labels)
    if wish.best is None:
        curve = boxes
    else:
        curve = PRCurve.mean([boxes, picture_curve(found, labels), crop_curve(probabilities, classes)])
    return round(max(floor, classification.choose_threshold(curve, wish)), 4)


def crop_curve(probabilities: np.ndarray, classes: np.ndarray) -> PRCurve:
    """Precision and recall over the threshold: is the likeliest brand of a crop what it shows?"""
    brand = probabilities[:, 1:].argmax(axis=1) + 1
    shown = classes > 0
    return classification.curve((brand == classes) & shown, probabilities[:, 1:].max(axis=1), int(shown.sum()))


def picture_curve(found: Predictions, labels: Sequence[str]) -> PRCurve:
    """Precision and recall over the threshold: does a picture show a brand?"""
    rows = picture_rows(found, labels)
    seen = [row for row in rows if row["score"] > 0]
    return classification.curve(
        np.array([row["truth"] for row in seen], bool),
        np.array([row["score"] for row in seen], np.float64),
        sum(row["truth"] for row in rows),
    )


def predict_class(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """(n,) int64 class of crops from (n, classes) probabilities: the likeliest brand if it reaches the threshold."""
    brand = probabilities[:, 1:].argmax(axis=1) + 1
    return np.where(probabilities[np.arange(len(brand)), brand] >= threshold, brand, 0)


def crop_metrics(truth: np.ndarray, predicted: np.ndarray, labels: Sequence[str]) -> dict[str, float]:
    """classification.metrics over "other" and the brands; the macro means are over all of them, as in the talk."""
    return classification.metrics(truth, predicted, (BACKGROUND, *labels))


def box_metrics(found: Predictions, labels: Sequence[str], threshold: float) -> dict[str, float]:
    """Average precision, and precision and recall at the threshold, over boxes."""
    truth = found.truth(labels)
    return {
        **detection.average_precision(truth, found.detections, labels),
        **detection.at_threshold(truth, found.detections, labels, threshold),
    }


def size_metrics(rows: Sequence[Mapping[str, Any]], labels: Sequence[str], threshold: float) -> dict[str, float]:
    """by_size.<side in pixels>.{count, recall, ap50} of the rows of `box_rows`: recall at the threshold."""
    outcome = np.array([row["outcome"] for row in rows], str)
    label = np.array([labels.index(row["label"]) for row in rows], np.int64)
    score, size = (np.array([row[key] for row in rows], np.float64) for key in ("score", "size"))
    groups = sizes.by_size(outcome, label, score, size, len(labels), threshold)
    return {
        f"by_size.{group.name}.{name}": value
        for group in groups
        for name, value in (("count", float(group.labelled)), ("recall", group.recall), ("ap50", group.ap50))
    }


def picture_metrics(found: Predictions, labels: Sequence[str], threshold: float) -> dict[str, float]:
    """Does a picture show the brand? Precision, recall, F1 and the share of pictures that are all right."""
    return detection.image_metrics(found.truth(labels), found.detections, labels, threshold)


def picture_rows(found: Predictions, labels: Sequence[str]) -> list[dict[str, object]]:
    """One row a picture and label: truth (1 shown, 0 not) and the best score, for predictions.csv.

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
            rows.append({"picture": picture.path.name, "label": label, "truth": int(shown), "score": round(score, 4)})
    return rows


PICTURE_COLUMNS = ("picture", "label", "truth", "score")


def box_rows(found: Predictions, labels: Sequence[str]) -> list[dict[str, object]]:
    """One row a detection and one a missed box, for boxes.csv.

    outcome: hit, alarm, ignored or missed, at an overlap of 0.5. overlaps: of a detection the first letters of what it
    is at each of measures.IOUS. cause: of an alarm, see `alarms.CAUSES`. size: the side in pixels (square root of the
    area) of the labelled box that was hit or missed, else of the found one.
    """
    rows: list[dict[str, object]] = []
    for picture, truth, detections in zip(found.pictures, found.truth(labels), found.detections, strict=True):
        levels = [detection.match(truth, detections, iou) for iou in weighted.IOUS]
        causes = error_types.error_types(picture.boxes, detections)
        for at, each in enumerate(detections):
            outcomes = [_outcome(matches, at) for matches in levels]
            hit = levels[0].hit[at]
            shown = truth[levels[0].truth_of[at]] if hit else each
            facts = {"outcome": outcomes[0], "score": round(each.score, 4), "cause": causes[at]}
            rows.append(_row(picture, each, shown) | facts | {"overlaps": "".join(name[0] for name in outcomes)})
        for box, taken in zip(truth, levels[0].found_truth, strict=True):
            if not taken and not box.ignore:
                facts = {"outcome": "missed", "score": 0.0, "cause": "", "overlaps": ""}
                rows.append(_row(picture, box, box) | facts)
    return rows


BOX_COLUMNS = ("picture", "label", "left", "top", "width", "height", "size", "outcome", "score", "cause", "overlaps")


def _outcome(matches: detection.Matches, at: int) -> str:
    return "hit" if matches.hit[at] else "ignored" if matches.ignored[at] else "alarm"


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
            "actual": row.label,
            "predicted": names[predicted[at]],
            "brand": names[brands[at]],
            "score": round(float(scores[at]), 4),
            **{side: getattr(row, side) for side in WINDOW},
            **{rival: names[guess[at]] for rival, guess in rivals.items()},
        }
        for at, row in enumerate(rows)
    ]


WINDOW = ("left", "top", "right", "bottom")  # pixels of the picture: by them runs find the crops that they share
CROP_COLUMNS = ("crop", "picture", "actual", "predicted", "brand", "score", *WINDOW)  # and one a baseline
