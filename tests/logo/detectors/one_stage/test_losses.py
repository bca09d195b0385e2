"""The loss: less for better answers, nothing for right ones."""

import keras
import numpy as np
import pytest

from brandlens.logo.detectors.one_stage import network
from brandlens.logo.detectors.one_stage.assigner import PADDING
from brandlens.logo.detectors.one_stage.losses import ALPHA, OneStageLoss, varifocal

SIZE = 64
CENTRES, STRIDES = network.anchor_points(SIZE, SIZE)
BOX = (16.0, 8.0, 48.0, 40.0)


def answer(box: tuple[float, ...], label: float, elsewhere: float = -9.0) -> np.ndarray:
    """Every place inside BOX gives this box and this logit for the second of two labels, others their own square."""
    around = 2 * STRIDES[:, None]
    given = np.concatenate([CENTRES - around, CENTRES + around, np.full((len(CENTRES), 2), elsewhere)], axis=1)
    inside = (BOX[:2] < CENTRES).all(axis=1) & (BOX[2:] > CENTRES).all(axis=1)
    given[inside, :4], given[inside, 5] = box, label
    return given[None].astype(np.float32)


def loss(given: np.ndarray, *truth: tuple[float, ...]) -> float:
    rows = np.full((1, 3, 5), PADDING, np.float32)
    rows[0, : len(truth)] = np.array(truth, np.float32).reshape(-1, 5)
    return float(OneStageLoss(SIZE, SIZE)(rows, given))


def test_better_answers_cost_less() -> None:
    truth = (*BOX, 1.0)
    assert loss(answer(BOX, 6.0), truth) < loss(answer(BOX, 0.0), truth) < loss(answer(BOX, -6.0), truth)
    assert loss(answer(BOX, 6.0), truth) < loss(answer((12, 12, 44, 44), 6.0), truth)
    assert loss(answer(BOX, 6.0), truth) < loss(answer(BOX, 6.0, elsewhere=0.0), truth)
    assert loss(answer(BOX, 6.0), truth) < loss(answer(BOX, 6.0), (*BOX, 0.0))


def test_nothing_there_and_nothing_found_costs_nothing() -> None:
    assert loss(answer(BOX, -12.0, elsewhere=-12.0)) == pytest.approx(0, abs=1e-4)
    assert loss(answer(BOX, 3.0)) > 0.1


def test_the_labels_loss_by_hand() -> None:
    logits, quality = np.float32([0.0, 0.0, 2.0]), np.float32([0.0, 0.5, 1.0])
    expected = [ALPHA * 0.25 * np.log(2), 0.5 * np.log(2), np.log(1 + np.exp(-2))]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(varifocal(logits, quality)), expected, rtol=1e-5)
