"""Training: it learns, it keeps the best weights, it is float32 in the end, and a killed one is resumed.

Only what depends on the real networks trains them; the rest trains a bag of embeddings, registered for it.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.config.sentiment import ModelTraining
from brandlens.errors import UserError
from brandlens.sentiment import export
from brandlens.sentiment.batches import predict_logits
from brandlens.sentiment.models import registry
from brandlens.sentiment.models.layers import EMBEDDED
from brandlens.sentiment.models.registry import Network
from brandlens.sentiment.text.vocabulary import pad_sequences
from brandlens.sentiment.train import Data, calibrated_ensemble, pseudo_labels, train

WORDS = 20
BAD, GOOD = 2, 3  # the words that tell; all others are noise


def reviews(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Noise with BAD or GOOD in it, and whether it is GOOD."""
    random = np.random.default_rng(seed)
    rows = [random.integers(4, WORDS, random.integers(1, 7)).astype(np.int32) for _ in range(count)]
    labels = np.arange(count) % 2
    for row, label in zip(rows, labels, strict=True):
        row[random.integers(len(row))] = (BAD, GOOD)[label]
    return rows, labels


AS_COMPILED = keras.Model.run_eagerly
VECTORS = np.random.default_rng(1).normal(size=(WORDS, 4)).astype(np.float32)
DATA = Data(*reviews(96, 1), *reviews(24, 2), VECTORS)
UNSEEN, UNSEEN_LABELS = reviews(60, 3)


def bag_of_embeddings(vectors: np.ndarray, cfg: ModelTraining, num_labels: int) -> keras.Model:
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    embedding = keras.layers.Embedding(*vectors.shape, mask_zero=True, name="embedding")
    x = keras.layers.SpatialDropout1D(cfg.dropout, name=EMBEDDED)(embedding(tokens))
    embedding.set_weights([vectors])
    x = keras.layers.GlobalAveragePooling1D(dtype="float32")(x)
    label = keras.layers.Dense(num_labels, dtype="float32", name="label")(x)
    return keras.Model(tokens, {"label": label}, name="bag")


@pytest.fixture(autouse=True)
def bag(monkeypatch: pytest.MonkeyPatch, eagerly: None) -> None:
    """The registry with the network "bag"; every test starts from the same seed, and builds no graphs."""
    monkeypatch.setitem(registry.NETWORKS, "bag", Network(bag_of_embeddings))
    keras.utils.set_random_seed(1)


@pytest.fixture(scope="module")
def quick(cfg: ModelTraining) -> ModelTraining:
    """Knobs with which the bag learns DATA in three epochs."""
    return replace(cfg, learning_rate=0.1)


