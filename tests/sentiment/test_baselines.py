"""Linear models that a network has to beat: they must be worth beating, and never fail."""

import numpy as np
import pytest

from brandlens.sentiment import baselines
from brandlens.sentiment.baselines import NBLogReg, Tfidf, majority, predictions, scores

Labelled = tuple[list[list[str]], np.ndarray]
KINDS = [Tfidf, NBLogReg]


def labelled(rows: dict[str, int]) -> Labelled:
    return [text.split() for text in rows], np.array(list(rows.values()), np.int8)


def drawn(count: int, seed: int) -> Labelled:
    """Reviews of eight words: some noise, and a telling word that "not" turns round."""
    random = np.random.default_rng(seed)
    noise = [f"word{at}" for at in range(20)]
    texts, truth = [], []
    for _ in range(count):
        good, turned = random.integers(0, 2, 2)
        middle = ["not"] * int(turned) + ["great" if good else "awful"]
        before, after = (list(random.choice(noise, 3)) for _ in range(2))
        texts.append([*before, *middle, *after])
        truth.append(good ^ turned)
    return texts, np.array(truth, np.int8)


NOTHING: Labelled = ([], np.zeros(0, np.int8))


# Majority


@pytest.mark.parametrize(
    ("training", "rows", "expected"),
    [
        pytest.param([1], 0, [], id="no rows"),
        pytest.param([0, 1, 1], 2, [1, 1], id="positive is commoner"),
        pytest.param([0, 0, 1], 2, [0, 0], id="negative is commoner"),
        pytest.param([], 1, [0], id="nothing to learn from"),
    ],
)
def test_majority(training: list[int], rows: int, expected: list[float]) -> None:
    found = majority(np.array(training, np.int8), rows)
    assert found.dtype == np.float64
    assert found.tolist() == expected


# Linear models


@pytest.mark.parametrize("kind", KINDS)
def test_pairs_of_words_are_learnt(kind: type) -> None:
    """No single word tells anything here: half of what is great is not."""
    test = drawn(200, seed=3)
    found = scores(kind, drawn(300, seed=1), drawn(60, seed=2), test[0])
    assert found.shape == (200,)
    assert ((found >= 0) & (found <= 1)).all()
    assert ((found >= 0.5) == test[1]).mean() > 0.95


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("validation", "test", "count"),
    [
        pytest.param(drawn(10, seed=2), [], 0, id="nothing to score"),
        pytest.param(NOTHING, [["great"]], 1, id="no validation"),
        pytest.param(drawn(10, seed=2), [[], ["never", "seen"], ["great"] * 500], 3, id="empty, unknown and long ones"),
    ],
)
def test_odd_rows(kind: type, validation: Labelled, test: list[list[str]], count: int) -> None:
    found = scores(kind, drawn(30, seed=1), validation, test)
    assert found.shape == (count,)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", [0, 1])
def test_one_label_alone(kind: type, label: int) -> None:
    training = [["great"], ["film"]], np.full(2, label)
    assert scores(kind, training, drawn(4, seed=1), [["awful"], []]).tolist() == [label, label]


@pytest.mark.parametrize("kind", KINDS)
def test_validation_reviews_are_learnt_from_in_the_end(kind: type) -> None:
    training = labelled({"good film": 1, "bad film": 0, "good book": 1, "bad book": 0})
    validation = labelled({"splendid play": 1, "wretched play": 0})
    good, bad = scores(kind, training, validation, [["splendid"], ["wretched"]])
    assert good > 0.5 > bad


@pytest.mark.parametrize("kind", KINDS)
def test_test_reviews_change_nothing(kind: type) -> None:
    """A review's score does not depend on what else is scored."""
    training, validation, (texts, _) = drawn(40, seed=1), drawn(10, seed=2), drawn(6, seed=3)
    together = scores(kind, training, validation, texts)
    alone = [scores(kind, training, validation, [text])[0] for text in texts]
    assert together == pytest.approx(alone)


def test_tokens_are_taken_as_they_are() -> None:
    for kind in KINDS:
        names = kind(*labelled({"Good :) n't !": 1, "bad": 0})).vectorizer.get_feature_names_out()
        assert {"Good", ":)", "n't", "!", ":) n't"} <= set(names)


def test_bayes_ratios_by_hand() -> None:
    """Two reviews each; a word twice in one review counts once; one is added to every count."""
    model = NBLogReg(*labelled({"a a": 1, "a b": 1, "b": 0, "b c": 0}))
    names = list(model.vectorizer.get_feature_names_out())
    counts = {"a": (2, 0), "b": (1, 2), "c": (0, 1), "a a": (1, 0), "a b": (1, 0), "b c": (0, 1)}
    assert sorted(names) == sorted(counts)
    totals = [sum(pair[at] + 1 for pair in counts.values()) for at in (0, 1)]
    for name, (positive, negative) in counts.items():
        expected = np.log((positive + 1) / totals[0] / ((negative + 1) / totals[1]))
        assert model.ratio[names.index(name)] == pytest.approx(expected)
    row = model.features([["a", "a", "never"]]).toarray()[0]
    assert row == pytest.approx(np.where(np.isin(names, ["a", "a a"]), model.ratio, 0))


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(1.0, [3, -1, 2], id="the weights themselves"),
        pytest.param(0.0, [2, 2, 2], id="naive Bayes"),
        pytest.param(0.5, [2.5, 0.5, 2], id="half way"),
    ],
)
def test_interpolation(share: float, expected: list[float]) -> None:
    assert baselines._towards_mean(np.array([3.0, -1, 2]), share).tolist() == expected


@pytest.mark.parametrize(
    ("labels", "cost"),
    [
        pytest.param([1, 1, 0], 2.0, id="the one that says positive"),
        pytest.param([1, 0, 0], 1.0, id="the one that says negative"),
        pytest.param([1, 0], 1.0, id="of two equals the first"),
    ],
)
def test_the_choice_is_made_on_validation(labels: list[int], cost: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two regularisations, one of which always says negative and the other positive."""
    monkeypatch.setattr(Tfidf, "costs", (1.0, 2.0))
    monkeypatch.setattr(baselines, "_fit", lambda known, _, cost: (np.zeros(known.shape[1]), {1.0: -1, 2.0: 1}[cost]))
    validation = [["great"]] * len(labels), np.array(labels)
    assert baselines._choice(Tfidf, drawn(20, seed=1), validation) == (cost, 1.0)


def test_rare_pieces_are_left_out_of_many_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, truth = labelled({"good once": 1, "good film": 1, "bad film": 0, "bad twice": 0})
    assert "once" in NBLogReg(texts, truth).vectorizer.vocabulary_
    monkeypatch.setattr(baselines, "RARE", 3)
    assert set(NBLogReg(texts, truth).vectorizer.vocabulary_) == {"good", "film", "bad"}


def test_all_baselines_and_the_same_again() -> None:
    splits = drawn(40, seed=1), drawn(10, seed=2), drawn(8, seed=3)[0]
    first, second = (predictions(*splits) for _ in range(2))
    assert list(first) == ["majority", "tfidf", "bayes"]
    assert {name: each.tolist() for name, each in first.items()} == {n: each.tolist() for n, each in second.items()}
    assert all(each.shape == (8,) for each in first.values())
