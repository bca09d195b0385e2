"""Artwork onto a picture: in perspective, on a plate where it would not stand out, shaded, blurred, partly covered."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from brandlens.synthesis import textures
from brandlens.synthesis.artwork import Artwork

MIN_CONTRAST = 27  # as `contrast` measures it: a logo with less gets a plate
MAX_PLATE_MARGIN = 0.4  # of a logo's shorter side: how far a plate sticks out
MIN_INK = 0.4  # of a logo's strongest alpha: where it is fainter, at its soft edges, it does not count as visible
_PLATE_COLORS = np.array([(255, 255, 255), (250, 246, 232), (226, 230, 234), (24, 28, 40), (255, 236, 170)], np.float32)
_GOOD_PLATE_CONTRAST = 40
_MAX_ANGLES = (25, 50, 35)  # degrees: roll, yaw, pitch at difficulty 1
_VIEWING_DISTANCE = 1.8  # times the logo's longer side


@dataclass(frozen=True, eq=False)
class Patch:
    """Pixels to paste.

    pixels: (height, width, 4) uint8 RGB times alpha, and alpha, plate included. ink: (height, width) uint8 alpha of the
    artwork alone. left, top: where the patch goes in the picture, in pixels.
    """

    pixels: np.ndarray
    ink: np.ndarray
    left: int
    top: int


def pose(
    rng: np.random.Generator, artwork: Artwork, width: float, difficulty: float
) -> tuple[np.ndarray, tuple[float, float]]:
    """Return the corners of a logo in a random perspective, and the width and height of its ink in pixels.

    Corners: (4, 2) float x, y: top left, top right, bottom right, bottom left; the ink's bounding box begins at (0, 0)
    and is `width` pixels wide. At difficulty 1 the logo is rotated by up to 25 degrees in the picture, 50 about the
    upright axis and 35 about the level one; at 0 not at all.
    """
    roll, yaw, pitch = np.radians(rng.uniform(-1, 1, 3) * _MAX_ANGLES) * difficulty
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    aspect_ratio = artwork.aspect_ratio
    flat = (np.concatenate([corners, artwork.outline]) - 0.5) * np.array([aspect_ratio, 1]) / max(aspect_ratio, 1)
    x, y = flat[:, 0] * math.cos(yaw), flat[:, 1] * math.cos(pitch)
    depth = flat[:, 0] * math.sin(yaw) + flat[:, 1] * math.sin(pitch) + _VIEWING_DISTANCE
    projected = np.stack([x, y], axis=1) / depth[:, None]
    points = projected @ np.array([(math.cos(roll), math.sin(roll)), (-math.sin(roll), math.cos(roll))])
    points -= points[4:].min(axis=0)
    points *= width / points[4:, 0].max()
    return points[:4], (width, float(points[4:, 1].max()))


def contrast(colors: np.ndarray, background: np.ndarray) -> float:
    """Return how well (n, 3) float32 RGB colors stand out from (height, width, 3) uint8 RGB, by the worst of them.

    Distance in CIELAB units, hue and chroma at half their weight, minus 0.7 times the background's own deviation.
    """
    step = max(1, min(background.shape[:2]) // 16)
    pixels = _to_lab(background[::step, ::step].reshape(-1, 3).astype(np.float32))
    distance = np.linalg.norm(_to_lab(colors) - pixels.mean(axis=0), axis=1).min()
    return float(distance - 0.7 * np.linalg.norm(pixels.std(axis=0)))


def _to_lab(colors: np.ndarray) -> np.ndarray:
    """Convert (n, 3) RGB, 0 to 255, to (n, 3) float32 CIELAB with a* and b* halved."""
    lab = cv2.cvtColor(np.ascontiguousarray(colors[None] / 255, np.float32), cv2.COLOR_RGB2LAB)[0]
    return lab * np.array([1, 0.5, 0.5], np.float32)


def plate_for(rng: np.random.Generator, colors: np.ndarray) -> np.ndarray:
    """Return (3,) float32 RGB of a plate that all of (n, 3) colors stand out from, or of the best one."""
    contrasts = np.array([contrast(colors, color[None, None]) for color in _PLATE_COLORS])
    good = np.flatnonzero(contrasts > _GOOD_PLATE_CONTRAST)
    return _PLATE_COLORS[rng.choice(good) if len(good) else contrasts.argmax()]


def patch(
    rng: np.random.Generator, artwork: Artwork, corners: np.ndarray, difficulty: float, plate: np.ndarray | None
) -> Patch:
    """Warp artwork to (4, 2) corners x, y in the picture, shaded and blurred.

    plate: (3,) float32 RGB of the plate below it, or None.
    """
    width = float(np.ptp(corners[:, 0]))
    pixels = artwork.level(width * 1.2)
    level_height, level_width = pixels.shape[:2]
    margin = 1
    if plate is not None:
        margin = round(MAX_PLATE_MARGIN * min(level_height, level_width) * rng.uniform(0.35, 1))
    canvas = cv2.copyMakeBorder(pixels, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    ink = canvas[..., 3]
    if plate is not None:
        canvas = _alpha_over(_draw_plate(rng, canvas.shape[:2], plate, artwork.colors[-1], margin), canvas)
    outline = np.array([(0, 0), (level_width, 0), (level_width, level_height), (0, level_height)], np.float32)
    transform = cv2.getPerspectiveTransform(outline + margin - 0.5, corners.astype(np.float32) - 0.5)
    padded = outline + np.array(
        [(-margin, -margin), (margin, -margin), (margin, margin), (-margin, margin)], np.float32
    )
    extent = cv2.perspectiveTransform(padded[None] + margin - 0.5, transform)[0]
    blur_sigma = rng.uniform(0, 1) * difficulty * min(1.6, 0.014 * width)
    left, top = (np.floor(extent.min(axis=0)) - 2 - 3 * blur_sigma).astype(int)
    right, bottom = (np.ceil(extent.max(axis=0)) + 3 + 3 * blur_sigma).astype(int)
    transform = np.array([(1, 0, -left), (0, 1, -top), (0, 0, 1)], float) @ transform
    canvas, ink = (cv2.warpPerspective(layer, transform, (right - left, bottom - top)) for layer in (canvas, ink))
    if blur_sigma > 0.2:
        canvas, ink = (cv2.GaussianBlur(layer, (0, 0), blur_sigma) for layer in (canvas, ink))
    shaded = shade(rng, canvas[..., :3], 0.5 * difficulty)
    return Patch(np.dstack([np.minimum(shaded, canvas[..., 3:]), canvas[..., 3]]), ink, int(left), int(top))


def _draw_plate(
    rng: np.random.Generator, shape: tuple[int, int], color: np.ndarray, rim_color: np.ndarray, margin: int
) -> np.ndarray:
    """Draw (height, width, 4) uint8 RGB times alpha and alpha of a rounded rectangle, now and then with a rim."""
    height, width = shape
    radius = int(rng.choice([0, 0.5, 1, 1.8]) * margin)
    alpha = np.zeros(shape, np.uint8)
    cv2.rectangle(alpha, (radius, 0), (width - 1 - radius, height - 1), 255, -1)
    cv2.rectangle(alpha, (0, radius), (width - 1, height - 1 - radius), 255, -1)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(alpha, (x, y), radius, 255, -1)
    plate = np.empty((*shape, 3), np.uint8)
    plate[:] = color.astype(np.uint8)
    if rng.random() < 0.25:
        rim = max(1, margin // 6)
        inner = cv2.erode(alpha, np.ones((2 * rim + 1, 2 * rim + 1)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
        plate[inner == 0] = rim_color.astype(np.uint8)
    return np.dstack([plate * (alpha[..., None] > 0), alpha])


def _alpha_over(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Lay (h, w, 4) uint8 RGB times alpha and alpha over (h, w, 3 or 4) uint8 (Porter and Duff's "over")."""
    transparency = cv2.merge([255 - above[..., 3]] * below.shape[2])
    return cv2.add(cv2.multiply(below, transparency, scale=1 / 255), above[..., : below.shape[2]])


