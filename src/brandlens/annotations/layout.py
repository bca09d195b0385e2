"""How a labelled dataset lies on disk: its folder, and the splits that it names itself."""

from collections.abc import Mapping
from pathlib import Path

from brandlens.annotations import yolo_layout
from brandlens.annotations.dataset import detect_format
from brandlens.annotations.formats import voc, yolo
from brandlens.errors import UserError

SPLITS = {"train": "train", "val": "val", "valid": "val", "test": "test"}  # as they are spelt → as they are called


def named_splits(path: Path) -> Mapping[str, Path]:
    """Return what to read of a dataset's train, val and test; empty where it does not name all three, each once.

    path: as `read` takes it. They stand in YOLO's data.yaml, or are lists in Pascal VOC's ImageSets/Main.
    """
    if dataset := _yolo(path):
        found = [(SPLITS[entry.split], entry.path) for entry in dataset.entries if entry.split]
    else:
        lists = {name: path / voc.LISTS / f"{name}.txt" for name in SPLITS}
        found = [(SPLITS[name], file) for name, file in lists.items() if file.is_file()]
    named = dict(found)
    return named if len(found) == len(named) == len(set(SPLITS.values())) else {}


def files_of(path: Path) -> Path:
    """Return the folder of a dataset whose labels are files of their own, as YOLO's and Pascal VOC's; else `path`.

    path: as `read` takes it.
    """
    if dataset := _yolo(path):
        return dataset.root
    return voc.root_of(path) if _format(path) == voc.NAME else path


def _yolo(path: Path) -> yolo_layout.Dataset | None:
    try:
        return yolo_layout.resolve(path, on_issue=lambda issue: None) if _format(path) == yolo.NAME else None
    except (UserError, yolo_layout.InvalidValueError):  # which `read` will speak of
        return None


def _format(path: Path) -> str | None:
    try:
        return detect_format(path)
    except UserError:
        return None
