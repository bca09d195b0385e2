"""Splits that the names of files stand for."""

import re
from collections.abc import Sequence
from pathlib import Path

SPLIT_WORDS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
    "unlabelled": ("unlabelled", "unlabeled", "unsup", "unsupervised"),
}


def split_of(path: Path) -> str | None:
    """Return the split that a file's or folder's name stands for, such as "drinks-val.xml"; None for none."""
    words = set(re.split(r"[^a-z]+", path.stem.lower()))
    return next((split for split, names in SPLIT_WORDS.items() if words & set(names)), None)


def splits_of(paths: Sequence[Path]) -> list[str | None]:
    """Return the split that each file's name stands for, or its folder's, where two files have one name.

    Roboflow calls all three _annotations.coco.json.
    """
    are_alike = len({path.name for path in paths}) < len(paths)
    return [split_of(path.absolute().parent if are_alike else path) for path in paths]
