"""The training: it learns, it mines false alarms, and after a kill it goes on where it was."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.errors import UserError
from brandlens.logo.detectors.sliding_window.crop_set import CropSet
from brandlens.logo.detectors.sliding_window.dense_patches import DensePatches
from brandlens.logo.detectors.sliding_window.network import output_grid
from brandlens.logo.detectors.sliding_window.train import Data, Recipe, add_negatives, train

WIDTH, HEIGHT = 24, 22
BRAND, OTHER = (230, 40, 160), (60, 120, 90)


def colours(count: int, colour: tuple[int, int, int], seed: int) -> np.ndarray:
    """Noise around a colour."""
    noise = np.random.default_rng(seed).normal(0, 25, (count, HEIGHT, WIDTH, 3))
    return np.clip(noise + colour, 0, 255).astype(np.uint8)


def crops(count: int, seed: int = 1) -> CropSet:
    """As many of the brand as of others; the brand's box is the middle of each."""
    places = np.repeat(np.float32([[0, 0, -0.2, -0.2], [0, 0, 0, 0]]), count, axis=0)
    shown = np.concatenate([colours(count, BRAND, seed), colours(count, OTHER, seed + 100)])
    return CropSet(shown, np.repeat(np.array([1, 0]), count), places)


def slabs(count: int) -> DensePatches:
    """Nothing but others: two rows of three windows each."""
    size = (WIDTH + 8, HEIGHT + 4)
    rows, columns = output_grid(WIDTH, HEIGHT, size)
    pictures = np.random.default_rng(3).integers(40, 140, (count, size[1], size[0], 3)).astype(np.uint8)
    return DensePatches(
        pictures, np.zeros((count, rows, columns), np.int64), np.zeros((count, rows, columns, 4), np.float32)
    )


RECIPE = Recipe(
    network="slide", width=0.125, epochs=2, batch=16, optimizer="adam", rate=0.01, schedule="constant", l1=0.0, l2=0.0,
    dropout=0.0, smoothing=0.0, weights="equal", focus=0.0, patience=0,
)  # fmt: skip
DATA = Data(crops(24), None, crops(8, seed=50), None, classes=2)


@pytest.fixture(autouse=True)
def same_number_format() -> Iterator[None]:
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)
    keras.utils.clear_session()


