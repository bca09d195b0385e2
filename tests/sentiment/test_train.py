"""The training: it learns, it keeps the best, and after a kill it goes on where it was."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.errors import UserError
from brandlens.sentiment.text.vocabulary import pad_sequences
from brandlens.sentiment.train import BestWeights, Data, Recipe, builder, calibrated_ensemble, probabilities, train

WORDS = 20
BAD, GOOD = 2, 3  # the words that tell; all others are noise


def reviews(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Noise with one telling word in it, and whether that is GOOD."""
    random = np.random.default_rng(seed)
    rows = [random.integers(4, WORDS, random.integers(1, 7)).astype(np.int32) for _ in range(count)]
    labels = np.arange(count) % 2
    for row, label in zip(rows, labels, strict=True):
        row[random.integers(len(row))] = (BAD, GOOD)[label]
    return rows, labels


RECIPE = Recipe(
    network="pooled", leaning=0.0, units=6, longest=8, segment=4, grams=0, epochs=3, taught=0, batch=16,
    optimizer="adam", rate=0.02, schedule="constant", clip=1.0, l2=0.0, dropout=0.0, forget=0.0, perturb=0.0,
    smoothing=0.0, average=0.0, patience=0,
)  # fmt: skip
VECTORS = np.random.default_rng(1).normal(size=(WORDS, 4)).astype(np.float32)
DATA = Data(*reviews(96, 1), *reviews(24, 2), VECTORS)
UNSEEN, TRUTH = reviews(60, 3)


@pytest.fixture(autouse=True)
def same_number_format() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(1)
    yield
    keras.config.set_dtype_policy(before)
    keras.utils.clear_session()


def log(work: Path, part: int = 0) -> list[dict[str, str]]:
    with (work / f"part-{part}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def epochs(work: Path, part: int = 0) -> list[int]:
    return [int(row["epoch"]) for row in log(work, part)]


def accuracy(model: keras.Model) -> float:
    return float((model.predict(pad_sequences(UNSEEN), verbose=0)["label"].argmax(axis=1) == TRUTH).mean())


# Learning


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="pooled"),
        pytest.param({"perturb": 0.5}, id="perturbed"),
        pytest.param({"average": 0.8, "patience": 3, "optimizer": "adamw", "l2": 0.01, "forget": 0.05}, id="averaged"),
        pytest.param({"network": "talk", "segment": 0, "units": 12, "epochs": 6, "l2": 1e-5}, id="talk"),
    ],
)
def test_it_learns(tmp_path: Path, change: dict[str, object]) -> None:
    recipe = replace(RECIPE, **{"epochs": 4, **change})
    model = train(DATA, recipe, tmp_path / "new" / "work")
    rows = log(tmp_path / "new" / "work")
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"]) / 1.5
    assert all(np.isfinite(float(row["val_loss"])) for row in rows)
    assert accuracy(model) > 0.85


def test_the_result_is_in_float32_whatever_it_was_trained_in(tmp_path: Path) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = train(DATA, replace(RECIPE, network="talk", segment=0, epochs=1), tmp_path)
    assert {layer.compute_dtype for layer in model.layers if layer.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_without_validation_reviews(tmp_path: Path) -> None:
    nothing = replace(DATA, held_rows=[], held_labels=np.zeros(0, np.int64))
    train(nothing, replace(RECIPE, epochs=1, patience=1, average=0.5), tmp_path)
    assert log(tmp_path)[0].get("val_loss", "NA") == "NA"


def test_without_reviews(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^sentiment\.train: there is no labelled review to learn from$"):
        train(replace(DATA, rows=[], labels=np.zeros(0, np.int64)), RECIPE, tmp_path)


def test_a_loss_that_is_no_number_is_told_in_one_line(tmp_path: Path) -> None:
    recipe = replace(RECIPE, optimizer="momentum", rate=1e38, clip=0.0, epochs=2)
    with pytest.raises(UserError, match=r"^sentiment\.train: the loss became (nan|inf); lower the network's rate$"):
        train(DATA, recipe, tmp_path)
    assert not list(tmp_path.glob("*.weights.h5"))


# Averages, and the best


def test_the_average_is_the_running_mean_of_the_weights(tmp_path: Path) -> None:
    """Of two steps with momentum 0.5 it is the mean of what they led to."""
    steps: list[list[np.ndarray]] = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            steps.append(self.model.get_weights())

    two = replace(DATA, rows=DATA.rows[:32], labels=DATA.labels[:32])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "callbacks", lambda *_, **__: [Watch()])
        model = train(two, replace(RECIPE, epochs=1, average=0.5, optimizer="momentum"), tmp_path)
    assert len(steps) == 2
    for found, first, second in zip(model.get_weights(), *steps, strict=True):
        np.testing.assert_allclose(found, (first + second) / 2, atol=1e-5)


def fit(model: keras.Model, best: BestWeights, losses: list[float], first: int = 0) -> int:
    """Pretend to train: weights become the epoch's number, validation gives these losses. How many epochs it ran."""
    best.set_model(model)
    model.stop_training = False
    for epoch, loss in enumerate(losses, first):
        best.on_epoch_begin(epoch)
        model.set_weights([np.full_like(weight, epoch) for weight in model.get_weights()])
        best.on_test_end({"loss": loss})
        best.on_epoch_end(epoch)
        if model.stop_training:
            break
    return epoch + 1 - first


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])


