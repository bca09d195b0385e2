"""The user's own labelled pictures → a folder of their copies, in three splits."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.collect import duplicates
from brandlens.collect.split import SPLITS, split
from brandlens.errors import AnnotationError, PictureError, UserError

BAD = 0.10  # share of pictures that may be missing or unreadable


def folder(
    into: Path, *, annotations_: Sequence[Path], shares: tuple[float, float, float], seed: int, distance: int
) -> dict[str, list[Picture]]:
    """Copy labelled pictures to into/images; return them, sizes filled in, as train, val and test.

    annotations_: three files (train, val, test), or one, which is split by picture with near-duplicates (hashes at most
    `distance` bits apart) together. Boxes are in the pixels that the file stores: dlib's imglab shows pictures without
    turning them by EXIF, so a turned picture is stored anew as it was labelled. Boxes are cut off at the picture's edge.
    Raises UserError when over a tenth of the pictures cannot be read (fewer are named and left out), AnnotationError for a
    box that lies outside its picture.
    """
    read = [annotations.read(path) for path in annotations_]
    taken: set[str] = set()
    bad: list[str] = []
    kept: list[list[Picture]] = []
    hashes: list[np.ndarray] = []
    for path, pictures in zip(annotations_, read, strict=True):
        here, its_hashes = [], []
        for picture in tqdm(pictures, desc=path.stem, unit="picture", mininterval=1, file=sys.stderr):
            try:
                copied, print_ = _copied(picture, into / "images", taken)
            except PictureError as error:
                bad.append(str(error))
                continue
            here.append(copied)
            its_hashes.append(print_)
        kept.append(here)
        hashes.append(np.array(its_hashes, np.uint64))
    _judge(bad, sum(map(len, read)))
    if len(kept) == 1:
        return split(kept[0], shares, duplicates.groups(hashes[0], distance), seed)
    _warn_of_repeats(hashes, distance)
    return dict(zip(SPLITS, kept, strict=True))


def _copied(picture: Picture, into: Path, taken: set[str]) -> tuple[Picture, int]:
    """The record of the picture's copy, and its perceptual hash."""
    pixels = images.read(picture.path, rotate=False)
    height, width = pixels.shape[:2]
    target = into / _free(picture.path, taken)
    into.mkdir(parents=True, exist_ok=True)
    if np.array_equal(images.read(picture.path), pixels):
        shutil.copyfile(picture.path, target)
    else:
        target = target.with_suffix(".png")
        images.write(target, pixels)
    boxes = tuple(_inside(box, width, height, picture.path) for box in picture.boxes)
    return replace(picture, path=target, boxes=boxes, width=width, height=height), duplicates.fingerprint(pixels)


def _free(path: Path, taken: set[str]) -> str:
    """A file name for the copy whose stem, in any case, no other copy has."""
    stem, number = path.stem, 2
    while stem.lower() in taken:
        stem, number = f"{path.stem}-{number}", number + 1
    taken.add(stem.lower())
    return stem + path.suffix.lower()


def _inside(box: Box, width: int, height: int, path: Path) -> Box:
    """The part of the box that is in the picture."""
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(width, box.left + box.width), min(height, box.top + box.height)
    if right <= left or bottom <= top:
        raise AnnotationError(
            f'{path}: the box of label "{box.label}" at {box.left},{box.top} lies outside the {width}x{height} picture; remove it'
        )
    return replace(box, left=left, top=top, width=right - left, height=bottom - top)


def _judge(bad: Sequence[str], total: int) -> None:
    for line in bad:
        print(f"left out: {line}", file=sys.stderr)
    if not total:
        raise UserError("logo.collect.annotations: no pictures in these files")
    if len(bad) > BAD * total:
        raise UserError(f"{len(bad)} of {total} pictures cannot be read, the first: {bad[0]}; mend or remove them")


def _warn_of_repeats(hashes: Sequence[np.ndarray], distance: int) -> None:
    """Say how many pictures of a given split look like one of another."""
    of = np.concatenate([np.full(len(part), at) for at, part in enumerate(hashes)])
    group = duplicates.groups(np.concatenate(hashes), distance)
    across = sum(len(set(of[group == number])) > 1 for number in np.unique(group))
    if across:
        print(f"warning: {across} groups of near-duplicate pictures lie across the given splits", file=sys.stderr)