def log(run_dir: Path, phase: int = 0) -> list[dict[str, str]]:
    with (run_dir / f"phase-{phase}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def epochs(run_dir: Path, phase: int = 0) -> list[int]:
    return [int(row["epoch"]) for row in log(run_dir, phase)]


def accuracy(model: keras.Model) -> float:
    return float((predict_logits(model, UNSEEN).argmax(axis=1) == UNSEEN_LABELS).mean())


# Learning


@pytest.mark.parametrize(
    ("name", "knobs"),
    [
        pytest.param("bilstm", {"units": 6, "segment_length": 4}, id="bilstm"),
        pytest.param("snowdon", {"units": 12, "epochs": 6, "l2": 1e-5, "optimizer": "dl4j_adam", "learning_rate": 0.3},
                     id="snowdon"),
        pytest.param("bag", {"learning_rate": 0.1, "adversarial_epsilon": 0.5}, id="adversarial"),
        pytest.param("bag", {"learning_rate": 0.1, "ema_momentum": 0.8, "patience": 3, "optimizer": "adamw",
                             "weight_decay": 0.01, "dropout": 0.1, "label_smoothing": 0.01}, id="averaged"),
        pytest.param("bag", {"learning_rate": 0.1, "nb_log_ratio": 4.0}, id="with log-count ratios"),
    ],
)  # fmt: skip
def test_it_learns(
    tmp_path: Path, cfg: ModelTraining, monkeypatch: pytest.MonkeyPatch, name: str, knobs: dict[str, float]
) -> None:
    if name != "bag":
        monkeypatch.setattr(keras.Model, "run_eagerly", AS_COMPILED)
    run_dir = tmp_path / "new" / "run"
    model = train(DATA, name, replace(cfg, **{"epochs": 4, **knobs}), run_dir)
    rows = log(run_dir)
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"]) / 1.5
    assert all(np.isfinite(float(row["val_loss"])) for row in rows)
    assert accuracy(model) > 0.85
    size = model.get_layer("embedding").get_weights()[0].shape[1]
    assert size == VECTORS.shape[1] + ("nb_log_ratio" in knobs)


def test_without_validation_reviews(tmp_path: Path, cfg: ModelTraining) -> None:
    data = replace(DATA, val_rows=[], val_labels=np.zeros(0, np.int64))
    train(data, "bag", replace(cfg, epochs=1, patience=1, ema_momentum=0.5, max_ngram=1), tmp_path)
    assert log(tmp_path)[0].get("val_loss", "NA") == "NA"


def test_without_reviews(tmp_path: Path, cfg: ModelTraining) -> None:
    with pytest.raises(UserError, match=r"^sentiment\.train: there is no labelled review to learn from$"):
        train(replace(DATA, rows=[], labels=np.zeros(0, np.int64)), "bag", cfg, tmp_path)


def test_an_infinite_loss_is_one_line(tmp_path: Path, cfg: ModelTraining) -> None:
    diverging = replace(cfg, optimizer="sgd", learning_rate=1e38, clipvalue=0.0, epochs=2)
    with pytest.raises(UserError, match=r"^sentiment\.train: the loss became (nan|inf); lower the model's learning_r"):
        train(DATA, "bag", diverging, tmp_path)
    assert not list(tmp_path.glob("*.weights.h5"))


# Number formats

SMALL = Data(*reviews(16, 1), *reviews(4, 2), VECTORS, unlabelled=reviews(8, 3)[0])
OPTIONS: dict[str, dict[str, float]] = {
    "n-grams": {"max_ngram": 2},
    "self-training": {"self_training_epochs": 1},
    "adversarial": {"adversarial_epsilon": 0.5},
    "moving average": {"ema_momentum": 0.5},
}
EVERY_OPTION = {knob: value for knobs in OPTIONS.values() for knob, value in knobs.items()}
FORMATS = [  # every option at once, under each policy; one at a time under the policy that "auto" may choose
    *(("bilstm", "mixed_bfloat16", option) for option in OPTIONS),
    *((name, "mixed_bfloat16", "no option") for name in ("bilstm", "snowdon")),
    *(
        (name, policy, "every option")
        for name in ("bilstm", "snowdon")
        for policy in ("float32", "mixed_bfloat16", "mixed_float16")
    ),
]


@pytest.mark.parametrize(("name", "policy", "option"), [pytest.param(*case, id=", ".join(case)) for case in FORMATS])
def test_the_result_is_float32_and_exports(
    tmp_path: Path,
    cfg: ModelTraining,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    policy: str,
    option: str,
) -> None:
    """In every layer, those without weights too; of each network, ONNX Runtime computes the same."""
    knobs = {"no option": {}, "every option": EVERY_OPTION, **OPTIONS}[option]
    policies: set[str] = set()
    monkeypatch.setattr("brandlens.sentiment.train._fit", spied(policies))
    model = train(SMALL, name, replace(cfg, epochs=1, **knobs), tmp_path, dtype_policy=policy)
    assert policies == {policy}
    assert {(layer.compute_dtype, layer.variable_dtype) for layer in model.layers} == {("float32", "float32")}
    assert keras.config.dtype_policy().name == "float32"
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    if (policy, option) == ("mixed_bfloat16", "every option"):  # the others are float32 networks of the same layers
        assert export.largest_difference(model, export.to_onnx(model), UNSEEN[:8]) < 1e-4


def spied(policies: set[str]) -> Callable[..., None]:
    """`_fit`, which notes the policy of the network's LSTMs."""
    from brandlens.sentiment.train import _fit

    def fit(network: keras.Model, *others: object) -> None:
        policies.update(layer.dtype_policy.name for layer in network.layers if isinstance(layer, keras.layers.LSTM))
        _fit(network, *others)

    return fit


# The moving average, and the best weights


def test_the_average_is_the_moving_average_of_the_weights(tmp_path: Path, cfg: ModelTraining) -> None:
    """Of two steps with momentum 0.5 it is the mean of what they led to."""
    steps: list[list[np.ndarray]] = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            steps.append(self.model.get_weights())

    two = replace(DATA, rows=DATA.rows[:32], labels=DATA.labels[:32])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "callbacks", lambda *_, **__: [Watch()])
        model = train(two, "bag", replace(cfg, epochs=1, ema_momentum=0.5, optimizer="sgd"), tmp_path)
    assert len(steps) == 2
    for average, first, second in zip(model.get_weights(), *steps, strict=True):
        np.testing.assert_allclose(average, (first + second) / 2, atol=1e-5)


# Self-training

SLANG = WORDS  # a word that no labelled review has


