"""The training: it learns, it mines hard negatives, it delivers float32, and after a kill it resumes where it was."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.config.logo import WindowTraining
from brandlens.errors import UserError
from brandlens.logo import export
from brandlens.logo.crops.crop_set import CropSet
from brandlens.logo.detectors.sliding_window.dense_patches import PatchSet
from brandlens.logo.detectors.sliding_window.network import BuildNetwork, fcn, output_grid, snowdon
from brandlens.logo.detectors.sliding_window.train import TrainingSets, add_negatives, train_network

WIDTH, HEIGHT = 24, 22
BRAND, BACKGROUND = (230, 40, 160), (60, 120, 90)
SMALL = 0.125  # width multiplier


def colored(count: int, color: tuple[int, int, int], seed: int) -> np.ndarray:
    """Noise around a color."""
    noise = np.random.default_rng(seed).normal(0, 25, (count, HEIGHT, WIDTH, 3))
    return np.clip(noise + color, 0, 255).astype(np.uint8)


def crop_set(count: int, seed: int = 1) -> CropSet:
    """As many crops of the brand as of the background; the brand's box is the middle of each."""
    box_deltas = np.repeat(np.float32([[0, 0, -0.2, -0.2], [0, 0, 0, 0]]), count, axis=0)
    crops = np.concatenate([colored(count, BRAND, seed), colored(count, BACKGROUND, seed + 100)])
    return CropSet(crops, np.repeat(np.array([1, 0]), count), box_deltas)


def patch_set(count: int) -> PatchSet:
    """Nothing but background: two rows of three windows each."""
    size = (WIDTH + 8, HEIGHT + 4)
    grid = output_grid(fcn, (WIDTH, HEIGHT), size)
    patches = np.random.default_rng(3).integers(40, 140, (count, size[1], size[0], 3)).astype(np.uint8)
    return PatchSet(patches, np.zeros((count, *grid), np.int64), np.zeros((count, *grid, 4), np.float32))


CFG = WindowTraining(
    epochs=2, batch_size=16, optimizer="adam", learning_rate=0.01, lr_schedule="constant", l1=0.0, l2=0.0,
    weight_decay=0.0, dropout=0.0, label_smoothing=0.0, focal_gamma=0.0, class_weight="none", patience=0,
    mining_rounds=0,
)  # fmt: skip
SETS = TrainingSets(crop_set(24), None, crop_set(8, seed=50), None, num_classes=2)
WITH_PATCHES = replace(SETS, patches=patch_set(6), val_patches=patch_set(2))
NO_VAL = replace(SETS, val_crops=crop_set(0))
FEW = replace(NO_VAL, crops=crop_set(16))  # two batches, so that an epoch has a middle


@pytest.fixture(autouse=True)
def clean_session() -> Iterator[None]:
    yield
    assert keras.config.dtype_policy().name == "float32"
    keras.utils.clear_session()


