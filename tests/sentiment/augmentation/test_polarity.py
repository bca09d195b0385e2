"""Which words are polar, which are negated: by the labels of reviews and by where words stand."""

import numpy as np
import pytest

from brandlens.sentiment.augmentation.polarity import SCOPE, Tokens, flip_negated, in_scope, polar_words, slot_purity

WORDS = ("<pad>", "<unknown>", ".", ",", "!", "not", "n't", "but", "is", "the", "good", "bad", "phone", "it", "8/10")
IDS = {word: index for index, word in enumerate(WORDS)}
TOKENS = Tokens.of(WORDS)


def row(text: str) -> np.ndarray:
    return np.array([IDS[word] for word in text.split()], np.int32)


def names(mask: np.ndarray) -> set[str]:
    return {WORDS[index] for index in np.flatnonzero(mask)}


def test_what_words_are() -> None:
    assert names(TOKENS.negator) == {"not", "n't"}
    assert names(TOKENS.breaks) == {".", ",", "!", "but"}
    assert names(TOKENS.ends) == {".", "!"}
    assert names(TOKENS.letters) == {"not", "but", "is", "the", "good", "bad", "phone", "it"}


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("it is good", "", id="no negator"),
        pytest.param("it is not good", "good", id="what follows"),
        pytest.param("not good , it is bad", "good", id="to the comma"),
        pytest.param("not good but bad", "good", id="to a word of contrast"),
        pytest.param("not the the the the phone", " ".join(["the"] * SCOPE), id="no further than the scope"),
        pytest.param("not the n't the", "the the", id="a negator is not negated"),
    ],
)
def test_scope(text: str, negated: str) -> None:
    tokens = row(text)
    scope = in_scope(tokens, TOKENS)
    assert scope.shape == tokens.shape
    assert [WORDS[token] for token in tokens[scope]] == negated.split()


def test_what_is_negated_is_one_of_the_opposite_label() -> None:
    rows, labels = flip_negated([row("phone"), row("it is not good")], np.array([1, 0]), np.array([2, 1, 0]), TOKENS)
    parts = [(" ".join(WORDS[token] for token in part), int(label)) for part, label in zip(rows, labels, strict=True)]
    assert parts == [("phone", 1), ("it is not", 0), ("good", 2)]


def test_without_reviews_no_word_is_polar() -> None:
    assert not polar_words([], np.zeros(0, np.int64), TOKENS).any()
    assert slot_purity([], np.zeros(len(WORDS), bool), TOKENS).shape == (len(WORDS),)


def test_polar_words() -> None:
    """Good and bad are polar, also where they are negated; the phone is in both kinds of reviews."""
    texts = [["the phone is good", "it is not bad"], ["the phone is bad", "it is not good"]]
    texts = [text for of_sign in texts for text in of_sign * 50]
    signs = np.repeat([1, -1], 100)
    rows = [row(text) for text in texts]
    polarity = polar_words(rows, signs, TOKENS)
    assert {WORDS[index]: int(polarity[index]) for index in np.flatnonzero(polarity)} == {"good": 1, "bad": -1}
    assert not polar_words(rows, np.zeros(200, np.int64), TOKENS).any()  # of neutral reviews alone


def test_words_are_known_by_the_words_before_them() -> None:
    """The phone is in good reviews alone, but stands where topics stand."""
    rows = [row("the phone is good")] * 5 + [row("the phone is bad")] * 5 + [row("the 8/10"), row("the it")] * 8
    candidates = np.isin(np.arange(len(WORDS)), [IDS["phone"], IDS["good"], IDS["bad"]])
    purity = slot_purity(rows, candidates, TOKENS)
    assert purity[IDS["good"]] > purity[IDS["phone"]]
