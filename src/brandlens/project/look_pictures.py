"""Look at labelled pictures: what may be wrong in them, how many logos of which brand there are, and how large."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brandlens.annotations import Picture, orientation
from brandlens.annotations.issues import InvalidValueError, Issue
from brandlens.check import dataset
from brandlens.check.dataset import CheckedFile
from brandlens.config import logo as config
from brandlens.datasets import image_dedup
from brandlens.datasets.split_pictures import split_pictures


@dataclass(frozen=True)
class Pictures:
    """What `check` found in labelled pictures.

    files: as checked. picture_sides: (n,) longer side of each picture in pixels. logo_sides: (m,) side of each logo in
    pixels (square root of its area). logo_shares: (m,) the same as a fraction of its picture's longer side.
    aspect_ratios: (m,) width over height. labels: (m,) brand of each logo.
    """

    files: list[CheckedFile]
    picture_sides: np.ndarray
    logo_sides: np.ndarray
    logo_shares: np.ndarray
    aspect_ratios: np.ndarray
    labels: np.ndarray

    @property
    def issues(self) -> list[Issue]:
        """Return what is wrong, without the hints and the leaks."""
        issues = [issue for file in self.files for issue in file.issues if not issue.hint]
        return [issue for issue in issues if issue.fix != dataset.LEAK_FIX]

    @property
    def num_leaks(self) -> int:
        """Return how many pictures look like one in another file."""
        return sum(issue.fix == dataset.LEAK_FIX for file in self.files for issue in file.issues)

    @property
    def pictures(self) -> list[Picture]:
        """Return all pictures, of all files."""
        return [picture for file in self.files for picture in file.fixed]

    @property
    def boxes_of(self) -> Counter[str]:
        """Count the boxes of each brand, the commonest first."""
        return Counter(map(str, self.labels))

    @property
    def pictures_of(self) -> Counter[str]:
        """Count the pictures that show each brand."""
        return Counter(label for picture in self.pictures for label in labels_in(picture))

    @property
    def num_empty(self) -> int:
        """Return how many pictures show no brand."""
        return sum(not labels_in(picture) for picture in self.pictures)

    def describe(self) -> Iterator[str]:
        """Yield a line a finding."""
        for file in self.files:
            num_boxes = sum(len(picture.boxes) for picture in file.fixed)
            hints = sum(issue.hint for issue in file.issues)
            yield f"{file.path}: {len(file.fixed):,} pictures, {num_boxes:,} boxes, {hints:,} hints"
        pictures_of = self.pictures_of
        yield "brands: " + ", ".join(
            f"{label} ({count:,} logos in {pictures_of[label]:,} pictures)"
            for label, count in self.boxes_of.most_common()
        )
        if len(self.logo_sides):
            low, middle, high = np.percentile(self.logo_sides, (10, 50, 90))
            ratios = np.percentile(self.aspect_ratios, (10, 50, 90))
            yield (
                f"logos: side {low:.0f} to {high:.0f} pixels, {middle:.0f} in the middle (square root of the area); "
                f"width over height {ratios[0]:.1f} to {ratios[2]:.1f}; "
                f"pictures: {np.median(self.picture_sides):.0f} pixels"
            )

    def split_counts(self, collect: config.Collect, seed: int) -> dict[str, Counter[str]]:
        """Count the boxes of each brand in train, val and test as the stage will split pictures of one file.

        The stage draws again, from the names of its copies: the counts are close, not the same.
        """
        pictures = self.pictures
        hashes = {path: value for file in self.files for path, value in file.hashes.items()}
        pictures = [picture for picture in pictures if picture.path in hashes]
        values = np.array([hashes[picture.path] for picture in pictures], np.uint64)
        groups = image_dedup.groups(values, collect.dedup_max_distance)
        splits = split_pictures(pictures, collect.split_ratios, groups, seed)
        return {
            name: Counter(box.label for picture in members for box in picture.boxes if not box.ignore)
            for name, members in splits.items()
        }


def labels_in(picture: Picture) -> set[str]:
    """Return the brands that a picture shows; boxes to ignore count for nothing."""
    return {box.label for box in picture.boxes if not box.ignore}


def look(paths: Sequence[Path]) -> Pictures:
    """Check annotation files or folders and measure what is in them. Raises AnnotationError as `check` does."""
    files = dataset.check(paths)
    pairs = [(picture, _longer_side(picture)) for file in files for picture in file.fixed]
    boxes = [(box, side) for picture, side in pairs for box in picture.boxes if not box.ignore]
    sides = np.array([(box.width * box.height) ** 0.5 for box, _ in boxes])
    return Pictures(
        files,
        np.array([side for _, side in pairs if side]),
        sides,
        sides / np.array([side or max(box.left + box.width, box.top + box.height) for box, side in boxes]),
        np.array([box.width / box.height for box, _ in boxes]),
        np.array([box.label for box, _ in boxes], str),
    )


def _longer_side(picture: Picture) -> int:
    """Return the longer side of a picture in pixels; 0 for one whose file cannot be read."""
    if picture.width and picture.height:
        return max(picture.width, picture.height)
    try:
        header = orientation.header_of(picture.path)
    except InvalidValueError:
        return 0
    return max(header.width, header.height)
