"""Maps out of a dictionary of patches (N4-Fields: Ganin and Lempitsky, ACCV 2014).

A network does not say what each pixel is, but gives for each the 16-value code of what the maps look like around it;
the nearest code among those of training patches brings its patch along, and patches that overlap are averaged.
"""

from dataclasses import dataclass

import numpy as np

CODE_SIZE = 16
RADIUS = 4  # pixels: a patch of the maps is 9x9
ROWS = 512  # of codes that are compared with the dictionary at once
EPSILON = 1e-6


@dataclass(frozen=True)
class Projection:
    """Principal components of patches: mean (values,), axes (CODE_SIZE, values), scale (CODE_SIZE,), all float32."""

    mean: np.ndarray
    axes: np.ndarray
    scale: np.ndarray

    def encode(self, patches: np.ndarray) -> np.ndarray:
        """Return (n, CODE_SIZE) codes, each value of standard deviation 1, of (n, values) patches."""
        return (patches - self.mean) @ self.axes.T / self.scale


def fit_projection(patches: np.ndarray) -> Projection:
    """Return the principal components of (n, values) float32 patches of maps."""
    mean = patches.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(patches - mean, rowvar=False))
    strongest = np.argsort(values)[::-1][:CODE_SIZE]
    scale = np.sqrt(np.maximum(values[strongest], EPSILON))
    return Projection(mean, vectors[:, strongest].T.astype(np.float32), scale.astype(np.float32))


@dataclass(frozen=True)
class PatchDictionary:
    """Codes, (m, CODE_SIZE) float32, as the network gives them for training patches, and those patches, (m, values)."""

    codes: np.ndarray
    patches: np.ndarray

    def nearest(self, codes: np.ndarray) -> np.ndarray:
        """Return the (n,) index of the nearest code for each of (n, CODE_SIZE) codes."""
        norms = np.square(self.codes).sum(axis=1)
        known = np.vstack([-2 * self.codes.T, norms])  # one product is all that the squared distances differ in
        asked = np.hstack([codes, np.ones((len(codes), 1), codes.dtype)])
        found = [(asked[start : start + ROWS] @ known).argmin(axis=1) for start in range(0, len(codes), ROWS)]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def maps(self, codes: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Return the (h, w, 2) float32 maps of a scene: at each pixel the mean of the patches that reach it.

        codes: (h, w, CODE_SIZE) of a scene. where: (h, w) bool, the pixels that are looked up; 0 where none reaches.
        """
        height, width = where.shape
        size = 2 * RADIUS + 1
        patches = self.patches[self.nearest(codes[where])].reshape(-1, size, size, 2)
        top, left = np.nonzero(where)
        total = np.zeros((height + 2 * RADIUS, width + 2 * RADIUS, 3), np.float32)
        for row in range(size):
            for column in range(size):  # no two patches share a pixel at one offset
                total[top + row, left + column, :2] += patches[:, row, column]
                total[top + row, left + column, 2] += 1
        inner = total[RADIUS:-RADIUS, RADIUS:-RADIUS]
        return inner[..., :2] / np.maximum(inner[..., 2:], 1)


def cut_patches(maps: np.ndarray, scene: np.ndarray, top: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return the (n, values) float32 patches of (scenes, h, w, 2) maps around these pixels; 0 outside of a scene."""
    padded = np.pad(maps, ((0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)))
    size = 2 * RADIUS + 1
    rows = top[:, None, None] + np.arange(size)[:, None]
    columns = left[:, None, None] + np.arange(size)
    return padded[scene[:, None, None], rows, columns].reshape(len(scene), -1)


def encode_scenes(maps: np.ndarray, projection: Projection) -> np.ndarray:
    """Return (scenes, h, w, CODE_SIZE) float32 codes of the patch around each pixel of (scenes, h, w, 2) maps."""
    codes = np.empty((*maps.shape[:3], CODE_SIZE), np.float32)
    padded = np.pad(maps, ((0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * RADIUS + 1, 2 * RADIUS + 1), axis=(1, 2))
    for index, scene in enumerate(windows):  # (h, w, 2, rows, columns): a patch has the two maps last
        patches = scene.transpose(0, 1, 3, 4, 2).reshape(codes.shape[1] * codes.shape[2], -1)
        codes[index] = projection.encode(patches).reshape(codes.shape[1:])
    return codes
