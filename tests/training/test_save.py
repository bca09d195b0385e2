"""What a training writes."""

import json
from collections.abc import Callable
from pathlib import Path

import keras
import pytest

from brandlens import provenance, training
from brandlens.training.save import merge_logs

HEADER = "epoch,loss"


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        pytest.param({}, [], id="no phases"),
        pytest.param(
            {"phase-0": ["0,0.5", "1,0.25"]}, ["step,phase,epoch,loss", "1,0,0,0.5", "2,0,1,0.25"], id="one phase"
        ),
        pytest.param(
            {"phase-1": ["0,0.2"], "phase-0": ["0,0.5", "1,0.25"]},
            ["step,phase,epoch,loss", "1,0,0,0.5", "2,0,1,0.25", "3,1,0,0.2"],
            id="a round after it",
        ),
        pytest.param(
            {f"phase-{number}": [f"0,{number}"] for number in range(11)},
            ["step,phase,epoch,loss", *(f"{number + 1},{number},0,{number}" for number in range(11))],
            id="more than ten phases",
        ),
    ],
)
def test_merge_logs(tmp_path: Path, phases: dict[str, list[str]], expected: list[str]) -> None:
    for name, rows in phases.items():
        (tmp_path / f"{name}.csv").write_text("\n".join([HEADER, *rows, ""]))
    joined = tmp_path / "reports" / "training.csv"
    merge_logs(tmp_path, joined)
    assert joined.read_text().splitlines() == expected


def test_save_training(tmp_path: Path, table: Callable) -> None:
    run_dir, output_dir, report_dir = tmp_path / "run", tmp_path / "a" / "trained", tmp_path / "b" / "report"
    run_dir.mkdir()
    (run_dir / "phase-0.csv").write_text("epoch,loss\n0,1.5\n")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    summary = training.save_training(model, output_dir, report_dir, run_dir, 2.34)
    assert summary == f"1 weights trained in 2.3 s; TensorBoard: {run_dir}"
    assert keras.saving.load_model(output_dir / "model.keras").count_params() == 1
    assert json.loads((report_dir / "training.json").read_text()) == {"weights": 1, "seconds": 2.3, "pretrained": []}
    assert table(report_dir / "training.csv") == [{"step": "1", "phase": "0", "epoch": "0", "loss": "1.5"}]
    assert not list(run_dir.iterdir())


def test_what_a_training_started_from_is_reported(tmp_path: Path) -> None:
    started = provenance.Pretrained("Net", "net-weights 1.0", "Apache-2.0", "ab" * 32)
    provenance.write_pretrained(tmp_path / "run", [started])
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    summary = training.save_training(model, tmp_path / "trained", tmp_path / "report", tmp_path / "run", 2.34)
    assert f"2.3 s, from {started}; TensorBoard" in summary
    assert provenance.read_pretrained(tmp_path / "report" / "training.json") == [started]
