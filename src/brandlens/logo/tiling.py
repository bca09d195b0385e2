"""A large picture in overlapping tiles: what is tiny in the whole is seen in a tile, what a seam cuts in the next."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np

from brandlens.boxes import nms
from brandlens.logo.detectors.sliding_window.scan import Detections

SIDE = 4096  # pixels: a picture with a longer side is looked at in tiles as well
LEAST = 64  # pixels: no smaller tiles
OVERLAP = 0.25  # share of a tile's side that it has in common with the next
RIM = 1 / 64  # share of a tile's side, along a seam: what comes so near is left to the next, which has it whole

Look = Callable[[np.ndarray], Detections]
Tile = tuple[int, int, int, int]  # left, top, right, bottom in whole pixels of the picture


def tiles(width: int, height: int, side: int) -> list[Tile]:
    """Tiles of at most side x side pixels, all alike, row by row: they cover width x height and overlap by LAP.

    No more than it takes, and those no larger than it takes.
    """
    across, down = _spans(width, side), _spans(height, side)
    return [(left, top, right, bottom) for top, bottom in down for left, right in across]


def _spans(length: int, side: int) -> list[tuple[int, int]]:
    if length <= side:
        return [(0, length)]
    count = 1 + -(-(length - side) // max(1, int(side * (1 - OVERLAP))))
    part = min(side, int(np.ceil(length / (1 + (count - 1) * (1 - OVERLAP)))))
    return [(start, start + part) for start in np.linspace(0, length - part, count).round().astype(int).tolist()]


def detect_tiled(picture: np.ndarray, side: int, overlap: float, look: Look) -> Detections:
    """All that `look` finds in a (h, w, 3) uint8 RGB picture: in the whole of it and, if it is larger, in its tiles.

    side: of a tile in pixels, at most. overlap: intersection over union above which two finds of a label are one.
    A logo up to a fifth of a tile's side is whole in one of them. Tiles are views: nothing is copied but finds.
    """
    tall, wide = picture.shape[:2]
    finds = look(picture)
    if max(tall, wide) <= side:
        return finds
    parts = [finds]
    for left, top, right, bottom in tiles(wide, tall, side):
        found = look(picture[top:bottom, left:right])
        shift = np.array([left, top, left, top], np.float32)
        found = replace(found, boxes=found.boxes + shift, windows=found.windows + shift)
        parts.append(found.where(_clear(found.boxes, (left, top, right, bottom), (wide, tall))))
    finds = Detections(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Detections)))
    return finds.where(nms(finds.boxes, finds.scores, finds.labels, overlap))


def _clear(boxes: np.ndarray, tile: Tile, size: tuple[int, int]) -> np.ndarray:
    """(n,) bool: which boxes stay clear of the tile's seams; the picture's own edge is none."""
    left, top, right, bottom = tile
    across, down = (right - left) * RIM, (bottom - top) * RIM
    low = np.array([left + across if left else -np.inf, top + down if top else -np.inf])
    high = np.array([right - across if right < size[0] else np.inf, bottom - down if bottom < size[1] else np.inf])
    return ((boxes[:, :2] >= low) & (boxes[:, 2:] <= high)).all(axis=1)
