"""Words that a vocabulary lacks and those that they stand for."""

import pytest

from brandlens.sentiment.text.spelling import delete_index, respell
from brandlens.sentiment.text.vocabulary import PAD, SPECIAL, UNKNOWN, Vocabulary

WORDS = {
    word: rank for rank, word in enumerate(["good", "terrible", "great", "love", "mp3", "battery", "better", "not"])
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("!!", None, id="a sign"),
        pytest.param("g00d", "good", id="leet"),
        pytest.param("t3rr1bl3", "terrible", id="much leet"),
        pytest.param("mp4", None, id="a name with a digit"),
        pytest.param("ggood", "good", id="a letter doubled"),
        pytest.param("terible", "terrible", id="a letter not doubled"),
        pytest.param("loove", "love", id="stretched"),
        pytest.param("gre\u0301at", "great", id="a stray accent"),
        pytest.param("terribel", "terrible", id="two letters swapped"),
        pytest.param("batttery", "battery", id="a letter too many"),
        pytest.param("batery", "battery", id="a letter too few"),
        pytest.param("bitter", None, id="another word"),
        pytest.param("hot", None, id="a short word is left alone"),
        pytest.param("eat", None, id="the first letter is never missing"),
    ],
)
def test_respell(word: str, expected: str | None) -> None:
    assert respell(word, WORDS, delete_index(WORDS)) == expected


def test_ids() -> None:
    vocabulary = Vocabulary((*SPECIAL, "good", "terrible"))
    assert [vocabulary.id_of(token) for token in ["good", "g00d", "terible", "film", "\U0001f4e6"]] == [
        2, 2, 3, UNKNOWN, PAD,
    ]  # fmt: skip
    assert vocabulary.select(["\U0001f4e6", "good", "film"], 9) == ([1, 2], [2, UNKNOWN])
