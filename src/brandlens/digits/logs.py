"""Logs of all trainings → one table and one summary."""

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path

from brandlens.io import write_json

COLUMNS = ("network", "epoch", "loss", "accuracy", "val_accuracy", "seconds")


def save_logs(facts: Mapping[str, Mapping[str, float]], run_dir: Path, report_dir: Path) -> str:
    """Write training.csv and training.json, delete what only a killed run needs, and return a line that sums it up.

    facts: by training, weights, seconds and cpu_seconds, of this process alone where an earlier one was killed.
    run_dir: has a folder with Keras' log for each training.
    """
    report_dir.mkdir(parents=True, exist_ok=True)
    with (report_dir / "training.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        table.writeheader()
        for name in facts:
            with (run_dir / name / "phase-0.csv").open(encoding="utf-8", newline="") as log:
                table.writerows({**row, "network": name} for row in csv.DictReader(log))
    rounded = {name: {key: round(value, 2) for key, value in values.items()} for name, values in facts.items()}
    write_json(rounded, report_dir / "training.json")
    shutil.rmtree(run_dir)
    total, cpu = (sum(values[key] for values in facts.values()) for key in ("seconds", "cpu_seconds"))
    return f"{len(facts)} trainings in {total:.0f} s, {cpu:.0f} s of processor time"
