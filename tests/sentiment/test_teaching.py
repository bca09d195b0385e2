"""Labels from teachers: what they mean, and that validation stays unseen."""

import numpy as np
import pytest

from brandlens.sentiment import teaching
from brandlens.sentiment.baselines import Labelled

TRAINING: Labelled = (
    [["good", "film"], ["good", "book"], ["bad", "film"], ["bad", "book"]] * 5,
    np.array([1, 1, 0, 0] * 5),
)
VALIDATION: Labelled = ([["good", "splendid"], ["bad", "wretched"]] * 3, np.array([1, 0] * 3))
NOTHING: Labelled = ([], np.zeros(0, np.int64))


def test_nothing_to_label() -> None:
    assert teaching.linear(TRAINING, VALIDATION, []).shape == (0,)


def test_the_linear_teacher_knows_what_it_was_taught() -> None:
    good, bad, unknown = teaching.linear(TRAINING, VALIDATION, [["good"], ["bad"], ["never", "seen"]])
    assert good > unknown > bad
    assert good > 1
    assert bad < -1


def test_validation_teaches_it_no_words() -> None:
    """They are what the network is judged by, and the teacher's knowledge becomes the network's."""
    splendid, wretched = teaching.linear(TRAINING, VALIDATION, [["splendid"], ["wretched"]])
    assert splendid == wretched


@pytest.mark.parametrize("label", [0, 1])
def test_a_teacher_of_one_label_has_no_opinion(label: int) -> None:
    training = [["good"], ["bad"]], np.full(2, label)
    assert teaching.linear(training, VALIDATION, [["good"], ["bad"]]).tolist() == [0, 0]


def test_without_validation() -> None:
    good, bad = teaching.linear(TRAINING, NOTHING, [["good"], ["bad"]])
    assert good > 0 > bad


@pytest.mark.parametrize(
    ("held", "truth", "larger"),
    [
        pytest.param([], [], 1.0, id="no validation: as it is"),
        pytest.param([4.0] * 3 + [-4.0] * 3, [1, 1, 0, 0, 0, 1], None, id="too sure of itself: nearer to 0"),
        pytest.param([0.5] * 3 + [-0.5] * 3, [1, 1, 1, 0, 0, 0], 10.0, id="always right: as sure as may be"),
    ],
)
def test_calibration(held: list[float], truth: list[int], larger: float | None) -> None:
    (found,) = teaching.calibrated(np.array([1.0]), np.array(held), np.array(truth, np.int64))
    if larger is None:  # right in two of three: log 2, where 4 was said
        larger = np.log(2) / 4
    assert found == pytest.approx(larger, rel=1e-3)


def test_labels_are_the_mean_opinion() -> None:
    found = teaching.labels([np.array([0.0, 2.0, -800.0]), np.array([0.0, -1.0, -800.0])])
    assert found.dtype == np.float32
    assert found == pytest.approx([0.5, 1 / (1 + np.exp(-0.5)), 0.0])
