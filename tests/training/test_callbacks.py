"""Logs, backups and time of a training."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.training.callbacks import EpochTimer
from brandlens.training.save import merge_logs


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
    merge_logs(tmp_path, tmp_path / "training.csv")
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


seeded = pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="dropout draws from PyTorch's own generator, which is not kept"
)


def losses_with_dropout(run_dir: Path, *more: keras.callbacks.Callback) -> list[float]:
    """The losses of the epochs that this call trains."""
    run_dir.mkdir(exist_ok=True)
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    inputs, targets = rng.normal(size=(32, 8)).astype(np.float32), rng.normal(size=(32, 1)).astype(np.float32)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    model.compile(training.optimizer("adam", 0.1, "constant", 1), loss="mse")
    chosen = [*training.callbacks(run_dir, 0, 0), *more]
    history = model.fit(inputs, targets, epochs=4, callbacks=chosen, verbose=0, batch_size=8, shuffle=False)
    return history.history["loss"]


@seeded
def test_dropout_goes_on_where_it_was(tmp_path: Path) -> None:
    whole = losses_with_dropout(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        losses_with_dropout(tmp_path / "killed", Killed())
    assert losses_with_dropout(tmp_path / "killed") == pytest.approx(whole[2:], rel=1e-5)


@seeded
def test_a_backup_that_was_being_written_does_not_count(tmp_path: Path) -> None:
    whole = losses_with_dropout(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        losses_with_dropout(tmp_path / "killed", Killed())
    backup = tmp_path / "killed/backup/phase-0"
    (backup / ".99.3.weights.h5").write_bytes(b"cut")
    (backup / "3.seeds.npz").write_bytes(b"cut")
    assert losses_with_dropout(tmp_path / "killed") == pytest.approx(whole[2:], rel=1e-5)
    assert not backup.exists()


def test_the_seconds_of_an_epoch_are_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 12.46])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    timer, logs = EpochTimer(), {"loss": 1.0}
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