def with_slang() -> Data:
    """60 unlabelled reviews of noise with SLANG in it, then 30 of noise alone."""
    random = np.random.default_rng(4)
    rows = [random.integers(4, WORDS, 5).astype(np.int32) for _ in range(90)]
    for row in rows[:60]:
        row[2] = SLANG
    vectors = np.random.default_rng(1).normal(size=(WORDS + 1, 4)).astype(np.float32)
    return replace(DATA, vectors=vectors, unlabelled=rows)


def slang_is_positive(*_: object) -> np.ndarray:
    """Pseudo-labels that take SLANG for positive."""
    positive = np.where(np.arange(90) < 60, 0.999, 0.001).astype(np.float32)
    return np.stack([1 - positive, positive], axis=1)


def fail(*_: object) -> np.ndarray:
    raise AssertionError("the pseudo-labels were made already")


@pytest.mark.parametrize(
    ("self_training_epochs", "has_unlabelled"), [(0, True), (2, False)], ids=["not wanted", "no unlabelled reviews"]
)
def test_without_self_training(
    tmp_path: Path, cfg: ModelTraining, self_training_epochs: int, has_unlabelled: bool
) -> None:
    data = with_slang() if has_unlabelled else DATA
    train(data, "bag", replace(cfg, epochs=1, self_training_epochs=self_training_epochs), tmp_path)
    assert not (tmp_path / "phase-1.csv").exists()


