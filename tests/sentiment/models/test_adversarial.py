"""Adversarial training: vectors perturbed by the norm asked for, to where the loss grows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from brandlens.config.sentiment import ModelTraining
from brandlens.errors import ParamsError
from brandlens.sentiment.models import adversarial, registry
from brandlens.sentiment.models.adversarial import Adversarial, gradient
from brandlens.sentiment.text.vocabulary import PAD, pad_sequences

LOSS = keras.losses.CategoricalCrossentropy(from_logits=True)
ROWS = pad_sequences([np.array(row, np.int32) for row in ([1, 2, 3, 4, 5], [6], [7, 8, 9], [2, 4, 6, 8])])
TOKENS = ops.convert_to_tensor(ROWS)
LABELS = {"label": np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]}


@pytest.fixture(scope="module")
def network(cfg: ModelTraining) -> Callable[..., keras.Model]:
    """Return a new network, always with the same weights; scale: of its word vectors."""

    def build(name: str = "bilstm", segment_length: int = 2, scale: float = 1.0) -> keras.Model:
        keras.utils.set_random_seed(1)
        vectors = np.random.default_rng(1).normal(0, scale, (10, 6)).astype(np.float32)
        return registry.find(name).build(vectors, replace(cfg, segment_length=segment_length), 2)

    return build


def loss(model: keras.Model, training: bool) -> float:
    model.compile("sgd", {"label": LOSS})
    return float(model.compute_loss(x=TOKENS, y=LABELS, y_pred=model(TOKENS), training=training))


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        pytest.param(lambda x: ops.sum(x**2), lambda x: 2 * x, id="squares"),
        pytest.param(lambda x: ops.sum(x) * 3, lambda x: np.full_like(x, 3), id="a plane"),
    ],
)
def test_gradient(function: Callable[[Any], Any], slope: Callable[[np.ndarray], np.ndarray]) -> None:
    x = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
    result = gradient(function, ops.convert_to_tensor(x))
    np.testing.assert_allclose(ops.convert_to_numpy(result), slope(x), rtol=1e-5)


@pytest.mark.parametrize(("name", "segment_length"), [("bilstm", 0), ("bilstm", 2), ("snowdon", 0)])
def test_the_perturbed_reviews_add_to_the_loss(
    network: Callable[..., keras.Model], name: str, segment_length: int
) -> None:
    """By hardly more than the clean loss where hardly perturbed, and by more, the larger epsilon is."""
    inner = network(name, segment_length)
    clean = loss(inner, training=True)
    added = [loss(Adversarial(inner, epsilon, LOSS), training=True) - clean for epsilon in (1e-6, 0.5, 1.0)]
    assert added[0] == pytest.approx(clean, rel=1e-3)
    assert clean < added[1] < added[2]


def test_validation_is_clean(network: Callable[..., keras.Model]) -> None:
    assert loss(Adversarial(network(), 1.0, LOSS), training=False) == pytest.approx(loss(network(), training=False))


def test_the_norm_is_that_of_each_review_and_padding_stays(
    network: Callable[..., keras.Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, results = Adversarial(network(segment_length=0), 2.5, LOSS), []
    perturbation = model._perturbation
    monkeypatch.setattr(model, "_perturbation", lambda *inputs: results.append(perturbation(*inputs)) or results[-1])
    loss(model, training=True)
    (changes,) = map(ops.convert_to_numpy, results)
    for tokens, change, vectors in zip(ROWS, changes, ops.convert_to_numpy(model.encoder(TOKENS)), strict=True):
        is_token = tokens != PAD
        assert not change[~is_token].any()
        assert np.abs(change[is_token]).max(axis=1).all()
        assert np.linalg.norm(change) == pytest.approx(2.5 * np.sqrt((vectors[is_token] ** 2).mean()), rel=1e-4)


def test_large_vectors_do_not_escape(network: Callable[..., keras.Model]) -> None:
    """Vectors ten times as large are perturbed ten times as much."""
    changes = []
    for scale in (1.0, 10.0):
        model = Adversarial(network("snowdon", 0, scale), 1.0, LOSS)
        vectors = model.encoder(TOKENS)
        changes.append(ops.convert_to_numpy(model._perturbation(TOKENS, vectors, ops.ones_like(vectors))))
    np.testing.assert_allclose(changes[1], 10 * changes[0], rtol=1e-4)


def test_it_trains_the_networks_own_weights(network: Callable[..., keras.Model]) -> None:
    inner = network()
    before = inner.get_weights()
    model = Adversarial(inner, 1.0, LOSS)
    assert [id(weight) for weight in model.weights] == [id(weight) for weight in inner.weights]
    model.compile("sgd", {"label": LOSS})
    model.fit(ROWS, LABELS, verbose=0)
    assert all((now != old).any() for now, old in zip(inner.get_weights(), before, strict=True))


def test_a_backend_without_gradients_is_named(
    network: Callable[..., keras.Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adversarial, "GRADIENTS", {})
    backend = keras.backend.backend()
    with pytest.raises(ParamsError, match=f"adversarial_epsilon is 0.5; Keras' backend {backend} allows only 0"):
        Adversarial(network(), 0.5, LOSS)
