"""Find the pictures without the logo in a folder that `brandlens logo collect` filled and a person labelled."""

import sys
from pathlib import Path

from brandlens import annotations, media_files
from brandlens.annotations import Picture
from brandlens.datasets.scraped_layout import NEGATIVES, PARQUET, PICTURES
from brandlens.errors import UserError


def scraped_negatives(file: Path) -> list[Picture]:
    """Return the pictures of queries for negatives, in which nobody needs to draw boxes, but those that `file` lists.

    file: the annotations, in the folder that was filled. Says on stderr how many pictures nobody has labelled yet.
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
    labelled = annotations.read(file)
    if not any(picture.boxes for picture in labelled):
        raise UserError(f"{file}: no box in it yet; draw boxes around the logo, such as with: imglab {file}")
    listed = {picture.path.resolve() for picture in labelled}
    if num_left := sum(path.resolve() not in listed for path in _list_pictures(pictures)):
        print(f"{file}: {num_left} pictures in {pictures} are not in it yet, and left out", file=sys.stderr)
    return [Picture(path) for path in _list_pictures(folder / NEGATIVES) if path.resolve() not in listed]


def _list_pictures(folder: Path) -> list[Path]:
    """Return the pictures in a folder, which need not exist."""
    return media_files.list_files([str(folder)]).files if folder.is_dir() and any(folder.iterdir()) else []
