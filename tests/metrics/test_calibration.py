"""Calibration: the temperature that fits, and how far scores are from how often they are right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from brandlens.metrics.calibration import HIGHEST, LOWEST, ece, reliability, softmax, temperature

RANDOM = np.random.default_rng(1)


def draw(heat: float, rows: int = 20_000, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `heat` times too large for the y_true that is drawn from them."""
    logits = RANDOM.normal(0, 2, (rows, classes))
    shares = softmax(logits).cumsum(axis=1)
    return logits * heat, (RANDOM.random((rows, 1)) > shares).sum(axis=1).clip(0, classes - 1)


@pytest.mark.parametrize("heat", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_temperature_is_found_again(heat: float, classes: int) -> None:
    assert temperature(*draw(heat, classes=classes)) == pytest.approx(heat, rel=0.06)


@pytest.mark.parametrize(
    ("logits", "y_true", "expected"),
    [
        pytest.param(np.zeros((0, 2)), [], 1.0, id="no rows"),
        pytest.param([[0, 3], [2, 0]], [1, 0], LOWEST, id="no mistake: as cold as it may be"),
        pytest.param([[3, 0], [0, 2]], [1, 0], HIGHEST, id="all wrong: as hot as it may be"),
        pytest.param([[1, 2000], [2000, 1]], [1, 1], HIGHEST, id="huge logits"),
        # 3 of 4 are right, so the score should be 3/4: a difference of log 3 in the logits
        pytest.param([[0, 2]] * 4, [1, 1, 1, 0], 2 / np.log(3), id="by hand"),
    ],
)
def test_temperature(logits: list[list[float]], y_true: list[int], expected: float) -> None:
    found = temperature(np.array(logits, np.float32), np.array(y_true, np.int8))
    assert type(found) is float
    assert found == pytest.approx(expected, rel=1e-5)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.integers(0, 1)), min_size=1, max_size=20))
def test_no_other_temperature_fits_better(rows: list[tuple[float, float, int]]) -> None:
    logits, y_true = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
    found = temperature(logits, y_true)
    assert LOWEST - 1e-9 <= found <= HIGHEST + 1e-9

    def loss(heat: float) -> float:
        return log_loss(y_true, softmax(logits / heat).clip(1e-300), labels=[0, 1])

    assert loss(found) <= min(loss(heat) for heat in np.geomspace(LOWEST, HIGHEST, 30)) + 1e-6


def test_softmax_of_large_logits() -> None:
    assert softmax(np.float32([[1000, 1000], [-1000, 1000]])).tolist() == [[0.5, 0.5], [0, 1]]
    assert softmax(np.zeros((0, 2), np.float32)).shape == (0, 2)


@pytest.mark.parametrize(
    ("probability", "y_true", "expected"),
    [
        pytest.param([], [], 0.0, id="no rows"),
        pytest.param([1.0, 0.0], [1, 0], 0.0, id="sure and right"),
        pytest.param([1.0, 0.0], [0, 1], 1.0, id="sure and wrong"),
        pytest.param([0.75] * 4, [1, 1, 1, 0], 0.0, id="right as often as the score"),
        pytest.param([0.9] * 4 + [0.1] * 2, [1, 1, 1, 0, 0, 0], (4 * 0.15 + 2 * 0.1) / 6, id="two bins by hand"),
        pytest.param([0.71, 0.79], [0, 1], 0.25, id="within a bin only the means count"),
    ],
)
def test_ece(probability: list[float], y_true: list[int], expected: float) -> None:
    weights = np.ones((1, len(y_true)))
    assert ece(np.array(probability), np.array(y_true), 10, weights)[0] == pytest.approx(expected)


def test_reliability_by_hand() -> None:
    table = reliability(np.array([0.0, 0.1, 0.25, 0.9, 1.0]), np.array([0, 1, 0, 1, 1]), 4)
    assert table.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert table.count.tolist() == [2, 1, 0, 2]
    assert table.score == pytest.approx([0.05, 0.25, 0, 0.95])
    assert table.positive == pytest.approx([0.5, 0, 0, 1])


scored = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), max_size=40)


@given(scored, st.integers(1, 20))
def test_reliability_counts_every_row_once(rows: list[tuple[float, int]], bins: int) -> None:
    probability, y_true = (np.array([row[at] for row in rows], float) for at in (0, 1))
    table = reliability(probability, y_true, bins)
    assert table.count.sum() == len(rows)
    assert table.count @ table.score == pytest.approx(probability.sum())
    assert table.count @ table.positive == pytest.approx(y_true.sum())
    error = (table.count * np.abs(table.score - table.positive)).sum() / max(len(rows), 1)
    assert ece(probability, y_true, bins, np.ones((1, len(rows))))[0] == pytest.approx(error)
