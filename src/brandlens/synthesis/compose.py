"""Logo files → labelled scenes: the artwork in many perspectives on many backgrounds, among logos that are not it."""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from brandlens.annotations.records import Picture
from brandlens.boxes import Box
from brandlens.config.logo import Synthetic
from brandlens.errors import PictureError, UserError
from brandlens.synthesis import backgrounds, distractors, paste
from brandlens.synthesis.artwork import Artwork, load_artwork, prepare_artwork
from brandlens.synthesis.textures import choose

MIN_LOGO_WIDTH = 16  # pixels
MAX_OCCLUSION = 0.22  # of a logo's ink: how much something in front of it may hide
_MIN_PASTED_WIDTH = MIN_LOGO_WIDTH + 2  # pixels: blur and rounding may cost two
_MAX_LOGO_HEIGHT = 0.9  # of the picture, and of its width
_MAX_DISTRACTOR_HEIGHT = 0.5
_MAX_TRIES = 24  # placements tried for a logo before it is left out
_NUM_COMPARED = 5  # of the placements that are free, so many are compared by contrast


@dataclass(frozen=True, eq=False)
class _SceneInputs:
    """What all scenes of a split have in common."""

    split: str
    artworks: Mapping[str, Sequence[Artwork]]
    sources: tuple[backgrounds.Source, ...]
    cfg: Synthetic


@dataclass(frozen=True, eq=False)
class _Placement:
    """Where a logo goes.

    corners: (4, 2) float x, y in the picture. room: left, top, right, bottom in pixels of what no other logo may touch.
    """

    corners: np.ndarray
    room: tuple[float, float, float, float]

    def overlaps(self, other: "_Placement") -> bool:
        left, top, right, bottom = self.room
        return left < other.room[2] and other.room[0] < right and top < other.room[3] and other.room[1] < bottom

    def crop(self, pixels: np.ndarray) -> np.ndarray:
        """Return the part of (height, width, ...) pixels inside `room`."""
        left, top, right, bottom = (max(0, int(side)) for side in self.room)
        return pixels[top:bottom, left:right]


def compose(output_dir: Path, cfg: Synthetic, seed: int) -> dict[str, list[Picture]]:
    """Write output_dir/images/{split}-{index:04d}.jpg; return each split's pictures and their boxes, in file order.

    A logo's width is drawn log-uniformly from cfg.logo_width_range, but is at least MIN_LOGO_WIDTH pixels.
    Boxes hold the ink that is visible, in whole pixels inside the picture; the logos of a picture never overlap. The
    split "test" has backgrounds and distractors that the others have not, see `backgrounds.sources` and
    `distractors.repertoire`. The same cfg and seed give the same bytes, and a picture depends on its split and index
    only, not on how many there are.
    Raises PictureError for artwork that is missing, unreadable, fully transparent or too tall for the pictures,
    UserError for a label without files and for a folder of backgrounds that is missing or holds no picture.
    """
    artworks = {label: _load_artworks(label, files, cfg.image_wh) for label, files in cfg.artwork.items()}
    if not artworks:
        raise UserError("no artwork to compose scenes from; name at least one label and its logo files")
    folder = output_dir / "images"
    folder.mkdir(parents=True, exist_ok=True)
    background_dir = Path(cfg.backgrounds) if cfg.backgrounds else None
    pictures: dict[str, list[Picture]] = {}
    for split, num_images in zip(("train", "val", "test"), cfg.num_images, strict=True):
        inputs = _SceneInputs(split, artworks, backgrounds.sources(split, background_dir, seed), cfg)
        pictures[split] = []
        for index in range(num_images):
            rng = np.random.default_rng([seed, zlib.crc32(split.encode()), index])
            pixels, boxes = _draw_scene(rng, inputs, negative=_is_negative(index, cfg.negative_ratio))
            path = folder / f"{split}-{index:04d}.jpg"
            path.write_bytes(_encode_jpeg(rng, pixels, cfg.difficulty))
            pictures[split].append(Picture(path, boxes, *cfg.image_wh))
    return pictures


