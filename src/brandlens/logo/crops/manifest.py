"""The folder of crops: manifest.csv says where each crop came from, window.json what a window is."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, cast

import numpy as np

from brandlens import images
from brandlens.io import reading, write_csv, write_json
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.labels import BACKGROUND, class_names

Kind = Literal["labelled", "jittered", "other_brand", "background"]
MANIFEST, WINDOW = "manifest.csv", "window.json"
FIX = "run: dvc repro logo-crop"


@dataclass(frozen=True)
class CropRecord:
    """One row of manifest.csv.

    file: relative to the folder of crops. kind: labelled (a box as it was drawn), jittered (the same, moved and
    scaled), other_brand (a box of a label that is not looked for) or background.
    left, top, right, bottom: the window, in pixels of the source picture. delta_x, delta_y, delta_w, delta_h: the box
    in it (see `windows.encode_boxes`), 0 for crops of the background class.
    """

    file: str
    split: str
    label: str
    kind: Kind
    picture: str
    left: float
    top: float
    right: float
    bottom: float
    delta_x: float = 0.0
    delta_y: float = 0.0
    delta_w: float = 0.0
    delta_h: float = 0.0


def write_manifest(folder: Path, window: WindowSpec, records: Sequence[CropRecord]) -> None:
    """Write manifest.csv, one line a crop in their order, and window.json into a folder, made if need be."""
    write_csv(map(asdict, records), folder / MANIFEST, [field.name for field in fields(CropRecord)])
    write_json(window.to_dict(), folder / WINDOW)


def read_manifest(folder: Path) -> tuple[WindowSpec, list[CropRecord]]:
    """Return the window and the records that `write_manifest` wrote into a folder.

    Raises UserError for a file that is missing or damaged.
    """
    with reading(folder / WINDOW, FIX):
        window = WindowSpec.from_dict(json.loads((folder / WINDOW).read_text(encoding="utf-8")))
    with reading(folder / MANIFEST, FIX), (folder / MANIFEST).open(newline="", encoding="utf-8") as file:
        return window, [_record(row, window) for row in csv.DictReader(file, strict=True)]


def _record(row: dict[str, str], window: WindowSpec) -> CropRecord:
    if None in row or None in row.values():
        raise ValueError(f"a row of another length: {', '.join(map(str, row.values()))[:80]}")
    if row["label"] not in class_names(window.labels):
        raise ValueError(f"no label is called {row['label']!r}")
    numbers = {field.name: float(row[field.name]) for field in fields(CropRecord) if field.type is float}
    return CropRecord(row["file"], row["split"], row["label"], cast(Kind, row["kind"]), row["picture"], **numbers)


def load_images(folder: Path, records: Sequence[CropRecord]) -> np.ndarray:
    """Return (n, height, width, 3) uint8 RGB: the crop files of these records, in their order, padding and all."""
    crops = [images.read(folder / record.file) for record in records]
    return np.stack(crops) if crops else np.zeros((0, 1, 1, 3), np.uint8)


def class_ids(records: Sequence[CropRecord], labels: Sequence[str]) -> np.ndarray:
    """Return (n,) int64: 0 for the background, i + 1 for the i-th label."""
    ids = {name: class_id for class_id, name in enumerate(class_names(labels))}
    return np.array([ids[record.label] for record in records], np.int64)


def box_deltas(records: Sequence[CropRecord]) -> np.ndarray:
    """Return (n, 4) float32: where the box lies in each window (see `windows.encode_boxes`)."""
    rows = [(record.delta_x, record.delta_y, record.delta_w, record.delta_h) for record in records]
    return np.array(rows, np.float32).reshape(-1, 4)


def summary(records: Sequence[CropRecord]) -> str:
    """Return in one line how many crops of which kind there are."""
    kinds = Counter(record.kind for record in records)
    num_pictures = len({(record.split, record.picture) for record in records})
    num_labels = len({record.label for record in records} - {BACKGROUND})
    return (
        f"{kinds['labelled']:,} boxes of {num_labels} labels in {num_pictures:,} pictures → {kinds['labelled']:,} + "
        f"{kinds['jittered']:,} crops, {kinds['other_brand']:,} of other brands, {kinds['background']:,} of background"
    )
