"""A training ends with its best weights, and stops when it has waited for better ones."""

from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens.training import BestWeights


def pretend_to_fit(model: keras.Model, best: BestWeights, losses: list[float], first: int = 0) -> int:
    """Set the weights to the epoch's number, and give these validation losses; return how many epochs were run."""
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
    ("losses", "num_epochs", "kept"),
    [
        pytest.param([0.5], 1, 0, id="one epoch"),
        pytest.param([0.5, 0.4, 0.3], 3, 2, id="better and better"),
        pytest.param([0.5, 0.4, 0.6, 0.7, 0.1], 4, 1, id="stops before the best of all"),
        pytest.param([0.5, 0.6, 0.4, 0.6, 0.4, 0.3], 5, 2, id="as good is no better"),
        pytest.param([float("nan"), 0.5, 0.6], 3, 1, id="not a number at first"),
    ],
)
def test_the_best_weights_are_kept(
    tmp_path: Path, model: keras.Model, losses: list[float], num_epochs: int, kept: int
) -> None:
    best = BestWeights(tmp_path / "best", 2, fresh=True)
    assert pretend_to_fit(model, best, losses) == num_epochs
    best.on_train_end()
    assert all((weight == kept).all() for weight in model.get_weights())


def test_a_resumed_training_knows_the_best_weights(tmp_path: Path, model: keras.Model) -> None:
    """And counts the epochs that were waited before."""
    pretend_to_fit(model, BestWeights(tmp_path, 2, fresh=True), [0.5, 0.2])
    best = BestWeights(tmp_path, 2, fresh=False)
    assert pretend_to_fit(model, best, [0.3, 0.3, 0.3], first=2) == 2
    best.on_train_end()
    assert all((weight == 1).all() for weight in model.get_weights())


def test_a_fresh_start_forgets_the_best_weights(tmp_path: Path, model: keras.Model) -> None:
    pretend_to_fit(model, BestWeights(tmp_path, 2, fresh=True), [0.1])
    best = BestWeights(tmp_path, 2, fresh=True)
    pretend_to_fit(model, best, [0.9, 0.8])
    best.on_train_end()
    assert all((weight == 1).all() for weight in model.get_weights())
