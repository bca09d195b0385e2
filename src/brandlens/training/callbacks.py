"""Keras callbacks that every training has: logs, backups, time."""

import random
import shutil
import sys
import time
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from brandlens import io


def brief_callbacks(run_dir: Path) -> list[keras.callbacks.Callback]:
    """Return the callbacks of a training whose epochs take less time than to write what `callbacks` has written.

    A log as CSV, and a backup every ten seconds: a kill costs no more than those.
    """
    log, backup = run_dir / "phase-0.csv", Backup(run_dir / "backup" / "phase-0", min_seconds=10.0)
    _cut_log(log, backup.epoch)
    return [keras.callbacks.TerminateOnNaN(), backup, EpochTimer(), keras.callbacks.CSVLogger(str(log), append=True)]


def _cut_log(log: Path, epochs: int) -> None:
    """Leave the rows of so many epochs in a log: those after them will be run again."""
    if log.exists():
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
        log.write_text("".join(lines[: 1 + epochs]) if epochs else "", encoding="utf-8")


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
        Backup(backup),
        EpochTimer(),
        keras.callbacks.CSVLogger(str(log), append=True),
    ]
    if keras.backend.backend() == "tensorflow":  # Keras' TensorBoard callback writes through TensorFlow
        chosen.append(keras.callbacks.TensorBoard(str(run_dir / "tensorboard" / name), write_graph=False))
    if patience:
        chosen.append(keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True, verbose=1))
    return chosen


class Backup(keras.callbacks.Callback):
    """Keeps after an epoch what a later call needs to go on as if this one had not been killed, until the last ends.

    Keras' BackupAndRestore does not keep the random generators, those of dropout and Python's, by which Keras puts
    batches in order; and a kill while it writes leaves weights that cannot be read, or those of another epoch than it
    says. Here an epoch counts once its weights are whole.
    """

    def __init__(self, folder: Path, min_seconds: float = 0.0) -> None:
        """Restore from, and write to, a folder, no sooner than `min_seconds` after the training began or last did."""
        super().__init__()
        self.folder, self.min_seconds = folder, min_seconds

    @property
    def epoch(self) -> int:
        """The last epoch that is whole, counted from 1; 0 where there is none."""
        return max((int(path.name.partition(".")[0]) for path in self.folder.glob("[0-9]*.weights.h5")), default=0)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Restore weights, optimizer and random generators, and begin with the epoch after the last whole one."""
        self.written = time.monotonic()
        self.model._initial_epoch = 0  # also where an earlier training of this model was resumed
        epoch = self.epoch
        if not epoch:
            return
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        self.model.load_weights(self._weights(epoch))
        with np.load(self._seeds(epoch)) as stored:
            python, *states = (stored[name] for name in stored.files)
        version, _, gauss_next = random.getstate()
        random.setstate((version, tuple(python.tolist()), gauss_next))
        for variable, state in zip(self._seed_states(), states, strict=True):
            variable.assign(state)
        self.model._initial_epoch = epoch  # as BackupAndRestore does

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the backup of this epoch, then delete the one before it."""
        if time.monotonic() - self.written < self.min_seconds:
            return
        done = epoch + 1
        with io.atomic_write(self._seeds(done)) as unfinished:
            states = map(keras.ops.convert_to_numpy, self._seed_states())
            np.savez(unfinished, np.array(random.getstate()[1], np.int64), *states)
        with io.atomic_write(self._weights(done)) as unfinished:
            self.model.save_weights(unfinished)
        for path in self.folder.iterdir():
            if path not in (self._seeds(done), self._weights(done)):
                path.unlink()
        self.written = time.monotonic()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Delete the backup."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _weights(self, epoch: int) -> Path:
        return self.folder / f"{epoch}.weights.h5"

    def _seeds(self, epoch: int) -> Path:
        return self.folder / f"{epoch}.seeds.npz"

    def _seed_states(self) -> list[keras.Variable]:
        return [variable for variable in self.model.variables if variable.name == "seed_generator_state"]


class EpochDataset(Protocol):
    """A dataset whose batches depend on its seed and on the epoch alone."""

    def start_epoch(self, epoch: int) -> None:
        """Prepare the batches of an epoch, counted from 0."""


class StartEpoch(keras.callbacks.Callback):
    """Prepares the batches of each epoch by its number: a resumed training has those that it would have had."""

    def __init__(self, batches: EpochDataset) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Prepare them."""
        self.batches.start_epoch(epoch)


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