@pytest.mark.parametrize(
    ("losses", "ran", "kept"),
    [
        pytest.param([0.5], 1, 0, id="one epoch"),
        pytest.param([0.5, 0.4, 0.3], 3, 2, id="better and better"),
        pytest.param([0.5, 0.4, 0.6, 0.7, 0.1], 4, 1, id="stops before the best of all"),
        pytest.param([0.5, 0.6, 0.4, 0.6, 0.4, 0.3], 5, 2, id="as good is no better"),
        pytest.param([float("nan"), 0.5, 0.6], 3, 1, id="not a number at first"),
    ],
)
def test_the_best_is_kept(tmp_path: Path, model: keras.Model, losses: list[float], ran: int, kept: int) -> None:
    best = BestWeights(tmp_path / "best", 2, fresh=True)
    assert fit(model, best, losses) == ran
    best.on_train_end()
    assert all((weight == kept).all() for weight in model.get_weights())


def test_the_best_is_known_after_a_kill(tmp_path: Path, model: keras.Model) -> None:
    fit(model, BestWeights(tmp_path, 2, fresh=True), [0.5, 0.2])
    best = BestWeights(tmp_path, 2, fresh=False)
    assert fit(model, best, [0.3, 0.3, 0.3], first=2) == 2
    best.on_train_end()
    assert all((weight == 1).all() for weight in model.get_weights())


def test_a_fresh_start_forgets_the_best(tmp_path: Path, model: keras.Model) -> None:
    fit(model, BestWeights(tmp_path, 2, fresh=True), [0.1])
    best = BestWeights(tmp_path, 2, fresh=True)
    fit(model, best, [0.9, 0.8])
    best.on_train_end()
    assert all((weight == 1).all() for weight in model.get_weights())


# Reviews without labels

SLANG = WORDS  # a word that no labelled review has


def with_slang() -> Data:
    """Unlabelled reviews that hold SLANG beside noise; half as many that hold noise alone."""
    random = np.random.default_rng(4)
    rows = [random.integers(4, WORDS, 5).astype(np.int32) for _ in range(90)]
    for row in rows[:60]:
        row[2] = SLANG
    vectors = np.random.default_rng(1).normal(size=(WORDS + 1, 4)).astype(np.float32)
    return replace(DATA, vectors=vectors, unlabelled=rows)


def praise(*_: object) -> np.ndarray:
    """A teacher who takes SLANG for praise."""
    return np.where(np.arange(90) < 60, 0.999, 0.001).astype(np.float32)


def asked(*_: object) -> np.ndarray:
    raise AssertionError("the teacher was asked already")


def score(model: keras.Model, *words: int) -> float:
    negative, positive = model.predict(np.array([words], np.int32), verbose=0)["label"][0]
    return float(positive - negative)


@pytest.mark.parametrize(("taught", "unlabelled"), [(0, True), (2, False)], ids=["not wished", "none there"])
def test_unlabelled_reviews_are_left_alone(tmp_path: Path, taught: int, unlabelled: bool) -> None:
    data = with_slang() if unlabelled else DATA
    train(data, replace(RECIPE, network="talk", segment=0, epochs=1, taught=taught), tmp_path)
    assert not (tmp_path / "part-1.csv").exists()


def test_a_teacher_tells_of_words_that_no_labelled_review_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brandlens.sentiment.train.probabilities", praise)
    model = train(with_slang(), replace(RECIPE, taught=3), tmp_path)
    assert epochs(tmp_path) == [0, 1, 2]
    assert epochs(tmp_path, 1) == [0, 1, 2]
    assert score(model, 7, SLANG, 9) > score(model, 7, 8, 9) + 1
    assert accuracy(model) > 0.85  # what labels taught is not forgotten


