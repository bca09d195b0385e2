"""Import the user's own labelled pictures: copies in one folder, their records in three splits."""

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.annotations.issues import quoted
from brandlens.boxes import Box, clip_box
from brandlens.config.logo import Collect
from brandlens.datasets import image_dedup, remote_annotations
from brandlens.datasets.annotated_pixels import annotated_pixels
from brandlens.datasets.split_pictures import SPLITS, split_pictures
from brandlens.errors import AnnotationError, PictureError, UserError
from brandlens.io import free_name

MAX_UNUSABLE = 0.10  # fraction of the pictures that may be missing or unreadable


def import_pictures(
    cfg: Collect, output_dir: Path, *, seed: int, negatives: Sequence[Picture] = ()
) -> dict[str, list[Picture]]:
    """Copy labelled pictures to output_dir/images; return them, sizes filled in, as train, val and test.

    cfg.annotations: three annotation files or folders (train, val, test), or one, which is split by picture with
    near-duplicates together; so are several without cfg.predefined_splits, put together. A picture that EXIF turns is
    stored anew as it was labelled, see `annotations.read` and cfg.exif, unless the size stated beside its boxes is that
    of the turned one alone. Boxes are cut off at the picture's edge. negatives: more pictures, of the first file; they
    show no logo and stand in no file. What a URL names is copied to this machine first, see `remote_annotations`.
    Raises UserError when over a tenth of the pictures cannot be read or have another size than stated (fewer are named
    and left out), AnnotationError for a box that lies outside its picture.
    """
    num_files = len(cfg.annotations)
    if not num_files or (cfg.predefined_splits and num_files not in (1, 3)):
        raise UserError(f"{num_files} annotation files; name one, or three: train, val, test")
    with tempfile.TemporaryDirectory(prefix="brandlens-") as copies:
        files = [remote_annotations.copy_here(name, Path(copies)) for name in cfg.annotations]
        return _import(cfg, files, output_dir, seed, negatives)


def _import(
    cfg: Collect, files: list[Path], output_dir: Path, seed: int, negatives: Sequence[Picture]
) -> dict[str, list[Picture]]:
    listed = [annotations.read(file, exif=cfg.exif) for file in files]
    if not cfg.predefined_splits:
        files, listed = files[:1], [merge(files, listed)]
    listed[0] += negatives
    importer = _Importer(output_dir / "images")
    for file, pictures in zip(files, listed, strict=True):
        importer.check(file, pictures)
    splits = [importer.copy(pictures, file.stem) for file, pictures in zip(files, listed, strict=True)]
    importer.check_unusable(sum(map(len, listed)))
    hashes = np.array([importer.hashes[picture.path] for pictures in splits for picture in pictures], np.uint64)
    groups = image_dedup.groups(hashes, cfg.dedup_max_distance)
    if len(splits) == 1:
        return split_pictures(splits[0], cfg.split_ratios, groups, seed)
    by_name = dict(zip(SPLITS, splits, strict=True))
    _warn_of_leaks(by_name, groups)
    return by_name


def merge(files: Sequence[Path], listed: Sequence[Sequence[Picture]]) -> list[Picture]:
    """Return the pictures of several files as one list; one that several list, as for another brand, has all boxes.

    Raises AnnotationError for a picture that is listed twice in one file, or with another size in another.
    """
    merged: dict[Path, Picture] = {}
    for file, pictures in zip(files, listed, strict=True):
        _check_listed_once(file, pictures)
        for picture in pictures:
            first = merged.setdefault(picture.path.resolve(), picture)
            if first is picture:
                continue
            sizes = [(each.width, each.height) for each in (first, picture) if each.width is not None]
            if len(set(sizes)) > 1:
                raise AnnotationError(f"{picture.place}: another size than in {first.place}; correct one of them")
            width, height = sizes[0] if sizes else (None, None)
            boxes = tuple(dict.fromkeys((*first.boxes, *picture.boxes)))
            both = replace(first, boxes=boxes, width=width, height=height, places=())
            merged[picture.path.resolve()] = both
    return list(merged.values())


