"""Which words changed a score: a handmade network adds up a value for each word, so all changes are known."""

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.explain import explain, largest_changes
from brandlens.sentiment.text.vocabulary import Vocabulary

WORDS = st.sampled_from(["good", "great", "bad", "awful", "the", "film", "zzz"])


def score(*values: float) -> float:
    """The score of words with these values, at the classifier's temperature of 2."""
    return 1 / (1 + math.exp(-sum(values) / 2))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("Good", [("good", score(1) - score())], id="one word"),
        pytest.param("the good film", [("the", 0), ("good", score(1) - score()), ("film", 0)], id="plain words"),
        pytest.param("good zzz bad", [("good", score() - score(-1)), ("zzz", 0), ("bad", score() - score(1))],
                     id="an unknown word, and two that cancel out"),
        pytest.param("great great", [("great", score(4) - score(2))] * 2, id="the same word twice"),
        pytest.param("zzz yyy", [("zzz", 0), ("yyy", 0)], id="nothing known"),
        # 8 tokens are read: the first four and the last four
        pytest.param("good the the the bad bad the the the great",
                     [("good", score(3) - score(2)), *[("the", 0)] * 3, *[("bad", 0)] * 2, *[("the", 0)] * 3,
                      ("great", score(3) - score(1))], id="the middle of a long text is not read"),
    ],
)  # fmt: skip
def test_explain(classifier: SentimentClassifier, text: str, expected: list[tuple[str, float]]) -> None:
    changes = explain(classifier, text)
    assert [word for word, _ in changes] == [word for word, _ in expected]
    assert [change for _, change in changes] == pytest.approx([change for _, change in expected], abs=1e-6)
    assert all(type(change) is float for _, change in changes)


@settings(max_examples=40)
@given(st.lists(WORDS, max_size=12))
def test_positive_words_raise_and_negative_words_lower_the_score(
    classifier: SentimentClassifier, words: list[str]
) -> None:
    for word, change in explain(classifier, " ".join(words)):
        assert -1 < change < 1
        assert change >= 0 if word in ("good", "great") else change <= 0 if word in ("bad", "awful") else change == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([("the", 0.009), ("a", -0.009)], [], id="too little"),
        pytest.param([("the", 0.0), ("not", -0.2), ("good", 0.1)], [("not", -0.2), ("good", 0.1)], id="in their order"),
        pytest.param([("a", i / 10) for i in range(9)], [("a", i / 10) for i in range(3, 9)], id="at most six"),
        pytest.param([("a", 0.1), ("b", -0.1)] * 4, [("a", 0.1), ("b", -0.1)] * 3, id="of equals the first"),
    ],
)  # fmt: skip
def test_largest_changes(changes: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert largest_changes(changes) == expected


def test_a_script_without_spaces(classifier: SentimentClassifier) -> None:
    """Each character is a token, with its own change."""
    renamed = {"good": "良", "film": "い", "bad": "悪"}
    words = tuple(renamed.get(word, word) for word in classifier.vocabulary.words)
    japanese = dataclasses.replace(classifier, vocabulary=Vocabulary(words))
    assert [prediction.label for prediction in japanese.score(["良い", "悪い"])] == ["positive", "negative"]
    changes = dict(explain(japanese, "良い。"))
    assert changes["良"] > 0 and changes["い"] == 0
