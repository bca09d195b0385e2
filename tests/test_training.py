"""What both trainings share: number format, optimizer, logs, and going on after a kill."""

import csv
import ctypes
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.errors import ParamsError

PIXELS = np.linspace(-1, 1, 8, dtype=np.float32).reshape(8, 1)


@pytest.fixture(autouse=True)
def same_number_format() -> Iterator[None]:
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


def fit(work: Path, *more: keras.callbacks.Callback, epochs: int = 3, rate: float = 0.1, patience: int = 0) -> int:
    """Train one weight on eight numbers; how many epochs this call ran."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(training.optimizer("momentum", rate, "constant", 1), loss="mse")
    chosen = [*training.callbacks(work, "part-0", patience), *more]
    done = model.fit(
        PIXELS, 2 * PIXELS, epochs=epochs, callbacks=chosen, verbose=0, batch_size=8, validation_split=0.25
    )
    return len(done.epoch)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


class Killed(keras.callbacks.Callback):
    """Ends the program as Ctrl-C does, after two epochs."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt


# Number format


@pytest.mark.parametrize(
    ("devices", "fast", "wish", "policy"),
    [
        pytest.param(["cpu:0"], False, "auto", "float32", id="a slow processor"),
        pytest.param(["cpu:0"], True, "auto", "mixed_bfloat16", id="a fast processor"),
        pytest.param(["gpu:0"], False, "auto", "mixed_bfloat16", id="a GPU"),
        pytest.param(["cpu:0", "TPU:0"], False, "auto", "mixed_bfloat16", id="a TPU"),
        pytest.param(["cuda:0"], False, "auto", "mixed_bfloat16", id="a GPU by PyTorch's name"),
        pytest.param(["gpu:0"], True, "float32", "float32", id="wished, whatever there is"),
        pytest.param(["cpu:0"], False, "mixed_float16", "mixed_float16", id="another wish"),
    ],
)
def test_policy(monkeypatch: pytest.MonkeyPatch, devices: list[str], fast: bool, wish: str, policy: str) -> None:
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: devices)
    monkeypatch.setattr(training, "_processor_has", lambda features: fast)
    assert training.dtype_policy(wish) == policy


@pytest.mark.parametrize(
    ("content", "fast"),
    [
        pytest.param("", False, id="empty"),
        pytest.param("processor\t: 0\nFeatures\t: fp asimd bf16\n", False, id="another kind of processor"),
        pytest.param("processor\t: 0\nflags\t\t: fpu sse avx2 avx512f\n", False, id="without bfloat16"),
        pytest.param("processor\t: 0\nflags\t\t: fpu avx512_bf16x\n", False, id="a longer name"),
        pytest.param("processor\t: 0\nflags\t\t: fpu avx512_bf16 wbnoinvd\n", True, id="AVX-512"),
        pytest.param("flags\t\t: fpu amx_bf16\nvmx flags\t: vnmi\n", True, id="AMX"),
    ],
)
def test_what_the_processor_says_of_itself(tmp_path: Path, content: str, fast: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(content)
    assert training._processor_has(training.FAST_BFLOAT16, cpuinfo) is fast


def test_a_processor_that_says_nothing(tmp_path: Path) -> None:
    assert training._processor_has(training.FAST_BFLOAT16, tmp_path / "cpuinfo") is False


def test_prepare_sets_every_seed_and_the_number_format() -> None:
    def drawn(seed: int) -> list[float]:
        training.set_up(seed, "mixed_bfloat16")
        return [random.random(), float(np.random.rand()), float(keras.random.uniform(()))]  # noqa: NPY002, what is seeded

    assert drawn(1) == drawn(1)
    assert all(one != other for one, other in zip(drawn(1), drawn(2), strict=True))
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def no_library(name: object) -> object:
    raise OSError("no C library to be had")


@pytest.mark.parametrize(
    "library",
    [
        pytest.param(lambda name: object(), id="without mallopt"),
        pytest.param(no_library, id="none"),
        pytest.param(ctypes.CDLL, id="the one that is there"),
    ],
)
def test_keeping_memory_is_harmless(monkeypatch: pytest.MonkeyPatch, library: Callable[[object], object]) -> None:
    monkeypatch.setattr(ctypes, "CDLL", library)
    training.tune_malloc()
    training.tune_malloc()
    blocks = [np.full(size, 7, np.uint8) for size in (10, 10**5, 10**7)]
    assert all((block == 7).all() for block in blocks)


# Optimizer


@pytest.mark.parametrize(
    ("name", "kind", "facts"),
    [
        pytest.param("adam", keras.optimizers.Adam, {"weight_decay": None}, id="adam"),
        pytest.param("adamw", keras.optimizers.AdamW, {"weight_decay": 0.01}, id="adamw"),
        pytest.param("momentum", keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}, id="momentum"),
    ],
)
def test_optimizer(name: str, kind: type, facts: dict[str, object]) -> None:
    made = training.optimizer(name, 0.5, "constant", 100, decay=0.01, clip=0.25)
    assert type(made) is kind
    assert float(made.learning_rate) == 0.5
    assert made.clipvalue == 0.25
    assert {key: getattr(made, key) for key in facts} == facts


