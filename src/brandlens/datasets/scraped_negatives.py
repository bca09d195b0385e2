"""A folder that `brandlens logo collect` filled, labelled by a person → its pictures without the logo."""

import sys
from pathlib import Path

from brandlens import annotations, images
from brandlens.annotations import Picture
from brandlens.datasets.scraped_layout import NEGATIVES, PARQUET, PICTURES
from brandlens.errors import UserError


def scraped_negatives(file: Path) -> list[Picture]:
    """The pictures of queries for negatives, which nobody needs to draw boxes in; those that `file` lists are left out.

    file: the annotations, in the folder that was filled. How many pictures nobody has labelled yet is told on stderr.
    Raises UserError, which says what to do next, where the folder is not filled or no box is drawn yet.
    """
    folder = file.parent
    pictures = folder / PICTURES
    if not (folder / PARQUET).is_file():
        raise UserError(f"{folder}: not filled yet; run: brandlens logo collect QUERY --out {folder}")
    if not file.exists():
        raise UserError(
            f"{file}: not there yet; draw boxes around the logo: imglab -c {file} {pictures}, then imglab {file}"
        )
    read = annotations.read(file)
    if not any(picture.boxes for picture in read):
        raise UserError(f"{file}: no box in it yet; draw boxes around the logo, such as with: imglab {file}")
    listed = {picture.path.resolve() for picture in read}
    left = [path for path in _below(pictures) if path.resolve() not in listed]
    if left:
        print(f"{file}: {len(left)} pictures in {pictures} are not in it yet, and left out", file=sys.stderr)
    return [Picture(path) for path in _below(folder / NEGATIVES) if path.resolve() not in listed]


def _below(folder: Path) -> list[Path]:
    """The pictures in a folder, which need not be there."""
    return images.list_files([str(folder)]) if folder.is_dir() and any(folder.iterdir()) else []
