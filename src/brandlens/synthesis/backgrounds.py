"""What logos are pasted on: textures, photos that installed packages ship, or the user's own pictures.

The test split has textures and photos that no other split has. Photos are read with Pillow, not with `images.read`:
Pillow has libjpeg decode a large JPEG at a fraction of its size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from brandlens.errors import PictureError, UserError
from brandlens.synthesis import fonts, textures

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
PHOTO_PROBABILITY = 0.2  # of each photo, among the built-in backgrounds
_MAX_SIDE = 1600  # pixels: a larger photo is shrunk to this longer side

_TRAIN_VAL_PHOTOS = (
    ("sklearn", "datasets", "images", "china.jpg"),
    ("matplotlib", "mpl-data", "sample_data", "grace_hopper.jpg"),
)
_TEST_PHOTOS = (("sklearn", "datasets", "images", "flower.jpg"),)


@dataclass(frozen=True)
class Source:
    """A texture or photo that backgrounds are drawn from.

    name: the texture's name or the photo's file name. draw: (generator, width, height) to (height, width, 3) uint8 RGB.
    probability: that a scene of the split has it; those of a split add up to 1.
    """

    name: str
    draw: Callable[[np.random.Generator, int, int], np.ndarray]
    probability: float


def sources(split: str, folder: Path | None = None, seed: int = 0) -> tuple[Source, ...]:
    """Return the sources of a split's backgrounds, always in the same order.

    folder: the user's own pictures, which then are the only sources: with three or more, each goes to one of train, val
    and test, drawn by `seed` (a split of another name has those of train); with fewer, every split has all.
    None: the built-in textures, and the photos of those packages that are installed.
    Raises UserError when the folder is missing or holds no picture that can be read.
    """
    if folder is not None:
        paths = _split_paths(split, _readable_pictures(folder), seed)
        return tuple(Source(path.name, partial(_crop_photo, path), 1 / len(paths)) for path in paths)
    drawn = textures.TEST if split == "test" else textures.TRAIN_VAL
    places = [fonts.package_file(*parts) for parts in (_TEST_PHOTOS if split == "test" else _TRAIN_VAL_PHOTOS)]
    paths = [path for path in places if path is not None]
    photos_probability = PHOTO_PROBABILITY * len(paths)
    return (
        *(Source(texture.__name__, texture, (1 - photos_probability) / len(drawn)) for texture in drawn),
        *(Source(path.name, partial(_crop_photo, path), PHOTO_PROBABILITY) for path in paths),
    )


def draw(rng: np.random.Generator, available: tuple[Source, ...], width: int, height: int) -> np.ndarray:
    """Draw (height, width, 3) uint8 RGB from one of the sources, chosen by their probabilities."""
    index = rng.choice(len(available), p=[source.probability for source in available])
    return available[index].draw(rng, width, height)


def _readable_pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder; set backgrounds to a folder of pictures without the logo, or to null")
    paths = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES:
            try:
                with Image.open(path):
                    paths.append(path)
            except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
                continue
    if not paths:
        raise UserError(
            f"{folder}: no picture that can be read; put JPEG, PNG or WebP files without the logo into it,"
            " or set backgrounds to null"
        )
    return paths


def _split_paths(split: str, paths: list[Path], seed: int) -> list[Path]:
    """Return the paths of one split: about a quarter for test, a sixth for val, the rest for train."""
    if len(paths) < 3:
        return paths
    order = np.random.default_rng(seed).permutation(len(paths))
    num_test, num_val = max(1, round(len(paths) / 4)), max(1, round(len(paths) / 6))
    indices = {"test": order[:num_test], "val": order[num_test : num_test + num_val]}
    return [paths[index] for index in sorted(indices.get(split, order[num_test + num_val :]))]


@lru_cache(32)
def _load_photo(path: Path) -> np.ndarray:
    """Read (height, width, 3) uint8 RGB, upright, its longer side at most _MAX_SIDE."""
    try:
        with Image.open(path) as file:
            file.draft("RGB", (_MAX_SIDE, _MAX_SIDE))
            photo = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise PictureError(f"{path}: cut short or damaged; replace or remove it") from error
    photo.thumbnail((_MAX_SIDE, _MAX_SIDE))
    return np.asarray(photo)


def _crop_photo(path: Path, rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Cut a random crop, flipped half of the time, with jittered brightness and color balance."""
    photo = _load_photo(path)
    photo_height, photo_width = photo.shape[:2]
    scale = min(photo_width / width, photo_height / height) * rng.uniform(0.45, 1)
    crop_width, crop_height = max(1, int(width * scale)), max(1, int(height * scale))
    left, top = rng.integers(0, photo_width - crop_width + 1), rng.integers(0, photo_height - crop_height + 1)
    crop = photo[top : top + crop_height, left : left + crop_width]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    crop = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC)
    gains = rng.uniform(0.88, 1.12, 3) * rng.uniform(0.8, 1.15)
    table = np.clip(np.arange(256)[:, None] * gains, 0, 255).astype(np.uint8)
    return cv2.LUT(np.ascontiguousarray(crop), table[None])
