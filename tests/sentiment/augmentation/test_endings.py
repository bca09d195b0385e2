"""Endings that negated clauses have and others have not."""

import numpy as np
import pytest

from brandlens.sentiment.augmentation.endings import MIN_BEFORE, MIN_COUNT, learn_endings, split
from brandlens.sentiment.augmentation.polarity import Tokens

WORDS = [
    "<pad>",
    "<unk>",
    "not",
    ".",
    ",",
    "it",
    "is",
    "at",
    "all",
    "my",
    "mail",
    "good",
    "bad",
    "fast",
    "read",
    "does",
]
IDS = {word: index for index, word in enumerate(WORDS)}
TOKENS = Tokens.of(WORDS)


def rows(*texts: str) -> list[np.ndarray]:
    return [np.array([IDS[word] for word in text.split()], np.int32) for text in texts]


def learn(*texts: str) -> list[str]:
    return [" ".join(WORDS[word] for word in ending) for ending in learn_endings(rows(*texts), TOKENS)]


NEGATED = [f"it is not {word} at all ." for word in ("good", "bad", "fast")]
PLAIN = [f"it is {word} ." for word in ("good", "bad", "fast")] * 40


def test_what_follows_many_negated_words() -> None:
    assert len(NEGATED) >= MIN_BEFORE
    assert learn(*NEGATED * MIN_COUNT, *PLAIN) == ["at all"]


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([], id="no reviews"),
        pytest.param(NEGATED, id="too few"),
        pytest.param([NEGATED[0]] * 3 * MIN_COUNT, id="after one word alone"),
        pytest.param(["it does not read my mail ."] * 3 * MIN_COUNT, id="an object"),
        pytest.param([*NEGATED, *(text.replace("not ", "") for text in NEGATED)] * MIN_COUNT, id="in others as well"),
        pytest.param(["it is not good ."] * 30, id="the word that is negated"),
    ],
)  # fmt: skip
def test_no_ending(texts: list[str]) -> None:
    assert learn(*texts, *PLAIN) == []


def test_clauses_keep_the_end_of_the_sentence() -> None:
    (row,) = rows("it is good , not bad . it is")
    assert [" ".join(WORDS[token] for token in clause) for clause in split(row, TOKENS)] == [
        "it is good", "not bad .", "it is",
    ]  # fmt: skip
