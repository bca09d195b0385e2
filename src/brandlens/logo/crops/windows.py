"""The window that the network looks through: where it lies around a logo, and how it is cut out of a picture.

A window is a row of a (n, 4) float32 array: left, top, right, bottom in pixels of the picture; it may stick out of it.
Training, mining and the scan all place and cut windows here, so that the network always sees the same thing.
"""

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from brandlens.boxes import area, intersection


@dataclass(frozen=True)
class WindowSpec:
    """What a window shows: stored with the crops and with the model.

    labels: the brands; the network's class 0 is "other", class i + 1 is labels[i].
    width, height: the network's window in pixels. margin: share of the box kept around it.
    aspects: the window shapes, width / height in pixels of the picture; each is stretched to width x height.
    """

    labels: tuple[str, ...]
    width: int
    height: int
    margin: float
    aspects: tuple[float, ...]

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "WindowSpec":
        """The geometry that `asdict` wrote, tuples made of JSON's lists."""
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()})

    def fields(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def cluster_aspect_ratios(boxes: np.ndarray, groups: int, rounds: int = 50) -> tuple[float, ...]:
    """The few window shapes (width / height, rising) that serve (n, 4) boxes: k-means on their aspects' logarithm.

    Starts from quantiles, so it needs no seed. Fewer shapes come back where boxes are alike (within 30 %).
    """
    logs = np.sort(np.log(np.maximum(boxes[:, 2] - boxes[:, 0], 1) / np.maximum(boxes[:, 3] - boxes[:, 1], 1)))
    centres = np.quantile(logs, (np.arange(groups) + 0.5) / groups)
    for _ in range(rounds):
        nearest = np.abs(logs[:, None] - centres).argmin(axis=1)
        centres = np.array(
            [logs[nearest == at].mean() if (nearest == at).any() else centres[at] for at in range(groups)]
        )
    kept: list[float] = []
    for centre in np.sort(centres):
        if not kept or centre - kept[-1] > np.log(1.3):
            kept.append(float(centre))
    return tuple(round(float(np.exp(centre)), 3) for centre in kept)


def window_around(boxes: np.ndarray, geometry: WindowSpec) -> np.ndarray:
    """(n, 4) windows around (n, 4) boxes: margin added, then widened or heightened to the nearest of the aspects."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1) * (1 + 2 * geometry.margin)
    shapes = np.array(geometry.aspects)
    own = np.log(sides[:, 0] / sides[:, 1])
    shape = shapes[np.abs(own[:, None] - np.log(shapes)).argmin(axis=1)]
    width = np.maximum(sides[:, 0], sides[:, 1] * shape)
    return from_centers((boxes[:, :2] + boxes[:, 2:]) / 2, np.stack([width, width / shape], axis=1))


def from_centers(centres: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """(n, 4) float32 boxes from (n, 2) centres (x, y) and (n, 2) sides (width, height)."""
    return np.concatenate([centres - sides / 2, centres + sides / 2], axis=1).astype(np.float32)


def jitter(windows: np.ndarray, shift: float, zoom: float, stretch: float, random: np.random.Generator) -> np.ndarray:
    """(n, 4) windows moved by up to `shift` of their sides, scaled by up to `zoom`, their aspect by up to `stretch`."""
    sides = windows[:, 2:] - windows[:, :2]
    centres = (windows[:, :2] + windows[:, 2:]) / 2 + sides * random.uniform(-shift, shift, sides.shape)
    scale = np.exp(random.uniform(-1, 1, len(windows)) * np.log(zoom))
    shape = np.exp(random.uniform(-0.5, 0.5, len(windows)) * np.log(stretch))
    return from_centers(centres, sides * np.stack([scale * shape, scale / shape], axis=1))


def encode_boxes(windows: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(n, 4) float32: where (n, 4) boxes lie in their (n, 4) windows, as the network learns it.

    Centre offsets as shares of the window's sides, and logarithms of box side / window side (R-CNN, Girshick 2014).
    """
    sides = windows[:, 2:] - windows[:, :2]
    offset = ((boxes[:, :2] + boxes[:, 2:]) - (windows[:, :2] + windows[:, 2:])) / 2 / sides
    return np.concatenate([offset, np.log(np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3) / sides)], axis=1).astype(
        np.float32
    )


def decode_boxes(windows: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(n, 4) float32 boxes from (n, 4) windows and (n, 4) places: undoes `places`."""
    sides = windows[:, 2:] - windows[:, :2]
    centres = (windows[:, :2] + windows[:, 2:]) / 2 + place[:, :2] * sides
    return from_centers(centres, sides * np.exp(np.clip(place[:, 2:], -4, 1)))


def overlaps(windows: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(n,) bool: which of (n, 4) windows share over a fifth of themselves, or of the box, with one of (m, 4) boxes."""
    least = np.minimum(area(windows)[:, None], area(boxes)[None])
    return (intersection(windows, boxes) > 0.2 * least).any(axis=1)


def resize(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8: area average where the picture shrinks, bilinear where it grows."""
    shrinks = width * height < picture.shape[0] * picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def crop_image(picture: np.ndarray, window: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8: one window (left, top, right, bottom) of a picture; its edge is repeated outside it."""
    left, top = np.floor(window[:2] + 0.5).astype(int)
    right, bottom = np.maximum(np.floor(window[2:] + 0.5).astype(int), (left + 1, top + 1))
    tall, wide = picture.shape[:2]
    rows = np.clip(np.arange(top, bottom), 0, tall - 1) if top < 0 or bottom > tall else slice(top, bottom)
    columns = np.clip(np.arange(left, right), 0, wide - 1) if left < 0 or right > wide else slice(left, right)
    return resize(np.ascontiguousarray(picture[rows][:, columns]), width, height)


def pad_boxes(windows: np.ndarray, across: float, down: float) -> np.ndarray:
    """(n, 4) windows with shares of their width (`across`) and height (`down`) added on each side."""
    reach = (windows[:, 2:] - windows[:, :2]) * (across, down)
    return np.concatenate([windows[:, :2] - reach, windows[:, 2:] + reach], axis=1).astype(np.float32)
