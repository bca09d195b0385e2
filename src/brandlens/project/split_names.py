"""Splits that the names of files stand for."""

import re
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
