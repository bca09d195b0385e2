import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.datasets.text_dedup import group_texts, shingles, union_groups
from brandlens.errors import UserError

LONG = " ".join(f"word{index}" for index in range(42))  # forty triples


def changed(*indices: int) -> str:
    """LONG with other words at some places."""
    return " ".join("other" if index in indices else word for index, word in enumerate(LONG.split()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("", "  ", id="nothing"),
        pytest.param("Good film!", "good FILM", id="case and punctuation"),
        pytest.param("a good film, all in all", "a good<br /><br />film all in all", id="tags"),
        pytest.param("a b c d a b c d", "a b c d a b c d a b c d", id="repeated"),
    ],
)
def test_the_same_triples(one, other):
    assert np.array_equal(shingles(one), shingles(other))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 1), ("❤", 1), ("good", 1), ("good film", 1), ("good film !", 1), ("a good film", 1), ("a good old film", 2)],
)
def test_how_many_triples(text, count):
    triples = shingles(text)
    assert triples.dtype == np.uint64
    assert len(triples) == count


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param(["good"], [0], id="one"),
        pytest.param(["good", "bad", "Good!", "good film"], [0, 1, 0, 2], id="short ones must be equal"),
        pytest.param(["❤", "😡", "❤ "], [0, 1, 0], id="without words"),
        pytest.param(["a b c", "c b a", "b a c"], [0, 1, 2], id="order counts"),
        pytest.param([LONG, "else", changed(0)], [0, 1, 0], id="39 of 41"),
        pytest.param([LONG, changed(20)], [0, 0], id="37 of 43"),
        pytest.param([LONG, changed(10, 30)], [0, 1], id="34 of 46"),
        pytest.param([changed(5), changed(5, 30), LONG], [0, 0, 0], id="through a third"),
        pytest.param([LONG, LONG + " and more"], [0, 0], id="40 of 42"),
        pytest.param([LONG, LONG + " and so on for ten words more in a long row"], [0, 1], id="40 of 51"),
    ],
)
def test_groups(texts, expected):
    assert group_texts(texts, 0.8).tolist() == expected


@pytest.mark.parametrize(("min_jaccard", "together"), [(0.3, True), (37 / 43, True), (0.87, False), (1.0, False)])
def test_the_threshold_decides(min_jaccard, together):
    first, second = group_texts([LONG, changed(20)], min_jaccard)
    assert (first == second) == together


@pytest.mark.parametrize(
    ("one", "other", "min_jaccard"),
    [
        pytest.param("a b c d e", "a b c d e f g h", 0.5, id="three of six"),
        pytest.param("x a b c d", "y a b c d", 0.5, id="two in both, one in either alone"),
        pytest.param("x a b c d e f", "y a b c d e f", 4 / 6, id="four in both, one in either alone"),
        pytest.param("a b c d e f g", "a b c d e f g h", 5 / 6, id="five of six"),
    ],
)
def test_pairs_that_just_reach_the_threshold(one, other, min_jaccard):
    assert group_texts([one, other], min_jaccard).tolist() == [0, 0]
    assert group_texts([other, one], min_jaccard).tolist() == [0, 0]
    assert group_texts([one, other], min_jaccard + 0.01).tolist() == [0, 1]


@pytest.mark.parametrize("min_jaccard", [0, 0.29, 1.01, float("nan")])
def test_thresholds_that_make_no_sense(min_jaccard):
    with pytest.raises(UserError, match=r"allowed: from 0\.3 to 1"):
        group_texts(["good"], min_jaccard)


def joined(letters: str, max_size: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(letters), min_size=1, max_size=max_size).map(" ".join)


SENTENCE = "this is what all of them have in common"
LETTERS = " ".join("abcdefghijklmnop")


@given(
    st.lists(
        joined("abcd", 12)
        | joined("qrstuvwxyz", 4).map(lambda own: f"{SENTENCE} {own}")
        | st.tuples(st.integers(0, 16), st.integers(0, 16)).map(lambda ends: LETTERS[2 * min(ends) : 2 * max(ends)]),
        max_size=12,
    ),
    st.sampled_from([0.3, 0.5, 0.6, 0.7, 0.8, 1.0]),
)
def test_no_near_pair_is_missed_and_no_other_made(texts, min_jaccard):
    sets = [set(shingles(text).tolist()) for text in texts]
    near = [[len(one & other) >= min_jaccard * len(one | other) - 1e-9 for other in sets] for one in sets]
    reached = np.array(near, bool).reshape(len(sets), len(sets))
    for _ in texts:
        reached = reached @ reached
    groups = group_texts(texts, min_jaccard)
    assert np.array_equal(groups[:, None] == groups, reached)
    assert list(dict.fromkeys(groups.tolist())) == list(range(len(set(groups.tolist()))))


def test_order_does_not_matter():
    texts = [changed(index, index + 1) for index in range(0, 40, 3)] + [LONG] * 3
    groups, reverse = group_texts(texts, 0.85), group_texts(texts[::-1], 0.85)[::-1]
    assert np.array_equal(groups[:, None] == groups, reverse[:, None] == reverse)


def drawn(count: int) -> list[str]:
    """Texts of 60 words, drawn as words are in a language: a few are everywhere, most are rare."""
    random = np.random.default_rng(1)
    words = np.array([f"w{index}" for index in range(20_000)])
    weights = 1 / np.arange(1, len(words) + 1)
    return [" ".join(row) for row in words[random.choice(len(words), (count, 60), p=weights / weights.sum())]]


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        pytest.param(drawn(5000), 5000, id="all different"),
        pytest.param([LONG] * 5000, 1, id="all the same"),
        pytest.param([f"{LONG} {number}" for number in range(3000)], 1, id="all alike"),
        pytest.param(
            [f"a great phone for me and {number} of my friends" for number in range(1500)], 1500, id="one sentence"
        ),
        pytest.param(
            [f"I give this phone a score of {number}" for number in range(20_000)], 20_000, id="all but the last word"
        ),
    ],
)
def test_thousands_take_moments(texts, count):
    start = time.perf_counter()
    assert len(set(group_texts(texts, 0.8).tolist())) == count
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    ("groupings", "expected"),
    [
        pytest.param([[]], [], id="nothing"),
        pytest.param([[5, 5, 7]], [0, 0, 1], id="one grouping"),
        pytest.param([[0, 0, 1, 2], [0, 1, 1, 2]], [0, 0, 0, 1], id="a chain through both"),
        pytest.param([[0, 1, 2, 3], [3, 2, 1, 0]], [0, 1, 2, 3], id="all for themselves"),
    ],
)
def test_union_groups(groupings, expected):
    assert union_groups(*groupings).tolist() == expected


def test_near_duplicates_in_a_script_without_spaces() -> None:
    text = "この掃除機はとても静かで吸引力も強く毎日の掃除が楽しくなりました。買ってよかったです。"
    other = "箱が壊れていて説明書もありませんでした。返品したいのに店から返事がなくて残念です。"
    assert group_texts([text, text.replace("毎", "平"), other], 0.8).tolist() == [0, 0, 1]
