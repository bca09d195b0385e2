"""Logo files → pixels ready to be pasted."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from brandlens.errors import PictureError

INK = 64  # of 255: from this alpha on, a pixel counts as ink
_LONGEST = 1600  # pixels: larger artwork is shrunk to this longer side


@dataclass(frozen=True, eq=False)
class Artwork:
    """A logo to paste.

    levels: (height, width, 4) uint8 RGB times alpha, and alpha, cropped to the ink; each level half the size of the one
    before, down to 32 pixels. outline: (n, 2) float x, y, the convex hull of the ink as shares of width and height.
    colours: (n, 3) float32 RGB, its main colours, the commonest first. solid: it has no transparent part, so any
    background will do.
    """

    levels: tuple[np.ndarray, ...]
    outline: np.ndarray
    colours: np.ndarray
    solid: bool

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.levels[0].shape[1] / self.levels[0].shape[0]

    def level(self, width: float) -> np.ndarray:
        """The smallest level that is at least `width` pixels wide, or the largest there is."""
        return next((pixels for pixels in reversed(self.levels) if pixels.shape[1] >= width), self.levels[0])


def load_artwork(path: Path) -> Artwork:
    """Artwork from a PNG, JPEG or WebP file; its alpha is respected, a file without one is used as it is.

    Raises PictureError when the file is missing, cannot be read or is fully transparent.
    """
    if not path.is_file():
        raise PictureError(f"{path} is not there; name a logo file that is, PNG with alpha best")
    try:
        with Image.open(path) as file:
            pixels = np.asarray(ImageOps.exif_transpose(file).convert("RGBA"))
    except (OSError, ValueError, Image.DecompressionBombError) as problem:
        raise PictureError(f"{path} cannot be read as a picture; save it anew as PNG, JPEG or WebP") from problem
    if not (pixels[..., 3] >= INK).any():
        raise PictureError(f"{path} is fully transparent; export the logo with its ink")
    return prepare_artwork(pixels)


def prepare_artwork(pixels: np.ndarray) -> Artwork:
    """Artwork from (height, width, 4) uint8 RGB and alpha, of which some is ink."""
    ink = pixels[..., 3] >= INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    pixels = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    alpha = pixels[..., 3:].astype(np.float32) / 255
    level = np.dstack([np.rint(pixels[..., :3] * alpha).astype(np.uint8), pixels[..., 3]])
    shrink = _LONGEST / max(level.shape[:2])
    if shrink < 1:
        level = _resized(level, shrink)
    levels = [level]
    while levels[-1].shape[1] >= 64 and levels[-1].shape[0] >= 4:
        levels.append(_resized(levels[-1], 0.5))
    return Artwork(tuple(levels), _hull(level), _main_colours(pixels), bool((pixels[..., 3] >= INK).all()))


def _resized(pixels: np.ndarray, factor: float) -> np.ndarray:
    wide, tall = max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor))
    return cv2.resize(pixels, (wide, tall), interpolation=cv2.INTER_AREA)


def _hull(level: np.ndarray) -> np.ndarray:
    ink = level[..., 3] >= INK
    rows, left = np.flatnonzero(ink.any(axis=1)), ink.argmax(axis=1)
    right = ink.shape[1] - ink[:, ::-1].argmax(axis=1)
    ends = [(x[row], row + below) for row in rows for x in (left, right) for below in (0, 1)]
    return cv2.convexHull(np.array(ends, np.float32))[:, 0] / np.array(ink.shape[::-1], np.float32)


def _main_colours(pixels: np.ndarray) -> np.ndarray:
    """Means of the commonest cells of a coarse colour grid that are well apart and hold 8 % of the ink or more."""
    step = max(1, max(pixels.shape[:2]) // 160)
    ink = pixels[::step, ::step].reshape(-1, 4)
    ink = ink[ink[:, 3] > 200] if (ink[:, 3] > 200).any() else pixels.reshape(-1, 4)[pixels[..., 3].ravel() >= INK]
    cells = (ink[:, :3] // 52).astype(int) @ np.array([25, 5, 1])
    many = np.bincount(cells, minlength=125)
    chosen: list[np.ndarray] = []
    for cell in np.argsort(-many, kind="stable")[:8]:
        if chosen and many[cell] < 0.08 * len(ink):
            break
        mean = ink[cells == cell, :3].mean(axis=0)
        if all(np.abs(mean - other).max() > 60 for other in chosen):
            chosen.append(mean)
    return np.array(chosen[:4], np.float32)
