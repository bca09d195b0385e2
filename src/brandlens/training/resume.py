"""Go on where a killed training left off."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brandlens import io


def run_id(settings: Mapping[str, Any], *files: Path) -> str:
    """A name for a training: the same settings and the same bytes give the same one, so only that run is resumed."""
    total = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in files:
        with file.open("rb") as content:
            total.update(hashlib.file_digest(content, "sha256").digest())
    return total.hexdigest()[:16]


def fit_or_load(model: keras.Model, work: Path, number: int, fit: Callable[[], None]) -> None:
    """One part of a training: `fit` trains the model, whose weights are then kept in `work`, or were and are loaded."""
    weights = work / f"part-{number}.weights.h5"
    if weights.exists():
        model.load_weights(weights)
        return
    fit()
    with io.atomic_write(weights) as unfinished:
        model.save_weights(unfinished)


def cached_array(path: Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in this .npy file, made and written there when it is not: a resumed training goes on with the same."""
    if not path.exists():
        made = make()
        with io.atomic_write(path) as unfinished:
            np.save(unfinished, made)
    return np.load(path)


def elapsed(work: Path) -> float:
    """Seconds that the epochs logged in `work` took: before a training goes on, what a killed run did of it."""
    total = 0.0
    for log in work.glob("part-*.csv"):
        with log.open(newline="", encoding="utf-8") as rows:
            total += sum(float(row.get("seconds") or 0) for row in csv.DictReader(rows))
    return total


def clean_up(work: Path) -> None:
    """Remove what only a killed run needs; TensorBoard's logs stay."""
    for path in work.iterdir():
        if path.name == "tensorboard":
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
