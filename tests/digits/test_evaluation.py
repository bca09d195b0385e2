"""Errors of networks: one, several, averaged; the baselines on the same digits."""

import numpy as np
import pytest

from brandlens.config.digits import Distortion, Network, Train
from brandlens.digits import evaluation
from brandlens.digits.data import SPLITS, Split

LABELS = np.array([0, 1, 2, 3])


def probabilities(*guesses: int, sure: float = 0.9) -> np.ndarray:
    """What a network says that is `sure` of these digits."""
    rows = np.full((len(guesses), 10), (1 - sure) / 9)
    rows[np.arange(len(guesses)), guesses] = sure
    return rows


def splits() -> dict[str, Split]:
    """The same four digits in each split, each of another grey level."""
    images = np.zeros((4, 28, 28), np.uint8) + np.array([50, 100, 150, 200], np.uint8)[:, None, None]
    return {name: Split(images, LABELS) for name in SPLITS}


@pytest.mark.parametrize(
    ("guesses", "error"),
    [pytest.param((0, 1, 2, 3), 0.0, id="all right"), pytest.param((0, 1, 9, 9), 0.5, id="half of them wrong")],
)
def test_error(guesses: tuple[int, ...], error: float) -> None:
    assert evaluation.error(np.zeros((0, 10)), np.zeros(0)) == 0.0
    assert evaluation.error(probabilities(*guesses), LABELS) == error


def test_mean_and_spread_are_of_the_seeds_and_all_members_are_averaged() -> None:
    members = [
        probabilities(0, 1, 2, 9), probabilities(0, 1, 9, 9), probabilities(0, 1, 2, 3, sure=0.99),
        probabilities(0, 1, 2, 3, sure=0.99),
    ]  # fmt: skip
    cfg = Network("FC8", 1, 0.1, published_error=0.3)
    found = evaluation.network_metrics(cfg, {"val": members, "test": members}, splits(), num_seeds=2)
    assert found["test_error"] == 0.375
    assert found["test_error_std"] == pytest.approx(np.std([0.25, 0.5], ddof=1), abs=1e-6)
    assert found["test_ensemble_error"] == 0.0
    assert (found["networks"], found["seeds"], found["published_error"]) == (4, 2, 0.3)
    assert "published_ensemble" not in found


def test_the_neighbors_know_their_own_digits_and_the_commonest_one_none_but_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluation, "NUM_NEIGHBORS", 1)
    found = evaluation.baselines(splits())
    assert found["nearest_neighbors"] == {"val_error": 0.0, "test_error": 0.0}
    assert found["majority"] == {"val_error": 0.75, "test_error": 0.75}


def test_the_surest_mistakes_come_first() -> None:
    found = evaluation.mistakes(
        {"test": [np.vstack([probabilities(9, sure=0.5), probabilities(9, 2, 3)])]}, splits()["test"]
    )
    assert found[:, 0, 0].tolist() == [100, 50]  # the second digit, then the first


def test_the_best_network_is_chosen_on_validation() -> None:
    cfg = Train(1, None, 1, Distortion(0, 0, 0, 0, 0, 0), {name: Network("FC8", 1, 0.1) for name in ("a", "b")})
    right, wrong = probabilities(0, 1, 2, 3), probabilities(9, 9, 9, 9)
    predictions = {"a": {"val": [right], "test": [wrong]}, "b": {"val": [wrong], "test": [right]}}
    metrics = evaluation.evaluate(predictions, splits(), cfg, {"metrics": {}, "intervals": {}})
    assert evaluation.best(metrics) == "a"
    low, high = metrics["intervals"]["networks"]["b"]["test_ensemble_error"]
    assert low == 0.0 < high
    assert "a: test error 100.00%" in evaluation.summary(metrics)
    equal = {"a": {"val_ensemble_error": 0.0, "val_error": 0.2}, "b": {"val_ensemble_error": 0.0, "val_error": 0.1}}
    assert evaluation.best({"networks": equal}) == "b"
