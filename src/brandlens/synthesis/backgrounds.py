"""What logos are pasted on: textures, photographs that installed packages ship, or the user's own pictures.

The test split has textures and photographs that no other split has.
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
PHOTOGRAPHS = 0.2  # share of the built-in backgrounds that each photograph has
_LONGEST = 1600  # pixels: a larger photograph is kept at this longer side

_SEEN_PHOTOGRAPHS = (
    ("sklearn", "datasets", "images", "china.jpg"),
    ("matplotlib", "mpl-data", "sample_data", "grace_hopper.jpg"),
)
_HELD_OUT_PHOTOGRAPHS = (("sklearn", "datasets", "images", "flower.jpg"),)


@dataclass(frozen=True)
class Source:
    """Where backgrounds of one kind come from.

    name: the texture's name or the photograph's file name. draw: (generator, width, height) to (height, width, 3) uint8
    RGB. share: of a split's backgrounds; the shares of a split add up to 1.
    """

    name: str
    draw: Callable[[np.random.Generator, int, int], np.ndarray]
    share: float


def sources(split: str, folder: Path | None = None, seed: int = 0) -> tuple[Source, ...]:
    """The sources of a split's backgrounds, always in the same order.

    folder: the user's own pictures, which then are all there is: with three or more, each goes to one of train, val and
    test, drawn by `seed` (a split of another name has those of train); with fewer, every split has all.
    None: the built-in textures, and the photographs of those packages that are installed.
    Raises UserError when the folder is not there or holds no picture that can be read.
    """
    if folder is not None:
        paths = _shared_out(split, _readable(folder), seed)
        return tuple(Source(path.name, partial(_photograph, path), 1 / len(paths)) for path in paths)
    held_out = split == "test"
    drawn = textures.HELD_OUT if held_out else textures.SEEN
    listed = [fonts.package_file(*place) for place in (_HELD_OUT_PHOTOGRAPHS if held_out else _SEEN_PHOTOGRAPHS)]
    paths = [path for path in listed if path is not None]
    photographed = PHOTOGRAPHS * len(paths)
    return (
        *(Source(texture.__name__, texture, (1 - photographed) / len(drawn)) for texture in drawn),
        *(Source(path.name, partial(_photograph, path), PHOTOGRAPHS) for path in paths),
    )


def draw(random: np.random.Generator, available: tuple[Source, ...], width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8 RGB from one of the sources, drawn by their shares."""
    chosen = random.choice(len(available), p=[source.share for source in available])
    return available[chosen].draw(random, width, height)


def _readable(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(
            f"{folder} is not a folder; set backgrounds to a folder of pictures without the logo, or to null"
        )
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES:
            try:
                with Image.open(path):
                    found.append(path)
            except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
                continue
    if not found:
        raise UserError(
            f"{folder} holds no picture that can be read; put JPEG, PNG or WebP files without the logo there,"
            " or set backgrounds to null"
        )
    return found


def _shared_out(split: str, paths: list[Path], seed: int) -> list[Path]:
    if len(paths) < 3:
        return paths
    order = np.random.default_rng(seed).permutation(len(paths))
    tested, validated = max(1, round(len(paths) / 4)), max(1, round(len(paths) / 6))
    parts = {"test": order[:tested], "val": order[tested : tested + validated]}
    return [paths[at] for at in sorted(parts.get(split, order[tested + validated :]))]


@lru_cache(32)
def _loaded(path: Path) -> np.ndarray:
    try:
        with Image.open(path) as file:
            file.draft("RGB", (_LONGEST, _LONGEST))
            picture = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, Image.DecompressionBombError) as problem:
        raise PictureError(f"{path} cannot be read to its end; replace or remove it") from problem
    picture.thumbnail((_LONGEST, _LONGEST))
    return np.asarray(picture)


def _photograph(path: Path, random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A crop of any place and scale, mirrored half of the time, its light and colours a little changed."""
    photograph = _loaded(path)
    tall, wide = photograph.shape[:2]
    scale = min(wide / width, tall / height) * random.uniform(0.45, 1)
    across, down = max(1, int(width * scale)), max(1, int(height * scale))
    left, top = random.integers(0, wide - across + 1), random.integers(0, tall - down + 1)
    crop = photograph[top : top + down, left : left + across]
    if random.random() < 0.5:
        crop = crop[:, ::-1]
    crop = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC)
    tint = random.uniform(0.88, 1.12, 3) * random.uniform(0.8, 1.15)
    table = np.clip(np.arange(256)[:, None] * tint, 0, 255).astype(np.uint8)
    return cv2.LUT(np.ascontiguousarray(crop), table[None])
