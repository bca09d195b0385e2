"""What both trainings share: seeds, number format, optimizer, schedule, logs, and going on after a kill."""

import contextlib
import csv
import ctypes
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brandlens import files
from brandlens.errors import ParamsError

FAST_BFLOAT16 = ("amx_bf16", "avx512_bf16")  # processor features that make bfloat16 quicker than float32


def prepare(seed: int, precision: str) -> None:
    """Seed every generator, set the number format: "auto" is bfloat16 where the machine is fast at it, else float32."""
    keep_memory()
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(policy(precision))


def keep_memory() -> None:
    """Have glibc keep freed memory for the next step instead of giving it back and asking for it anew.

    Every training step frees and takes the same hundreds of megabytes, and page faults cost it dearly without this
    (benchmarks/memory.py). Nothing happens where the C library is another.
    """
    mmap_max, trim_threshold, top_pad, arena_max = -4, -1, -2, -8  # names from malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):
        tune = ctypes.CDLL(None).mallopt
        for option, value in ((mmap_max, 0), (trim_threshold, 2**31 - 1), (top_pad, 2**28), (arena_max, 1)):
            tune(option, value)


def policy(precision: str) -> str:
    """The Keras dtype policy for a wish in params.yaml."""
    if precision != "auto":
        return precision
    return "mixed_bfloat16" if _accelerated() or _processor_has(FAST_BFLOAT16) else "float32"


def _accelerated() -> bool:
    return any(device.lower().startswith(("gpu", "tpu", "cuda")) for device in keras.distribution.list_devices())


def compiled() -> bool | str:
    """Keras' jit_compile for a large convolutional network: not on TensorFlow's CPU, elsewhere what Keras thinks best.

    On two cores that had other work beside, XLA made a step of `logo.shot` take half as long again.
    """
    return "auto" if keras.backend.backend() != "tensorflow" or _accelerated() else False


