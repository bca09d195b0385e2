"""Scores of crops from detections in whole pictures, so that every model has a crop report."""

from collections.abc import Mapping, Sequence

import numpy as np

from brandlens.boxes import Detection, iou, to_xyxy
from brandlens.logo.crops import manifest, windows
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.labels import BACKGROUND

MIN_IOU = 0.5  # intersection over union with the crop's box from which a detection counts


def crop_scores(
    records: Sequence[CropRecord], detections: Mapping[str, Sequence[Detection]], labels: Sequence[str]
) -> np.ndarray:
    """Return (n, 1 + labels) float32 probabilities of crops, class 0 for the background.

    detections: by the name of the crop's picture. A label's probability is the score of its best detection that
    overlaps the crop's box (of a background crop: its window) enough, 0 where there is none.
    """
    scores = np.zeros((len(records), 1 + len(labels)), np.float32)
    for row, record in zip(scores, records, strict=True):
        candidates = detections[record.picture]
        overlap = iou(_box(record), to_xyxy(candidates))[0]
        for detection, close in zip(candidates, overlap >= MIN_IOU, strict=True):
            class_id = 1 + labels.index(detection.label)
            row[class_id] = max(row[class_id], detection.score * close)
        row[0] = 1 - row[1:].max()
    return scores


def _box(record: CropRecord) -> np.ndarray:
    """Return (1, 4): the crop's logo in pixels of the picture, or the whole window of a background crop."""
    window = np.array([[record.left, record.top, record.right, record.bottom]], np.float32)
    return window if record.label == BACKGROUND else windows.decode_boxes(window, manifest.box_deltas([record]))