def _check_listed_once(file: Path, pictures: Sequence[Picture]) -> None:
    for path, times in Counter(picture.path for picture in pictures).items():
        if times > 1:
            raise AnnotationError(
                f"{file}: {path} is listed {times} times; run: brandlens logo check {quoted(file)} --fix"
            )


@dataclass
class _Importer:
    """Copies pictures into one folder.

    used: stems of the copies' names, in lower case. hashes: perceptual ones, by copy. unusable: a line a picture.
    """

    folder: Path
    used: set[str] = field(default_factory=set)
    hashes: dict[Path, int] = field(default_factory=dict)
    unusable: list[str] = field(default_factory=list)

    def check(self, file: Path, pictures: Sequence[Picture]) -> None:
        """Refuse a picture that is listed twice in a file, and one that lies where the copies go."""
        _check_listed_once(file, pictures)
        for path in {picture.path for picture in pictures}:
            if path.parent.resolve() == self.folder.resolve():
                raise AnnotationError(f"{file}: {path} lies where its copy would go; keep your own pictures elsewhere")

    def copy(self, pictures: Sequence[Picture], name: str) -> list[Picture]:
        """Return the records of the copies of those pictures that can be used. name: for the progress bar."""
        copies = []
        for picture in tqdm(pictures, desc=name, unit="picture", mininterval=1, file=sys.stderr):
            try:
                copies.append(self._copy_one(picture))
            except PictureError as error:
                self.unusable.append(str(error))
        return copies

    def _copy_one(self, picture: Picture) -> Picture:
        pixels, is_whole = annotated_pixels(picture)
        height, width = pixels.shape[:2]
        boxes = tuple(_clip(box, width, height, picture.path) for box in picture.boxes)
        stem = free_name(picture.path.stem, lambda stem: stem.lower() in self.used)
        self.used.add(stem.lower())
        target = self.folder / (stem + (picture.path.suffix.lower() if is_whole else ".png"))
        if is_whole:
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture.path, target)
        else:
            images.write(target, pixels)
        self.hashes[target] = image_dedup.phash(pixels)
        return replace(picture, path=target, boxes=boxes, width=width, height=height)

    def check_unusable(self, total: int) -> None:
        """Name the pictures that are left out. Raises UserError for none at all, and for too many of the total."""
        for line in self.unusable:
            print(f"left out: {line}", file=sys.stderr)
        if not total:
            raise UserError("logo.collect.annotations: no pictures in these files")
        if len(self.unusable) > MAX_UNUSABLE * total:
            raise UserError(
                f"{len(self.unusable)} of {total} pictures cannot be used, the first: {self.unusable[0]}; "
                "fix or remove them"
            )


def _clip(box: Box, width: int, height: int, path: Path) -> Box:
    clipped = clip_box(box, width, height)
    if clipped is None:
        raise AnnotationError(
            f'{path}: the box of label "{box.label}" at {box.left},{box.top} lies outside the picture; remove it'
        )
    return clipped


def _warn_of_leaks(splits: dict[str, list[Picture]], groups: np.ndarray) -> None:
    """Say how many pictures of a given split look like one of another. groups: (n,) int, in the order of the splits."""
    named = [(name, picture) for name, pictures in splits.items() for picture in pictures]
    splits_of: dict[int, set[str]] = {}
    for group, (name, _) in zip(groups.tolist(), named, strict=True):
        splits_of.setdefault(group, set()).add(name)
    leaked = [
        picture.path.name
        for group, (_, picture) in zip(groups.tolist(), named, strict=True)
        if len(splits_of[group]) > 1
    ]
    if leaked:
        message = f"{len(leaked)} pictures have a near-duplicate in another of the given splits, the first: {leaked[0]}"
        print(f"warning: {message}; scores will look better than they are", file=sys.stderr)
