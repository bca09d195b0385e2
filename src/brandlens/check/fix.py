"""Write annotation files anew with the safe fixes made; the old files are kept."""

import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path

from brandlens.annotations import dataset, formats
from brandlens.annotations.issues import quoted
from brandlens.check.dataset import CheckedFile
from brandlens.errors import UserError


def check_fixable(paths: Sequence[Path]) -> None:
    """Raise UserError for what cannot be fixed: a dataset of many files."""
    for path in paths:
        format = formats.get(dataset.detect_format(path))
        if not format.FIXABLE:
            root = format.root_of(path)
            file = Path("..", root.resolve().name) if root == Path() else root
            raise UserError(
                f"{path}: --fix writes no {format.NAME} folders; first run: "
                f"brandlens logo convert {quoted(path)} {quoted(file.with_name(file.name + '.xml'))}"
            )


def fix(file: CheckedFile, allow_outside: bool = False) -> Path:
    """Write the file's fixed pictures in its place; return the path of the old file's copy.

    Raises UserError when something in the file could not be read, for that would be lost.
    """
    if not file.complete:
        first = next(str(issue) for issue in file.issues if not issue.safe and not issue.hint)
        raise UserError(f"{file.path}: not fixed, as this would be lost: {first}")
    format = dataset.detect_format(file.path)
    rendered = dataset.render(file.path, file.fixed, format, allow_outside=allow_outside)
    backup = file.path.with_name(_backup_name(file.path))
    shutil.copyfile(file.path, backup)
    dataset.save(rendered)
    return backup


def _backup_name(path: Path) -> str:
    """Return the file's name with .bak, or .bak2, .bak3 … where that exists."""
    names = (f"{path.name}.bak{number or ''}" for number in itertools.chain([None], itertools.count(2)))
    return next(name for name in names if not path.with_name(name).exists())