def test_labels_are_what_the_network_says() -> None:
    data = with_slang()
    network = builder(data.vectors, RECIPE)()
    labels = probabilities(network, data)
    logits = network.predict(pad_sequences(data.unlabelled), verbose=0)["label"]
    assert labels == pytest.approx(1 / (1 + np.exp(logits[:, 0] - logits[:, 1])), abs=1e-5)
    assert np.ptp(labels) > 0.001


def test_what_teaches_is_as_sure_as_it_is_right() -> None:
    """Logits a hundred times too large are brought back by the validation reviews, half of which they get wrong."""
    network = builder(VECTORS, RECIPE)()
    label = network.get_layer("label")
    label.set_weights([weight * 100 for weight in label.get_weights()])
    before = np.abs(network.predict(pad_sequences(DATA.held_rows), verbose=0)["label"]).max()
    after = np.abs(
        calibrated_ensemble(network, None, DATA).predict(pad_sequences(DATA.held_rows), verbose=0)["label"]
    ).max()
    assert after == pytest.approx(before / 10, rel=0.01)  # as far as a temperature goes


def test_a_teacher_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it learns from the teacher, a training goes on with the same labels."""
    recipe, callbacks = replace(RECIPE, network="talk", segment=0, epochs=1, taught=3), training.callbacks
    with monkeypatch.context() as patch:
        patch.setattr("brandlens.sentiment.train.probabilities", praise)
        patch.setattr(
            training,
            "callbacks",
            lambda work, part, **knobs: [*callbacks(work, part, **knobs), *([Killed()] if part == "part-1" else [])],
        )
        with pytest.raises(KeyboardInterrupt):
            train(with_slang(), recipe, tmp_path)
    assert epochs(tmp_path, 1) == [0, 1]
    monkeypatch.setattr("brandlens.sentiment.train.probabilities", asked)
    train(with_slang(), recipe, tmp_path)
    assert (epochs(tmp_path), epochs(tmp_path, 1)) == ([0], [0, 1, 2])


# Words that are counted


def test_counting_helps_a_network_that_has_read_little(tmp_path: Path) -> None:
    untaught = replace(RECIPE, epochs=1, rate=1e-6)
    assert accuracy(train(DATA, untaught, tmp_path / "reads")) < 0.75
    model = train(DATA, replace(untaught, grams=2), tmp_path / "counts")
    assert accuracy(model) > 0.95


def test_reviews_of_one_label_are_not_counted(tmp_path: Path) -> None:
    alike = replace(DATA, labels=np.ones_like(DATA.labels))
    model = train(alike, replace(RECIPE, epochs=1, grams=2), tmp_path)
    assert "grams" not in {layer.name for layer in model.layers}


# After a kill


class Killed(keras.callbacks.Callback):
    """Ends the program as Ctrl-C does, in the middle of the third epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if (self.epoch, batch) == (2, 1):
            raise KeyboardInterrupt


def test_a_killed_training_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, callbacks = replace(RECIPE, epochs=4, average=0.9, patience=4), training.callbacks
    with monkeypatch.context() as patch:
        patch.setattr(training, "callbacks", lambda *place, **knobs: [*callbacks(*place, **knobs), Killed()])
        with pytest.raises(KeyboardInterrupt):
            train(DATA, recipe, tmp_path)
    assert epochs(tmp_path) == [0, 1]
    best = json.loads((tmp_path / "best" / "part-0" / "best.json").read_text())
    model = train(DATA, recipe, tmp_path)
    assert epochs(tmp_path) == [0, 1, 2, 3]
    losses = [float(row["val_loss"]) for row in log(tmp_path)]
    assert losses[2] < losses[0]  # weights and their mean were there again
    assert best["loss"] == pytest.approx(min(losses[:2]), rel=1e-5)
    logits = model.predict(pad_sequences(DATA.held_rows), verbose=0)["label"]
    wished = np.eye(2, dtype=np.float32)[DATA.held_labels]
    loss = float(np.mean(keras.losses.categorical_crossentropy(wished, logits, from_logits=True)))
    assert loss == pytest.approx(min(losses), rel=1e-2)  # Keras weighs a smaller last batch in full

    # done: nothing is trained again, and the network is the same
    same = train(DATA, recipe, tmp_path)
    assert epochs(tmp_path) == [0, 1, 2, 3]
    for one, other in zip(model.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_words_that_lean_are_known_before_the_first_step(tmp_path: Path) -> None:
    model = train(DATA, replace(RECIPE, leaning=4.0), tmp_path)
    size = model.get_layer("vectors").get_weights()[0].shape[1]
    assert size == VECTORS.shape[1] + 1
    assert accuracy(model) > 0.9
