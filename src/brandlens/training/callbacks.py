"""Keras callbacks that every training has: logs, backups, time."""

import sys
import time
from pathlib import Path

import keras


def callbacks(work: Path, part: str, patience: int) -> list[keras.callbacks.Callback]:
    """Logs and backups of one part of a training, under `work`: CSV, TensorBoard, what a killed run resumes from."""
    log, backup = work / f"{part}.csv", work / "backup" / part
    if not backup.exists():  # nothing to go on from: a log that is there tells of epochs that will be run again
        log.unlink(missing_ok=True)
    chosen: list[keras.callbacks.Callback] = [
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.BackupAndRestore(str(backup)),
        EpochTimer(),
        keras.callbacks.CSVLogger(str(log), append=True),
    ]
    if keras.backend.backend() == "tensorflow":  # Keras' TensorBoard callback writes through TensorFlow
        chosen.append(keras.callbacks.TensorBoard(str(work / "tensorboard" / part), write_graph=False))
    if patience:
        chosen.append(keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True, verbose=1))
    return chosen


class EpochTimer(keras.callbacks.Callback):
    """Puts the seconds that an epoch took into its logs; the first of a process also has the building of its graph."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """The clock starts."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """The clock stops."""
        if logs is not None:
            logs["seconds"] = round(time.perf_counter() - self.start, 1)


def verbosity() -> int:
    """Keras' verbose: a progress bar on a terminal, a line an epoch in a log."""
    return 1 if sys.stdout.isatty() else 2
