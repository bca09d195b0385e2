"""A large picture in overlapping tiles: what is tiny in the whole is seen in a tile, what a seam cuts in the next."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np

from brandlens.boxes import nms
from brandlens.logo.detectors.base import Detections

SIDE = 4096  # pixels: a picture with a longer side is searched in tiles as well
MIN_SIDE = 64  # pixels: no smaller tiles
OVERLAP = 0.25  # fraction of a tile's side that it has in common with the next
RIM = 1 / 64  # fraction of a tile's side, along a seam: what comes so near is left to the next tile, which has it whole

Detect = Callable[[np.ndarray], Detections]
Tile = tuple[int, int, int, int]  # left, top, right, bottom in whole pixels of the picture


def tiles(width: int, height: int, side: int) -> list[Tile]:
    """Return tiles of at most side x side pixels, all of one size, row by row: they cover width x height.

    Neighbours overlap by OVERLAP. There are no more of them than it takes, and they are no larger than it takes.
    """
    columns, rows = _spans(width, side), _spans(height, side)
    return [(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def _spans(length: int, side: int) -> list[tuple[int, int]]:
    if length <= side:
        return [(0, length)]
    count = 1 + -(-(length - side) // max(1, int(side * (1 - OVERLAP))))
    span = min(side, int(np.ceil(length / (1 + (count - 1) * (1 - OVERLAP)))))
    return [(start, start + span) for start in np.linspace(0, length - span, count).round().astype(int).tolist()]


def detect_tiled(pixels: np.ndarray, side: int, iou_threshold: float, detect: Detect) -> Detections:
    """Return what `detect` finds in a (h, w, 3) uint8 RGB picture: in the whole of it and, if it is larger, in tiles.

    side: of a tile in pixels, at most. iou_threshold: above this intersection over union two detections of a label are
    one. A logo up to a fifth of a tile's side is whole in one of them. Tiles are views: no pixel is copied.
    """
    height, width = pixels.shape[:2]
    whole = detect(pixels)
    if max(height, width) <= side:
        return whole
    results = [whole]
    for tile in tiles(width, height, side):
        left, top, right, bottom = tile
        detections = detect(pixels[top:bottom, left:right])
        shift = np.array([left, top, left, top], np.float32)
        detections = replace(detections, boxes=detections.boxes + shift)
        results.append(detections.where(_clear_of_seams(detections.boxes, tile, (width, height))))
    merged = Detections(
        *(np.concatenate([getattr(result, field.name) for result in results]) for field in fields(Detections))
    )
    return merged.where(nms(merged.boxes, merged.scores, merged.labels, iou_threshold))


def _clear_of_seams(boxes: np.ndarray, tile: Tile, image_wh: tuple[int, int]) -> np.ndarray:
    """Return (n,) bool: which boxes stay clear of the tile's seams; the picture's own edge is none."""
    left, top, right, bottom = tile
    x, y = (right - left) * RIM, (bottom - top) * RIM
    low = np.array([left + x if left else -np.inf, top + y if top else -np.inf])
    high = np.array([right - x if right < image_wh[0] else np.inf, bottom - y if bottom < image_wh[1] else np.inf])
    return np.all((boxes[:, :2] >= low) & (boxes[:, 2:] <= high), axis=1)
