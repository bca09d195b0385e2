import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.datasets import text_dedup
from brandlens.datasets.review import Review
from brandlens.datasets.split_reviews import split_reviews
from brandlens.errors import UserError

SHARES = (0.7, 0.1, 0.2)


def review(name: object, label: int, split: str = "train", group: str = "", text: str = "") -> Review:
    return Review(str(name), text or f"text number {name} of its own", label, math.nan, group, split)


def many(count: int, split: str = "train", group: str = "") -> list[Review]:
    return [review(f"{split}{group}{at}", at % 2, split, group) for at in range(count)]


def sizes(reviews):
    return Counter(each.split for each in reviews)


def test_no_reviews():
    with pytest.raises(UserError, match="no positive review is left for train"):
        split_reviews([], SHARES, 0.8, 1)


@pytest.mark.parametrize(
    ("given_", "shares", "expected"),
    [
        pytest.param(many(100), SHARES, {"train": 70, "val": 10, "test": 20}, id="all cut out of train"),
        pytest.param(many(80) + many(6, "test"), SHARES, {"train": 70, "val": 10, "test": 6}, id="test given"),
        pytest.param(many(90) + many(8, "val"), SHARES, {"train": 70, "val": 8, "test": 20}, id="val given"),
        pytest.param(
            many(50) + many(4, "val") + many(6, "test"), SHARES, {"train": 50, "val": 4, "test": 6}, id="both given"
        ),
        pytest.param(many(20), (0.0, 0.5, 0.5), None, id="nothing for train"),
        pytest.param(many(20), (0.8, 0.0, 0.2), None, id="nothing for val"),
        pytest.param(many(4), SHARES, None, id="too few"),
    ],
)
def test_sizes(given_, shares, expected):
    if expected is None:
        with pytest.raises(UserError, match=r"no positive review is left for (train|val).*sentiment\.collect\.shares"):
            split_reviews(given_, shares, 0.8, 1)
        return
    found, gone = split_reviews(given_, shares, 0.8, 1)
    assert sizes(found) == expected
    assert not gone
    assert [each.id for each in found] == [each.id for each in given_]
    for split in expected:
        assert abs(sum(each.label - 0.5 for each in found if each.split == split)) <= 1


def test_the_seed_decides():
    assert split_reviews(many(40), SHARES, 0.8, 1) == split_reviews(many(40), SHARES, 0.8, 1)
    assert split_reviews(many(40), SHARES, 0.8, 1) != split_reviews(many(40), SHARES, 0.8, 2)


def test_unlabelled_ones_stay_so():
    found, _ = split_reviews(many(20) + [review(f"u{at}", -1, "unlabelled") for at in range(9)], SHARES, 0.8, 1)
    assert sizes(found)["unlabelled"] == 9
    assert all((each.label == -1) == (each.split == "unlabelled") for each in found)


def test_groups_stay_whole():
    found, _ = split_reviews([each for at in range(40) for each in many(4, group=f"movie{at}")], SHARES, 0.8, 1)
    places = {each.group: set() for each in found}
    for each in found:
        places[each.group].add(each.split)
    assert all(len(splits) == 1 for splits in places.values())
    assert sizes(found) == {"train": 112, "val": 16, "test": 32}


def test_a_few_large_groups_still_fill_every_split():
    found, _ = split_reviews([each for at in range(3) for each in many(20 + at, group=f"phone{at}")], SHARES, 0.8, 1)
    assert len({(each.split, each.group) for each in found}) == 3
    assert sizes(found)["train"] >= 20


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ("test", "val", "test"), ("test", "train", "test"), ("test", "unlabelled", "test"),
        ("val", "train", "val"), ("val", "unlabelled", "val"), ("train", "unlabelled", "train"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("change", ["{}", "{}!", "Well, {}"], ids=["same", "punctuation", "a word more"])
def test_of_repeats_the_strongest_stays(first, second, stays, change):
    text = "it is by far the best that I have seen in all of these years"
    rest = [each for split in ("train", "val", "test") for each in many(10, split)]
    label = {"unlabelled": -1}
    twins = [review("a", label.get(first, 1), first, text=text), review("b", label.get(second, 1), second)]
    twins[1] = twins[1]._replace(text=change.format(text))
    for pair in (twins, twins[::-1]):
        found, gone = split_reviews([*pair, *rest], SHARES, 0.8, 1)
        assert [each.split for each in found if each.id in "ab"] == [stays]
        assert gone == {second: 1}


def test_repeats_are_cut_out_together():
    pairs = [
        review(f"{at}{twin}", at % 2, text=f"tale {at} told by {at} once more") for at in range(30) for twin in "ab"
    ]
    found, gone = split_reviews(pairs, SHARES, 0.8, 1)
    assert not gone
    where = {each.id: each.split for each in found}
    assert all(where[f"{at}a"] == where[f"{at}b"] for at in range(30))
    assert len(set(where.values())) == 3


def test_repeats_bind_groups_together():
    """A review of the movie x that repeats one of y: both movies go to one split."""
    bound = [review(f"{at}{group}", at % 2, group=group) for at in range(4) for group in "xy"]
    bound += [
        review("p", 1, group="x", text="the very same words"),
        review("q", 0, group="y", text="The very same words"),
    ]
    for seed in range(5):
        found, _ = split_reviews([*bound, *many(60)], SHARES, 0.8, seed)
        assert len({each.split for each in found if each.group}) == 1


REVIEWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcde"), min_size=1, max_size=8).map(" ".join),
        st.sampled_from(["train", "train", "val", "test", "unlabelled"]),
        st.integers(0, 1),
        st.sampled_from(["", "", "x", "y"]),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(REVIEWS, st.integers(0, 3))
def test_no_near_duplicates_on_two_sides(rows, seed):
    reviews = [
        review(at, -1 if split == "unlabelled" else label, split, group, text)
        for at, (text, split, label, group) in enumerate(rows)
    ] + many(40)
    try:
        found, gone = split_reviews(reviews, SHARES, 0.8, seed)
    except UserError:  # a given split with one label only
        return
    near = text_dedup.groups([each.text for each in found], 0.8).tolist()
    assert len(set(zip(near, [each.split for each in found], strict=True))) == len(set(near))
    assert len(found) + gone.total() == len(reviews)
    cut = {each.group: each.split for each in found if each.group and reviews[int(each.id)].split == "train"}
    assert all(cut[each.group] == each.split for each in found if each.group and reviews[int(each.id)].split == "train")
