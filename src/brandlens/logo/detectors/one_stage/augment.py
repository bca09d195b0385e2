"""Pictures in memory → training squares: one picture or four, zoomed, turned, sheared and lit, with logos pasted in.

No picture is ever mirrored: lettering would not be what it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from brandlens.boxes import area, clip, intersection
from brandlens.logo.detectors.one_stage.dataset import IGNORE, TrainingImage
from brandlens.logo.detectors.one_stage.letterbox import GREY, letterbox

SEEN, HIDDEN = 0.5, 0.15  # shares of a box inside the square from which it is to be found, and up to which it is gone
SMALL = 7.0  # pixels: side of a box (square root of its area) too small to be asked for
AIMED = 0.7  # share of pictures larger than their place that are shown around one of their logos
PASTED = (24.0, 140.0)  # pixels: sides of the smallest and the largest logo pasted in
MOSAIC = 0.75  # factor on the zoom in mosaics, whose parts have room for less
SOFT = 0.12  # share of a pasted logo's shorter side over which it fades into the picture


@dataclass(frozen=True)
class Augmentation:
    """How squares are made; logo.train.shot in params.yaml says the units."""

    mosaic: float
    zoom: tuple[float, float]
    rotation: float
    turned: float
    shear: float
    hue: float
    saturation: float
    brightness: float
    paste: float


Square = tuple[np.ndarray, np.ndarray, np.ndarray]  # pixels (size, size, 3), boxes (m, 4), kinds (m,)
Part = tuple[int, int, int, int]  # left, top, right, bottom in whole pixels of the square


def plain(shown: TrainingImage, size: int) -> Square:
    """The whole picture in the square's left upper corner, as large as fits, unchanged."""
    pixels = letterbox(shown.levels[0], size)
    boxes = shown.boxes * np.float32(size / max(shown.size))
    return pixels, *_judged(boxes, shown.kinds, (0, 0, size, size))


def square(
    album: Sequence[TrainingImage], at: int, size: int, change: Augmentation, random: np.random.Generator
) -> Square:
    """A training square around picture `at`; other pictures are drawn from the album."""
    canvas = np.full((size, size, 3), GREY, np.uint8)
    if random.random() < change.mosaic:
        x, y = (int(each) for each in random.uniform(0.3, 0.7, 2) * size)
        parts = [(0, 0, x, y), (x, 0, size, y), (0, y, x, size), (x, y, size, size)]
        chosen = [at, *random.integers(0, len(album), 3)]
        shrink = MOSAIC
    else:
        parts, chosen, shrink = [(0, 0, size, size)], [at], 1.0
    boxes, kinds = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
    for part, each in zip(parts, random.permutation(chosen), strict=True):
        zoom = np.exp(random.uniform(*np.log(change.zoom))) * shrink
        shown = album[each]
        matrix = random_affine(shown, part, zoom * size / max(shown.size), change, random)
        found = _judged(_filled(canvas, part, shown, matrix), shown.kinds, part)
        boxes.append(found[0])
        kinds.append(found[1])
    made = canvas, np.concatenate(boxes), np.concatenate(kinds)
    if random.random() < change.paste:
        for _ in range(random.integers(1, 3)):
            made = copy_paste(made, album[random.integers(len(album))], change, random)
    return jitter_hsv(made[0], change, random), made[1], made[2]


