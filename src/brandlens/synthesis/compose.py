"""Logo files → labelled scenes: the artwork on many backgrounds, seen from many sides, among logos that are not it."""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from brandlens.annotations.records import Picture
from brandlens.boxes import Box
from brandlens.errors import PictureError, UserError
from brandlens.synthesis import artwork as files
from brandlens.synthesis import backgrounds as grounds
from brandlens.synthesis import distractors, paste
from brandlens.synthesis.artwork import Artwork

NARROWEST = 16  # pixels: no logo is narrower
HIDDEN = 0.22  # share of a logo's ink that something before it may hide
_TRIES = 24  # places tried for a logo before it is left out
_CHOICE = 5  # of the places that are free, so many are compared by contrast


@dataclass(frozen=True, eq=False)
class _SceneConfig:
    """What all scenes of a split have in common."""

    split: str
    artworks: Mapping[str, Sequence[Artwork]]
    sources: tuple[grounds.Source, ...]
    size: tuple[int, int]
    widths: tuple[float, float]
    most: int
    difficulty: float


@dataclass(frozen=True, eq=False)
class _Place:
    """Where a logo goes: (4, 2) corners in the picture; the room it keeps free, left, top, right, bottom in pixels."""

    corners: np.ndarray
    room: tuple[float, float, float, float]

    def touches(self, other: "_Place") -> bool:
        left, top, right, bottom = self.room
        return left < other.room[2] and other.room[0] < right and top < other.room[3] and other.room[1] < bottom


def compose(
    into: Path,
    *,
    artwork: Mapping[str, Sequence[Path]],
    counts: Mapping[str, int],
    size: tuple[int, int],
    widths: tuple[float, float],
    empty: float,
    most: int,
    difficulty: float,
    backgrounds: Path | None,
    seed: int,
) -> dict[str, list[Picture]]:
    """Write into/images/{split}-{index:04d}.jpg; return each split's pictures and their boxes, in file order.

    artwork: logo files of each label. counts: pictures of each split. size: width and height of a picture in pixels.
    widths: narrowest and widest logo as a share of the picture's width, drawn log-uniformly; at least NARROWEST pixels.
    empty: share of the pictures without the logo. most: logos in a picture, at most. difficulty: 0 upright and clean
    to 1 strong perspective, rotation, blur, shading, occlusion and compression. backgrounds: a folder of pictures
    without the logo, or None for the built-in ones.

    Boxes hold the ink that can be seen, in whole pixels inside the picture; the logos of a picture never overlap. The
    split "test" has backgrounds and distractors that the others have not, see `backgrounds.sources` and
    `distractors.repertoire`. The same arguments give the same bytes, and a picture depends on its split and index only,
    not on how many there are.
    Raises PictureError for artwork that is missing, unreadable, fully transparent or too tall for the pictures,
    UserError for a label without files and for a folder of backgrounds that is missing or holds no picture.
    """
    artworks = {label: _loaded(label, paths, size) for label, paths in artwork.items()}
    if not artworks:
        raise UserError("no artwork to compose scenes from; name at least one label and its logo files")
    folder = into / "images"
    folder.mkdir(parents=True, exist_ok=True)
    result = {}
    for split, count in counts.items():
        wish = _SceneConfig(split, artworks, grounds.sources(split, backgrounds, seed), size, widths, most, difficulty)
        pictures = []
        for index in range(count):
            random = np.random.default_rng([seed, zlib.crc32(split.encode()), index])
            pixels, boxes = _scene(random, wish, bare=_is_bare(index, empty))
            path = folder / f"{split}-{index:04d}.jpg"
            path.write_bytes(_jpeg(random, pixels, difficulty))
            pictures.append(Picture(path, boxes, *size))
        result[split] = pictures
    return result


def _loaded(label: str, paths: Sequence[Path], size: tuple[int, int]) -> list[Artwork]:
    if not paths:
        raise UserError(f'no artwork for the label "{label}"; name its logo files, or leave the label out')
    artworks = [files.load_artwork(path) for path in paths]
    for path, art in zip(paths, artworks, strict=True):
        if _within(NARROWEST + 2, art.aspect, size, 0.9) < NARROWEST + 2:
            raise PictureError(
                f"{path} is too tall for its width to fit pictures {size[1]} pixels tall; crop it, or set a larger size"
            )
    return artworks


def _within(width: float, aspect: float, size: tuple[int, int], share: float) -> float:
    """The width, or less where a logo so wide would take more than a share of the picture either way."""
    return min(width, share * size[0], share * size[1] * aspect)


def _is_bare(index: int, empty: float) -> bool:
    """Pictures without the logo are spread evenly: after any number of pictures their share is right, but for one."""
    return math.floor((index + 1) * empty + 0.5) > math.floor(index * empty + 0.5)


