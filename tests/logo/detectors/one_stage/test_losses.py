"""The loss: lower for better predictions, 0 for perfect ones."""

import keras
import numpy as np
import pytest

from brandlens.logo.detectors.one_stage import network
from brandlens.logo.detectors.one_stage.assigner import PADDING
from brandlens.logo.detectors.one_stage.dataset import IGNORE, PARTIAL
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


def loss(y_pred: np.ndarray, *y_true: tuple[float, ...], above: float = 1.0) -> float:
    rows = np.full((1, 3, 5), PADDING, np.float32)
    rows[0, : len(y_true)] = np.array(y_true, np.float32).reshape(-1, 5)
    return float(OneStageLoss(SIZE, SIZE, above)(rows, y_pred))


def test_better_predictions_cost_less() -> None:
    y_true = (*BOX, 1.0)
    assert loss(predict(BOX, 6.0), y_true) < loss(predict(BOX, 0.0), y_true) < loss(predict(BOX, -6.0), y_true)
    assert loss(predict(BOX, 6.0), y_true) < loss(predict((12, 12, 44, 44), 6.0), y_true)
    assert loss(predict(BOX, 6.0), y_true) < loss(predict(BOX, 6.0, elsewhere=0.0), y_true)
    assert loss(predict(BOX, 6.0), y_true) < loss(predict(BOX, 6.0), (*BOX, 0.0))


def test_no_logo_and_no_prediction_costs_nothing() -> None:
    assert loss(predict(BOX, -12.0, elsewhere=-12.0)) == pytest.approx(0, abs=1e-4)
    assert loss(predict(BOX, 3.0)) > 0.1


WHOLE = (0.0, 0.0, SIZE, SIZE, PARTIAL)
FAR = (0.0, 48.0, 14.0, 62.0)  # from BOX


def test_what_is_sure_and_unlabelled_counts_for_nothing_where_labels_may_be_missing() -> None:
    sure, unsure = predict(BOX, 3.0), predict(BOX, -3.0)
    nothing = predict(BOX, -9.0)
    assert loss(sure, WHOLE) == pytest.approx(loss(sure), rel=1e-6)  # the threshold of 1 is never reached
    assert loss(sure, above=0.5) == loss(sure)  # a picture whose labels are complete
    assert loss(sure, (*FAR, PARTIAL), above=0.5) == loss(sure)  # a region elsewhere
    assert loss(sure, WHOLE, above=0.5) == pytest.approx(loss(nothing), abs=1e-3)
    assert loss(sure, (*BOX, PARTIAL), above=0.5) == pytest.approx(loss(nothing), abs=1e-3)
    assert loss(unsure, WHOLE, above=0.5) == pytest.approx(loss(unsure), rel=1e-6)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_what_meets_a_labelled_box_counts_all_the_same(label: float) -> None:
    """The rest of a logo's own points, and a wrong label on a logo."""
    y_pred, y_true = predict(BOX, 3.0), (*BOX, label)
    assert loss(y_pred, y_true, WHOLE, above=0.5) == pytest.approx(loss(y_pred, y_true), rel=1e-5)


def test_an_ignored_region_does_not_label() -> None:
    y_pred = predict(BOX, 3.0)
    assert loss(y_pred, (*FAR, IGNORE), WHOLE, above=0.5) < loss(y_pred, (*FAR, IGNORE)) / 2


def test_varifocal_by_hand() -> None:
    logits, quality = np.float32([0.0, 0.0, 2.0]), np.float32([0.0, 0.5, 1.0])
    expected = [ALPHA * 0.25 * np.log(2), 0.5 * np.log(2), np.log(1 + np.exp(-2))]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(varifocal(logits, quality)), expected, rtol=1e-5)