def random_affine(
    shown: TrainingImage, part: Part, scale: float, change: Augmentation, random: np.random.Generator
) -> np.ndarray:
    """(2, 3) from pixels of the picture to pixels of the square: turned, sheared, and put somewhere in the part."""
    spin = _spin(change, random) * scale
    wide, tall = part[2] - part[0], part[3] - part[1]
    outline = _outline(np.array([[0, 0, *shown.size]], np.float32), spin)[0]
    target = np.array([part[0] + part[2], part[1] + part[3]]) / 2
    spare = np.array([wide, tall]) - (outline[2:] - outline[:2])
    shift = target - (outline[:2] + outline[2:]) / 2 + random.uniform(-0.5, 0.5, 2) * np.abs(spare)
    logos = np.flatnonzero(shown.kinds >= 0)
    if len(logos) and (spare < 0).any() and random.random() < AIMED:
        logo = shown.boxes[random.choice(logos)]
        middle = spin @ ((logo[:2] + logo[2:]) / 2)
        near = target - middle + random.uniform(-0.4, 0.4, 2) * (wide, tall)
        ends = np.stack([part[:2] - outline[:2], part[2:] - outline[2:]])
        shift = np.clip(near, ends.min(axis=0), ends.max(axis=0))  # as much of the picture as there is room for
    return np.concatenate([spin, shift[:, None]], axis=1)


