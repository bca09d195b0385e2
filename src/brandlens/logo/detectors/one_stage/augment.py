"""Pictures in memory → square training images: one picture or four, scaled, rotated, sheared, with logos pasted in.

No picture is ever mirrored: lettering would not be what it was.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from brandlens.boxes import area, clip, intersection
from brandlens.config.logo import OneStage
from brandlens.logo.crops.windows import pad_boxes
from brandlens.logo.detectors.one_stage.dataset import IGNORE, TrainingImage
from brandlens.logo.detectors.one_stage.letterbox import GREY, letterbox
from brandlens.logo.detectors.photometric import jitter_hsv

MIN_VISIBLE, MAX_HIDDEN = 0.5, 0.15  # fractions of a box in the image from which it is a target, and up to which gone
MIN_SIDE = 7.0  # pixels: side (square root of the area) of the smallest box that is a target
CENTERED = 0.7  # fraction of the pictures larger than their tile that are placed around one of their logos
PASTE_SIDES = (24.0, 140.0)  # pixels: sides of the smallest and the largest logo pasted in
MAX_PASTE = 0.8  # fraction of the image's side that a pasted logo takes up at most
MOSAIC_SCALE = 0.75  # factor on the scale of pictures in mosaics, whose tiles have room for less
FADE = 0.12  # fraction of a pasted logo's shorter side over which it fades into the picture
STRETCH = 0.1  # logarithm of the factor by which the aspect ratio changes at most

Sample = tuple[np.ndarray, np.ndarray, np.ndarray]  # pixels (size, size, 3), boxes (m, 4), labels (m,) or IGNORE
Tile = tuple[int, int, int, int]  # left, top, right, bottom in whole pixels of the training image


def letterbox_sample(image: TrainingImage, size: int) -> Sample:
    """Return the whole picture in the left upper corner, as large as fits, unchanged."""
    boxes = image.boxes * np.float32(size / max(image.image_wh))
    return letterbox(image.levels[0], size), *_visible(boxes, image.labels, (0, 0, size, size))


def augment(images: Sequence[TrainingImage], index: int, size: int, cfg: OneStage, rng: np.random.Generator) -> Sample:
    """Return a training image of picture `index`; what else is in it is drawn from the others."""
    canvas = np.full((size, size, 3), GREY, np.uint8)
    if rng.random() < cfg.mosaic:
        x, y = (int(split) for split in rng.uniform(0.3, 0.7, 2) * size)
        tiles = [(0, 0, x, y), (x, 0, size, y), (0, y, x, size), (x, y, size, size)]
        chosen = [index, *rng.integers(0, len(images), 3)]
        shrink = MOSAIC_SCALE
    else:
        tiles, chosen, shrink = [(0, 0, size, size)], [index], 1.0
    boxes, labels = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
    for tile, source in zip(tiles, rng.permutation(chosen), strict=True):
        scale = np.exp(rng.uniform(*np.log(cfg.scale_range))) * shrink
        image = images[int(source)]
        matrix = random_affine(image, tile, scale * size / max(image.image_wh), cfg, rng)
        visible = _visible(_draw(canvas, tile, image, matrix), image.labels, tile)
        boxes.append(visible[0])
        labels.append(visible[1])
    sample = canvas, np.concatenate(boxes), np.concatenate(labels)
    if rng.random() < cfg.copy_paste:
        for _ in range(rng.integers(1, 3)):
            sample = copy_paste(sample, images[int(rng.integers(len(images)))], cfg, rng)
    pixels = jitter_hsv(sample[0], hue=cfg.hue, saturation=cfg.saturation, brightness=cfg.brightness, rng=rng)
    return pixels, sample[1], sample[2]


def random_affine(
    image: TrainingImage, tile: Tile, scale: float, cfg: OneStage, rng: np.random.Generator
) -> np.ndarray:
    """Return (2, 3) from pixels of the picture to pixels of the training image.

    The picture is scaled, rotated and sheared, and put somewhere in the tile.
    """
    linear = _random_linear(cfg, rng) * scale
    width, height = tile[2] - tile[0], tile[3] - tile[1]
    outline = _outline(np.array([[0, 0, *image.image_wh]], np.float32), linear)[0]
    target = np.array([tile[0] + tile[2], tile[1] + tile[3]]) / 2
    spare = np.array([width, height]) - (outline[2:] - outline[:2])
    shift = target - (outline[:2] + outline[2:]) / 2 + rng.uniform(-0.5, 0.5, 2) * np.abs(spare)
    logos = np.flatnonzero(image.labels >= 0)
    if len(logos) and (spare < 0).any() and rng.random() < CENTERED:
        logo = image.boxes[rng.choice(logos)]
        center = linear @ ((logo[:2] + logo[2:]) / 2)
        near = target - center + rng.uniform(-0.4, 0.4, 2) * (width, height)
        ends = np.stack([tile[:2] - outline[:2], tile[2:] - outline[2:]])
        shift = np.clip(near, ends.min(axis=0), ends.max(axis=0))  # as much of the picture as there is room for
    return np.concatenate([linear, shift[:, None]], axis=1)


def _random_linear(cfg: OneStage, rng: np.random.Generator) -> np.ndarray:
    """Return (2, 2): rotation, shear and stretch; its determinant is above 0, so nothing is mirrored."""
    angle = np.radians(rng.uniform(-cfg.rotation, cfg.rotation))
    if rng.random() < cfg.rotate90:
        angle += np.pi / 2 * rng.choice((-1, 1))
    shear = rng.uniform(-cfg.shear, cfg.shear, 2)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(rng.uniform(-1, 1) * STRETCH)
    return rotation @ np.array([[stretch, shear[0]], [shear[1], 1 / stretch]])


def _draw(canvas: np.ndarray, tile: Tile, image: TrainingImage, matrix: np.ndarray) -> np.ndarray:
    """Draw the picture into a tile of the canvas; return its (m, 4) boxes there, which may stick out."""
    level = image.level(float(np.sqrt(abs(np.linalg.det(matrix[:, :2])))))
    left, top, right, bottom = tile
    canvas[top:bottom, left:right] = cv2.warpAffine(
        level, _for_opencv(matrix, image, level, (left, top)), (right - left, bottom - top),
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(GREY, GREY, GREY),
    )  # fmt: skip
    return _map_boxes(image.boxes, matrix)


def _for_opencv(matrix: np.ndarray, image: TrainingImage, level: np.ndarray, corner: tuple[float, float]) -> np.ndarray:
    """Return the matrix for OpenCV: from pixels of a halved picture to pixels that are counted from a corner.

    OpenCV counts from the middle of the first pixel, boxes from its edge.
    """
    ratio = image.image_wh[0] / level.shape[1], image.image_wh[1] / level.shape[0]
    linear = matrix[:, :2] * ratio
    return np.concatenate([linear, (matrix[:, 2] - corner - 0.5 + linear @ (0.5, 0.5))[:, None]], axis=1)


def _outline(boxes: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """Return the (m, 4) boxes around (m, 4) boxes after a (2, 2) map."""
    centers, half = (boxes[:, :2] + boxes[:, 2:]) / 2 @ linear.T, (boxes[:, 2:] - boxes[:, :2]) / 2
    reach = half @ np.abs(linear).T
    return np.concatenate([centers - reach, centers + reach], axis=1)


def _map_boxes(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return the (m, 4) float32 boxes around logos after a (2, 3) map.

    They are half-way between what a rectangle in the box and what an ellipse in it would need.
    """
    centers, half = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T, (boxes[:, 2:] - boxes[:, :2]) / 2
    reach = (half @ np.abs(matrix[:, :2]).T + np.sqrt(half**2 @ (matrix[:, :2] ** 2).T)) / 2
    return (np.concatenate([centers - reach, centers + reach], axis=1) + np.tile(matrix[:, 2], 2)).astype(np.float32)


