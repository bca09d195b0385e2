"""Logo files → pixels ready to be pasted.

Read with Pillow, not with `images.read`, which lays alpha over white: here the alpha channel is the logo's shape.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from brandlens.errors import PictureError

INK_ALPHA = 64  # of 255: from this alpha on, a pixel counts as ink
_MAX_SIDE = 1600  # pixels: larger artwork is shrunk to this longer side
_MIN_LEVEL_WH = (32, 2)  # pixels: no smaller level is made
_MAX_COLORS = 4
_MIN_COLOR_RATIO = 0.08  # of the ink: a rarer color is not a main one
_MIN_COLOR_DISTANCE = 60  # of 255, in one channel: closer colors count as one


@dataclass(frozen=True, eq=False)
class Artwork:
    """A logo to paste.

    levels: (height, width, 4) uint8 RGB times alpha, and alpha, cropped to the ink; each level half the size of the one
    before, down to 32 pixels. outline: (n, 2) float x, y, the convex hull of the ink as fractions of width and height.
    colors: (n, 3) float32 RGB, its main colors, the most frequent first. opaque: no pixel is transparent, so the
    artwork stands out from any background.
    """

    levels: tuple[np.ndarray, ...]
    outline: np.ndarray
    colors: np.ndarray
    opaque: bool

    @property
    def aspect_ratio(self) -> float:
        """Return width over height."""
        return self.levels[0].shape[1] / self.levels[0].shape[0]

    def level(self, width: float) -> np.ndarray:
        """Return the smallest level that is at least `width` pixels wide, or the largest there is."""
        return next((pixels for pixels in reversed(self.levels) if pixels.shape[1] >= width), self.levels[0])


def load_artwork(path: Path) -> Artwork:
    """Load artwork from a PNG, JPEG or WebP file; a file without alpha is used as it is.

    Raises PictureError when the file is missing, cannot be read or is fully transparent.
    """
    if not path.is_file():
        raise PictureError(f"{path}: no such file; name a logo file, best a PNG with alpha")
    try:
        with Image.open(path) as file:
            pixels = np.asarray(ImageOps.exif_transpose(file).convert("RGBA"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(f"{path}: cannot be read as a picture; save it again as PNG, JPEG or WebP") from error
    if not (pixels[..., 3] >= INK_ALPHA).any():
        raise PictureError(f"{path}: fully transparent; export the logo with its ink")
    return prepare_artwork(pixels)


def prepare_artwork(pixels: np.ndarray) -> Artwork:
    """Crop (height, width, 4) uint8 RGB and alpha to its ink and derive levels, outline and main colors.

    At least one pixel must be ink.
    """
    ink = pixels[..., 3] >= INK_ALPHA
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    pixels = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    alpha = pixels[..., 3:].astype(np.float32) / 255
    level = np.dstack([np.rint(pixels[..., :3] * alpha).astype(np.uint8), pixels[..., 3]])
    scale = _MAX_SIDE / max(level.shape[:2])
    if scale < 1:
        level = _resize(level, scale)
    levels = [level]
    while levels[-1].shape[1] >= 2 * _MIN_LEVEL_WH[0] and levels[-1].shape[0] >= 2 * _MIN_LEVEL_WH[1]:
        levels.append(_resize(levels[-1], 0.5))
    return Artwork(tuple(levels), _hull(level), _main_colors(pixels), bool((pixels[..., 3] >= INK_ALPHA).all()))


def _resize(pixels: np.ndarray, scale: float) -> np.ndarray:
    width, height = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def _hull(level: np.ndarray) -> np.ndarray:
    """Return the (n, 2) convex hull of the ink: x, y as fractions of width and height."""
    ink = level[..., 3] >= INK_ALPHA
    rows, left = np.flatnonzero(ink.any(axis=1)), ink.argmax(axis=1)
    right = ink.shape[1] - ink[:, ::-1].argmax(axis=1)
    ends = [(x[row], row + below) for row in rows for x in (left, right) for below in (0, 1)]
    return cv2.convexHull(np.array(ends, np.float32))[:, 0] / np.array(ink.shape[::-1], np.float32)


def _main_colors(pixels: np.ndarray) -> np.ndarray:
    """Return (n, 3) float32 means of the most frequent cells of a coarse color grid that are well apart."""
    step = max(1, max(pixels.shape[:2]) // 160)
    ink = pixels[::step, ::step].reshape(-1, 4)
    if (ink[:, 3] > 200).any():
        ink = ink[ink[:, 3] > 200]
    else:
        ink = pixels.reshape(-1, 4)[pixels[..., 3].ravel() >= INK_ALPHA]
    cells = (ink[:, :3] // 52).astype(int) @ np.array([25, 5, 1])
    counts = np.bincount(cells, minlength=125)
    colors: list[np.ndarray] = []
    for cell in np.argsort(-counts, kind="stable")[:8]:
        if colors and counts[cell] < _MIN_COLOR_RATIO * len(ink):
            break
        mean = ink[cells == cell, :3].mean(axis=0)
        if all(np.abs(mean - color).max() > _MIN_COLOR_DISTANCE for color in colors):
            colors.append(mean)
    return np.array(colors[:_MAX_COLORS], np.float32)
