"""Baselines that a network has to beat: they are complete, and never fail."""

import numpy as np
import pytest

from brandlens.sentiment.baselines import Labelled, majority, predict

TRAINING: Labelled = ([["great"], ["awful"], ["great", "film"], ["awful", "film"]], np.array([1, 0, 1, 0]))
NO_REVIEWS: Labelled = ([], np.zeros(0, np.int8))


@pytest.mark.parametrize(
    ("labels", "num_reviews", "expected"),
    [
        pytest.param([1], 0, [], id="no rows"),
        pytest.param([0, 1, 1], 2, [1, 1], id="positive is commoner"),
        pytest.param([0, 0, 1], 2, [0, 0], id="negative is commoner"),
        pytest.param([], 1, [0], id="nothing to learn from"),
    ],
)
def test_majority(labels: list[int], num_reviews: int, expected: list[float]) -> None:
    scores = majority(np.array(labels, np.int8), num_reviews)
    assert scores.dtype == np.float64
    assert scores[:, 1].tolist() == expected
    assert scores.shape == (num_reviews, 2)


def test_each_baseline_scores_each_review_and_the_same_again() -> None:
    first, second = (predict(TRAINING, NO_REVIEWS, [["great"], ["awful"], []]) for _ in range(2))
    assert list(first) == ["majority", "tfidf", "bayes"]
    for name, scores in first.items():
        assert scores.shape == (3, 2)
        assert scores.sum(axis=1) == pytest.approx(1)
        assert ((scores >= 0) & (scores <= 1)).all()
        assert scores.tolist() == second[name].tolist()
        if name != "majority":
            assert scores[0, 1] > 0.5 > scores[1, 1]


@pytest.mark.parametrize("label", [0, 1])
def test_one_label_alone(label: int) -> None:
    scores = predict(([["great"], ["film"]], np.full(2, label)), TRAINING, [["awful"], []])
    assert list(scores) == ["majority", "tfidf", "bayes"]
    assert all(values[:, 1].tolist() == [label, label] for values in scores.values())
