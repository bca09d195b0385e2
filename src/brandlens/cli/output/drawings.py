"""`brandlens logo detect --draw DIR`: copies of pictures with boxes and scores, and how they are named."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from brandlens import images
from brandlens.errors import UserError, plural
from brandlens.io import free_name


def make_folder(folder: Path) -> None:
    """Make the folder for drawn pictures. Raises UserError when its name is taken or forbidden."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--draw {folder}: cannot be made: {error.strerror}; name another folder") from None


def write(path: Path, picture: np.ndarray) -> None:
    """Write a drawn picture. Raises UserError when the file cannot be written."""
    try:
        images.write(path, picture)
    except OSError as error:
        raise UserError(f"--draw: {path} cannot be written: {error.strerror or error}; name another folder") from None


def undrawn(files: Sequence[Path], folder: Path, searched: Sequence[str]) -> list[Path]:
    """Return the files without those that an earlier run has drawn: all in the folder, where it is below another input.

    They are counted on standard error. searched: the names on the command line. Raises UserError where none is left.
    """
    resolved = folder.resolve()
    if not any(Path(name).is_dir() and Path(name).resolve() in resolved.parents for name in searched):
        return list(files)
    left = [file for file in files if resolved not in file.resolve().parents]
    if not left:
        raise UserError(f"--draw {folder}: holds all pictures that there are; name another folder")
    if count := len(files) - len(left):
        there = f"{plural(count, 'file')} there left out, as drawings of an earlier run"
        print(f"brandlens: --draw {folder}: {there}", file=sys.stderr)
    return left


def output_paths(files: Sequence[Path], folder: Path, videos: Collection[Path]) -> list[Path]:
    """Return where each file is drawn to: its own name as JPEG, of a video as MP4, numbered where several share it.

    videos: those of the files. No path is that of one of the files, so that no input is overwritten.
    """
    resolved = folder.resolve()
    taken = {file.name.lower() for file in files if file.parent.resolve() == resolved}
    paths = []
    for file in files:
        name = free_name(file.stem, lambda name: name.lower() in taken, ".mp4" if file in videos else ".jpg")
        taken.add(name.lower())
        paths.append(folder / name)
    return paths
