"""Go on where a killed training left off: everything that needs is kept in its run directory."""

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
    """Return 16 hexadecimal digits of the settings and of the files' bytes: only the same training is resumed."""
    total = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in files:
        total.update(bytes.fromhex(io.file_digest(file)))
    return total.hexdigest()[:16]


def fit_or_load(model: keras.Model, run_dir: Path, phase: int, fit: Callable[[], None]) -> None:
    """Run one phase of a training, or load its weights where an earlier call finished it.

    fit: trains the model, whose weights are then written to phase-N.weights.h5 in the run directory.
    """
    weights = run_dir / f"phase-{phase}.weights.h5"
    if weights.exists():
        model.load_weights(weights)
        return
    fit()
    with io.atomic_write(weights) as unfinished:
        model.save_weights(unfinished)


def cached_array(path: Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the array of this .npy file, made and written first where it is missing: a resumed run has the same."""
    if not path.exists():
        made = make()
        with io.atomic_write(path) as unfinished:
            np.save(unfinished, made)
    return np.load(path)


def elapsed(run_dir: Path) -> float:
    """Return the seconds of all epochs logged in the run directory: what killed calls took before this one."""
    total = 0.0
    for log in run_dir.glob("phase-*.csv"):
        with log.open(newline="", encoding="utf-8") as rows:
            total += sum(float(row.get("seconds") or 0) for row in csv.DictReader(rows))
    return total


def clean_up(run_dir: Path) -> None:
    """Remove what only a killed run needs; TensorBoard's logs stay."""
    for path in run_dir.iterdir():
        if path.name == "tensorboard":
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
