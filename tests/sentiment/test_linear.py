"""Linear models of words and n-grams: what they learn, and how they choose."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from brandlens.sentiment import linear
from brandlens.sentiment.linear import (
    BalancedIdfLogReg,
    BalancedNBLogReg,
    FeatureRows,
    LogReg,
    NBLogReg,
    NgramVectorizer,
    TfidfNgramVectorizer,
    decide,
)

Labelled = tuple[list[list[str]], np.ndarray]
MODELS: list[Callable[[], LogReg]] = [
    lambda: LogReg(TfidfNgramVectorizer()),
    lambda: NBLogReg(NgramVectorizer()),
    lambda: BalancedIdfLogReg(NgramVectorizer()),
    lambda: BalancedNBLogReg(NgramVectorizer()),
]
EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=["tfidf", "bayes", "balanced idf", "balanced bayes"])
NO_REVIEWS: Labelled = ([], np.zeros(0, np.int8))


def labelled(rows: dict[str, int]) -> Labelled:
    return [text.split() for text in rows], np.array(list(rows.values()), np.int8)


def reviews(count: int, seed: int) -> Labelled:
    """Reviews of eight words: noise, and "great" or "awful", which "not" before it inverts."""
    random = np.random.default_rng(seed)
    noise = [f"word{number}" for number in range(20)]
    texts, labels = [], []
    for _ in range(count):
        good, inverted = random.integers(0, 2, 2)
        middle = ["not"] * int(inverted) + ["great" if good else "awful"]
        before, after = (list(random.choice(noise, 3)) for _ in range(2))
        texts.append([*before, *middle, *after])
        labels.append(good ^ inverted)
    return texts, np.array(labels, np.int8)


@EVERY_MODEL
def test_pairs_of_words_are_learned(model: Callable[[], LogReg]) -> None:
    """No single word tells anything here: half of what is great is not."""
    texts, labels = reviews(200, seed=3)
    log_odds = model().fit(reviews(300, seed=1), reviews(60, seed=2)).log_odds(texts)
    assert (log_odds.shape, log_odds.dtype) == ((200, 1), np.float64)
    assert (decide(log_odds) == labels).mean() > 0.95


@EVERY_MODEL
@pytest.mark.parametrize(
    ("validation", "test", "count"),
    [
        pytest.param(reviews(10, seed=2), [], 0, id="nothing to score"),
        pytest.param(NO_REVIEWS, [["great"]], 1, id="no validation"),
        pytest.param(reviews(10, seed=2), [[], ["never", "seen"], ["great"] * 500], 3, id="empty, unknown and long"),
    ],
)
@pytest.mark.parametrize("refit", [False, True])
def test_odd_rows(
    model: Callable[[], LogReg], validation: Labelled, test: list[list[str]], count: int, refit: bool
) -> None:
    log_odds = model().fit(reviews(30, seed=1), validation, refit=refit).log_odds(test)
    assert log_odds.shape == (count, 1)
    assert np.isfinite(log_odds).all()


@EVERY_MODEL
def test_refit_learns_from_validation_too(model: Callable[[], LogReg]) -> None:
    training = labelled({"good film": 1, "bad film": 0, "good book": 1, "bad book": 0})
    validation = labelled({"splendid play": 1, "wretched play": 0})
    words = [["splendid"], ["wretched"]]
    good, bad = model().fit(training, validation, refit=True).log_odds(words)[:, 0]
    assert good > 0 > bad
    good, bad = model().fit(training, validation).log_odds(words)[:, 0]
    assert good == bad


@EVERY_MODEL
def test_a_review_scores_the_same_alone(model: Callable[[], LogReg]) -> None:
    fitted, (texts, _) = model().fit(reviews(40, seed=1), reviews(10, seed=2)), reviews(6, seed=3)
    assert fitted.log_odds(texts) == pytest.approx(np.concatenate([fitted.log_odds([text]) for text in texts]))


@pytest.mark.parametrize("vectorizer", [TfidfNgramVectorizer, NgramVectorizer])
def test_tokens_are_taken_as_they_are(vectorizer: type[NgramVectorizer]) -> None:
    fitted = vectorizer()
    fitted.fit_transform([["Good", ":)", "n't", "!"], ["bad"]])
    assert {"Good", ":)", "n't", "!", ":) n't"} <= set(fitted.get_feature_names_out())


@pytest.mark.parametrize("vectorizer", [TfidfNgramVectorizer, NgramVectorizer])
def test_ngrams_of_one_review_alone_are_left_out_of_many(
    vectorizer: type[NgramVectorizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text.split() for text in ("good once", "good film", "bad film", "bad twice")]
    fitted = vectorizer()
    fitted.fit_transform(texts)
    assert "once" in fitted.vocabulary_
    monkeypatch.setattr(linear, "MANY", 3)
    fitted.fit_transform(texts)
    assert set(fitted.vocabulary_) == {"good", "film", "bad"}


def test_naive_bayes_ratios_by_hand() -> None:
    """Two reviews each; a word twice in one review counts once; one is added to every count."""
    vectorizer = NgramVectorizer()
    model = NBLogReg(vectorizer).fit(labelled({"a a": 1, "a b": 1, "b": 0, "b c": 0}), NO_REVIEWS)
    names = list(vectorizer.get_feature_names_out())
    counts = {"a": (2, 0), "b": (1, 2), "c": (0, 1), "a a": (1, 0), "a b": (1, 0), "b c": (0, 1)}
    assert sorted(names) == sorted(counts)
    totals = [sum(pair[label] + 1 for pair in counts.values()) for label in (0, 1)]
    for name, (positive, negative) in counts.items():
        expected = np.log((positive + 1) / totals[0] / ((negative + 1) / totals[1]))
        assert model.ratio[0, names.index(name)] == pytest.approx(expected)
    chosen = np.isin(names, ["a", "a a"])
    assert model.log_odds([["a", "a", "never"]]) == pytest.approx((model.weights[:, chosen].sum() + model.bias)[None])


def test_features_of_no_review_count_for_no_label() -> None:
    """Hashed n-grams leave most columns empty; with them or without, the ratios are the same, also of a rare label."""
    texts, labels = reviews(60, seed=1)
    labels = labels | (np.arange(60) < 25)
    rows = NgramVectorizer().fit_transform(texts)
    wider = csr_matrix((rows.data, rows.indices, rows.indptr), (rows.shape[0], 50 * rows.shape[1]))
    narrow, wide = (NBLogReg(FeatureRows()).fit((each, labels), NO_REVIEWS).ratio for each in (rows, wider))
    assert wide[:, : rows.shape[1]] == pytest.approx(narrow)
    assert not wide[:, rows.shape[1] :].any()


def test_inverse_document_frequencies_are_those_of_scikit_learn() -> None:
    texts, labels = reviews(60, seed=1)
    model = BalancedIdfLogReg(NgramVectorizer()).fit((texts, labels), NO_REVIEWS)
    expected = TfidfVectorizer(ngram_range=(1, 3), lowercase=False, tokenizer=list, token_pattern=None).fit(texts)
    assert list(model.vectorizer.get_feature_names_out()) == list(expected.get_feature_names_out())
    assert model.ratio[0] == pytest.approx(expected.idf_)


@pytest.mark.parametrize("kind", [BalancedIdfLogReg, BalancedNBLogReg])
def test_a_rare_label_weighs_as_much_as_the_others(kind: type[LogReg]) -> None:
    texts = [["good", "film"]] * 45 + [["plain", "film"]] * 5 + [["bad", "film"]] * 45
    labels = np.repeat([0, 1, 2], [45, 5, 45])
    unweighted = type("Unweighted", (kind,), {"CLASS_WEIGHT": None})
    plain, balanced = (
        linear.probabilities(model(NgramVectorizer(), 3).fit((texts, labels), NO_REVIEWS).log_odds([["plain"], []]))
        for model in (unweighted, kind)
    )
    assert balanced[0, 1] > 0.5
    assert (balanced > plain)[:, 1].all()


@pytest.mark.parametrize("count", [0, 3])
def test_rows_of_features_are_reviews_too(count: int) -> None:
    texts, labels = reviews(40, seed=1)
    features = NgramVectorizer().fit_transform(texts)
    model = BalancedNBLogReg(FeatureRows()).fit((features[:30], labels[:30]), (features[30:], labels[30:]))
    assert model.log_odds(features[:count]).shape == (count, 1)


@pytest.mark.parametrize(
    ("beta", "expected"),
    [
        pytest.param(1.0, [3, -1, 2], id="the weights themselves"),
        pytest.param(0.0, [2, 2, 2], id="naive Bayes"),
        pytest.param(0.5, [2.5, 0.5, 2], id="half way"),
    ],
)
def test_interpolation(beta: float, expected: list[float]) -> None:
    rows = np.array([[3.0, -1, 2], [0, 0, 0]])
    assert linear.interpolate(rows, beta).tolist() == [expected, [0, 0, 0]]


@pytest.mark.parametrize(
    ("labels", "bias"),
    [
        pytest.param([1, 1, 0], 1.0, id="the one that predicts positive"),
        pytest.param([1, 0, 0], -1.0, id="the one that predicts negative"),
        pytest.param([1, 0], -1.0, id="of two equals the first"),
    ],
)
def test_the_choice_is_made_on_validation(labels: list[int], bias: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two regularisations, the first of which always predicts negative and the second positive."""
    biases = {1.0: -1.0, 2.0: 1.0}
    monkeypatch.setattr(LogReg, "C_GRID", tuple(biases))
    fit = lambda features, labels, c, class_weight: (np.zeros(features.shape[1]), biases[c])  # noqa: E731
    monkeypatch.setattr(linear, "_logistic_regression", fit)
    model = LogReg(TfidfNgramVectorizer()).fit(reviews(20, seed=1), ([["great"]] * len(labels), np.array(labels)))
    assert model.bias == bias


@pytest.mark.parametrize("num_labels", [2, 3, 5])
@pytest.mark.parametrize(
    "make", [lambda k: LogReg(TfidfNgramVectorizer(), k), lambda k: NBLogReg(NgramVectorizer(), k)]
)
def test_any_number_of_labels(make: Callable[[int], LogReg], num_labels: int) -> None:
    labels = np.arange(60) % num_labels
    texts = [[f"word{label}", f"noise{index % 4}"] for index, label in enumerate(labels)]
    model = make(num_labels).fit((texts, labels), (texts[:20], labels[:20]), refit=True)
    log_odds = model.log_odds(texts)
    assert log_odds.shape == (60, 1 if num_labels == 2 else num_labels)
    assert (decide(log_odds) == labels).all()
    probabilities = linear.probabilities(log_odds)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert (probabilities.argmax(axis=1) == labels).all()
