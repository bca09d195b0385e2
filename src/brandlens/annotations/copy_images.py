"""Pictures of a dataset copied into one folder, under names that none shares."""

import filecmp
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from brandlens.annotations.records import Picture
from brandlens.errors import PictureError
from brandlens.io import atomic_write


def copy_images(pictures: Sequence[Picture], into: Path) -> list[Picture]:
    """The records of the pictures' copies. What an earlier run copied is not copied again, and nothing is written over.

    Raises PictureError when a picture is missing or cannot be written.
    """
    taken: set[str] = set()
    found = []
    for picture in tqdm(pictures, unit="picture", file=sys.stderr, delay=1, disable=not sys.stderr.isatty()):
        try:
            target = _free(picture.path, into, taken)
            if not target.exists():
                with atomic_write(target) as unfinished:
                    shutil.copyfile(picture.path, unfinished)
        except OSError as error:
            raise PictureError(
                f"{picture.path}: cannot be copied: {error.strerror or error}; mend or remove it"
            ) from None
        found.append(replace(picture, path=target))
    return found


def _free(path: Path, into: Path, taken: set[str]) -> Path:
    """A file in the folder that is not there yet or is this very picture; no two have the same stem in any case."""
    stem, number = path.stem, 2
    while True:
        target = into / (stem + path.suffix)
        if stem.lower() not in taken and (not target.exists() or filecmp.cmp(path, target, shallow=False)):
            taken.add(stem.lower())
            return target
        stem, number = f"{path.stem}-{number}", number + 1
