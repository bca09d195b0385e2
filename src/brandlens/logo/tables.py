"""The rows of an evaluation's CSV files: one a picture and label, one a box, one a crop."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from brandlens.annotations import Picture
from brandlens.boxes import Box, Detection
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.labels import class_names
from brandlens.logo.predictions import Predictions, predict_class
from brandlens.metrics import error_types
from brandlens.metrics.matching import match

Table = list[dict[str, object]]

PICTURE_COLUMNS = ("picture", "label", "y_true", "score")


def picture_rows(predictions: Predictions, labels: Sequence[str]) -> Table:
    """Return one row a picture and label for predictions.csv: y_true (1 present, 0 not) and the best score.

    A label that a picture shows as an `ignore` box only is left out.
    """
    rows: Table = []
    for picture, detections in zip(predictions.pictures, predictions.detections, strict=True):
        for label in labels:
            ignored = {box.ignore for box in picture.boxes if box.label == label}
            if ignored == {True}:
                continue
            score = max((detection.score for detection in detections if detection.label == label), default=0.0)
            y_true = int(False in ignored)
            rows.append({"picture": picture.path.name, "label": label, "y_true": y_true, "score": round(score, 4)})
    return rows


BOX_COLUMNS = ("picture", "label", "left", "top", "width", "height", "size", "outcome", "score", "error_type")


def box_rows(predictions: Predictions, labels: Sequence[str]) -> Table:
    """Return one row a detection and one a false negative, for boxes.csv.

    outcome: true_positive, false_positive, ignored or false_negative, at an intersection over union of 0.5. error_type:
    of a false positive, see `error_types.ERROR_TYPES`, else "". size: the side in pixels (square root of the area) of
    the labelled box for true positives and false negatives, else of the detection.
    """
    rows: Table = []
    for picture, labelled, detections in zip(
        predictions.pictures, predictions.labelled(labels), predictions.detections, strict=True
    ):
        matches = match(labelled, detections)
        errors = error_types.error_types(picture.boxes, detections)
        for index, detection in enumerate(detections):
            correct, ignored = matches.true_positive[index], matches.ignored[index]
            outcome = "true_positive" if correct else "ignored" if ignored else "false_positive"
            row = _box_row(picture, detection, labelled[matches.matched[index]] if correct else detection)
            rows.append(row | {"outcome": outcome, "score": round(detection.score, 4), "error_type": errors[index]})
        for box, detected in zip(labelled, matches.detected, strict=True):
            if not detected and not box.ignore:
                row = _box_row(picture, box, box)
                rows.append(row | {"outcome": "false_negative", "score": 0.0, "error_type": ""})
    return rows


def _box_row(picture: Picture, box: Box | Detection, sized: Box | Detection) -> dict[str, object]:
    """Return the columns that say where a box is. sized: the box whose size counts."""
    sides = {side: getattr(box, side) for side in ("left", "top", "width", "height")}
    size = round(math.sqrt(sized.width * sized.height), 1)
    return {"picture": picture.path.name, "label": box.label, **sides, "size": size}


WINDOW_COLUMNS = ("left", "top", "right", "bottom")  # pixels of the picture: by them two runs find the crops they share
CROP_COLUMNS = ("crop", "picture", "y_true", "y_pred", "brand", "score", *WINDOW_COLUMNS)  # and one a baseline


def crop_rows(
    records: Sequence[CropRecord], probabilities: np.ndarray, threshold: float, labels: Sequence[str],
    baseline_ids: Mapping[str, np.ndarray],
) -> Table:  # fmt: skip
    """Return one row a crop for crops.csv: its label and the predicted one, the likeliest brand and its score.

    probabilities: (n, classes) of the crops of these records; baseline_ids: the (n,) class ids that each baseline
    predicts, a column each.
    """
    names = class_names(labels)
    y_pred, best = predict_class(probabilities, threshold), predict_class(probabilities, 0.0)
    scores = probabilities[:, 1:].max(axis=1)
    return [
        {
            "crop": record.file,
            "picture": record.picture,
            "y_true": record.label,
            "y_pred": names[y_pred[index]],
            "brand": names[best[index]],
            "score": round(float(scores[index]), 4),
            **{side: getattr(record, side) for side in WINDOW_COLUMNS},
            **{baseline: names[ids[index]] for baseline, ids in baseline_ids.items()},
        }
        for index, record in enumerate(records)
    ]
