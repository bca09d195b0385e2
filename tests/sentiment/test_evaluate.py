"""Evaluation: the threshold, metrics of both labels, groups of reviews and the worst mistakes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from brandlens.config.types import ThresholdConfig
from brandlens.sentiment import evaluate

BEST = ThresholdConfig(maximize="f1")


def array(*values: float) -> np.ndarray:
    return np.array(values, float)


# The threshold


@pytest.mark.parametrize(
    ("probability", "truth", "rule", "expected"),
    [
        pytest.param([], [], BEST, 0.5, id="no rows, best"),
        pytest.param([], [], ThresholdConfig(min_precision=0.9), 0.5, id="no rows, precision"),
        pytest.param([0.2, 0.9], [0, 1], BEST, 0.5, id="0.5 is as good as any"),
        pytest.param([0.9], [0], BEST, 0.5, id="one label, all wrong"),
        pytest.param(
            [0.1, 0.2, 0.3, 0.4] * 50, [0, 0, 1, 1] * 50, BEST, 0.25, id="all too low: where both labels part"
        ),
        pytest.param([0.6, 0.7, 0.8, 0.9] * 50, [0, 0, 1, 1] * 50, BEST, 0.75, id="all too high"),
        pytest.param([0.6, 0.8, 0.9, 0.95], [1, 0, 1, 0], ThresholdConfig(min_recall=1.0), 0.3, id="a wish for recall"),
        pytest.param(
            [0.6, 0.8, 0.9, 0.95], [0, 1, 0, 1], ThresholdConfig(min_precision=1.0), 0.925, id="a wish for precision"
        ),
    ],
)
def test_choose_threshold(probability: list[float], truth: list[int], rule: ThresholdConfig, expected: float) -> None:
    found = evaluate.choose_threshold(array(*probability), np.array(truth, np.int8), rule)
    assert type(found) is float
    assert found == expected


def test_luck_does_not_move_the_threshold() -> None:
    """One review more or less right of a hundred is no reason to leave 0.5; a quarter of them is."""
    probability = np.concatenate([np.linspace(0.05, 0.45, 50), np.linspace(0.55, 0.95, 50)])
    truth = (probability > 0.5).astype(int)
    assert evaluate.choose_threshold(probability, np.where(np.arange(100) == 50, 0, truth), BEST) == 0.5
    assert evaluate.choose_threshold(probability, (np.arange(100) >= 75).astype(int), BEST) > 0.65


rows = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.6, 0.8, 1.0]), st.integers(0, 1)), min_size=1)


@settings(deadline=None, max_examples=40)
@given(rows)
def test_no_other_threshold_is_better_by_more_than_a_standard_error(table: list[tuple[float, int]]) -> None:
    probability, truth = np.array([row[0] for row in table]), np.array([row[1] for row in table])

    def macro(threshold: float) -> float:
        guess = evaluate.decide(probability, threshold)
        return float(f1_score(truth, guess, labels=[0, 1], average="macro", zero_division=0.0))

    found = evaluate.choose_threshold(probability, truth, BEST)
    best = max(macro(threshold) for threshold in (0.05, 0.2, 0.4, 0.55, 0.7, 0.9))
    share = (best * len(table) + 2) / (len(table) + 4)
    assert macro(found) >= best - np.sqrt(share * (1 - share) / len(table)) - 1e-9


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([0.5, 0.4999, 1.0, 0.0], [1, 0, 1, 0], id="at the threshold: positive"),
    ],
)
def test_decide(probability: list[float], expected: list[int]) -> None:
    found = evaluate.decide(array(*probability), 0.5)
    assert found.dtype == np.int64
    assert found.tolist() == expected


# Metrics


def test_metrics_by_hand() -> None:
    """Negative: 2 of 3 right; positive: 1 of 2. One pair of six is in the wrong order, one of them tied."""
    found = evaluate.metrics(array(0.1, 0.2, 0.7, 0.7, 0.3), np.array([0, 0, 0, 1, 1], np.int8), 0.5, 10)
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["precision"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found["recall"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found["per_class.negative.recall"] == pytest.approx(2 / 3)
    assert found["per_class.positive.precision"] == pytest.approx(1 / 2)
    assert (found["per_class.negative.count"], found["per_class.positive.count"]) == (3, 2)
    assert found["auc"] == pytest.approx((1 + 1 + 1 + 1 + 0 + 0.5) / 6)
    assert found["ece"] == pytest.approx((0.1 + 0.2 + 2 * 0.2 + 0.7) / 5)


@pytest.mark.parametrize(
    ("probability", "truth", "expected"),
    [
        pytest.param([], [], {"accuracy": 0, "auc": 0.5, "ece": 0}, id="no rows"),
        pytest.param([0.9, 0.8], [1, 1], {"accuracy": 1, "auc": 0.5}, id="one label alone has no order"),
        pytest.param([0.9, 0.1], [1, 0], {"accuracy": 1, "f1": 1, "auc": 1}, id="all right"),
        pytest.param([0.1, 0.9], [1, 0], {"accuracy": 0, "f1": 0, "auc": 0}, id="all wrong"),
    ],
)
def test_metrics_of_few_rows(probability: list[float], truth: list[int], expected: dict[str, float]) -> None:
    found = evaluate.metrics(array(*probability), np.array(truth, np.int8), 0.5, 10)
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert all(type(value) is float and np.isfinite(value) for value in found.values())


# Groups


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param([0, 1, 10, 11, 25, 400, 401, 9000],
                     {"0-10": [0, 1, 2], "11-25": [3, 4], "201-400": [5], "401+": [6, 7]}, id="the edges"),
    ],
)  # fmt: skip
def test_groups_by_length(lengths: list[int], expected: dict[str, list[int]]) -> None:
    found = {name: np.flatnonzero(members).tolist() for name, members in evaluate.by_length(np.array(lengths, int))}
    assert found == expected


@given(st.lists(st.integers(0, 2000), max_size=30))
def test_every_review_is_in_one_group(lengths: list[int]) -> None:
    counts = sum((members.astype(int) for _, members in evaluate.by_length(np.array(lengths))), np.zeros(len(lengths)))
    assert (counts == 1).all()


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param([np.nan, np.nan], {}, id="no stars at all"),
        pytest.param([10, 1, np.nan, 1, 4.5], {"1": [1, 3], "4.5": [4], "10": [0]}, id="rising, the starless in none"),
    ],
)
def test_groups_by_rating(ratings: list[float], expected: dict[str, list[int]]) -> None:
    found = {name: np.flatnonzero(rows).tolist() for name, rows in evaluate.by_rating(np.array(ratings, np.float32))}
    assert list(found.items()) == list(expected.items())


def test_accuracies() -> None:
    groups = iter([("1", np.array([True, True, False])), ("2", np.array([False, False, True]))])
    found = evaluate.accuracy_by_group(groups, np.array([True, False, True]), np.array([True, True, False]))
    assert [(row["group"], row["reviews"], row["accuracy"], row["baseline"]) for row in found] == [
        ("1", 2, 0.5, 1.0),
        ("2", 1, 1.0, 0.0),
    ]
    assert evaluate.accuracy_by_group(iter([]), array(), array()) == []


# Rows


@pytest.mark.parametrize("count", [0, 3])
def test_prediction_rows(count: int) -> None:
    found = list(
        evaluate.prediction_rows(
            list("abc")[:count], np.array([1, 0, 1])[:count], array(0.123456, 0.2, 0.9)[:count], 0.5,
            {"linear": array(0.7, 0.65432, 0.1)},
        )
    )  # fmt: skip
    assert all(tuple(row) == (*evaluate.PREDICTIONS, "linear") for row in found)
    assert [tuple(row.values()) for row in found] == [
        ("a", "positive", "negative", 0.1235, 0.7),
        ("b", "negative", "negative", 0.2, 0.6543),
        ("c", "positive", "positive", 0.9, 0.1),
    ][:count]


@pytest.mark.parametrize(
    ("probability", "most", "expected"),
    [
        pytest.param([0.9, 0.1, 0.9, 0.1], 9, [], id="all right"),
        pytest.param([0.45, 0.95, 0.9, 0.6], 9, ["b", "d", "a"], id="the surest first"),
        pytest.param([0.45, 0.95, 0.9, 0.6], 2, ["b", "d"], id="at most two"),
        pytest.param([0.45, 0.95, 0.9, 0.6], 0, [], id="none wanted"),
        pytest.param([0.1, 0.9, 0.1, 0.9], 9, ["a", "b", "c", "d"], id="equally wrong: file order"),
    ],
)
def test_mistakes(probability: list[float], most: int, expected: list[str]) -> None:
    truth = np.array([1, 0, 1, 0], np.int8)
    found = evaluate.mistakes(
        list("abcd"), [f"text {name}" for name in "abcd"], truth, array(*probability), 0.5, most,
        lambda text: [("not", -0.123), (text[-1], 0.2)],
    )  # fmt: skip
    assert [row["id"] for row in found] == expected
    for row in found:
        assert tuple(row) == evaluate.MISTAKES
        assert row["text"] == f"text {row['id']}"
        assert row["words"] == f"not -0.12; {row['id']} +0.20"
        assert row["y_true"] == ("positive" if row["id"] in "ac" else "negative")