def log(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def epochs(path: Path) -> list[int]:
    return [int(row["epoch"]) for row in log(path)]


def brand(model: keras.Model, shown: np.ndarray) -> np.ndarray:
    return model.predict(shown, verbose=0)["label"][:, 0, 0, 1]


def nothing_mined(model: keras.Model) -> np.ndarray:
    raise AssertionError("this was mined already")


# Learning


def test_it_learns_to_tell_a_brand_from_others(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    keras.config.set_dtype_policy("mixed_bfloat16")
    data = replace(DATA, slabs=slabs(6), held_slabs=slabs(2))
    model = train(data, replace(RECIPE, epochs=5), tmp_path / "new" / "work")
    rows = log(tmp_path / "new" / "work" / "part-0.csv")
    losses = [float(row["loss"]) for row in rows]
    assert losses[-1] < losses[0] / 2
    assert all(np.isfinite(float(row["val_loss"])) for row in rows)
    unseen = crops(10, seed=70)
    scores = brand(model, unseen.crops)
    assert scores[unseen.classes == 1].min() > scores[unseen.classes == 0].max()
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert {layer.compute_dtype for layer in model.layers if layer.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_the_talks_network_learns_too(tmp_path: Path) -> None:
    """Without places, slabs and validation pictures."""
    keras.utils.set_random_seed(1)
    recipe = replace(RECIPE, network="talk", epochs=3, rate=0.001, patience=1)
    model = train(replace(DATA, held=crops(0)), recipe, tmp_path)
    rows = log(tmp_path / "part-0.csv")
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert rows[0].get("val_loss", "NA") == "NA"
    unseen = crops(10, seed=70)
    scores = brand(model, unseen.crops)
    assert scores[unseen.classes == 1].min() > scores[unseen.classes == 0].max()


def test_a_loss_that_is_no_number_is_told_in_one_line(tmp_path: Path) -> None:
    recipe = replace(RECIPE, network="talk", optimizer="momentum", rate=1e38)
    with pytest.raises(UserError, match=r"^logo\.train: the loss became (nan|inf); lower the network's rate$"):
        train(replace(DATA, held=crops(0)), recipe, tmp_path)
    assert not list(tmp_path.glob("*.weights.h5"))


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

    def chosen(*place: object) -> list[keras.callbacks.Callback]:
        return callbacks(*place) + ([Killed()] if switch[0] else [])

    monkeypatch.setattr(training, "callbacks", chosen)
    return switch


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The learning rate of every part that was trained, in their order."""
    found, optimizer = [], training.optimizer

    def made(name: str, rate: float, *more: object, **knobs: object) -> object:
        found.append(rate)
        return optimizer(name, rate, *more, **knobs)

    monkeypatch.setattr(training, "optimizer", made)
    return found


def stop(model: keras.Model) -> np.ndarray:
    raise KeyboardInterrupt


def test_a_killed_training_goes_on_where_it_was(tmp_path: Path, kills: list[bool], rates: list[float]) -> None:
    keras.utils.set_random_seed(1)
    data, recipe = replace(DATA, held=crops(0)), replace(RECIPE, network="talk", epochs=3, rate=0.001)
    first, second, mined = tmp_path / "part-0.csv", tmp_path / "part-1.csv", tmp_path / "mined-1.npy"

    def run(mine: Callable[[keras.Model], np.ndarray]) -> keras.Model:
        rates.clear()
        return train(data, recipe, tmp_path, [(2, mine)])

    # in the middle of an epoch: only that one is repeated
    with pytest.raises(KeyboardInterrupt):
        run(nothing_mined)
    assert epochs(first) == [0]
    kills[0] = False

    # while it mines: nothing of the first part is repeated, but the mining is
    with pytest.raises(KeyboardInterrupt):
        run(stop)
    assert epochs(first) == [0, 1, 2]
    losses = [float(row["loss"]) for row in log(first)]
    assert losses[1] < losses[0]
    assert not mined.exists()
    assert rates == [recipe.rate]

    # in the middle of the round: what was mined stays
    kills[0] = True
    with pytest.raises(KeyboardInterrupt):
        run(lambda model: colours(5, (230, 200, 20), 9))
    assert epochs(first) == [0, 1, 2]
    assert epochs(second) == [0]
    assert np.load(mined).shape == (5, HEIGHT, WIDTH, 3)
    assert rates == [recipe.rate / 4]
    kills[0] = False
    model = run(nothing_mined)
    assert (epochs(first), epochs(second)) == ([0, 1, 2], [0, 1])
    assert rates == [recipe.rate / 4]

    # done: nothing is trained again, and the network is the same
    again = run(nothing_mined)
    assert (epochs(first), epochs(second), rates) == ([0, 1, 2], [0, 1], [])
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# False alarms


@pytest.mark.parametrize("count", [0, 1, 7])
def test_false_alarms_are_others(count: int) -> None:
    data, found = crops(3), colours(count, (9, 9, 9), 4)
    more = add_negatives(data, found)
    assert len(more.crops) == len(more.classes) == len(more.places) == 6 + count
    for field in ("crops", "classes", "places"):
        np.testing.assert_array_equal(getattr(more, field)[:6], getattr(data, field))
        assert getattr(more, field).dtype == getattr(data, field).dtype
    np.testing.assert_array_equal(more.crops[6:], found)
    assert more.classes[6:].tolist() == [0] * count
    assert not more.places[6:].any()


def test_every_round_adds_what_it_mined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trained parts stand ready, so only what they would be trained on is looked at."""
    trained: list[tuple[int, int, list[int]]] = []

    def fit(model: keras.Model, data: Data, recipe: Recipe, part: object, work: Path) -> None:
        trained.append((part.number, part.epochs, np.bincount(data.crops.classes).tolist()))

    monkeypatch.setattr("brandlens.logo.detectors.sliding_window.train._fit", fit)
    train(DATA, RECIPE, tmp_path, [(3, lambda model: colours(5, OTHER, 1)), (1, lambda model: colours(2, OTHER, 2))])
    assert trained == [(0, 2, [24, 24]), (1, 3, [29, 24]), (2, 1, [31, 24])]
    assert sorted(path.name for path in tmp_path.glob("*.npy")) == ["mined-1.npy", "mined-2.npy"]
