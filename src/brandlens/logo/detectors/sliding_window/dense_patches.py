"""Training pictures → slabs: parts of them as the scan sees them, with what each window in them shows.

A crop is one window; a slab holds a thousand, nearly all of them background. Trained on both, a fully convolutional
network meets the windows that it will be slid over, and not only those that somebody chose to cut.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from brandlens import images
from brandlens.annotations import Picture
from brandlens.boxes import iou, to_xyxy
from brandlens.logo.crops import windows
from brandlens.logo.crops.augment import add_noise, jpeg_compress
from brandlens.logo.crops.windows import WindowSpec

TINT = 0.06  # logarithm of how much stronger or weaker a colour gets at most
SHOWS, MAY_SHOW = 0.6, 0.35  # intersection over union with a logo's window from which a window shows it, or may


@dataclass(frozen=True)
class DensePatches:
    """pictures: (n, h, w, 3) uint8 RGB. classes: (n, rows, columns) int64, 0 "other", -1 neither one nor the other.
    places: (n, rows, columns, 4) float32, see windows.places."""

    pictures: np.ndarray
    classes: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class Wear:
    """How much slabs for training are changed; logo.augment in params.yaml says the units."""

    brightness: float
    contrast: float
    blur: float
    noise: float
    jpeg: int


def sample_patches(
    pictures: Sequence[Picture],
    geometry: WindowSpec,
    *,
    count: int,
    size: tuple[int, int],
    grid: tuple[int, int],
    stride: int,
    smallest: float,
    zoom: float,
    stretch: float,
    seed: int,
    wear: Wear | None = None,
    progress: Callable[[Sequence[Picture]], Iterable[Picture]] = lambda these: these,
) -> DensePatches:
    """`count` slabs of size (width, height) in the network's pixels, spread over the pictures.

    Two of three are placed over a logo, near the scale at which it fits the window (up to `zoom` off, its aspect by up
    to `stretch`); the others anywhere, at any scale of the scan. grid: rows and columns of windows that the network
    looks at in a slab; stride: the pixels between them. wear: for training; None leaves the slabs as they are.
    """
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for at, picture in enumerate(progress(pictures)):
        random = np.random.default_rng([seed, at])
        pixels = images.read(picture.path)
        for _ in range(count // len(pictures) + (at < count % len(pictures))):
            view = _view(picture, pixels.shape, geometry, size, smallest, zoom, stretch, random)
            shown = windows.crop_image(pixels, view, *size)
            if wear is not None:
                shown = jitter_colors(shown, wear, random)
            parts.append((shown, *_labelled(picture, view, geometry, size, grid, stride)))
    if not parts:
        empty = (0, *grid)
        return DensePatches(
            np.zeros((0, size[1], size[0], 3), np.uint8), np.zeros(empty, np.int64), np.zeros((*empty, 4), np.float32)
        )
    return DensePatches(*(np.stack(part) for part in zip(*parts, strict=True)))


def _view(
    picture: Picture, shape: tuple[int, ...], geometry: WindowSpec, size: tuple[int, int], smallest: float, zoom: float,
    stretch: float, random: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """(4,) the part of a picture that a slab shows: left, top, right, bottom in its pixels; it may stick out."""
    tall, wide = shape[:2]
    logos = to_xyxy([box for box in picture.boxes if box.label in geometry.labels and not box.ignore])
    if len(logos) and random.random() < 2 / 3:
        logo = logos[random.integers(len(logos))][None]
        window = windows.window_around(logo, geometry)[0]
        shape_ = np.exp(random.uniform(-0.5, 0.5) * np.log(stretch))
        window_sides = (window[2:] - window[:2]) * np.exp(random.uniform(-1, 1) * np.log(zoom)) * (shape_, 1 / shape_)
        sides = window_sides * np.array(size) / (geometry.width, geometry.height)
        room = np.maximum(sides - window_sides, 0)
        corner = (window[:2] + window[2:]) / 2 - window_sides / 2 - random.uniform(0, 1, 2) * room
    else:
        least = smallest * (1 + 2 * geometry.margin)
        side = np.exp(random.uniform(np.log(least), np.log(max(least * 1.01, np.sqrt(wide * tall) / 1.5))))
        shape_ = random.choice(geometry.aspect_ratios)
        sides = (
            np.array([side * np.sqrt(shape_), side / np.sqrt(shape_)])
            * np.array(size)
            / (geometry.width, geometry.height)
        )
        room = np.array([wide, tall]) - sides
        corner = random.uniform(0, 1, 2) * room
    return np.concatenate([corner, corner + sides]).astype(np.float32)


def jitter_colors(shown: np.ndarray, wear: Wear, random: np.random.Generator) -> np.ndarray:
    """(h, w, 3) uint8 as another camera might have taken it: light, contrast, tint, focus, noise and JPEG."""
    gain = np.exp(random.uniform(-wear.contrast, wear.contrast)) * np.exp(random.uniform(-TINT, TINT, 3))
    lit = (shown - 128.0) * gain + 128 + 255 * random.uniform(-wear.brightness, wear.brightness)
    sigma = random.uniform(0, wear.blur) if random.random() < 0.5 else 0.0
    lit = np.clip(lit, 0, 255).astype(np.float32)
    blurred = cv2.GaussianBlur(lit, (0, 0), sigma) if sigma > 0.2 else lit
    return jpeg_compress(add_noise(blurred[None], wear.noise, random), wear.jpeg, random)[0]


def _labelled(
    picture: Picture, view: np.ndarray, geometry: WindowSpec, size: tuple[int, int], grid: tuple[int, int], stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Classes (rows, columns) and places (rows, columns, 4) of a slab's windows."""
    rows, columns = grid
    scale = (view[2:] - view[:2]) / size
    y, x = np.mgrid[:rows, :columns].reshape(2, -1) * stride
    corner = np.stack([x, y], axis=1) * scale + view[:2]
    views = np.concatenate([corner, corner + np.array([geometry.width, geometry.height]) * scale], axis=1).astype(
        np.float32
    )
    classes = np.zeros(len(views), np.int64)
    places = np.zeros((len(views), 4), np.float32)
    number = {label: at for at, label in enumerate(geometry.labels, 1)}
    logos = [box for box in picture.boxes if box.label in number and not box.ignore]
    if logos:
        overlap = iou(views, windows.window_around(to_xyxy(logos), geometry))
        best, at = overlap.max(axis=1), overlap.argmax(axis=1)
        classes = np.where(
            best >= SHOWS, np.array([number[box.label] for box in logos])[at], np.where(best >= MAY_SHOW, -1, 0)
        )
        places = windows.encode_boxes(views, to_xyxy(logos)[at]) * (classes > 0)[:, None]
    ignored = to_xyxy([box for box in picture.boxes if box.ignore])
    classes = np.where(windows.overlaps(views, ignored) & (classes == 0), -1, classes)
    return classes.reshape(rows, columns), places.reshape(rows, columns, 4).astype(np.float32)
