"""Copy the pictures of a dataset into one folder, under names that none shares."""

import filecmp
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from brandlens.annotations import validate
from brandlens.annotations.find_images import nearest
from brandlens.annotations.records import Picture
from brandlens.errors import PictureError
from brandlens.io import atomic_write, free_name


def copy_images(pictures: Sequence[Picture], folder: Path) -> list[Picture]:
    """Copy the pictures' files into a folder; return the records of the copies.

    What an earlier run copied is not copied again, and no file is overwritten. Raises PictureError for a picture that
    is missing or cannot be written.
    """
    used: set[str] = set()  # stems, in lower case
    copies = []
    for picture in tqdm(pictures, unit="picture", file=sys.stderr, delay=1, disable=not sys.stderr.isatty()):
        try:
            target = _target(picture.path, folder, used)
            if not target.exists():
                with atomic_write(target) as temporary:
                    shutil.copyfile(picture.path, temporary)
        except OSError as error:
            reason = error.strerror or error
            if error.filename != str(picture.path):
                raise PictureError(
                    f"{picture.path}: cannot be copied: {reason}; free disk space, or name another OUT"
                ) from None
            near = "" if validate.first_existing([picture.path]) else nearest(picture.path)
            raise PictureError(f"{picture.path}: cannot be copied: {reason}{near}; fix or remove it") from None
        copies.append(replace(picture, path=target))
    return copies


def _target(path: Path, folder: Path, used: set[str]) -> Path:
    """Return a file in the folder that does not exist yet or is this very picture, and add its stem to the used."""

    def is_taken(stem: str) -> bool:
        target = folder / (stem + path.suffix)
        return stem.lower() in used or (target.exists() and not filecmp.cmp(path, target, shallow=False))

    stem = free_name(path.stem, is_taken)
    used.add(stem.lower())
    return folder / (stem + path.suffix)
