"""Write what a training made."""

import json
from pathlib import Path

import keras

from brandlens.training.resume import clean_up


def save_training(
    model: keras.Model, network: bytes | None, into: Path, report: Path, work: Path, seconds: float
) -> str:
    """Write what a training made: the model and its exported network, the logs and facts of it. What to tell of it.

    into: gets model.keras and, where it was exported, network.onnx; report: training.csv and training.json. seconds: of
    this process, and of the epochs that killed ones finished. What only a killed run needs of `work` is removed.
    """
    for folder in (into, report):
        folder.mkdir(parents=True, exist_ok=True)
    model.save(into / "model.keras")
    if network is not None:
        (into / "network.onnx").write_bytes(network)  # what is scored and shipped
    merge_logs(work, report / "training.csv")
    facts = {"weights": model.count_params(), "seconds": round(seconds, 1)}
    (report / "training.json").write_text(json.dumps(facts, indent=2) + "\n")
    clean_up(work)
    return f"{facts['weights']:,} weights trained in {facts['seconds']} s; TensorBoard: {work}"


def merge_logs(work: Path, into: Path) -> None:
    """The parts' CSV logs as one file, with a column `step` that counts epochs over all parts."""
    lines: list[str] = []
    for part in sorted(work.glob("part-*.csv"), key=lambda part: (len(part.stem), part.stem)):  # 10 comes after 9
        header, *rows = part.read_text().splitlines()
        lines = lines or [f"step,part,{header}"]
        lines += [f"{len(lines) + at},{part.stem.removeprefix('part-')},{row}" for at, row in enumerate(rows)]
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_text("\n".join([*lines, ""]))