def _spin(change: Augmentation, random: np.random.Generator) -> np.ndarray:
    """(2, 2) rotation and shear; its determinant is above 0, so nothing is mirrored."""
    angle = np.radians(random.uniform(-change.rotation, change.rotation))
    if random.random() < change.turned:
        angle += np.pi / 2 * random.choice((-1, 1))
    shear = random.uniform(-change.shear, change.shear, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(random.uniform(-1, 1) * 0.1)
    return turn @ np.array([[stretch, shear[0]], [shear[1], 1 / stretch]])


def _filled(canvas: np.ndarray, part: Part, shown: TrainingImage, matrix: np.ndarray) -> np.ndarray:
    """Paint the picture into a part of the canvas; its (m, 4) boxes there, not yet cut off."""
    level = shown.level(float(np.sqrt(abs(np.linalg.det(matrix[:, :2])))))
    left, top, right, bottom = part
    canvas[top:bottom, left:right] = cv2.warpAffine(
        level, _on_level(matrix, shown, level, (left, top)), (right - left, bottom - top),
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(GREY, GREY, GREY),
    )  # fmt: skip
    return _framed(shown.boxes, matrix)


def _on_level(matrix: np.ndarray, shown: TrainingImage, level: np.ndarray, corner: tuple[float, float]) -> np.ndarray:
    """The matrix for OpenCV: from pixels of a halved picture, and to pixels that are counted from a corner.

    OpenCV counts from the middle of the first pixel, boxes from its edge.
    """
    ratio = shown.size[0] / level.shape[1], shown.size[1] / level.shape[0]
    linear = matrix[:, :2] * ratio
    return np.concatenate([linear, (matrix[:, 2] - corner - 0.5 + linear @ (0.5, 0.5))[:, None]], axis=1)


def _outline(boxes: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """(m, 4) boxes around (m, 4) boxes after a (2, 2) map."""
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2 @ linear.T, (boxes[:, 2:] - boxes[:, :2]) / 2
    reach = half @ np.abs(linear).T
    return np.concatenate([middle - reach, middle + reach], axis=1)


def _framed(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(m, 4) float32 boxes around logos after a (2, 3) map: half-way between what a rectangle and an ellipse need."""
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T, (boxes[:, 2:] - boxes[:, :2]) / 2
    reach = (half @ np.abs(matrix[:, :2]).T + np.sqrt(half**2 @ (matrix[:, :2] ** 2).T)) / 2
    return (np.concatenate([middle - reach, middle + reach], axis=1) + np.tile(matrix[:, 2], 2)).astype(np.float32)


def _judged(boxes: np.ndarray, kinds: np.ndarray, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Boxes cut off at the edges of their part; those half gone or tiny are UNSURE, those gone are left out."""
    left, top, right, bottom = part
    corner = np.array([left, top, left, top], np.float32)
    inside = clip(boxes - corner, right - left, bottom - top) + corner
    share = area(inside) / np.maximum(area(boxes), 1e-6)
    asked = (share >= SEEN) & (area(inside) >= SMALL**2)
    kept = share > HIDDEN
    return inside[kept], np.where(asked, kinds, IGNORE)[kept].astype(np.float32)


def copy_paste(made: Square, donor: TrainingImage, change: Augmentation, random: np.random.Generator) -> Square:
    """A logo of another picture laid over the square where it hides no other, its rim faded; or the square as it was.

    (Cut, paste and learn: Dwibedi et al. 2017.)
    """
    canvas, boxes, kinds = made
    logos = np.flatnonzero(donor.kinds >= 0)
    size = len(canvas)
    if not len(logos):
        return made
    chosen = random.choice(logos)
    logo = donor.boxes[chosen : chosen + 1]
    side = np.exp(random.uniform(*np.log((PASTED[0], min(PASTED[1], size / 2)))))
    spin = _spin(change, random) * (side / np.sqrt(max(area(logo)[0], 1.0)))
    around = _outline(_grown(logo, 0.15), spin)[0]
    wide, tall = np.ceil(around[2:] - around[:2]).astype(int)
    if max(wide, tall) > 0.8 * size:
        return made
    for _ in range(5):
        left, top = random.integers(0, size - wide + 1), random.integers(0, size - tall + 1)
        place = np.array([[left, top, left + wide, top + tall]], np.float32)
        if (intersection(place, boxes) <= 0).all():
            break
    else:
        return made
    matrix = np.concatenate([spin, (np.array([left, top]) - around[:2])[:, None]], axis=1)
    level = donor.level(float(np.sqrt(abs(np.linalg.det(spin)))))
    patch = cv2.warpAffine(
        level, _on_level(matrix, donor, level, (left, top)), (int(wide), int(tall)),
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    rim = max(1.0, SOFT * min(wide, tall))
    share = _mask(_grown(logo, 0.08)[0], matrix, (left, top), (int(wide), int(tall)), rim)
    canvas = canvas.copy()
    under = canvas[top : top + tall, left : left + wide]
    canvas[top : top + tall, left : left + wide] = np.rint(under + (patch.astype(np.float32) - under) * share)
    return (
        canvas,
        np.concatenate([boxes, clip(_framed(logo, matrix), size, size)]),
        np.concatenate([kinds, donor.kinds[chosen : chosen + 1]]),
    )


def _grown(boxes: np.ndarray, share: float) -> np.ndarray:
    reach = (boxes[:, 2:] - boxes[:, :2]) * share
    return np.concatenate([boxes[:, :2] - reach, boxes[:, 2:] + reach], axis=1)


def _mask(
    box: np.ndarray, matrix: np.ndarray, corner: tuple[int, int], size: tuple[int, int], rim: float
) -> np.ndarray:
    """(h, w, 1) float32: 1 inside the turned box, fading to 0 around it."""
    ends = np.array([[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]])
    turned = ends @ matrix[:, :2].T + matrix[:, 2] - corner
    mask = np.zeros((size[1], size[0]), np.float32)
    cv2.fillConvexPoly(mask, np.rint(turned * 16).astype(np.int32), 1.0, lineType=cv2.LINE_8, shift=4)
    return cv2.GaussianBlur(mask, (0, 0), rim / 2)[..., None]


def jitter_hsv(pixels: np.ndarray, change: Augmentation, random: np.random.Generator) -> np.ndarray:
    """(h, w, 3) uint8 RGB with another hue, saturation and brightness."""
    hue, saturation, value = random.uniform(-1, 1, 3) * (change.hue, change.saturation, change.brightness)
    steps = np.arange(256)
    table = np.stack(
        [
            (steps + round(hue * 180)) % 180,
            np.clip(steps * (1 + saturation), 0, 255),
            np.clip(steps * (1 + value), 0, 255),
        ],
        axis=-1,
    )
    shown = cv2.LUT(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV), table.astype(np.uint8)[None])
    return cv2.cvtColor(shown, cv2.COLOR_HSV2RGB)