def _load_artworks(label: str, files: Sequence[str], image_wh: tuple[int, int]) -> list[Artwork]:
    if not files:
        raise UserError(f'no artwork for the label "{label}"; name its logo files, or leave the label out')
    artworks = [load_artwork(Path(file)) for file in files]
    for file, artwork in zip(files, artworks, strict=True):
        if _limit_width(_MIN_PASTED_WIDTH, artwork.aspect_ratio, image_wh, _MAX_LOGO_HEIGHT) < _MIN_PASTED_WIDTH:
            raise PictureError(
                f"{file}: too tall for its width to fit pictures {image_wh[1]} pixels tall; crop it, or set a larger"
                " image_wh"
            )
    return artworks


def _limit_width(width: float, aspect_ratio: float, image_wh: tuple[int, int], max_fraction: float) -> float:
    """Return the width, or less: the logo may take no more than a fraction of the picture's width and height."""
    return min(width, max_fraction * image_wh[0], max_fraction * image_wh[1] * aspect_ratio)


def _is_negative(index: int, negative_ratio: float) -> bool:
    """Spread pictures without the logo evenly: after any number of pictures their ratio is right, but for one."""
    return math.floor((index + 1) * negative_ratio + 0.5) > math.floor(index * negative_ratio + 0.5)


def _draw_scene(rng: np.random.Generator, inputs: _SceneInputs, negative: bool) -> tuple[np.ndarray, tuple[Box, ...]]:
    """Draw a scene: (height, width, 3) uint8 RGB and its boxes."""
    cfg = inputs.cfg
    picture = backgrounds.draw(rng, inputs.sources, *cfg.image_wh)
    placements: list[_Placement] = []  # of logos and distractors
    logos: list[tuple[str, paste.Patch, _Placement]] = []
    labels = tuple(inputs.artworks)
    num_logos = 0 if negative else 1 + int(rng.random() ** 2 * cfg.max_logos_per_image)  # fewer more often
    for _ in range(num_logos):
        label = choose(rng, labels)
        artwork = choose(rng, inputs.artworks[label])
        placement = _find_placement(rng, cfg, artwork, picture, placements, max_fraction=_MAX_LOGO_HEIGHT)
        if placement is not None:
            patch = _make_patch(rng, cfg, artwork, picture, placement)
            picture = paste.composite(picture, patch)
            placements.append(placement)
            logos.append((label, patch, placement))
    imitated = [artwork for artworks in inputs.artworks.values() for artwork in artworks]
    for _ in range(int(rng.integers(0, 4) if negative else rng.integers(0, 3))):
        distractor = prepare_artwork(distractors.draw(rng, inputs.split, imitated, labels))
        placement = _find_placement(rng, cfg, distractor, picture, placements, max_fraction=_MAX_DISTRACTOR_HEIGHT)
        if placement is not None:
            picture = paste.composite(picture, _make_patch(rng, cfg, distractor, picture, placement))
            placements.append(placement)
    boxes = []
    for label, patch, placement in logos:
        others = [other for other in placements if other is not placement]
        picture, ltwh = _occlude(rng, cfg.difficulty, picture, patch, others)
        boxes.append(Box(*ltwh, label))
    return _add_camera_effects(rng, picture, cfg.difficulty), tuple(boxes)