@pytest.mark.parametrize(("average", "clip"), [(0.0, 0.0), (0.75, 0.5)], ids=["neither", "both"])
def test_average_and_clip(average: float, clip: float) -> None:
    made = training.optimizer("adam", 0.5, "constant", 100, clip=clip, average=average)
    assert made.use_ema is bool(average)
    assert made.clipvalue == (clip or None)
    if average:
        assert made.ema_momentum == average


def test_an_unknown_optimizer_is_named() -> None:
    with pytest.raises(ParamsError, match="optimizer is 'lion'; allowed: adamw, adam, momentum"):
        training.optimizer("lion", 0.1, "constant", 100)


def rates(steps: int, at: list[int]) -> list[float]:
    made = training.optimizer("momentum", 0.4, "cosine", steps)
    made.build([keras.Variable(0.0)])
    found = []
    for step in at:
        made.iterations.assign(step)
        found.append(float(made.learning_rate))
    return found


@pytest.mark.parametrize(
    ("steps", "at", "expected"),
    [
        pytest.param(1, [0], [0.04], id="a single step"),
        pytest.param(1000, [0, 50, 525, 1000], [0.04, 0.4, 0.2, 0.0], id="warm-up, highest, halfway, end"),
        pytest.param(1000, [1500], [0.0], id="beyond the end"),
    ],
)
def test_the_cosine_schedule(steps: int, at: list[int], expected: list[float]) -> None:
    assert rates(steps, at) == pytest.approx(expected, abs=1e-6)


def test_the_cosine_schedule_rises_then_falls() -> None:
    found = rates(100, list(range(101)))
    assert (np.diff(found[:6]) > 0).all()
    assert (np.diff(found[5:]) < 0).all()


# Logs, and going on after a kill


def test_a_training_is_logged(tmp_path: Path) -> None:
    assert fit(tmp_path) == 3
    rows = table(tmp_path / "part-0.csv")
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert {"loss", "val_loss"} < set(rows[0])
    losses = [float(row["loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    if keras.backend.backend() == "tensorflow":
        assert list((tmp_path / "tensorboard" / "part-0").rglob("events*"))
    training.merge_logs(tmp_path, tmp_path / "training.csv")
    joined = table(tmp_path / "training.csv")
    assert joined == [{"step": str(at), "part": "0", **row} for at, row in enumerate(rows, 1)]


def test_a_killed_training_goes_on_where_it_was(tmp_path: Path) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    for folder in (whole, halves):
        folder.mkdir()
    fit(whole, epochs=5)
    with pytest.raises(KeyboardInterrupt):
        fit(halves, Killed(), epochs=5)
    assert len(table(halves / "part-0.csv")) == 2
    assert training.elapsed(halves) == sum(float(row["seconds"]) for row in table(halves / "part-0.csv"))
    assert fit(halves, epochs=5) == 3
    expected, found = table(whole / "part-0.csv"), table(halves / "part-0.csv")
    assert [row["epoch"] for row in found] == [row["epoch"] for row in expected]
    for row, same in zip(found, expected, strict=True):
        assert float(row["loss"]) == pytest.approx(float(same["loss"]), rel=1e-4)


def test_an_epochs_seconds_are_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 12.46])
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(times))
    clock, logs = training.EpochTimer(), {"loss": 1.0}
    clock.on_epoch_begin(0)
    clock.on_epoch_end(0, logs)
    assert logs == {"loss": 1.0, "seconds": 2.5}


