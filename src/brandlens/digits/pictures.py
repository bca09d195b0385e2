"""What the report shows as pictures: weights of first layers, digits that are misclassified, separated scenes."""

from collections.abc import Sequence

import cv2
import numpy as np

MAX_FILTERS = 64
COLORS = np.array(  # of regions, RGB, by Okabe and Ito (2008); the first is the ground
    [(0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
     (204, 121, 167)],
    np.uint8,
)  # fmt: skip
GAP = 2  # pixels between tiles
COLUMNS = 16  # of a sheet of weights or digits
EDGE = 160  # grey level of the gap


def first_weights(model: object) -> np.ndarray:
    """Return the first layer's weights as (n, height, width) float32: one picture for each unit or filter.

    model: a Keras network whose first layer with weights is dense on all pixels, or a convolution, of one channel.
    """
    layers = model.layers  # type: ignore[attr-defined]  # a Keras model, which has no types
    kernel = np.asarray(next(layer for layer in layers if layer.weights).get_weights()[0], np.float32)
    if kernel.ndim == 4:
        return kernel[:, :, 0].transpose(2, 0, 1)[:MAX_FILTERS]
    return kernel.T.reshape(-1, *model.input_shape[1:3])[:MAX_FILTERS]  # type: ignore[attr-defined]


def weights_sheet(weights: np.ndarray, size: int = 56) -> np.ndarray:
    """Return a (height, width, 3) uint8 sheet of (n, h, w) weights, each by its own largest size: 0 is grey.

    size: pixels of a tile, about.
    """
    scale = max(1, size // weights.shape[1])
    largest = np.maximum(np.abs(weights).max(axis=(1, 2), keepdims=True), 1e-12)
    grey = np.rint(127.5 + 127.5 * weights / largest).astype(np.uint8)
    return tile([_enlarge(_color(each), scale) for each in grey], COLUMNS)


def digits_sheet(images: np.ndarray) -> np.ndarray:
    """Return a (height, width, 3) uint8 sheet of (n, h, w) uint8 digits, twice as large."""
    return tile([_enlarge(_color(each), 2) for each in images], COLUMNS)


def separation_sheet(rows: Sequence[Sequence[np.ndarray]], scale: int = 2) -> np.ndarray:
    """Return an (height, width, 3) uint8 RGB sheet: a row of pictures for each scene.

    A picture is (h, w) uint8 grey levels, (h, w) float from 0 to 1, or (h, w) int32 regions, which are colored.
    """
    pictures = [_enlarge(_color(each), scale) for row in rows for each in row]
    return tile(pictures, len(rows[0]) if rows else 1)


def _color(picture: np.ndarray) -> np.ndarray:
    if picture.dtype == np.int32:
        return COLORS[np.where(picture > 0, 1 + (picture - 1) % (len(COLORS) - 1), 0)]
    if picture.dtype != np.uint8:
        picture = np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    return np.repeat(picture[..., None], 3, axis=2)


def _enlarge(picture: np.ndarray, scale: int) -> np.ndarray:
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)


def tile(pictures: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Return (h, w, 3) pictures side by side, a gap between them, in rows of so many; 1x1 pixel without any."""
    if not len(pictures):
        return np.full((1, 1, 3), EDGE, np.uint8)
    height, width = np.array(pictures[0].shape[:2]) + GAP
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * height - GAP, columns * width - GAP, 3), EDGE, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // columns * height, index % columns * width
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet
