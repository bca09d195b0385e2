"""Annotation files written anew without what is safe to mend; the old ones are kept."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from brandlens.annotations import dataset
from brandlens.check.dataset import CheckedFile
from brandlens.errors import UserError

REWRITTEN = ("imglab", "coco", "csv")  # formats of one file


def check_fixable(paths: Sequence[Path]) -> None:
    """Raise UserError for what cannot be mended: a dataset of many files."""
    for path in paths:
        format = dataset.detect_format(path)
        if format not in REWRITTEN:
            raise UserError(
                f"{path}: --fix writes no {format} folders; first run: brandlens logo convert {path} FILE.xml"
            )


def fix(file: CheckedFile, anywhere: bool = False) -> Path:
    """Write the file's mended pictures in its place; returns where the old file is.

    Raises UserError when something in it could not be read, for that would be lost.
    """
    if not file.whole:
        first = next(str(finding) for finding in file.findings if not finding.safe)
        raise UserError(f"{file.path}: not fixed, as this would be lost: {first}")
    rendered = dataset.FORMATS[dataset.detect_format(file.path)].render(file.path, file.mended, anywhere=anywhere)
    old, number = file.path.with_name(f"{file.path.name}.bak"), 2
    while old.exists():
        old, number = file.path.with_name(f"{file.path.name}.bak{number}"), number + 1
    shutil.copyfile(file.path, old)
    dataset.save(rendered)
    return old
