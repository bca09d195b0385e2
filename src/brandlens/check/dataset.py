"""Check annotation files: find all that is wrong in them, and what their pictures are with the safe fixes made."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from brandlens import annotations
from brandlens.annotations import Picture, class_names, orientation
from brandlens.annotations.issues import Issue
from brandlens.annotations.orientation import Exif
from brandlens.boxes import Box, Detection
from brandlens.check import boxes, coverage, labels, lookalikes, places
from brandlens.check.places import Place
from brandlens.check.sheet import ContactSheet
from brandlens.datasets import image_dedup
from brandlens.datasets.annotated_pixels import annotated_pixels
from brandlens.errors import PictureError

LEAK_FIX = "keep them in one split"  # of pictures that look like one in another file
Detect = Callable[[np.ndarray], Sequence[Detection]]


@dataclass
class CheckedFile:
    """An annotation file and what was found in it.

    issues: found so far.
    fixed: its pictures with the safe fixes made.
    complete: the reader left nothing out but what is safe to leave out.
    hashes: perceptual ones, by picture.
    digest: of its content as read, see `places.digest`.
    places: where a model sees a logo without a box.
    """

    path: Path
    issues: list[Issue] = field(default_factory=list)
    fixed: list[Picture] = field(default_factory=list)
    complete: bool = True
    hashes: dict[Path, int] = field(default_factory=dict)
    digest: str = ""
    places: list[Place] = field(default_factory=list)


def check(
    paths: Sequence[Path],
    *,
    detect: Detect | None = None,
    sheet: ContactSheet | None = None,
    allow_outside: bool = False,
    exif: Exif = "auto",
) -> list[CheckedFile]:
    """Check annotation files, which are splits of one dataset where there are several.

    detect: a model that looks for logos without a box: each file's `places`; without it, what looks like a box of the
    same picture is reported. sheet: gets all boxes and places. exif: as `annotations.read` takes it. Raises
    AnnotationError for a file that cannot be read at all.
    """
    files = [_check_file(path, detect, sheet, allow_outside, exif) for path in paths]
    counts = Counter(box.label for file in files for picture in file.fixed for box in picture.boxes)
    has_boxes = any(not box.ignore for file in files for picture in file.fixed for box in picture.boxes)
    for file in files:
        file.issues += coverage.check(file.path, file.fixed, others_have_boxes=has_boxes)
        _check_labels(file, counts)
    _check_duplicates(files)
    return files


def _check_file(
    path: Path, detect: Detect | None, sheet: ContactSheet | None, allow_outside: bool, exif: Exif
) -> CheckedFile:
    file = CheckedFile(path)
    pictures = annotations.read(path, allow_outside=allow_outside, on_issue=file.issues.append, exif=exif)
    file.complete = all(issue.safe or issue.hint for issue in file.issues)
    file.digest = places.digest(path, pictures)
    file.issues += _exif_hints(path, pictures)
    sized: list[tuple[Box, int, int]] = []
    for picture in tqdm(_merge(pictures, file), desc=path.name, unit="picture", file=sys.stderr, disable=None):
        try:
            pixels, _ = annotated_pixels(picture)
        except PictureError as error:
            file.issues.append(Issue(picture.place, str(error), "put the right picture there or remove it"))
            file.fixed.append(picture)
            continue
        height, width = pixels.shape[:2]
        sized += [(box, width, height) for box in picture.boxes]
        issues, fixed = boxes.check(picture, width, height)
        file.issues += issues
        file.fixed.append(fixed)
        file.hashes[picture.path] = image_dedup.phash(pixels)
        if sheet:
            sheet.add(pixels, fixed.boxes, picture.path.stem)
        if detect is None:
            file.issues += _lookalikes(fixed, pixels)
            continue
        for found in _without_box(detect(pixels), fixed.boxes):
            file.places.append(Place(path, places.relative_name(path, picture), picture.place, found))
            if sheet:
                sheet.add_place(pixels, found)
    if corners := list(boxes.check_corners(path, sized)):
        file.issues[:0] = corners
        file.complete = False  # or a fix would cut off what should be converted
    return file


def _exif_hints(path: Path, pictures: Sequence[Picture]) -> Iterator[Issue]:
    """Yield a hint for each way in which boxes are taken whose pictures EXIF turns, and whose sizes do not tell."""
    counts: Counter[bool] = Counter()
    for picture in pictures:
        header = orientation.turned_header(picture.path) if picture.boxes else None
        if header and orientation.is_ambiguous(picture, header):
            counts[picture.exif_applied] += 1
    for applied, count in counts.items():
        taken, other = ("them turned", "ignored") if applied else ("them as stored", "applied")
        message = (
            f"EXIF turns {count} pictures, and their sizes do not tell on what boxes are drawn: taken as on {taken}"
        )
        yield Issue(str(path), message, f"if the tool shows them otherwise, give --exif {other}", hint=True)


def _merge(pictures: Sequence[Picture], file: CheckedFile) -> list[Picture]:
    """Return the pictures with those that are listed twice made one, and report these."""
    merged: dict[Path, Picture] = {}
    for picture in pictures:
        first = merged.setdefault(picture.path, picture)
        if first is not picture:
            message = f"{picture.path.name} is listed twice"
            file.issues.append(Issue(picture.place, message, "put its boxes into one", safe=True))
            both = (*first.boxes, *picture.boxes)
            merged[picture.path] = replace(first, boxes=both, places=(*first.places, *picture.places[1:]))
    return list(merged.values())


def _without_box(detections: Sequence[Detection], boxes: Sequence[Box]) -> list[Detection]:
    """Return the detections, given by falling score, that overlap neither a box nor a surer one, whatever its label."""
    kept: list[Detection] = []
    for detection in detections:
        kept += lookalikes.non_overlapping([detection], [*boxes, *kept])
    return kept


def _lookalikes(picture: Picture, pixels: np.ndarray) -> Iterator[Issue]:
    """Yield a hint for each place that looks like a box of the same picture."""
    for box in lookalikes.find_lookalikes(pixels, picture.boxes):
        place = f"{picture.path.name} at {box.left},{box.top} {box.width}x{box.height}"
        message = f'{place} looks like its box of label "{box.label}"'
        yield Issue(picture.place, message, "draw a box or mark it as ignore", hint=True)


def _check_labels(file: CheckedFile, counts: Counter[str]) -> None:
    """Report odd labels, each once a file, and rename those that differ in case or space alone."""
    in_file = Counter(box.label for picture in file.fixed for box in picture.boxes)
    variants, misspelt, rare = labels.variants(counts), labels.misspelt(counts), labels.rare(counts)
    for label, count in in_file.items():
        message = f'{count} boxes of label "{label}"'
        if problem := class_names.find_problem(label):
            file.issues.append(Issue(str(file.path), f"{message}, which {problem}", "rename it"))
        elif label in variants:
            file.issues.append(Issue(str(file.path), message, f'is it "{variants[label]}"?', safe=True))
        elif label in misspelt:
            file.issues.append(Issue(str(file.path), message, f'is it "{misspelt[label]}", misspelt?'))
        elif label in rare:
            file.issues.append(Issue(str(file.path), message, "draw more, or leave them out", hint=True))
    for index, picture in enumerate(file.fixed):
        renamed = tuple(replace(box, label=variants.get(box.label, box.label)) for box in picture.boxes)
        file.fixed[index] = replace(picture, boxes=renamed)


def _check_duplicates(files: Sequence[CheckedFile]) -> None:
    """Report pictures that look like one in an earlier file."""
    hashed = [
        (file, picture, file.hashes[picture.path])
        for file in files
        for picture in file.fixed
        if picture.path in file.hashes
    ]
    groups = image_dedup.groups(np.array([value for *_, value in hashed], np.uint64))
    first_of_group: dict[int, tuple[CheckedFile, Picture]] = {}
    for group, (file, picture, _) in zip(groups.tolist(), hashed, strict=True):
        other_file, other = first_of_group.setdefault(group, (file, picture))
        if other_file is not file:
            message = f"{picture.path.name} looks like {other.path.name} in {other_file.path}"
            file.issues.append(Issue(picture.place, message, LEAK_FIX))
