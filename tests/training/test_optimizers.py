"""Optimizers and learning-rate schedules by name."""

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.errors import ParamsError


@pytest.mark.parametrize(
    ("name", "kind", "facts"),
    [
        pytest.param("adam", keras.optimizers.Adam, {"weight_decay": None}, id="adam"),
        pytest.param("adamw", keras.optimizers.AdamW, {"weight_decay": 0.01}, id="adamw"),
        pytest.param("sgd", keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}, id="sgd"),
    ],
)
def test_optimizer(name: str, kind: type, facts: dict[str, object]) -> None:
    optimizer = training.optimizer(name, 0.5, "constant", 100, weight_decay=0.01, clipvalue=0.25)
    assert type(optimizer) is kind
    assert float(optimizer.learning_rate) == 0.5
    assert optimizer.clipvalue == 0.25
    assert {key: getattr(optimizer, key) for key in facts} == facts


@pytest.mark.parametrize(("ema_momentum", "clipvalue"), [(0.0, 0.0), (0.75, 0.5)], ids=["neither", "both"])
def test_ema_and_clipvalue(ema_momentum: float, clipvalue: float) -> None:
    optimizer = training.optimizer("adam", 0.5, "constant", 100, clipvalue=clipvalue, ema_momentum=ema_momentum)
    assert optimizer.use_ema is bool(ema_momentum)
    assert optimizer.clipvalue == (clipvalue or None)
    if ema_momentum:
        assert optimizer.ema_momentum == ema_momentum


def test_an_unknown_optimizer_is_named() -> None:
    with pytest.raises(ParamsError, match="optimizer is 'lion'; allowed: adamw, adam, sgd, dl4j_adam"):
        training.optimizer("lion", 0.1, "constant", 100)


def learning_rates(steps: int, at_steps: list[int]) -> list[float]:
    optimizer = training.optimizer("sgd", 0.4, "cosine", steps)
    optimizer.build([keras.Variable(0.0)])
    rates = []
    for step in at_steps:
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    return rates


@pytest.mark.parametrize(
    ("steps", "at_steps", "expected"),
    [
        pytest.param(1, [0], [0.04], id="a single step"),
        pytest.param(1000, [0, 50, 525, 1000], [0.04, 0.4, 0.2, 0.0], id="warm-up, highest, halfway, end"),
        pytest.param(1000, [1500], [0.0], id="beyond the end"),
    ],
)
def test_the_cosine_schedule(steps: int, at_steps: list[int], expected: list[float]) -> None:
    assert learning_rates(steps, at_steps) == pytest.approx(expected, abs=1e-6)


def test_the_cosine_schedule_rises_then_falls() -> None:
    rates = learning_rates(100, list(range(101)))
    assert (np.diff(rates[:6]) > 0).all()
    assert (np.diff(rates[5:]) < 0).all()


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(ParamsError, match="lr_schedule is 'step'; allowed: constant, cosine"):
        training.optimizer("adam", 0.1, "step", 100)


def test_a_pretrained_part_takes_smaller_steps() -> None:
    """Adam's first step is as long as its rate, whatever the gradient."""
    own, pretrained = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer = training.optimizer("adamw", 0.1, "constant", 100, pretrained=[pretrained], multiplier=0.25)
    optimizer.apply([np.ones(1, np.float32), np.ones(1, np.float32)], [own, pretrained])
    moved = [1 - float(variable.numpy()[0]) for variable in (own, pretrained)]
    assert moved == pytest.approx([0.1, 0.025], abs=1e-5)
