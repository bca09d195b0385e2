"""What a detector that knows no windows says of crops: so that its crop report can stand beside that of the others."""

from collections.abc import Mapping, Sequence

import numpy as np

from brandlens.boxes import Detection, iou, to_xyxy
from brandlens.logo.crops import windows
from brandlens.logo.crops.manifest import CropRecord
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.labels import BACKGROUND

SAME = 0.5  # intersection over union from which a detection tells of a crop


def crop_scores(
    rows: Sequence[CropRecord], found: Mapping[str, Sequence[Detection]], geometry: WindowSpec
) -> np.ndarray:
    """(n, 1 + labels) float32 probabilities of crops, class 0 for "other", from detections in whole pictures.

    found: by the name of the crop's picture. A label's probability is the score of its best detection that overlaps
    the crop's box (of a crop of "other": its window) by SAME or more, 0 where there is none.
    """
    result = np.zeros((len(rows), 1 + len(geometry.labels)), np.float32)
    for row, crop in zip(result, rows, strict=True):
        detections = found[crop.picture]
        close = iou(_box(crop), to_xyxy(detections))[0] >= SAME
        for each, near in zip(detections, close, strict=True):
            label = 1 + geometry.labels.index(each.label)
            row[label] = max(row[label], each.score * near)
        row[0] = 1 - row[1:].max()
    return result


def _box(crop: CropRecord) -> np.ndarray:
    """(1, 4): where the crop's logo is in the picture, or the whole window where it shows none."""
    window = np.array([[crop.left, crop.top, crop.right, crop.bottom]], np.float32)
    if crop.label == BACKGROUND:
        return window
    return windows.decode_boxes(
        window, np.array([[crop.delta_x, crop.delta_y, crop.delta_w, crop.delta_h]], np.float32)
    )
