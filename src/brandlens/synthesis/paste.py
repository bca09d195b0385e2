"""Artwork onto a picture: turned, on a plate where it would not be seen, lit, blurred and partly covered."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from brandlens.synthesis import textures
from brandlens.synthesis.artwork import Artwork

PLAIN = 27  # see contrast(): with less than this, a logo gets a plate
MARGIN = 0.4  # share of a logo's shorter side: how far a plate sticks out at most
SEEN = 0.4  # share of its strongest ink: where a logo is fainter, at its soft edges, it does not count as seen
_PLATES = np.array([(255, 255, 255), (250, 246, 232), (226, 230, 234), (24, 28, 40), (255, 236, 170)], np.float32)


@dataclass(frozen=True, eq=False)
class Patch:
    """What is pasted.

    pixels: (height, width, 4) uint8 RGB times alpha, and alpha, plate included. ink: (height, width) uint8 alpha of the
    artwork alone. left, top: its place in the picture, in pixels.
    """

    pixels: np.ndarray
    ink: np.ndarray
    left: int
    top: int


def pose(
    random: np.random.Generator, art: Artwork, width: float, difficulty: float
) -> tuple[np.ndarray, tuple[float, float]]:
    """A logo seen from some side: its corners, and the width and height of its ink in pixels.

    Corners: (4, 2) float x, y: top left, top right, bottom right, bottom left; the ink's bounding box begins at (0, 0)
    and is `width` pixels wide. Difficulty 1 turns by up to 25 degrees in the picture, 50 about the upright axis and 35
    about the level one; 0 not at all.
    """
    roll, yaw, pitch = np.radians(random.uniform(-1, 1, 3) * [25, 50, 35]) * difficulty
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    flat = (np.concatenate([corners, art.outline]) - 0.5) * np.array([art.aspect, 1]) / max(art.aspect, 1)
    x, y = flat[:, 0] * math.cos(yaw), flat[:, 1] * math.cos(pitch)
    depth = flat[:, 0] * math.sin(yaw) + flat[:, 1] * math.sin(pitch) + 1.8  # seen from 1.8 times its longer side
    seen = np.stack([x, y], axis=1) / depth[:, None]
    turned = seen @ np.array([(math.cos(roll), math.sin(roll)), (-math.sin(roll), math.cos(roll))])
    turned -= turned[4:].min(axis=0)
    turned *= width / turned[4:, 0].max()
    return turned[:4], (width, float(turned[4:, 1].max()))


def contrast(colours: np.ndarray, ground: np.ndarray) -> float:
    """How well (n, 3) float32 RGB colours stand out from (height, width, 3) uint8 RGB: that of the worst of them.

    In CIELAB units, hue and chroma at half their weight, less the ground's own unrest.
    """
    step = max(1, min(ground.shape[:2]) // 16)
    below = _lab(ground[::step, ::step].reshape(-1, 3).astype(np.float32))
    distance = np.linalg.norm(_lab(colours) - below.mean(axis=0), axis=1).min()
    return float(distance - 0.7 * np.linalg.norm(below.std(axis=0)))


def _lab(colours: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(colours[None] / 255, np.float32), cv2.COLOR_RGB2LAB)[0] * np.float32(
        [1, 0.5, 0.5]
    )


def plate_for(random: np.random.Generator, colours: np.ndarray) -> np.ndarray:
    """(3,) float32 RGB of a plate that all of (n, 3) colours stand out from, or the best there is."""
    how_well = np.array([contrast(colours, plate[None, None]) for plate in _PLATES])
    good = np.flatnonzero(how_well > 40)
    return _PLATES[random.choice(good) if len(good) else how_well.argmax()]


def patch(
    random: np.random.Generator, art: Artwork, corners: np.ndarray, difficulty: float, plate: np.ndarray | None
) -> Patch:
    """Artwork with its corners at (4, 2) x, y in the picture, on a plate or not, lit and blurred."""
    width = float(np.ptp(corners[:, 0]))
    pixels = art.level(width * 1.2)
    tall, wide = pixels.shape[:2]
    grown = round(MARGIN * min(tall, wide) * random.uniform(0.35, 1)) if plate is not None else 1
    canvas = cv2.copyMakeBorder(pixels, grown, grown, grown, grown, cv2.BORDER_CONSTANT)
    ink = canvas[..., 3]
    if plate is not None:
        canvas = _over(_board(random, canvas.shape[:2], plate, art.colours[-1], grown), canvas)
    start = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32) + grown - 0.5
    across = cv2.getPerspectiveTransform(start, corners.astype(np.float32) - 0.5)
    outline = np.array([[(0, 0), (wide, 0), (wide, tall), (0, tall)]], np.float32)
    outline += np.array([(-grown, -grown), (grown, -grown), (grown, grown), (-grown, grown)], np.float32)
    reach = cv2.perspectiveTransform(outline + grown - 0.5, across)[0]
    softness = random.uniform(0, 1) * difficulty * min(1.6, 0.014 * width)
    left, top = (np.floor(reach.min(axis=0)) - 2 - 3 * softness).astype(int)
    right, bottom = (np.ceil(reach.max(axis=0)) + 3 + 3 * softness).astype(int)
    across = np.array([(1, 0, -left), (0, 1, -top), (0, 0, 1)], float) @ across
    canvas, ink = (cv2.warpPerspective(layer, across, (right - left, bottom - top)) for layer in (canvas, ink))
    if softness > 0.2:
        canvas, ink = (cv2.GaussianBlur(layer, (0, 0), softness) for layer in (canvas, ink))
    lit = shade(random, canvas[..., :3], 0.5 * difficulty)
    return Patch(np.dstack([np.minimum(lit, canvas[..., 3:]), canvas[..., 3]]), ink, int(left), int(top))


def _board(
    random: np.random.Generator, shape: tuple[int, int], paint: np.ndarray, edge: np.ndarray, grown: int
) -> np.ndarray:
    """(height, width, 4) uint8 of a rounded rectangle, with a rim now and then."""
    tall, wide = shape
    radius = int(random.choice([0, 0.5, 1, 1.8]) * grown)
    covered = np.zeros(shape, np.uint8)
    cv2.rectangle(covered, (radius, 0), (wide - 1 - radius, tall - 1), 255, -1)
    cv2.rectangle(covered, (0, radius), (wide - 1, tall - 1 - radius), 255, -1)
    for x in (radius, wide - 1 - radius):
        for y in (radius, tall - 1 - radius):
            cv2.circle(covered, (x, y), radius, 255, -1)
    board = np.empty((*shape, 3), np.uint8)
    board[:] = paint.astype(np.uint8)
    if random.random() < 0.25:
        rim = max(1, grown // 6)
        inner = cv2.erode(covered, np.ones((2 * rim + 1, 2 * rim + 1)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
        board[inner == 0] = edge.astype(np.uint8)
    return np.dstack([board * (covered[..., None] > 0), covered])


def _over(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Colours times alpha, laid one over the other: (h, w, 3 or 4) uint8 below, (h, w, 4) uint8 above."""
    kept = cv2.merge([255 - above[..., 3]] * below.shape[2])
    return cv2.add(cv2.multiply(below, kept, scale=1 / 255), above[..., : below.shape[2]])


