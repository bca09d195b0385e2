"""Keras callbacks that every training has: logs, backups, time."""

import sys
import time
from pathlib import Path

import keras


def callbacks(run_dir: Path, phase: int, patience: int) -> list[keras.callbacks.Callback]:
    """Return the callbacks of one phase of a training: logs (CSV, TensorBoard) and backups under the run directory.

    patience: epochs without a better validation loss before the training stops; 0: never.
    """
    name = f"phase-{phase}"
    log, backup = run_dir / f"{name}.csv", run_dir / "backup" / name
    if not backup.exists():  # nothing to resume: a log that is there is of epochs that will be run again
        log.unlink(missing_ok=True)
    chosen: list[keras.callbacks.Callback] = [
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.BackupAndRestore(str(backup)),
        EpochTimer(),
        keras.callbacks.CSVLogger(str(log), append=True),
    ]
    if keras.backend.backend() == "tensorflow":  # Keras' TensorBoard callback writes through TensorFlow
        chosen.append(keras.callbacks.TensorBoard(str(run_dir / "tensorboard" / name), write_graph=False))
    if patience:
        chosen.append(keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True, verbose=1))
    return chosen


class EpochTimer(keras.callbacks.Callback):
    """Puts the seconds that an epoch took into its logs; the first of a process also has the building of its graph."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Add `seconds` to the epoch's logs."""
        if logs is not None:
            logs["seconds"] = round(time.perf_counter() - self.start, 1)


def verbosity() -> int:
    """Return Keras' verbose: a progress bar on a terminal, a line an epoch in a log."""
    return 1 if sys.stdout.isatty() else 2