def _processor_has(features: tuple[str, ...], cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    try:
        flags = next(line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")).split()
    except (OSError, StopIteration):  # not Linux on x86: nothing is known, so the safe answer
        return False
    return any(feature in flags for feature in features)


def optimizer(
    name: str,
    rate: float,
    schedule: str,
    steps: int,
    decay: float = 0.0,
    clip: float | None = None,
    average: float = 0.0,
) -> Any:
    """A Keras optimizer. cosine: 5 % warm-up, then down to 0.

    decay: AdamW's. clip: largest size of one gradient value; None or 0: any. average: momentum of a running mean of the
    weights (Polyak and Juditsky 1992), which `fit` ends with; 0: none.
    """
    speed: Any = rate
    if schedule not in ("constant", "cosine"):
        raise ParamsError(f"schedule is {schedule!r}; allowed: constant, cosine")
    if schedule == "cosine":
        warm = max(1, steps // 20)
        speed = keras.optimizers.schedules.CosineDecay(
            rate / 10, max(1, steps - warm), warmup_target=rate, warmup_steps=warm
        )
    shared: dict[str, Any] = {"clipvalue": clip or None}
    if average:
        shared |= {"use_ema": True, "ema_momentum": average}
    if name == "adamw":
        return keras.optimizers.AdamW(speed, weight_decay=decay, **shared)
    if name == "adam":
        return keras.optimizers.Adam(speed, **shared)
    if name == "momentum":
        return keras.optimizers.SGD(speed, momentum=0.9, nesterov=True, **shared)
    raise ParamsError(f"optimizer is {name!r}; allowed: adamw, adam, momentum")


def twin(model: keras.Model, build: Callable[[], keras.Model]) -> keras.Model:
    """The same network in float32 with the same weights: what is saved and exported, however it was trained."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        copy = build()
    finally:
        keras.config.set_dtype_policy(before)
    copy.set_weights(model.get_weights())
    return copy


def settle(model: keras.Model, batches: Iterable[np.ndarray]) -> None:
    """Take the means and deviations of batch normalisation anew, from these inputs, all counting alike.

    Averaged weights never saw a batch, so the running statistics are those of other weights (Izmailov et al. 2018).
    """
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable]
    before = [norm.momentum for norm in norms]
    for number, batch in enumerate(batches):
        for norm in norms:
            norm.momentum = number / (number + 1)
        model(batch, training=True)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum


def part(model: keras.Model, work: Path, number: int, fit: Callable[[], None]) -> None:
    """One part of a training: `fit` trains the model, whose weights are then kept in `work`, or were and are loaded."""
    weights = work / f"part-{number}.weights.h5"
    if weights.exists():
        model.load_weights(weights)
        return
    fit()
    with files.whole(weights) as unfinished:
        model.save_weights(unfinished)


def kept(path: Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in this .npy file, made and written there when it is not: a resumed training goes on with the same."""
    if not path.exists():
        made = make()
        with files.whole(path) as unfinished:
            np.save(unfinished, made)
    return np.load(path)


def callbacks(work: Path, part: str, patience: int) -> list[keras.callbacks.Callback]:
    """Logs and backups of one part of a training, under `work`: CSV, TensorBoard, what a killed run resumes from."""
    log, backup = work / f"{part}.csv", work / "backup" / part
    if not backup.exists():  # nothing to go on from: a log that is there tells of epochs that will be run again
        log.unlink(missing_ok=True)
    chosen: list[keras.callbacks.Callback] = [
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.BackupAndRestore(str(backup)),
        Seconds(),
        keras.callbacks.CSVLogger(str(log), append=True),
    ]
    if keras.backend.backend() == "tensorflow":  # Keras' TensorBoard callback writes through TensorFlow
        chosen.append(keras.callbacks.TensorBoard(str(work / "tensorboard" / part), write_graph=False))
    if patience:
        chosen.append(keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True, verbose=1))
    return chosen


class Seconds(keras.callbacks.Callback):
    """Puts the seconds that an epoch took into its logs; the first of a process also has the building of its graph."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """The clock starts."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """The clock stops."""
        if logs is not None:
            logs["seconds"] = round(time.perf_counter() - self.start, 1)


def spent(work: Path) -> float:
    """Seconds that the epochs logged in `work` took: before a training goes on, what a killed run did of it."""
    total = 0.0
    for log in work.glob("part-*.csv"):
        with log.open(newline="", encoding="utf-8") as rows:
            total += sum(float(row.get("seconds") or 0) for row in csv.DictReader(rows))
    return total


def verbosity() -> int:
    """Keras' verbose: a progress bar on a terminal, a line an epoch in a log."""
    return 1 if sys.stdout.isatty() else 2


def digest(settings: Mapping[str, Any], *files: Path) -> str:
    """A name for a training: the same settings and the same bytes give the same one, so only that run is resumed."""
    total = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in files:
        with file.open("rb") as content:
            total.update(hashlib.file_digest(content, "sha256").digest())
    return total.hexdigest()[:16]


def join_logs(work: Path, into: Path) -> None:
    """The parts' CSV logs as one file, with a column `step` that counts epochs over all parts."""
    lines: list[str] = []
    for part in sorted(work.glob("part-*.csv"), key=lambda part: (len(part.stem), part.stem)):  # 10 comes after 9
        header, *rows = part.read_text().splitlines()
        lines = lines or [f"step,part,{header}"]
        lines += [f"{len(lines) + at},{part.stem.removeprefix('part-')},{row}" for at, row in enumerate(rows)]
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_text("\n".join([*lines, ""]))


def deliver(model: keras.Model, network: bytes, into: Path, report: Path, work: Path, seconds: float) -> str:
    """Write what a training made: the model and its exported network, the logs and facts of it. What to tell of it.

    into: gets model.keras and network.onnx; report: training.csv and training.json. seconds: of this process, and of
    the epochs that killed ones finished. What only a killed run needs of `work` is removed.
    """
    for folder in (into, report):
        folder.mkdir(parents=True, exist_ok=True)
    model.save(into / "model.keras")
    (into / "network.onnx").write_bytes(network)  # what is scored and shipped
    join_logs(work, report / "training.csv")
    facts = {"weights": model.count_params(), "seconds": round(seconds, 1)}
    (report / "training.json").write_text(json.dumps(facts, indent=2) + "\n")
    tidy(work)
    return f"{facts['weights']:,} weights trained in {facts['seconds']} s; TensorBoard: {work}"


def tidy(work: Path) -> None:
    """Remove what only a killed run needs; TensorBoard's logs stay."""
    for path in work.iterdir():
        if path.name == "tensorboard":
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