def _find_placement(
    rng: np.random.Generator,
    cfg: Synthetic,
    artwork: Artwork,
    picture: np.ndarray,
    taken: Sequence[_Placement],
    *,
    max_fraction: float,
) -> _Placement | None:
    """Return, of several free placements, the one where the artwork's colors stand out most; None where none is free.

    max_fraction: of the picture's width and height that the artwork may take.
    """
    image_width, image_height = cfg.image_wh
    low, high = (max(fraction * image_width, _MIN_PASTED_WIDTH) for fraction in cfg.logo_width_range)
    drawn_width = math.exp(rng.uniform(math.log(low), math.log(high)))
    logo_width = max(_limit_width(drawn_width, artwork.aspect_ratio, cfg.image_wh, max_fraction), _MIN_PASTED_WIDTH)
    corners, (width, height) = paste.pose(rng, artwork, logo_width, cfg.difficulty)
    scale = min(1, 0.94 * image_height / height, 0.94 * image_width / width)
    corners, width, height = corners * scale, width * scale, height * scale
    margin = 1.4 * paste.MAX_PLATE_MARGIN * min(np.ptp(corners, axis=0)) + 4
    free: list[tuple[float, _Placement]] = []
    for _ in range(_MAX_TRIES):
        left, top = rng.uniform(1, image_width - width - 1), rng.uniform(1, image_height - height - 1)
        moved = corners + np.array([left, top])
        placement = _Placement(moved, (*(moved.min(axis=0) - margin), *(moved.max(axis=0) + margin)))
        if not any(placement.overlaps(other) for other in taken):
            free.append((_contrast(artwork, picture, placement), placement))
            if len(free) == _NUM_COMPARED:
                break
    return max(free, key=lambda candidate: candidate[0])[1] if free else None


def _contrast(artwork: Artwork, picture: np.ndarray, placement: _Placement) -> float:
    left, top = np.floor(placement.corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(placement.corners.max(axis=0)).astype(int)
    return paste.contrast(artwork.colors, picture[max(0, top) : bottom, max(0, left) : right])


def _make_patch(
    rng: np.random.Generator, cfg: Synthetic, artwork: Artwork, picture: np.ndarray, placement: _Placement
) -> paste.Patch:
    hard_to_see = not artwork.opaque and _contrast(artwork, picture, placement) < paste.MIN_CONTRAST
    plate = paste.plate_for(rng, artwork.colors) if hard_to_see or rng.random() < 0.2 else None
    return paste.patch(rng, artwork, placement.corners, cfg.difficulty, plate)


def _occlude(
    rng: np.random.Generator,
    difficulty: float,
    picture: np.ndarray,
    patch: paste.Patch,
    others: Sequence[_Placement],
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """Put something in front of the logo, now and then, which hides no other logo.

    Returns the picture, and left, top, width, height in pixels of what is visible of the logo.
    """
    x, y, _ = paste.visible(patch, np.zeros(picture.shape[:2], np.uint8))
    logo_box = (x.min(), y.min(), x.max() + 1, y.max() + 1)
    num_tries = 4 if rng.random() < 0.4 * difficulty else 0
    for _ in range(num_tries):
        mask = paste.occluder(rng, picture.shape[:2], logo_box)
        visible_x, visible_y, hidden = paste.visible(patch, mask)
        hides_others = any(other.crop(mask).any() for other in others)
        if not hides_others and 0.02 < hidden <= MAX_OCCLUSION and np.ptp(visible_x) + 1 >= MIN_LOGO_WIDTH:
            picture, x, y = paste.cover(rng, picture, mask), visible_x, visible_y
            break
    return picture, (int(x.min()), int(y.min()), int(np.ptp(x)) + 1, int(np.ptp(y)) + 1)


def _add_camera_effects(rng: np.random.Generator, picture: np.ndarray, difficulty: float) -> np.ndarray:
    """Light the whole (height, width, 3) uint8 picture unevenly and add a sensor's noise."""
    shaded = paste.shade(rng, picture, 0.5 * difficulty)
    noise_std = rng.uniform(0, 7) * difficulty
    if noise_std < 0.5:
        return shaded
    noise = rng.standard_normal(shaded.shape[:2], np.float32) * np.float32(noise_std)
    return cv2.add(shaded, cv2.merge([noise] * 3), dtype=cv2.CV_8U)


def _encode_jpeg(rng: np.random.Generator, picture: np.ndarray, difficulty: float) -> bytes:
    quality = 95 - int(rng.uniform(0, 65) * difficulty)
    _, encoded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()
