"""The window of the network: where it lies around a logo, and how it is cut out of a picture.

Windows are rows of a (n, 4) float32 array: left, top, right, bottom in pixels of the picture; they may stick out of it.
Training, mining and detection all place and cut windows here, so that the network always sees the same thing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from brandlens.boxes import area, intersection

NUM_STEPS = 50  # of k-means
MIN_RATIO_STEP = 1.3  # factor between two window shapes; boxes that differ by less share one


@dataclass(frozen=True)
class WindowSpec:
    """What a window shows: stored with the crops and with the model.

    labels: the brands; the network's class 0 is the background, class i + 1 is labels[i].
    width, height: the network's window in pixels. margin: fraction of the box's own size kept around it on every side.
    aspect_ratios: the window shapes, width / height in pixels of the picture; each is stretched to width x height.
    """

    labels: tuple[str, ...]
    width: int
    height: int
    margin: float
    aspect_ratios: tuple[float, ...]

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "WindowSpec":
        """Return the window that `to_dict` described, with tuples in place of JSON's lists."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
        }
        return cls(**fields)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self)


def cluster_aspect_ratios(boxes: np.ndarray, num_ratios: int) -> tuple[float, ...]:
    """Return at most `num_ratios` window shapes (width / height, rising) that serve (n, 4) boxes.

    K-means on the logarithm of the boxes' aspect ratios; it starts from quantiles, so it needs no seed. Shapes that are
    alike (within 30 %) are merged into one.
    """
    widths, heights = np.maximum(boxes[:, 2] - boxes[:, 0], 1), np.maximum(boxes[:, 3] - boxes[:, 1], 1)
    logs = np.sort(np.log(widths / heights))
    centers = np.quantile(logs, (np.arange(num_ratios) + 0.5) / num_ratios)
    for _ in range(NUM_STEPS):
        nearest = np.abs(logs[:, None] - centers).argmin(axis=1)
        members = [logs[nearest == cluster] for cluster in range(num_ratios)]
        centers = np.array(
            [cluster.mean() if len(cluster) else center for cluster, center in zip(members, centers, strict=True)]
        )
    kept: list[float] = []
    for center in np.sort(centers):
        if not kept or center - kept[-1] > np.log(MIN_RATIO_STEP):
            kept.append(float(center))
    return tuple(round(float(np.exp(center)), 3) for center in kept)


def window_around(boxes: np.ndarray, window: WindowSpec) -> np.ndarray:
    """Return the (n, 4) windows around (n, 4) boxes: margin added, then widened or heightened to the nearest shape."""
    sizes = np.maximum(boxes[:, 2:] - boxes[:, :2], 1) * (1 + 2 * window.margin)
    ratios = np.array(window.aspect_ratios)
    logs = np.log(sizes[:, 0] / sizes[:, 1])
    ratio = ratios[np.abs(logs[:, None] - np.log(ratios)).argmin(axis=1)]
    width = np.maximum(sizes[:, 0], sizes[:, 1] * ratio)
    return from_centers((boxes[:, :2] + boxes[:, 2:]) / 2, np.stack([width, width / ratio], axis=1))


def from_centers(centers: np.ndarray, sizes_wh: np.ndarray) -> np.ndarray:
    """Return (n, 4) float32 boxes with these (n, 2) centers (x, y) and (n, 2) sizes (width, height)."""
    return np.concatenate([centers - sizes_wh / 2, centers + sizes_wh / 2], axis=1).astype(np.float32)


def jitter(
    windows: np.ndarray, *, translate: float, scale: float, ratio: float, rng: np.random.Generator
) -> np.ndarray:
    """Return (n, 4) windows moved and scaled at random, each by itself.

    translate: largest move either way, as a fraction of the window's sides. scale: factor, how much larger or smaller
    at most. ratio: factor by which the aspect ratio changes at most.
    """
    sizes = windows[:, 2:] - windows[:, :2]
    centers = (windows[:, :2] + windows[:, 2:]) / 2 + sizes * rng.uniform(-translate, translate, sizes.shape)
    zoom = np.exp(rng.uniform(-1, 1, len(windows)) * np.log(scale))
    stretch = np.exp(rng.uniform(-0.5, 0.5, len(windows)) * np.log(ratio))
    return from_centers(centers, sizes * np.stack([zoom * stretch, zoom / stretch], axis=1))


def encode_boxes(windows: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return the (n, 4) float32 deltas of (n, 4) boxes in their (n, 4) windows, as the network learns them.

    Offsets of the centers as fractions of the window's sides, and logarithms of box side / window side (R-CNN, Girshick
    2014).
    """
    sizes = windows[:, 2:] - windows[:, :2]
    offsets = ((boxes[:, :2] + boxes[:, 2:]) - (windows[:, :2] + windows[:, 2:])) / 2 / sizes
    logs = np.log(np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3) / sizes)
    return np.concatenate([offsets, logs], axis=1).astype(np.float32)


def decode_boxes(windows: np.ndarray, deltas: np.ndarray) -> np.ndarray:
    """Return (n, 4) float32 boxes from (n, 4) windows and (n, 4) deltas: the inverse of `encode_boxes`.

    Logarithms are clipped to -4 … 1, so that no delta makes a box much larger than its window, or an empty one.
    """
    sizes = windows[:, 2:] - windows[:, :2]
    centers = (windows[:, :2] + windows[:, 2:]) / 2 + deltas[:, :2] * sizes
    return from_centers(centers, sizes * np.exp(np.clip(deltas[:, 2:], -4, 1)))


def overlaps(windows: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return (n,) bool: which of (n, 4) windows share over a fifth of their own area, or of the box's, with a box.

    boxes: (m, 4).
    """
    smaller = np.minimum(area(windows)[:, None], area(boxes)[None])
    return (intersection(windows, boxes) > 0.2 * smaller).any(axis=1)


def pad_boxes(boxes: np.ndarray, x: float, y: float) -> np.ndarray:
    """Return (n, 4) boxes with fractions of their width (x) and height (y) added on each side."""
    reach = (boxes[:, 2:] - boxes[:, :2]) * (x, y)
    return np.concatenate([boxes[:, :2] - reach, boxes[:, 2:] + reach], axis=1).astype(np.float32)


def resize(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return (height, width, 3) uint8: area average where the picture shrinks, bilinear where it grows."""
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def shrink_to(pixels: np.ndarray, max_size: int) -> np.ndarray:
    """Return a (h, w, 3) uint8 picture with a longer side of at most `max_size` pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, max_size / max(height, width))
    return resize(pixels, max(1, round(width * scale)), max(1, round(height * scale))) if scale < 1 else pixels


def crop_image(pixels: np.ndarray, region: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return one region of a picture, resized to (height, width, 3) uint8; outside the picture its edge is repeated.

    region: (4,) left, top, right, bottom, rounded to whole pixels; at least one pixel is in it.
    """
    left, top = np.floor(region[:2] + 0.5).astype(int)
    right, bottom = np.maximum(np.floor(region[2:] + 0.5).astype(int), (left + 1, top + 1))
    image_height, image_width = pixels.shape[:2]
    rows = (
        np.clip(np.arange(top, bottom), 0, image_height - 1) if top < 0 or bottom > image_height else slice(top, bottom)
    )
    columns = (
        np.clip(np.arange(left, right), 0, image_width - 1) if left < 0 or right > image_width else slice(left, right)
    )
    return resize(np.ascontiguousarray(pixels[rows][:, columns]), width, height)
