"""What is dropped from a text before its tokens are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.sentiment.text.normalize import align, normalize
from brandlens.sentiment.text.tokenizer import locate_tokens, tokenize

PARTS = st.sampled_from([
    "&amp;", "&lt;br&gt;", "<b>", "`", "\u201c", "\u200b", "e\u0301", "\ufb01", " n't", "**", "*good*", "~~", "\n",
    "\n--\n", "> ", "# ", "Verified Purchase", "BAD", "a", " ", '"', "[x](/y)", "\u1100\u1161", "\u2026",
])  # fmt: skip
TEXTS = st.lists(PARTS, max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("\ufeffgo\u200bod\u00ad", "good", id="invisible characters"),
        pytest.param("\U0001f468\u200d\U0001f527", "\U0001f468\u200d\U0001f527", id="a joiner in an emoji stays"),
        pytest.param("Verified Purchase\nGood", "\nGood", id="a shop's line"),
        pytest.param("A verified purchase.", "A verified purchase.", id="no whole line"),
        pytest.param("Good\n-- \nA. B.\nSent from my phone", "Good\n", id="a signature"),
        pytest.param("> **Good** and _bad_", "Good and _bad_", id="Markdown"),
        pytest.param("> 5 stars, sh*t and f***, **** (4)", "5 stars, sh*t and f***, **** (4)", id="stars that count"),
        pytest.param("# Good\n- [bad](https://x.y)", "Good\nbad", id="Markdown's lines and links"),
        pytest.param("\u201cGood film\u201d", "Good film", id="quotes around the whole"),
        pytest.param('"Good" film', '"Good" film', id="quotes around a word stay"),
        pytest.param("I LOVE THIS FILM", "i love this film", id="all in capitals"),
        pytest.param("VERY GOOD!", "VERY GOOD!", id="a short text in capitals"),
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert normalize(text) == expected


@given(TEXTS)
def test_aligned_text_is_the_normalized_one(text: str) -> None:
    aligned = align(text)
    assert aligned.text == normalize(text)
    assert len(aligned.starts) == len(aligned.ends) == len(aligned.text)
    assert all(0 <= start < end <= len(text) for start, end in zip(aligned.starts, aligned.ends, strict=True))


@given(TEXTS)
def test_located_tokens_are_those_of_tokenize(text: str) -> None:
    located = locate_tokens(text)
    assert [token for tokens, _, _ in located for token in tokens] == tokenize(text)
