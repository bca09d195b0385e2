"""The user's own labelled pictures → a folder of their copies, in three splits."""

import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.datasets import image_dedup
from brandlens.datasets.annotated_pixels import annotated_pixels
from brandlens.datasets.split_pictures import SPLITS, split_pictures
from brandlens.errors import AnnotationError, PictureError, UserError

BAD = 0.10  # share of pictures that may be missing or unreadable


def import_pictures(
    into: Path,
    *,
    files: Sequence[Path],
    shares: tuple[float, float, float],
    seed: int,
    distance: int = 6,
    labels: Sequence[str] = (),
    negatives: Sequence[Picture] = (),
) -> dict[str, list[Picture]]:
    """Copy labelled pictures to into/images; return them, sizes filled in, as train, val and test.

    files: three annotation files or folders (train, val, test), or one, which is split by picture with near-duplicates
    (hashes at most `distance` bits apart) together. Boxes are in the pixels that the file stores: dlib's imglab shows
    pictures without turning them by EXIF, so a turned picture is stored anew as it was labelled, unless the size stated
    beside its boxes is that of the turned one. Boxes are cut off at the picture's edge; boxes of labels other than
    `labels` stay. negatives: more pictures, of the first file; they show no logo and stand in no file.
    Raises UserError when over a tenth of the pictures cannot be read or have another size than stated (fewer are named
    and left out) or one of `labels` has no box, AnnotationError for a box that lies outside its picture.
    """
    if len(files) not in (1, 3):
        raise UserError(f"{len(files)} annotation files; name one, or three: train, val, test")
    read = [annotations.read(path) for path in files]
    read[0] += negatives
    for path, pictures in zip(files, read, strict=True):
        _check(path, pictures, into / "images")
    _check_labels(labels, [picture for pictures in read for picture in pictures])
    taken: set[str] = set()
    bad: list[str] = []
    kept: list[list[Picture]] = []
    hashes: list[np.ndarray] = []
    for path, pictures in zip(files, read, strict=True):
        here, its_hashes = [], []
        for picture in tqdm(pictures, desc=path.stem, unit="picture", mininterval=1, file=sys.stderr):
            try:
                copied, mark = _copied(picture, into / "images", taken)
            except PictureError as error:
                bad.append(str(error))
                continue
            here.append(copied)
            its_hashes.append(mark)
        kept.append(here)
        hashes.append(np.array(its_hashes, np.uint64))
    _judge(bad, sum(map(len, read)))
    if len(kept) == 1:
        return split_pictures(kept[0], shares, image_dedup.groups(hashes[0], distance), seed)
    _warn_of_repeats(kept, hashes, distance)
    return dict(zip(SPLITS, kept, strict=True))


def _copied(picture: Picture, into: Path, taken: set[str]) -> tuple[Picture, int]:
    """The record of the picture's copy, and its perceptual hash."""
    pixels, shown = annotated_pixels(picture)
    height, width = pixels.shape[:2]
    boxes = tuple(_inside(box, width, height, picture.path) for box in picture.boxes)
    target = into / _free(picture.path, taken)
    if shown:
        into.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture.path, target)
    else:
        target = target.with_suffix(".png")
        images.write(target, pixels)
    return replace(picture, path=target, boxes=boxes, width=width, height=height), image_dedup.phash(pixels)


def _free(path: Path, taken: set[str]) -> str:
    """A file name for the copy whose stem, in any case, no other copy has."""
    stem, number = path.stem, 2
    while stem.lower() in taken:
        stem, number = f"{path.stem}-{number}", number + 1
    taken.add(stem.lower())
    return stem + path.suffix.lower()


def _check(path: Path, pictures: Sequence[Picture], into: Path) -> None:
    """Refuse a picture listed twice in a file, and one that lies where the copies go."""
    for each, times in Counter(picture.path for picture in pictures).items():
        if times > 1:
            raise AnnotationError(f"{path}: {each} is listed {times} times; run: brandlens logo check {path} --fix")
        if each.parent.resolve() == into.resolve():
            raise AnnotationError(f"{path}: {each} lies where its copy would go; keep your own pictures elsewhere")


def _check_labels(labels: Sequence[str], pictures: Sequence[Picture]) -> None:
    there = sorted({box.label for picture in pictures for box in picture.boxes if not box.ignore})
    for label in labels:
        if label not in there:
            raise UserError(f'no box has the label "{label}"; there are: {", ".join(there) or "none"}')


def _inside(box: Box, width: int, height: int, path: Path) -> Box:
    """The part of the box that is in the picture."""
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(width, box.left + box.width), min(height, box.top + box.height)
    if right <= left or bottom <= top:
        raise AnnotationError(
            f'{path}: the box of label "{box.label}" at {box.left},{box.top} lies outside the picture; remove it'
        )
    return replace(box, left=left, top=top, width=right - left, height=bottom - top)


def _judge(bad: Sequence[str], total: int) -> None:
    for line in bad:
        print(f"left out: {line}", file=sys.stderr)
    if not total:
        raise UserError("logo.collect.annotations: no pictures in these files")
    if len(bad) > BAD * total:
        raise UserError(f"{len(bad)} of {total} pictures cannot be used, the first: {bad[0]}; mend or remove them")


def _warn_of_repeats(kept: Sequence[Sequence[Picture]], hashes: Sequence[np.ndarray], distance: int) -> None:
    """Say how many pictures of a given split look like one of another."""
    groups = image_dedup.groups(np.concatenate(hashes), distance).tolist()
    places: dict[int, set[str]] = {}
    named = [(name, picture) for name, pictures in zip(SPLITS, kept, strict=True) for picture in pictures]
    for group, (name, _) in zip(groups, named, strict=True):
        places.setdefault(group, set()).add(name)
    across = [picture.path.name for group, (_, picture) in zip(groups, named, strict=True) if len(places[group]) > 1]
    if across:
        first = f"{len(across)} pictures have a near-duplicate in another of the given splits, the first: {across[0]}"
        print(f"warning: {first}; scores will look better than they are", file=sys.stderr)