def _scene(random: np.random.Generator, wish: _SceneConfig, bare: bool) -> tuple[np.ndarray, tuple[Box, ...]]:
    """(height, width, 3) uint8 RGB and its boxes."""
    picture = grounds.draw(random, wish.sources, *wish.size)
    taken: list[_Place] = []
    pasted: list[tuple[str, paste.Patch, _Place]] = []
    labels = tuple(wish.artworks)
    wished = 0 if bare else 1 + int(random.random() ** 2 * wish.most)  # fewer more often
    for _ in range(wished):
        label = labels[random.integers(len(labels))]
        art = wish.artworks[label][random.integers(len(wish.artworks[label]))]
        place = _find(random, wish, art, picture, taken, tallest=0.9)
        if place is not None:
            patch = _patch(random, wish, art, picture, place)
            picture = paste.composite(picture, patch)
            taken.append(place)
            pasted.append((label, patch, place))
    models = [art for arts in wish.artworks.values() for art in arts]
    for _ in range(int(random.integers(0, 4) if bare else random.integers(0, 3))):
        rival = files.prepare_artwork(distractors.draw(random, wish.split, models, labels))
        place = _find(random, wish, rival, picture, taken, tallest=0.5)
        if place is not None:
            picture = paste.composite(picture, _patch(random, wish, rival, picture, place))
            taken.append(place)
    boxes = []
    for label, patch, place in pasted:
        others = [other for other in taken if other is not place]
        picture, seen = _covered(random, wish, picture, patch, others)
        boxes.append(Box(*seen, label))
    return _finished(random, picture, wish.difficulty), tuple(boxes)


def _find(
    random: np.random.Generator,
    wish: _SceneConfig,
    art: Artwork,
    picture: np.ndarray,
    taken: Sequence[_Place],
    *,
    tallest: float,
) -> _Place | None:
    """A free place: of some tried, the one where the artwork's colours stand out most; None where all is taken."""
    low, high = (max(share * wish.size[0], NARROWEST + 2) for share in wish.widths)
    width = _within(math.exp(random.uniform(math.log(low), math.log(high))), art.aspect, wish.size, tallest)
    corners, (wide, tall) = paste.pose(random, art, max(width, NARROWEST + 2), wish.difficulty)
    shrink = min(1, 0.94 * wish.size[1] / tall, 0.94 * wish.size[0] / wide)
    corners, wide, tall = corners * shrink, wide * shrink, tall * shrink
    grown = 1.4 * paste.MARGIN * min(np.ptp(corners, axis=0)) + 4
    free: list[tuple[float, _Place]] = []
    for _ in range(_TRIES):
        left, top = random.uniform(1, wish.size[0] - wide - 1), random.uniform(1, wish.size[1] - tall - 1)
        moved = corners + np.array([left, top])
        place = _Place(moved, (*(moved.min(axis=0) - grown), *(moved.max(axis=0) + grown)))
        if not any(place.touches(other) for other in taken):
            free.append((_contrast(art, picture, place), place))
            if len(free) == _CHOICE:
                break
    return max(free, key=lambda found: found[0])[1] if free else None


def _contrast(art: Artwork, picture: np.ndarray, place: _Place) -> float:
    left, top = np.floor(place.corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(place.corners.max(axis=0)).astype(int)
    return paste.contrast(art.colours, picture[max(0, top) : bottom, max(0, left) : right])


def _patch(
    random: np.random.Generator, wish: _SceneConfig, art: Artwork, picture: np.ndarray, place: _Place
) -> paste.Patch:
    hard_to_see = not art.solid and _contrast(art, picture, place) < paste.PLAIN
    plate = paste.plate_for(random, art.colours) if hard_to_see or random.random() < 0.2 else None
    return paste.patch(random, art, place.corners, wish.difficulty, plate)


def _covered(
    random: np.random.Generator, wish: _SceneConfig, picture: np.ndarray, patch: paste.Patch, others: Sequence[_Place]
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The picture with something before the logo, now and then; left, top, width, height of what is seen of it."""
    x, y, _ = paste.visible(patch, np.zeros(picture.shape[:2], np.uint8))
    around = (x.min(), y.min(), x.max() + 1, y.max() + 1)
    tries = 4 if random.random() < 0.4 * wish.difficulty else 0
    for _ in range(tries):
        mask = paste.occluder(random, picture.shape[:2], around)
        seen_x, seen_y, hidden = paste.visible(patch, mask)
        alone = not any(_part(mask, other).any() for other in others)
        if alone and 0.02 < hidden <= HIDDEN and np.ptp(seen_x) + 1 >= NARROWEST:
            picture, x, y = paste.cover(random, picture, mask), seen_x, seen_y
            break
    return picture, (int(x.min()), int(y.min()), int(np.ptp(x)) + 1, int(np.ptp(y)) + 1)


def _part(picture: np.ndarray, place: _Place) -> np.ndarray:
    left, top, right, bottom = (max(0, int(side)) for side in place.room)
    return picture[top:bottom, left:right]


def _finished(random: np.random.Generator, picture: np.ndarray, difficulty: float) -> np.ndarray:
    """Under one light, with a camera's grain."""
    lit = paste.shade(random, picture, 0.5 * difficulty)
    deviation = random.uniform(0, 7) * difficulty
    if deviation < 0.5:
        return lit
    noise = random.standard_normal(lit.shape[:2], np.float32) * np.float32(deviation)
    return cv2.add(lit, cv2.merge([noise] * 3), dtype=cv2.CV_8U)


def _jpeg(random: np.random.Generator, picture: np.ndarray, difficulty: float) -> bytes:
    quality = 95 - int(random.uniform(0, 65) * difficulty)
    _, file = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return file.tobytes()
