"""A model's folder as a value, so that machines without a disk in common can load it."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from brandlens import model_card
from brandlens.errors import ModelError

NOT_SHIPPED = ("model.keras",)  # for later trainings only

Files = tuple[tuple[str, bytes], ...]  # name, content


def pack(folder: str | Path) -> Files:
    """Return the files of a model's folder that inference needs. Raises ModelError where it holds no model."""
    paths = sorted(path for path in Path(folder).glob("*") if path.is_file() and path.name not in NOT_SHIPPED)
    if not any(path.name == model_card.NAME for path in paths):
        raise ModelError(f"{folder}: no {model_card.NAME} here; train one with `dvc repro`, or name its folder")
    return tuple((path.name, path.read_bytes()) for path in paths)


@cache
def unpack(files: Files) -> Path:
    """Return a folder of this machine with these files, the same for the same files while this process runs."""
    folder = Path(tempfile.mkdtemp(prefix="brandlens-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, content in files:
        (folder / name).write_bytes(content)
    return folder
