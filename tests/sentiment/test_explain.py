"""Which words changed a score: a handmade network adds up a value for each word, so all changes are known."""

import dataclasses
import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.sentiment import explain as explain_module
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.explain import Span, explain, explain_all, largest_changes, to_cell
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
    changes = explain(classifier, text).words
    assert [word for word, _ in changes] == [word for word, _ in expected]
    assert [change for _, change in changes] == pytest.approx([change for _, change in expected], abs=1e-6)
    assert all(type(change) is float for _, change in changes)


@settings(max_examples=40)
@given(st.lists(WORDS, max_size=12))
def test_positive_words_raise_and_negative_words_lower_the_score(
    classifier: SentimentClassifier, words: list[str]
) -> None:
    for word, change in explain(classifier, " ".join(words)).words:
        assert -1 < change < 1
        assert change >= 0 if word in ("good", "great") else change <= 0 if word in ("bad", "awful") else change == 0


@settings(max_examples=20)
@given(st.lists(st.lists(WORDS, max_size=9).map(" ".join), max_size=6), st.integers(1, 60))
def test_texts_explained_together(classifier: SentimentClassifier, texts: list[str], max_tokens: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain_module, "MAX_TOKENS", max_tokens)
        together = explain_all(classifier, texts)
    assert len(together) == len(texts)
    for text, explanation in zip(texts, together, strict=True):
        alone = explain(classifier, text)
        assert [word for word, _ in explanation.words] == [word for word, _ in alone.words]
        assert [change for _, change in explanation.words] == pytest.approx(
            [change for _, change in alone.words], abs=1e-6
        )
        assert [span[:2] for span in explanation.spans] == [span[:2] for span in alone.spans]


def test_what_is_no_text(classifier: SentimentClassifier) -> None:
    with pytest.raises(TypeError):
        explain_all(classifier, ["good", 1])  # type: ignore[list-item]  # on purpose
    with pytest.raises(TypeError, match=r"texts is one str; give a list of str: \[text\]"):
        explain_all(classifier, "good")  # else each of its letters would be explained


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("zzz", [], id="nothing known"),
        pytest.param("The film. Good", ["Good"], id="one word"),
        pytest.param("the good good film", ["good good"], id="two words that matter together"),
        pytest.param("good. Bad", ["good", "Bad"], id="not across sentences"),
        pytest.param("<b>good</b> &amp; b\u200bad", ["good", "b\u200bad"], id="places in the text as it was"),
    ],
)
def test_spans(classifier: SentimentClassifier, text: str, marked: list[str]) -> None:
    spans = explain(classifier, text).spans
    assert [text[span.start : span.end] for span in spans] == marked


@settings(max_examples=40)
@given(st.lists(WORDS, max_size=12))
def test_spans_do_not_overlap(classifier: SentimentClassifier, words: list[str]) -> None:
    spans = explain(classifier, " ".join(words)).spans
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(span.change for span in spans)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([0.009, -0.009], [], id="too little"),
        pytest.param([0.0, -0.2, 0.1], [1, 2], id="in their order"),
        pytest.param([i / 10 for i in range(9)], [3, 4, 5, 6, 7, 8], id="at most six"),
        pytest.param([0.1, -0.1] * 4, [0, 1, 2, 3, 4, 5], id="of equals the first"),
    ],
)
def test_largest_changes(changes: list[float], expected: list[int]) -> None:
    spans = [Span(at, at + 1, change) for at, change in enumerate(changes)]
    assert largest_changes(spans) == [spans[index] for index in expected]


def test_cell() -> None:
    assert to_cell("Not  bad;\nslow", [Span(0, 8, 0.25), Span(10, 14, -0.1)]) == "Not bad +0.25; slow -0.10"
    assert to_cell("", []) == ""


def test_a_script_without_spaces(classifier: SentimentClassifier) -> None:
    """Each character is a token, with its own change."""
    renamed = {"good": "良", "film": "い", "bad": "悪"}
    words = tuple(renamed.get(word, word) for word in classifier.vocabulary.words)
    japanese = dataclasses.replace(classifier, vocabulary=Vocabulary(words))
    assert [prediction.label for prediction in japanese.score(["良い", "悪い"])] == ["positive", "negative"]
    changes = dict(explain(japanese, "良い。").words)
    assert changes["良"] > 0 and changes["い"] == 0