@pytest.mark.parametrize(
    ("logs", "seconds"),
    [
        pytest.param({}, 0.0, id="nothing was trained"),
        pytest.param({"part-0.csv": "epoch,loss,seconds\n0,0.5,2.5\n1,0.4,1.5\n", "other.csv": "seconds\n9\n"}, 4.0),
        pytest.param({"part-0.csv": "epoch,seconds\n0,2.5\n", "part-1.csv": "epoch,seconds\n0,1\n"}, 3.5, id="parts"),
        pytest.param({"part-0.csv": "epoch,loss\n0,0.5\n"}, 0.0, id="an older log"),
    ],
)
def test_spent(tmp_path: Path, logs: dict[str, str], seconds: float) -> None:
    for name, content in logs.items():
        (tmp_path / name).write_text(content)
    assert training.elapsed(tmp_path) == seconds


@pytest.mark.parametrize(
    ("patience", "epochs"), [pytest.param(0, 4, id="no patience asked for"), pytest.param(2, 3, id="stops early")]
)
def test_patience(tmp_path: Path, patience: int, epochs: int) -> None:
    assert fit(tmp_path, epochs=4, rate=0.0, patience=patience) == epochs


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    assert fit(tmp_path, epochs=60, rate=1e30) < 60


@pytest.mark.parametrize(("terminal", "verbose"), [(False, 2), (True, 1)], ids=["a log", "a terminal"])
def test_verbosity(monkeypatch: pytest.MonkeyPatch, terminal: bool, verbose: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert training.verbosity() == verbose


@pytest.mark.parametrize(
    ("settings", "contents", "same"),
    [
        pytest.param({"rate": 0.1, "seed": 1}, [b"ab", b"c"], True, id="the same"),
        pytest.param({"seed": 1, "rate": 0.1}, [b"ab", b"c"], True, id="settings in another order"),
        pytest.param({"rate": 0.2, "seed": 1}, [b"ab", b"c"], False, id="another setting"),
        pytest.param({"rate": 0.1}, [b"ab", b"c"], False, id="a setting less"),
        pytest.param({"rate": 0.1, "seed": 1}, [b"ab", b"d"], False, id="other bytes"),
        pytest.param({"rate": 0.1, "seed": 1}, [b"ab"], False, id="a file less"),
        pytest.param({"rate": 0.1, "seed": 1}, [b"a", b"bc"], False, id="the same bytes divided otherwise"),
        pytest.param({"rate": 0.1, "seed": 1}, [b"c", b"ab"], False, id="files in another order"),
    ],
)
def test_digest(tmp_path: Path, settings: dict[str, object], contents: list[bytes], same: bool) -> None:
    def named(folder: Path, contents: list[bytes]) -> list[Path]:
        folder.mkdir()
        files = [folder / str(at) for at in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        return files

    expected = training.run_id({"rate": 0.1, "seed": 1}, *named(tmp_path / "first", [b"ab", b"c"]))
    found = training.run_id(settings, *named(tmp_path / "second", contents))
    assert (found == expected) is same
    assert len(found) == 16
    assert found.isalnum()


HEADER = "epoch,loss"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({}, [], id="no parts"),
        pytest.param(
            {"part-0": ["0,0.5", "1,0.25"]}, ["step,part,epoch,loss", "1,0,0,0.5", "2,0,1,0.25"], id="one part"
        ),
        pytest.param(
            {"part-1": ["0,0.2"], "part-0": ["0,0.5", "1,0.25"]},
            ["step,part,epoch,loss", "1,0,0,0.5", "2,0,1,0.25", "3,1,0,0.2"],
            id="a round after it",
        ),
        pytest.param(
            {f"part-{number}": [f"0,{number}"] for number in range(11)},
            ["step,part,epoch,loss", *(f"{number + 1},{number},0,{number}" for number in range(11))],
            id="more than ten parts",
        ),
    ],
)
def test_join_logs(tmp_path: Path, parts: dict[str, list[str]], expected: list[str]) -> None:
    for name, rows in parts.items():
        (tmp_path / f"{name}.csv").write_text("\n".join([HEADER, *rows, ""]))
    joined = tmp_path / "reports" / "training.csv"
    training.merge_logs(tmp_path, joined)
    assert joined.read_text().splitlines() == expected


