"""Adversarial training: vectors pushed as far as wished, to where the loss grows."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from brandlens.errors import ParamsError
from brandlens.sentiment.models import adversarial
from brandlens.sentiment.models.adversarial import Adversarial, gradient
from brandlens.sentiment.models.network import NETWORKS
from brandlens.sentiment.text.vocabulary import pad_sequences

LOSS = keras.losses.CategoricalCrossentropy(from_logits=True)
ROWS = pad_sequences([np.array(row, np.int32) for row in ([1, 2, 3, 4, 5], [6], [7, 8, 9], [2, 4, 6, 8])])
TOKENS = ops.convert_to_tensor(ROWS)
TRUTH = {"label": np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]}


def network(name: str = "pooled", segment: int = 2, scale: float = 1.0) -> keras.Model:
    keras.utils.set_random_seed(1)
    vectors = np.random.default_rng(1).normal(0, scale, (10, 6)).astype(np.float32)
    return NETWORKS[name](vectors, units=4, segment=segment)


def loss(model: keras.Model, training: bool) -> float:
    model.compile("sgd", {"label": LOSS})
    return float(model.compute_loss(x=TOKENS, y=TRUTH, y_pred=model(TOKENS), training=training))


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        pytest.param(lambda x: ops.sum(x**2), lambda x: 2 * x, id="squares"),
        pytest.param(lambda x: ops.sum(x) * 3, lambda x: np.full_like(x, 3), id="a plane"),
    ],
)
def test_gradient(function: Callable[[Any], Any], slope: Callable[[np.ndarray], np.ndarray]) -> None:
    at = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
    found = gradient(function, ops.convert_to_tensor(at))
    np.testing.assert_allclose(ops.convert_to_numpy(found), slope(at), rtol=1e-5)


@pytest.mark.parametrize(("name", "segment"), [("pooled", 0), ("pooled", 2), ("talk", 0)])
def test_a_review_at_its_worst_adds_to_the_loss(name: str, segment: int) -> None:
    """A little push: the loss of the pushed is a little more than that of the others, and the more the farther."""
    plain = loss(network(name, segment), training=True)
    added = [loss(Adversarial(network(name, segment), norm, LOSS), training=True) - plain for norm in (1e-6, 0.5, 1.0)]
    assert added[0] == pytest.approx(plain, rel=1e-3)
    assert plain < added[1] < added[2]


def test_validation_is_plain() -> None:
    assert loss(Adversarial(network(), 1.0, LOSS), training=False) == pytest.approx(loss(network(), training=False))


def test_how_far_and_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as wished in each review, in units of its vectors' deviation; padding stays."""
    model, found = Adversarial(network(segment=0), 2.5, LOSS), []
    push = model._push
    monkeypatch.setattr(model, "_push", lambda *given: found.append(push(*given)) or found[-1])
    loss(model, training=True)
    (change,) = map(ops.convert_to_numpy, found)
    seen = ops.convert_to_numpy(model.sees(TOKENS))
    for tokens, mine, vectors in zip(ROWS, change, seen, strict=True):
        there = tokens != 0
        assert not mine[~there].any()
        assert np.abs(mine[there]).max(axis=1).all()
        assert np.linalg.norm(mine) == pytest.approx(2.5 * np.sqrt((vectors[there] ** 2).mean()), rel=1e-4)


def test_large_vectors_do_not_escape() -> None:
    """Vectors ten times as large are pushed ten times as far."""
    changes = []
    for scale in (1.0, 10.0):
        model = Adversarial(network("talk", 0, scale), 1.0, LOSS)
        seen = model.sees(TOKENS)
        changes.append(ops.convert_to_numpy(model._push(TOKENS, seen, ops.ones_like(seen))))
    np.testing.assert_allclose(changes[1], 10 * changes[0], rtol=1e-4)


def test_it_trains_the_networks_own_weights() -> None:
    inside = network()
    before = inside.get_weights()
    model = Adversarial(inside, 1.0, LOSS)
    assert [id(weight) for weight in model.weights] == [id(weight) for weight in inside.weights]
    model.compile("sgd", {"label": LOSS})
    model.fit(ROWS, TRUTH, verbose=0)
    assert all((now != old).any() for now, old in zip(inside.get_weights(), before, strict=True))


def test_a_backend_without_gradients_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adversarial, "GRADIENTS", {})
    backend = keras.backend.backend()
    with pytest.raises(ParamsError, match=f"perturb is 0.5; Keras' backend {backend} allows only 0"):
        Adversarial(network(), 0.5, LOSS)
