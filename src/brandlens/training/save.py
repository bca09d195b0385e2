"""Write what a training made."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from brandlens import provenance
from brandlens.errors import ModelError
from brandlens.io import write_json
from brandlens.training.resume import clean_up

WEIGHTS = "model.keras"  # in a model's folder: the trained network, which nothing but a training reads


def save_training(model: keras.Model, output_dir: Path, report_dir: Path, run_dir: Path, seconds: float) -> str:
    """Write a trained model with its logs, remove what only a killed run needs, and return a line that sums it up.

    output_dir: gets model.keras. report_dir: gets training.csv and training.json. seconds: of this process, and of the
    epochs that killed ones finished.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    model.save(output_dir / WEIGHTS)
    merge_logs(run_dir, report_dir / "training.csv")
    pretrained = provenance.read_pretrained(run_dir / provenance.PRETRAINED)
    facts: dict[str, Any] = {"weights": model.count_params(), "seconds": round(seconds, 1)}
    facts["pretrained"] = [asdict(each) for each in pretrained]
    write_json(facts, report_dir / "training.json")
    clean_up(run_dir)
    started = "".join(f", from {each}" for each in pretrained)
    return f"{facts['weights']:,} weights trained in {facts['seconds']} s{started}; TensorBoard: {run_dir}"


def load_model(path: Path) -> keras.Model:
    """Load a saved network. Raises ModelError, one line with the file, for what is none."""
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path}: not a saved network: {str(error).splitlines()[0]}; train one again") from None


def merge_logs(run_dir: Path, path: Path) -> None:
    """Write the CSV logs of all phases as one file, with a column `step` that counts epochs over all of them."""
    lines: list[str] = []
    logs = sorted(run_dir.glob("phase-*.csv"), key=lambda log: int(log.stem.removeprefix("phase-")))
    for log in logs:
        header, *rows = log.read_text().splitlines()
        lines = lines or [f"step,phase,{header}"]
        lines += [f"{len(lines) + index},{log.stem.removeprefix('phase-')},{row}" for index, row in enumerate(rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, ""]))