def composite(picture: np.ndarray, patch_: Patch) -> np.ndarray:
    """Return the (height, width, 3) uint8 picture with the patch laid over it; what sticks out is cut off."""
    height, width = picture.shape[:2]
    left, top = max(0, patch_.left), max(0, patch_.top)
    right = min(width, patch_.left + patch_.ink.shape[1])
    bottom = min(height, patch_.top + patch_.ink.shape[0])
    inside = patch_.pixels[top - patch_.top : bottom - patch_.top, left - patch_.left : right - patch_.left]
    result = picture.copy()
    result[top:bottom, left:right] = _alpha_over(np.ascontiguousarray(picture[top:bottom, left:right]), inside)
    return result


def shade(rng: np.random.Generator, picture: np.ndarray, strength: float) -> np.ndarray:
    """Light (height, width, 3) uint8 unevenly: factors from 1 - strength to 1 + strength / 2."""
    height, width = picture.shape[:2]
    corners = 1 + strength * rng.uniform(-1, 0.5, (2, 2))
    light = cv2.resize(corners.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(picture, cv2.merge([light] * 3), dtype=cv2.CV_8U) if strength else picture


def occluder(
    rng: np.random.Generator, shape: tuple[int, int], logo_box: tuple[float, float, float, float]
) -> np.ndarray:
    """Return a (height, width) uint8 mask of a pole, a disc or a leaf in front of a logo.

    logo_box: left, top, right, bottom of the logo in pixels.
    """
    left, top, right, bottom = logo_box
    logo_width, logo_height = float(right - left), float(bottom - top)
    x, y = rng.uniform(left, right), rng.uniform(top, bottom)
    mask = np.zeros(shape, np.uint8)
    kind = rng.integers(3)
    if kind == 0:
        thickness, angle = rng.uniform(0.04, 0.16) * logo_width, rng.uniform(-25, 25)
        points = cv2.boxPoints(((x, y), (thickness, 3.0 * max(shape)), angle))
    elif kind == 1:
        radius = rng.uniform(0.1, 0.2) * logo_width
        points = np.array(cv2.ellipse2Poly((int(x), int(bottom)), (int(radius), int(radius * 1.2)), 0, 0, 360, 12))
    else:
        axes = (int(rng.uniform(0.15, 0.35) * logo_width), int(rng.uniform(0.2, 0.5) * logo_height))
        points = np.array(cv2.ellipse2Poly((int(x), int(y)), axes, int(rng.uniform(0, 180)), 0, 360, 12))
    cv2.fillConvexPoly(mask, points.astype(np.int32), 255, cv2.LINE_AA)
    return mask


def cover(rng: np.random.Generator, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Paint the (height, width, 3) uint8 picture in one color, unevenly, where the (height, width) mask is set."""
    paint = np.empty_like(picture)
    paint[:] = textures.random_color(rng, (0.05, 0.6), (0.15, 0.8)).astype(np.uint8)
    alpha = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32)[..., None] / 255
    return (picture + (shade(rng, paint, 0.6).astype(np.float32) - picture) * alpha).astype(np.uint8)


def visible(patch_: Patch, covered: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return x and y in the picture of the ink that is visible, and the fraction of the ink that `covered` hides.

    covered: (height, width) uint8 mask of the whole picture.
    """
    y, x = np.nonzero(patch_.ink >= MIN_INK * patch_.ink.max())
    x, y = x + patch_.left, y + patch_.top
    inside = (x >= 0) & (y >= 0) & (x < covered.shape[1]) & (y < covered.shape[0])
    x, y = x[inside], y[inside]
    seen = covered[y, x] < 128
    return x[seen], y[seen], 1 - seen.mean() if len(seen) else 1.0