def _visible(boxes: np.ndarray, labels: np.ndarray, tile: Tile) -> tuple[np.ndarray, np.ndarray]:
    """Return boxes cut off at the edges of their tile, with their labels.

    Those half hidden or tiny become IGNORE, those nearly gone are left out.
    """
    left, top, right, bottom = tile
    corner = np.array([left, top, left, top], np.float32)
    inside = clip(boxes - corner, right - left, bottom - top) + corner
    ratio = area(inside) / np.maximum(area(boxes), 1e-6)
    is_target = (ratio >= MIN_VISIBLE) & (area(inside) >= MIN_SIDE**2)
    kept = ratio > MAX_HIDDEN
    return inside[kept], np.where(is_target, labels, IGNORE)[kept].astype(np.float32)


def copy_paste(sample: Sample, donor: TrainingImage, cfg: OneStage, rng: np.random.Generator) -> Sample:
    """Paste a logo of another picture where it hides no other, its rim faded; where there is no room, change nothing.

    (Cut, paste and learn: Dwibedi et al. 2017.)
    """
    canvas, boxes, labels = sample
    logos = np.flatnonzero(donor.labels >= 0)
    size = len(canvas)
    if not len(logos):
        return sample
    chosen = rng.choice(logos)
    logo = donor.boxes[chosen : chosen + 1]
    side = np.exp(rng.uniform(*np.log((PASTE_SIDES[0], min(PASTE_SIDES[1], size / 2)))))
    linear = _random_linear(cfg, rng) * (side / np.sqrt(max(area(logo)[0], 1.0)))
    outline = _outline(pad_boxes(logo, 0.15, 0.15), linear)[0]
    width, height = (int(length) for length in np.ceil(outline[2:] - outline[:2]))
    if max(width, height) > MAX_PASTE * size:
        return sample
    for _ in range(5):
        left, top = int(rng.integers(0, size - width + 1)), int(rng.integers(0, size - height + 1))
        region = np.array([[left, top, left + width, top + height]], np.float32)
        if (intersection(region, boxes) <= 0).all():
            break
    else:
        return sample
    matrix = np.concatenate([linear, (np.array([left, top]) - outline[:2])[:, None]], axis=1)
    level = donor.level(float(np.sqrt(abs(np.linalg.det(linear)))))
    patch = cv2.warpAffine(
        level, _for_opencv(matrix, donor, level, (left, top)), (width, height),
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    fade = max(1.0, FADE * min(width, height))
    opacity = _mask(pad_boxes(logo, 0.08, 0.08)[0], matrix, (left, top), (width, height), fade)
    canvas = canvas.copy()
    below = canvas[top : top + height, left : left + width]
    canvas[top : top + height, left : left + width] = np.rint(below + (patch.astype(np.float32) - below) * opacity)
    return (
        canvas,
        np.concatenate([boxes, clip(_map_boxes(logo, matrix), size, size)]),
        np.concatenate([labels, donor.labels[chosen : chosen + 1]]),
    )


def _mask(
    box: np.ndarray, matrix: np.ndarray, corner: tuple[int, int], mask_wh: tuple[int, int], fade: float
) -> np.ndarray:
    """Return (h, w, 1) float32: 1 inside the mapped box, fading to 0 around it over `fade` pixels."""
    corners = np.array([[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]])
    mapped = corners @ matrix[:, :2].T + matrix[:, 2] - corner
    mask = np.zeros((mask_wh[1], mask_wh[0]), np.float32)
    cv2.fillConvexPoly(mask, np.rint(mapped * 16).astype(np.int32), 1.0, lineType=cv2.LINE_8, shift=4)
    return cv2.GaussianBlur(mask, (0, 0), fade / 2)[..., None]