def composite(picture: np.ndarray, patch_: Patch) -> np.ndarray:
    """The (height, width, 3) uint8 picture with the patch laid over it; what sticks out is cut off."""
    height, width = picture.shape[:2]
    left, top = max(0, patch_.left), max(0, patch_.top)
    right = min(width, patch_.left + patch_.ink.shape[1])
    bottom = min(height, patch_.top + patch_.ink.shape[0])
    part = patch_.pixels[top - patch_.top : bottom - patch_.top, left - patch_.left : right - patch_.left]
    result = picture.copy()
    result[top:bottom, left:right] = _over(np.ascontiguousarray(picture[top:bottom, left:right]), part)
    return result


def shade(random: np.random.Generator, picture: np.ndarray, strength: float) -> np.ndarray:
    """(height, width, 3) uint8 under an uneven light: factors from 1 - strength to 1 + strength / 2."""
    height, width = picture.shape[:2]
    corners = 1 + strength * random.uniform(-1, 0.5, (2, 2))
    light = cv2.resize(corners.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(picture, cv2.merge([light] * 3), dtype=cv2.CV_8U) if strength else picture


def occluder(
    random: np.random.Generator, shape: tuple[int, int], around: tuple[float, float, float, float]
) -> np.ndarray:
    """(height, width) uint8 mask of a pole, a disc or a leaf before a logo at left, top, right, bottom."""
    left, top, right, bottom = around
    wide, tall = float(right - left), float(bottom - top)
    x, y = random.uniform(left, right), random.uniform(top, bottom)
    mask = np.zeros(shape, np.uint8)
    kind = random.integers(3)
    if kind == 0:
        thick, angle = random.uniform(0.04, 0.16) * wide, random.uniform(-25, 25)
        points = cv2.boxPoints(((x, y), (thick, 3.0 * max(shape)), angle))
    elif kind == 1:
        reach = random.uniform(0.1, 0.2) * wide
        points = np.array(cv2.ellipse2Poly((int(x), int(bottom)), (int(reach), int(reach * 1.2)), 0, 0, 360, 12))
    else:
        size = (int(random.uniform(0.15, 0.35) * wide), int(random.uniform(0.2, 0.5) * tall))
        points = np.array(cv2.ellipse2Poly((int(x), int(y)), size, int(random.uniform(0, 180)), 0, 360, 12))
    cv2.fillConvexPoly(mask, points.astype(np.int32), 255, cv2.LINE_AA)
    return mask


def cover(random: np.random.Generator, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The (height, width, 3) uint8 picture with one colour, unevenly lit, where the (height, width) uint8 mask is."""
    paint = np.empty_like(picture)
    paint[:] = textures.colour(random, (0.05, 0.6), (0.15, 0.8)).astype(np.uint8)
    share = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32)[..., None] / 255
    return (picture + (shade(random, paint, 0.6).astype(np.float32) - picture) * share).astype(np.uint8)


def visible(patch_: Patch, covered: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Where ink is seen: x and y in the picture, and which share of the ink `covered` hides.

    covered: (height, width) uint8 mask of the whole picture.
    """
    y, x = np.nonzero(patch_.ink >= SEEN * patch_.ink.max())
    x, y = x + patch_.left, y + patch_.top
    inside = (x >= 0) & (y >= 0) & (x < covered.shape[1]) & (y < covered.shape[0])
    x, y = x[inside], y[inside]
    shown = covered[y, x] < 128
    return x[shown], y[shown], 1 - shown.mean() if len(shown) else 1.0
