"""Clauses with and without a negator: what they say, and what they are made of."""

import numpy as np
import pytest

from brandlens.sentiment.augmentation.negation import Counterfactuals, read
from brandlens.sentiment.augmentation.polarity import Tokens

WORDS = ["<pad>", "<unk>", "the", "phone", "is", "it", "not", "good", "bad", "here", ".", "at", "all", "fast", "slow"]
IDS = {word: index for index, word in enumerate(WORDS)}
TEXTS = {
    1: ["it is good .", "it is fast .", "it is not bad .", "it is not slow .", "it is not bad at all ."],
    -1: ["it is bad .", "it is slow .", "it is not good .", "it is not fast .", "it is not good at all ."],
    0: ["the phone is here .", "it is here ."],
}


def ids(text: str) -> np.ndarray:
    return np.array([IDS[word] for word in text.split()], np.int32)


def fit(num_reviews: int = 30, *, has_neutral: bool = True) -> Counterfactuals:
    pairs = [(ids(text), sign) for sign, texts in TEXTS.items() for text in texts * num_reviews if sign or has_neutral]
    signs = np.array([sign for _, sign in pairs])
    return Counterfactuals.fit([row for row, _ in pairs], signs, signs == 0, WORDS)


def draw(counterfactuals: Counterfactuals, count: int = 400) -> list[tuple[str, int]]:
    rows, signs = counterfactuals.draw(count, np.random.default_rng(1))
    return [(" ".join(WORDS[token] for token in row), int(sign)) for row, sign in zip(rows, signs, strict=True)]


def test_clauses_say_what_their_words_say() -> None:
    drawn = draw(fit())
    assert len(drawn) == 400
    for text, sign in drawn:
        words = text.split()
        polarity = sum(word in words for word in ("good", "fast")) - sum(word in words for word in ("bad", "slow"))
        assert sign == polarity * (-1) ** words.count("not")
    assert {sign for _, sign in drawn} == {-1, 0, 1}


def test_a_neutral_clause_stays_neutral_with_a_negator() -> None:
    neutral = {text for text, sign in draw(fit()) if not sign}
    assert "it is not here ." in neutral
    assert "it is here ." in neutral
    assert all(sign for _, sign in draw(fit(has_neutral=False)))


@pytest.mark.parametrize("sign", [-1, 1])
def test_negated_clauses_of_both_signs_get_endings(sign: int) -> None:
    """Those alone that end with a negated word: "at all" says nothing by itself."""
    with_ending = {text for text, of_text in draw(fit()) if of_text == sign and "all" in text.split()}
    assert with_ending
    word = "bad" if sign > 0 else "good"
    assert f"it is not {word} all ." in with_ending or f"it is not {word} at all ." in with_ending


def test_reviews_without_sides_make_no_clauses() -> None:
    row = ids("it is here .")
    found = Counterfactuals.fit([row] * 9, np.zeros(9, np.int64), np.ones(9, bool), WORDS)
    assert found.draw(10, np.random.default_rng(1))[0] == []


@pytest.mark.parametrize(
    ("text", "polar", "negator"),
    [
        pytest.param("it is good .", 2, None, id="a polar word"),
        pytest.param("it is not good .", 3, 2, id="a negated one"),
        pytest.param("it is here .", None, None, id="no polar word"),
        pytest.param("it is not here .", None, 2, id="a negator and no polar word"),
    ],
)
def test_what_is_read_in_a_clause(text: str, polar: int | None, negator: int | None) -> None:
    polarity = np.array([{"good": 1, "bad": -1}.get(word, 0) for word in WORDS], np.int8)
    clause = read(ids(text), Tokens.of(WORDS), polarity)
    assert clause is not None
    assert (clause.polar, clause.negator) == (polar, negator)


@pytest.mark.parametrize("text", ["good", "it is good bad .", "good is not here .", "not good is not bad ."])
def test_what_is_not_known(text: str) -> None:
    """Too short, two polar words, a negator behind the polar word, two negators."""
    polarity = np.array([{"good": 1, "bad": -1}.get(word, 0) for word in WORDS], np.int8)
    assert read(ids(text), Tokens.of(WORDS), polarity) is None
