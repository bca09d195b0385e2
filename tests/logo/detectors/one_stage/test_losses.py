"""The loss: lower for better predictions, 0 for perfect ones."""

import keras
import numpy as np
import pytest

from brandlens.logo.detectors.one_stage import network
from brandlens.logo.detectors.one_stage.assigner import PADDING
from brandlens.logo.detectors.one_stage.losses import ALPHA, OneStageLoss, varifocal

SIZE = 64
POINTS, STRIDES = network.anchor_points(SIZE, SIZE)
BOX = (16.0, 8.0, 48.0, 40.0)


def predict(box: tuple[float, ...], label: float, elsewhere: float = -9.0) -> np.ndarray:
    """Every anchor point inside BOX gives this box and this logit for the second of two labels, others their own."""
    around = 2 * STRIDES[:, None]
    y_pred = np.concatenate([POINTS - around, POINTS + around, np.full((len(POINTS), 2), elsewhere)], axis=1)
    inside = (BOX[:2] < POINTS).all(axis=1) & (BOX[2:] > POINTS).all(axis=1)
    y_pred[inside, :4], y_pred[inside, 5] = box, label
    return y_pred[None].astype(np.float32)


def loss(y_pred: np.ndarray, *y_true: tuple[float, ...]) -> float:
    rows = np.full((1, 3, 5), PADDING, np.float32)
    rows[0, : len(y_true)] = np.array(y_true, np.float32).reshape(-1, 5)
    return float(OneStageLoss(SIZE, SIZE)(rows, y_pred))


def test_better_predictions_cost_less() -> None:
    y_true = (*BOX, 1.0)
    assert loss(predict(BOX, 6.0), y_true) < loss(predict(BOX, 0.0), y_true) < loss(predict(BOX, -6.0), y_true)
    assert loss(predict(BOX, 6.0), y_true) < loss(predict((12, 12, 44, 44), 6.0), y_true)
    assert loss(predict(BOX, 6.0), y_true) < loss(predict(BOX, 6.0, elsewhere=0.0), y_true)
    assert loss(predict(BOX, 6.0), y_true) < loss(predict(BOX, 6.0), (*BOX, 0.0))


def test_no_logo_and_no_prediction_costs_nothing() -> None:
    assert loss(predict(BOX, -12.0, elsewhere=-12.0)) == pytest.approx(0, abs=1e-4)
    assert loss(predict(BOX, 3.0)) > 0.1


def test_varifocal_by_hand() -> None:
    logits, quality = np.float32([0.0, 0.0, 2.0]), np.float32([0.0, 0.5, 1.0])
    expected = [ALPHA * 0.25 * np.log(2), 0.5 * np.log(2), np.log(1 + np.exp(-2))]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(varifocal(logits, quality)), expected, rtol=1e-5)