def log(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def epochs(path: Path) -> list[int]:
    return [int(row["epoch"]) for row in log(path)]


def brand_scores(model: keras.Model, crops: np.ndarray) -> np.ndarray:
    return model.predict(crops, verbose=0)["label"][:, 0, 0, 1]


def never(model: keras.Model) -> np.ndarray:
    raise AssertionError("this was mined already")


# Learning


def test_fcn_learns_to_tell_a_brand_from_background(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = train_network(
        fcn, WITH_PATCHES, replace(CFG, epochs=5), tmp_path / "new" / "run", width_multiplier=SMALL,
        dtype_policy="mixed_bfloat16",
    )  # fmt: skip
    rows = log(tmp_path / "new" / "run" / "phase-0.csv")
    losses = [float(row["loss"]) for row in rows]
    assert losses[-1] < losses[0] / 2
    assert all(np.isfinite(float(row["val_loss"])) for row in rows)
    unseen = crop_set(10, seed=70)
    scores = brand_scores(model, unseen.crops)
    assert scores[unseen.class_ids == 1].min() > scores[unseen.class_ids == 0].max()


@pytest.mark.usefixtures("eagerly")
def test_snowdon_learns_too(tmp_path: Path) -> None:
    """Without box deltas, patches and validation pictures, by the talk's optimizer."""
    keras.utils.set_random_seed(1)
    cfg = replace(CFG, epochs=3, optimizer="dl4j_adam", patience=1)
    model = train_network(snowdon, NO_VAL, cfg, tmp_path, width_multiplier=SMALL)
    rows = log(tmp_path / "phase-0.csv")
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert rows[0].get("val_loss", "NA") == "NA"
    unseen = crop_set(10, seed=70)
    scores = brand_scores(model, unseen.crops)
    assert scores[unseen.class_ids == 1].min() > scores[unseen.class_ids == 0].max()


@pytest.mark.usefixtures("eagerly")
def test_a_loss_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    cfg = replace(CFG, optimizer="sgd", learning_rate=1e38)
    with pytest.raises(UserError, match=r"^logo\.train: the loss became (nan|inf); lower the model's learning_rate$"):
        train_network(snowdon, NO_VAL, cfg, tmp_path, width_multiplier=SMALL)
    assert not list(tmp_path.glob("*.weights.h5"))


@pytest.mark.parametrize(
    ("optimizer", "expected", "in_loss"),
    [
        pytest.param("adamw", 0.02, (0.1, 0.3), id="adamw"),
        pytest.param("adam", 0.0, (0.1, 0.3), id="adam"),
        pytest.param("dl4j_adam", 0.0, (0.0, 0.0), id="dl4j_adam, which applies them itself"),
    ],
)
def test_l2_and_weight_decay_are_two_knobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str, expected: float, in_loss: tuple[float, float]
) -> None:
    made, losses = [], []

    def make(name: str, *arguments: object, weight_decay: float, updater: training.DL4JUpdater) -> None:
        made.append((name, weight_decay, updater.batch_size, updater.l1, updater.l2))
        raise KeyboardInterrupt

    def build(*arguments: object, **options: float) -> keras.Model:
        losses.append((options["l1"], options["l2"]))
        return fcn(*arguments, **options)

    monkeypatch.setattr(training, "optimizer", make)
    cfg = replace(CFG, optimizer=optimizer, l1=0.1, l2=0.3, weight_decay=expected)
    with pytest.raises(KeyboardInterrupt):
        train_network(build, SETS, cfg, tmp_path, width_multiplier=SMALL)
    assert made == [(optimizer, expected, 16, 0.1, 0.3)]
    assert set(losses) == {in_loss}


# The number format


def assert_float32(model: keras.Model) -> None:
    """Every layer, with weights or without, computes and keeps its variables in float32."""
    formats = {(layer.compute_dtype, layer.variable_dtype) for layer in model.layers}
    assert formats == {("float32", "float32")}
    assert {weight.dtype for weight in model.weights} == {"float32"}


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("policy", training.precision.POLICIES)
@pytest.mark.parametrize("build", [pytest.param(fcn, id="fcn"), pytest.param(snowdon, id="snowdon")])
def test_whatever_it_trains_in_it_delivers_float32(tmp_path: Path, build: BuildNetwork, policy: str) -> None:
    """To the miners in its midst, in the end, and in the network exported from the usual policy."""
    mined_with = []

    def mine(model: keras.Model) -> np.ndarray:
        assert_float32(model)
        mined_with.append(brand_scores(model, SETS.crops.crops))
        return colored(3, BACKGROUND, 9)

    cfg = replace(CFG, epochs=1, optimizer="adamw", weight_decay=0.01, batch_size=48)
    model = train_network(build, NO_VAL, cfg, tmp_path, [(1, mine)], width_multiplier=SMALL, dtype_policy=policy)
    assert_float32(model)
    assert len(mined_with) == 1
    assert np.isfinite(mined_with[0]).all()
    if policy == "mixed_bfloat16":  # where every layer is float32, the policy makes no difference to the export
        assert export.largest_difference(model, export.to_onnx(model), SETS.crops.crops) < 1e-4


def test_it_trains_in_the_policy_that_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = []
    fit = "brandlens.logo.detectors.sliding_window.train._fit"
    monkeypatch.setattr(fit, lambda model, *arguments: policies.append(model.layers[-1].dtype_policy.name))
    monkeypatch.setattr(keras.Model, "save_weights", lambda self, path: path.touch())

    def build(*arguments: object, **options: float) -> keras.Model:
        inputs = keras.Input((1,))
        return keras.Model(inputs, {"label": keras.layers.Dense(1)(inputs)})

    for policy in training.precision.POLICIES:
        train_network(build, SETS, CFG, tmp_path / policy, dtype_policy=policy)
    assert policies == list(training.precision.POLICIES)


# After a kill


class Killed(keras.callbacks.Callback):
    """Ends the program as Ctrl-C does, in the middle of the second epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if (self.epoch, batch) == (1, 1):
            raise KeyboardInterrupt


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """While this is [True], trainings are killed in the middle of their second epoch."""
    switch, callbacks = [True], training.callbacks

    def make(*arguments: object) -> list[keras.callbacks.Callback]:
        return callbacks(*arguments) + ([Killed()] if switch[0] else [])

    monkeypatch.setattr(training, "callbacks", make)
    return switch


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The learning rate of every phase that was trained, in their order."""
    rates, optimizer = [], training.optimizer

    def make(name: str, learning_rate: float, *arguments: object, **options: object) -> object:
        rates.append(learning_rate)
        return optimizer(name, learning_rate, *arguments, **options)

    monkeypatch.setattr(training, "optimizer", make)
    return rates


def interrupt(model: keras.Model) -> np.ndarray:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("eagerly")
def test_a_killed_training_resumes_where_it_was(tmp_path: Path, kills: list[bool], rates: list[float]) -> None:
    keras.utils.set_random_seed(1)
    cfg = replace(CFG, epochs=3, learning_rate=0.001)
    first, second, mined = tmp_path / "phase-0.csv", tmp_path / "phase-1.csv", tmp_path / "mined-1.npy"

    def run(mine: Callable[[keras.Model], np.ndarray]) -> keras.Model:
        rates.clear()
        return train_network(snowdon, FEW, cfg, tmp_path, [(2, mine)], width_multiplier=SMALL)

    # in the middle of an epoch: only that one is repeated
    with pytest.raises(KeyboardInterrupt):
        run(never)
    assert epochs(first) == [0]
    kills[0] = False

    # while it mines: nothing of the first phase is repeated, but the mining is
    with pytest.raises(KeyboardInterrupt):
        run(interrupt)
    assert epochs(first) == [0, 1, 2]
    losses = [float(row["loss"]) for row in log(first)]
    assert losses[1] < losses[0]
    assert not mined.exists()
    assert rates == [cfg.learning_rate]

    # in the middle of the round: what was mined stays
    kills[0] = True
    with pytest.raises(KeyboardInterrupt):
        run(lambda model: colored(5, (230, 200, 20), 9))
    assert epochs(first) == [0, 1, 2]
    assert epochs(second) == [0]
    assert np.load(mined).shape == (5, HEIGHT, WIDTH, 3)
    assert rates == [cfg.learning_rate / 4]
    kills[0] = False
    model = run(never)
    assert (epochs(first), epochs(second)) == ([0, 1, 2], [0, 1])
    assert rates == [cfg.learning_rate / 4]

    # done: nothing is trained again, and the network is the same
    again = run(never)
    assert (epochs(first), epochs(second), rates) == ([0, 1, 2], [0, 1], [])
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("eagerly")
def test_a_resumed_training_ends_with_the_weights_of_one_that_was_not_killed(tmp_path: Path, kills: list[bool]) -> None:
    cfg = replace(CFG, epochs=2, learning_rate=0.001, dropout=0.5)

    def run(folder: str) -> keras.Model:
        keras.utils.set_random_seed(1)
        return train_network(snowdon, FEW, cfg, tmp_path / folder, width_multiplier=SMALL)

    with pytest.raises(KeyboardInterrupt):
        run("killed")
    kills[0] = False
    for one, other in zip(run("killed").get_weights(), run("whole").get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


# Hard negatives


@pytest.mark.parametrize("count", [0, 1, 7])
def test_hard_negatives_are_background(count: int) -> None:
    crops, negatives = crop_set(3), colored(count, (9, 9, 9), 4)
    more = add_negatives(crops, negatives)
    assert len(more.crops) == len(more.class_ids) == len(more.box_deltas) == 6 + count
    for field in ("crops", "class_ids", "box_deltas"):
        np.testing.assert_array_equal(getattr(more, field)[:6], getattr(crops, field))
        assert getattr(more, field).dtype == getattr(crops, field).dtype
    np.testing.assert_array_equal(more.crops[6:], negatives)
    assert more.class_ids[6:].tolist() == [0] * count
    assert not more.box_deltas[6:].any()


def test_every_round_adds_what_it_mined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The training itself is left out: only what it would have been given counts."""
    phases: list[tuple[int, int, list[int]]] = []

    def fit(model: keras.Model, sets: TrainingSets, cfg: object, phase: SimpleNamespace, run_dir: Path) -> None:
        phases.append((phase.number, phase.epochs, np.bincount(sets.crops.class_ids).tolist()))

    monkeypatch.setattr("brandlens.logo.detectors.sliding_window.train._fit", fit)
    rounds = [(3, lambda model: colored(5, BACKGROUND, 1)), (1, lambda model: colored(2, BACKGROUND, 2))]
    train_network(fcn, SETS, CFG, tmp_path, rounds, width_multiplier=SMALL)
    assert phases == [(0, 2, [24, 24]), (1, 3, [29, 24]), (2, 1, [31, 24])]
    assert sorted(path.name for path in tmp_path.glob("*.npy")) == ["mined-1.npy", "mined-2.npy"]
