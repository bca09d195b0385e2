"""Logs, backups and time of a training."""

from collections.abc import Callable
from pathlib import Path

import keras
import pytest

from brandlens import training


class Killed(keras.callbacks.Callback):
    """Ends the program as Ctrl-C does, after two epochs."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt


def test_a_training_is_logged(tmp_path: Path, fit: Callable[..., int], table: Callable) -> None:
    assert fit(tmp_path) == 3
    rows = table(tmp_path / "phase-0.csv")
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert {"loss", "val_loss"} < set(rows[0])
    losses = [float(row["loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    if keras.backend.backend() == "tensorflow":
        assert list((tmp_path / "tensorboard" / "phase-0").rglob("events*"))
    training.merge_logs(tmp_path, tmp_path / "training.csv")
    merged = table(tmp_path / "training.csv")
    assert merged == [{"step": str(step), "phase": "0", **row} for step, row in enumerate(rows, 1)]


def test_a_killed_training_is_resumed(tmp_path: Path, fit: Callable[..., int], table: Callable) -> None:
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    for folder in (whole, resumed):
        folder.mkdir()
    fit(whole, epochs=5)
    with pytest.raises(KeyboardInterrupt):
        fit(resumed, Killed(), epochs=5)
    assert len(table(resumed / "phase-0.csv")) == 2
    assert training.elapsed(resumed) == sum(float(row["seconds"]) for row in table(resumed / "phase-0.csv"))
    assert fit(resumed, epochs=5) == 3
    expected, rows = table(whole / "phase-0.csv"), table(resumed / "phase-0.csv")
    assert [row["epoch"] for row in rows] == [row["epoch"] for row in expected]
    for row, same in zip(rows, expected, strict=True):
        assert float(row["loss"]) == pytest.approx(float(same["loss"]), rel=1e-4)


def test_the_seconds_of_an_epoch_are_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 12.46])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    timer, logs = training.EpochTimer(), {"loss": 1.0}
    timer.on_epoch_begin(0)
    timer.on_epoch_end(0, logs)
    assert logs == {"loss": 1.0, "seconds": 2.5}


@pytest.mark.parametrize(
    ("patience", "epochs"), [pytest.param(0, 4, id="no patience asked for"), pytest.param(2, 3, id="stops early")]
)
def test_patience(tmp_path: Path, fit: Callable[..., int], patience: int, epochs: int) -> None:
    assert fit(tmp_path, epochs=4, rate=0.0, patience=patience) == epochs


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path, fit: Callable[..., int]) -> None:
    assert fit(tmp_path, epochs=60, rate=1e30) < 60


@pytest.mark.parametrize(("terminal", "verbose"), [(False, 2), (True, 1)], ids=["a log", "a terminal"])
def test_verbosity(monkeypatch: pytest.MonkeyPatch, terminal: bool, verbose: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert training.verbosity() == verbose
