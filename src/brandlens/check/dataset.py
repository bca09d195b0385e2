"""Annotation files → all that is wrong in them, and the pictures as they are after mending what is safe to mend."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import annotations
from brandlens.annotations import Picture
from brandlens.annotations.issues import Issue
from brandlens.boxes import Detection
from brandlens.check import boxes, labels, lookalikes
from brandlens.check.sheet import ContactSheet
from brandlens.datasets import image_dedup
from brandlens.datasets.annotated_pixels import annotated_pixels
from brandlens.errors import PictureError

Detect = Callable[[np.ndarray], Sequence[Detection]]


@dataclass
class CheckedFile:
    """An annotation file as it was read. findings: so far. mended: its pictures without what is safe to mend.

    whole: the reader left nothing out but what is safe to leave out. hashes: perceptual ones by picture.
    """

    path: Path
    findings: list[Issue] = field(default_factory=list)
    mended: list[Picture] = field(default_factory=list)
    whole: bool = True
    hashes: dict[Path, int] = field(default_factory=dict)


def check(
    paths: Sequence[Path], *, detect: Detect | None = None, sheet: ContactSheet | None = None, anywhere: bool = False
) -> list[CheckedFile]:
    """Check annotation files, which are splits of one dataset where there are several.

    detect: a model's eye for logos without a box; without it, places that look like a box of the same picture are told.
    sheet: gets all boxes. Raises AnnotationError for a file that cannot be read at all.
    """
    files = [_checked(path, detect, sheet, anywhere) for path in paths]
    counts = Counter(box.label for file in files for picture in file.mended for box in picture.boxes)
    for file in files:
        _check_labels(file, counts)
    _check_repeats(files)
    return files


def _checked(path: Path, detect: Detect | None, sheet: ContactSheet | None, anywhere: bool) -> CheckedFile:
    file = CheckedFile(path)
    read = annotations.read(path, anywhere=anywhere, tell=file.findings.append)
    file.whole = all(finding.safe for finding in file.findings)
    for picture in tqdm(_merged(read, file), desc=path.name, unit="picture", file=sys.stderr, disable=None):
        place = _place(picture)
        try:
            pixels, _ = annotated_pixels(picture)
        except PictureError as error:
            file.findings.append(Issue(place, str(error), "put the right picture there or remove it"))
            file.mended.append(picture)
            continue
        height, width = pixels.shape[:2]
        found, mended = boxes.check(picture, width, height)
        file.findings += [*found, *_hints(mended, pixels, place, detect)]
        file.mended.append(mended)
        file.hashes[picture.path] = image_dedup.phash(pixels)
        if sheet:
            sheet.add(pixels, mended.boxes, picture.path.stem)
    return file


def _merged(pictures: Sequence[Picture], file: CheckedFile) -> list[Picture]:
    """The pictures with those that are listed twice made one."""
    merged: dict[Path, Picture] = {}
    for picture in pictures:
        first = merged.setdefault(picture.path, picture)
        if first is not picture:
            what = f"{picture.path.name} is listed twice"
            file.findings.append(Issue(_place(picture), what, "put its boxes into one", safe=True))
            both = (*first.boxes, *picture.boxes)
            merged[picture.path] = replace(first, boxes=both, places=(*first.places, *picture.places[1:]))
    return list(merged.values())


def _hints(picture: Picture, pixels: np.ndarray, place: str, detect: Detect | None) -> Iterator[Issue]:
    """Places where a box may be missing."""
    if detect is None:
        for each in lookalikes.like_boxes(pixels, picture.boxes):
            what = f'at {each.left},{each.top} {each.width}x{each.height} looks like its box of label "{each.label}"'
            yield Issue(place, f"{picture.path.name} {what}", "draw a box or mark it as ignore", hint=True)
    else:
        for each in lookalikes.non_overlapping(detect(pixels), picture.boxes):
            what = f'at {each.left},{each.top} {each.width}x{each.height} looks to the model like "{each.label}"'
            yield Issue(place, f"{picture.path.name} {what}", "draw a box or mark it as ignore", hint=True)


def _place(picture: Picture) -> str:
    return picture.places[0] if picture.places else str(picture.path)


def _check_labels(file: CheckedFile, counts: Counter[str]) -> None:
    """Tell of odd labels, each once a file, and mend those that differ in case or space alone."""
    there = Counter(box.label for picture in file.mended for box in picture.boxes)
    same, misspelt = labels.variants(counts), labels.misspelt(counts)
    for label in there:
        what = f'{there[label]} boxes of label "{label}"'
        if label in same:
            file.findings.append(Issue(str(file.path), what, f'is it "{same[label]}"?', safe=True))
        elif label in misspelt:
            file.findings.append(Issue(str(file.path), what, f'is it "{misspelt[label]}", misspelt?'))
        elif label in labels.rare(counts):
            file.findings.append(Issue(str(file.path), what, "draw more, or leave them out", hint=True))
    for at, picture in enumerate(file.mended):
        renamed = tuple(replace(box, label=same.get(box.label, box.label)) for box in picture.boxes)
        file.mended[at] = replace(picture, boxes=renamed)


def _check_repeats(files: Sequence[CheckedFile]) -> None:
    """Tell of pictures that look like one in an earlier file."""
    known = [
        (file, picture, file.hashes[picture.path])
        for file in files
        for picture in file.mended
        if picture.path in file.hashes
    ]
    groups = image_dedup.groups(np.array([mark for *_, mark in known], np.uint64))
    first: dict[int, tuple[CheckedFile, Picture]] = {}
    for group, (file, picture, _) in zip(groups.tolist(), known, strict=True):
        other, like = first.setdefault(group, (file, picture))
        if other is not file:
            what = f"{picture.path.name} looks like {like.path.name} in {other.path}"
            file.findings.append(Issue(_place(picture), what, "keep them in one split"))