def test_self_training_learns_words_that_no_labelled_review_has(
    tmp_path: Path, quick: ModelTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brandlens.sentiment.train.pseudo_labels", slang_is_positive)
    model = train(with_slang(), "bag", replace(quick, self_training_epochs=3), tmp_path)
    assert epochs(tmp_path) == [0, 1, 2]
    assert epochs(tmp_path, 1) == [0, 1, 2]
    rows = np.array([[7, SLANG, 9], [7, 8, 9]], np.int32)
    with_word, without = np.diff(model.predict(rows, verbose=0)["label"], axis=1).ravel()
    assert with_word > without + 1
    assert accuracy(model) > 0.85  # what was learned from the labelled reviews is not forgotten


def test_pseudo_labels_are_the_networks_probabilities(cfg: ModelTraining) -> None:
    data = with_slang()
    network = registry.find("bag").build(data.vectors, cfg, 2)
    labels = pseudo_labels(network, data)
    logits = network.predict(pad_sequences(data.unlabelled), verbose=0)["label"]
    assert labels[:, 1] == pytest.approx(1 / (1 + np.exp(logits[:, 0] - logits[:, 1])), abs=1e-5)
    assert labels.sum(axis=1) == pytest.approx(1)
    assert np.ptp(labels[:, 1]) > 0.001


def test_a_teacher_comes_before_the_network(cfg: ModelTraining) -> None:
    data = with_slang()
    network = registry.find("bag").build(data.vectors, cfg, 2)
    own = pseudo_labels(network, data)
    teacher = np.full((len(data.unlabelled), 2), np.nan, np.float32)
    teacher[:2] = (0.75, 0.25), (0, 1)
    labels = pseudo_labels(network, replace(data, teacher=teacher))
    assert labels[:2].tolist() == [[0.75, 0.25], [0, 1]]
    assert np.array_equal(labels[2:], own[2:])
    assert labels.dtype == np.float32


def test_a_start_is_trained_on(tmp_path: Path, cfg: ModelTraining) -> None:
    """Without a step of training, the weights are those to start from."""
    started = registry.find("bag").build(VECTORS[::-1].copy(), cfg, 2)
    still = replace(cfg, epochs=1, learning_rate=1e-8)
    model = train(DATA, "bag", still, tmp_path, initialize=lambda network: network.set_weights(started.get_weights()))
    assert predict_logits(model, UNSEEN) == pytest.approx(predict_logits(started, UNSEEN), abs=1e-4)


def test_the_ensemble_is_calibrated(cfg: ModelTraining) -> None:
    """Logits a hundred times too large are divided, as validation reviews show that half of them are wrong."""
    network = registry.find("bag").build(VECTORS, cfg, 2)
    label = network.get_layer("label")
    label.set_weights([weight * 100 for weight in label.get_weights()])
    before = np.abs(predict_logits(network, DATA.val_rows)).max()
    after = np.abs(predict_logits(calibrated_ensemble(network, None, DATA), DATA.val_rows)).max()
    assert after == pytest.approx(before / 10, rel=0.01)  # as far as a temperature goes


def test_pseudo_labels_are_made_once(tmp_path: Path, quick: ModelTraining, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it learns from them, a training is resumed with the same labels."""
    cfg, callbacks = replace(quick, epochs=1, self_training_epochs=3), training.callbacks
    with monkeypatch.context() as patch:
        patch.setattr("brandlens.sentiment.train.pseudo_labels", slang_is_positive)
        patch.setattr(
            training,
            "callbacks",
            lambda run_dir, phase, **knobs: [*callbacks(run_dir, phase, **knobs), *([Killed()] if phase else [])],
        )
        with pytest.raises(KeyboardInterrupt):
            train(with_slang(), "bag", cfg, tmp_path)
    assert epochs(tmp_path, 1) == [0, 1]
    monkeypatch.setattr("brandlens.sentiment.train.pseudo_labels", fail)
    train(with_slang(), "bag", cfg, tmp_path)
    assert (epochs(tmp_path), epochs(tmp_path, 1)) == ([0], [0, 1, 2])


# The linear branch


def test_the_linear_branch_helps_a_network_that_has_learned_little(tmp_path: Path, cfg: ModelTraining) -> None:
    untrained = replace(cfg, epochs=1, learning_rate=1e-6)
    assert accuracy(train(DATA, "bag", untrained, tmp_path / "network")) < 0.75
    model = train(DATA, "bag", replace(untrained, max_ngram=2), tmp_path / "both")
    assert accuracy(model) > 0.95


def test_without_two_labels_there_is_no_linear_branch(tmp_path: Path, cfg: ModelTraining) -> None:
    data = replace(DATA, labels=np.ones_like(DATA.labels))
    model = train(data, "bag", replace(cfg, epochs=1, max_ngram=2), tmp_path)
    assert "ngrams" not in {layer.name for layer in model.layers}


# After a kill


class Killed(keras.callbacks.Callback):
    """Ends the program as Ctrl-C does, in the middle of the third epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if (self.epoch, batch) == (2, 1):
            raise KeyboardInterrupt


def test_a_killed_training_is_resumed(tmp_path: Path, quick: ModelTraining, monkeypatch: pytest.MonkeyPatch) -> None:
    cfg, callbacks = replace(quick, epochs=4, ema_momentum=0.9, patience=4), training.callbacks
    with monkeypatch.context() as patch:
        patch.setattr(training, "callbacks", lambda *phase, **knobs: [*callbacks(*phase, **knobs), Killed()])
        with pytest.raises(KeyboardInterrupt):
            train(DATA, "bag", cfg, tmp_path)
    assert epochs(tmp_path) == [0, 1]
    best = json.loads((tmp_path / "best" / "phase-0" / "best.json").read_text())
    model = train(DATA, "bag", cfg, tmp_path)
    assert epochs(tmp_path) == [0, 1, 2, 3]
    losses = [float(row["val_loss"]) for row in log(tmp_path)]
    assert losses[2] < losses[0]  # weights and their average were restored
    assert best["loss"] == pytest.approx(min(losses[:2]), rel=1e-5)
    labels = np.eye(2, dtype=np.float32)[DATA.val_labels]
    logits = predict_logits(model, DATA.val_rows)
    loss = float(np.mean(keras.losses.categorical_crossentropy(labels, logits, from_logits=True)))
    assert loss == pytest.approx(min(losses), rel=1e-2)  # Keras gives a smaller last batch full weight

    # finished: nothing is trained again, and the network is the same
    same = train(DATA, "bag", cfg, tmp_path)
    assert epochs(tmp_path) == [0, 1, 2, 3]
    for one, other in zip(model.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_three_labels(tmp_path: Path, quick: ModelTraining) -> None:
    """Log-count ratios, self-training and n-grams of three labels: noise alone is the one in the middle."""
    rows, labels = reviews(96, 1)
    plain = [np.array([5 + index % 9, 6], np.int32) for index in range(48)]
    names = np.concatenate([2 * labels, np.ones(48, np.int64)])
    data = Data([*rows, *plain], names, [*rows[:20], *plain[:10]], np.concatenate([2 * labels[:20], np.ones(10, int)]),
                VECTORS, unlabelled=UNSEEN, num_labels=3)  # fmt: skip
    cfg = replace(quick, nb_log_ratio=4.0, max_ngram=2, self_training_epochs=1)
    model = train(data, "bag", cfg, tmp_path)
    logits = predict_logits(model, UNSEEN)
    assert logits.shape == (len(UNSEEN), 3)
    assert (logits.argmax(axis=1) == 2 * UNSEEN_LABELS).mean() > 0.8
    assert np.load(tmp_path / "pseudo_labels.npy").sum(axis=1) == pytest.approx(1, abs=1e-5)
