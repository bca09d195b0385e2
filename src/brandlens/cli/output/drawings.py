"""`brandlens logo detect --draw DIR`: copies of pictures with boxes and scores, how they are named and known again."""

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from brandlens import images
from brandlens.errors import UserError, plural
from brandlens.io import atomic_write, free_name

WORDS = b"boxes drawn by brandlens"
MARK = (8 + len(WORDS)).to_bytes(4, "big") + b"free" + WORDS  # an MP4 box without meaning; JPEG ends before it


def make_folder(folder: Path) -> None:
    """Make the folder for drawn pictures. Raises UserError when its name is taken or forbidden."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--draw {folder}: cannot be made: {error.strerror}; name another folder") from None


def write(path: Path, picture: np.ndarray) -> None:
    """Write a drawn picture, marked. Raises UserError when the file cannot be written."""
    try:
        with atomic_write(path) as temporary:
            images.write(temporary, picture)
            mark(temporary)
    except OSError as error:
        raise UserError(f"--draw: {path} cannot be written: {error.strerror or error}; name another folder") from None


def mark(path: Path) -> None:
    """Add MARK to the end of a drawn picture or video, unless it is there; a file that was not made stays so."""
    if path.exists() and not is_drawn(path):
        with path.open("ab") as file:
            file.write(MARK)


def is_drawn(path: Path) -> bool:
    """Return whether a file was drawn by an earlier run, and not changed since."""
    try:
        if not path.is_file():  # reading a pipe would empty it
            return False
        with path.open("rb") as file:
            file.seek(-len(MARK), os.SEEK_END)
            return file.read() == MARK
    except OSError:  # a shorter file too
        return False


def undrawn(files: Sequence[Path], folder: Path) -> list[Path]:
    """Return the files without those that an earlier run has drawn, which are counted on standard error.

    Raises UserError where none is left.
    """
    left = [file for file in files if not is_drawn(file)]
    if not left:
        raise UserError(f"--draw {folder}: all pictures are drawings of an earlier run; name the pictures themselves")
    if count := len(files) - len(left):
        print(f"brandlens: --draw {folder}: left out {plural(count, 'drawing')} of an earlier run", file=sys.stderr)
    return left


def output_paths(files: Sequence[Path], folder: Path, videos: Collection[Path]) -> list[Path]:
    """Return where each file is drawn to: its own name as JPEG, of a video as MP4, numbered where that is taken.

    videos: those of the files. A name is taken by another of the files, and by what is in the folder and was not drawn
    by an earlier run, so that nothing else is overwritten.
    """
    given, paths = set[str](), []

    def is_taken(name: str) -> bool:
        return name.lower() in given or (os.path.lexists(folder / name) and not is_drawn(folder / name))

    for file in files:
        name = free_name(file.stem, is_taken, ".mp4" if file in videos else ".jpg")
        given.add(name.lower())
        paths.append(folder / name)
    return paths