def test_tidy_keeps_the_logs_of_tensorboard_only(tmp_path: Path) -> None:
    kept = tmp_path / "tensorboard" / "part-0" / "events"
    for file in (kept, tmp_path / "backup" / "part-0" / "latest", tmp_path / "part-0.csv", tmp_path / "mined-1.npy"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    training.clean_up(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]
    assert list(tmp_path.iterdir()) == [tmp_path / "tensorboard"]


# Parts


def one_weight() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])


def test_a_part_is_trained_once(tmp_path: Path) -> None:
    model, again = one_weight(), one_weight()
    training.fit_or_load(model, tmp_path, 3, lambda: model.set_weights([np.array([[7.0]])]))
    training.fit_or_load(again, tmp_path, 3, lambda: pytest.fail("it was trained already"))
    assert again.get_weights()[0].item() == 7.0
    assert [path.name for path in tmp_path.iterdir()] == ["part-3.weights.h5"]


def test_a_part_that_fails_is_not_kept(tmp_path: Path) -> None:
    def fit() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.fit_or_load(one_weight(), tmp_path, 0, fit)
    assert not list(tmp_path.iterdir())


def test_an_array_is_made_once(tmp_path: Path) -> None:
    for make in (lambda: np.arange(3), lambda: pytest.fail("it was made already")):
        assert training.cached_array(tmp_path / "some.npy", make).tolist() == [0, 1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["some.npy"]


def test_deliver(tmp_path: Path) -> None:
    work, into, report = tmp_path / "work", tmp_path / "a" / "trained", tmp_path / "b" / "report"
    work.mkdir()
    (work / "part-0.csv").write_text("epoch,loss\n0,1.5\n")
    told = training.save_training(one_weight(), b"network", into, report, work, 2.34)
    assert told == f"1 weights trained in 2.3 s; TensorBoard: {work}"
    assert keras.saving.load_model(into / "model.keras").count_params() == 1
    assert (into / "network.onnx").read_bytes() == b"network"
    assert json.loads((report / "training.json").read_text()) == {"weights": 1, "seconds": 2.3}
    assert table(report / "training.csv") == [{"step": "1", "part": "0", "epoch": "0", "loss": "1.5"}]
    assert not list(work.iterdir())


# Averaged weights


def test_settled_statistics_are_those_of_the_inputs_all_alike() -> None:
    norm = keras.layers.BatchNormalization(momentum=0.9)
    model = keras.Sequential([keras.Input((2,)), norm])
    norm.moving_mean.assign([50.0, 50.0])
    batches = [np.random.default_rng(at).normal((at, 3), (1, 2), (40, 2)).astype(np.float32) for at in range(5)]
    training.update_bn(model, batches)
    np.testing.assert_allclose(norm.moving_mean, np.mean([each.mean(axis=0) for each in batches], axis=0), rtol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, np.mean([each.var(axis=0) for each in batches], axis=0), rtol=1e-3)
    assert norm.momentum == 0.9
    assert len(model.trainable_weights) == 2
