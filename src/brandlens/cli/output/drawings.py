"""`brandlens logo detect --draw DIR`: copies of pictures with boxes and scores, and what they are called."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from brandlens import images
from brandlens.boxes import Detection, to_xyxy
from brandlens.errors import UserError
from brandlens.video import is_video

COLOURS = ((0, 158, 115), (213, 94, 0), (0, 114, 178), (204, 121, 167), (230, 159, 0), (86, 180, 233))  # Okabe and Ito


def make_folder(folder: Path) -> None:
    """Make the folder for drawn pictures. Raises UserError when its name is taken or forbidden."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--draw {folder}: cannot be made: {error.strerror}; name another folder") from None


def write(path: Path, picture: np.ndarray) -> None:
    """Write a drawn picture. Raises UserError when the disk does not take it."""
    try:
        images.write(path, picture)
    except OSError as error:
        raise UserError(f"--draw: {path} cannot be written: {error.strerror or error}; name another folder") from None


def drawn(picture: np.ndarray, found: Sequence[Detection], labels: Sequence[str]) -> np.ndarray:
    """A copy of the picture with its detections, each label in its own colour."""
    captions = [f"{each.label} {each.score:.2f}" for each in found]
    colours = [COLOURS[labels.index(each.label) % len(COLOURS)] for each in found]
    return images.draw(picture, to_xyxy(found), captions, colours)


def names(files: Sequence[Path], folder: Path) -> list[Path]:
    """Where each drawn picture goes: its own name as JPEG, of a clip as MP4, numbered where two share it.

    None goes over a file that is looked at.
    """
    here = folder.resolve()
    taken = {file.name.lower() for file in files if file.parent.resolve() == here}
    chosen = []
    for file in files:
        kind = ".mp4" if is_video(file) else ".jpg"
        candidates = (f"{file.stem}{number}{kind}" for number in _numbers())
        name = next(each for each in candidates if each.lower() not in taken)
        taken.add(name.lower())
        chosen.append(folder / name)
    return chosen


def _numbers() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1
