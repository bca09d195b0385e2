import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.datasets.reviews import NEGATIVE, POSITIVE, UNLABELLED, Review
from brandlens.datasets.split_reviews import split_reviews
from brandlens.datasets.text_dedup import group_texts
from brandlens.errors import UserError

RATIOS = (0.7, 0.1, 0.2)


def make_review(name: object, label: int | str, split: str = "train", group: str = "", text: str = "") -> Review:
    name_of = {0: NEGATIVE, 1: POSITIVE, -1: UNLABELLED}
    return Review(
        str(name), text or f"text number {name} of its own", name_of.get(label, label), math.nan, group, split
    )


def many(count: int, split: str = "train", group: str = "") -> list[Review]:
    return [make_review(f"{split}{group}{index}", index % 2, split, group) for index in range(count)]


def sizes(reviews):
    return Counter(review.split for review in reviews)


def test_no_reviews():
    with pytest.raises(UserError, match="no positive review is left for train"):
        split_reviews([], RATIOS, 0.8, 1)


@pytest.mark.parametrize(
    ("source", "ratios", "expected"),
    [
        pytest.param(many(100), RATIOS, {"train": 70, "val": 10, "test": 20}, id="all cut out of train"),
        pytest.param(many(80) + many(6, "test"), RATIOS, {"train": 70, "val": 10, "test": 6}, id="test given"),
        pytest.param(many(90) + many(8, "val"), RATIOS, {"train": 70, "val": 8, "test": 20}, id="val given"),
        pytest.param(
            many(50) + many(4, "val") + many(6, "test"), RATIOS, {"train": 50, "val": 4, "test": 6}, id="both given"
        ),
        pytest.param(many(20), (0.0, 0.5, 0.5), None, id="nothing for train"),
        pytest.param(many(20), (0.8, 0.0, 0.2), None, id="nothing for val"),
        pytest.param(many(4), RATIOS, None, id="too few"),
    ],
)
def test_sizes(source, ratios, expected):
    if expected is None:
        with pytest.raises(
            UserError, match=r"no positive review is left for (train|val).*sentiment\.collect\.split_ratios"
        ):
            split_reviews(source, ratios, 0.8, 1)
        return
    kept, removed = split_reviews(source, ratios, 0.8, 1)
    assert sizes(kept) == expected
    assert not removed
    assert [review.id for review in kept] == [review.id for review in source]
    for split in expected:
        assert abs(sum((review.label == POSITIVE) - 0.5 for review in kept if review.split == split)) <= 1


def test_the_seed_decides():
    assert split_reviews(many(40), RATIOS, 0.8, 1) == split_reviews(many(40), RATIOS, 0.8, 1)
    assert split_reviews(many(40), RATIOS, 0.8, 1) != split_reviews(many(40), RATIOS, 0.8, 2)


def test_unlabelled_ones_stay_so():
    kept, _ = split_reviews(
        many(20) + [make_review(f"u{index}", -1, "unlabelled") for index in range(9)], RATIOS, 0.8, 1
    )
    assert sizes(kept)["unlabelled"] == 9
    assert all((review.label == UNLABELLED) == (review.split == "unlabelled") for review in kept)


def test_groups_stay_whole():
    kept, _ = split_reviews(
        [review for index in range(40) for review in many(4, group=f"movie{index}")], RATIOS, 0.8, 1
    )
    assert len({(review.split, review.group) for review in kept}) == 40
    assert sizes(kept) == {"train": 112, "val": 16, "test": 32}


def test_a_few_large_groups_still_fill_every_split():
    kept, _ = split_reviews(
        [review for index in range(3) for review in many(20 + index, group=f"phone{index}")], RATIOS, 0.8, 1
    )
    assert len({(review.split, review.group) for review in kept}) == 3
    assert sizes(kept)["train"] >= 20


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ("test", "val", "test"), ("test", "train", "test"), ("test", "unlabelled", "test"),
        ("val", "train", "val"), ("val", "unlabelled", "val"), ("train", "unlabelled", "train"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("change", ["{}", "{}!", "Well, {}"], ids=["same", "punctuation", "a word more"])
def test_of_near_duplicates_those_in_the_highest_split_stay(first, second, stays, change):
    text = "it is by far the best that I have seen in all of these years"
    rest = [review for split in ("train", "val", "test") for review in many(10, split)]
    labels = {"unlabelled": -1}
    pair = [make_review("a", labels.get(first, 1), first, text=text), make_review("b", labels.get(second, 1), second)]
    pair[1] = pair[1]._replace(text=change.format(text))
    for ordered in (pair, pair[::-1]):
        kept, removed = split_reviews([*ordered, *rest], RATIOS, 0.8, 1)
        assert [review.split for review in kept if review.id in "ab"] == [stays]
        assert removed == {second: 1}


def test_near_duplicates_are_cut_out_together():
    pairs = [
        make_review(f"{index}{letter}", index % 2, text=f"tale {index} heard by {index} once more")
        for index in range(30)
        for letter in "ab"
    ]
    kept, removed = split_reviews(pairs, RATIOS, 0.8, 1)
    assert not removed
    split_of = {review.id: review.split for review in kept}
    assert all(split_of[f"{index}a"] == split_of[f"{index}b"] for index in range(30))
    assert len(set(split_of.values())) == 3


def test_near_duplicates_join_groups():
    """A review of the movie x is much like one of y: both movies go to one split."""
    linked = [make_review(f"{index}{group}", index % 2, group=group) for index in range(4) for group in "xy"]
    linked += [
        make_review("p", 1, group="x", text="the very same words"),
        make_review("q", 0, group="y", text="The very same words"),
    ]
    for seed in range(5):
        kept, _ = split_reviews([*linked, *many(60)], RATIOS, 0.8, seed)
        assert len({review.split for review in kept if review.group}) == 1


REVIEWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcde"), min_size=1, max_size=8).map(" ".join),
        st.sampled_from(["train", "train", "val", "test", "unlabelled"]),
        st.integers(0, 1),
        st.sampled_from(["", "", "x", "y"]),
    ),
    max_size=30,
)


@given(REVIEWS, st.integers(0, 3))
def test_no_near_duplicates_in_two_splits(rows, seed):
    reviews = [
        make_review(index, -1 if split == "unlabelled" else label, split, group, text)
        for index, (text, split, label, group) in enumerate(rows)
    ] + many(40)
    try:
        kept, removed = split_reviews(reviews, RATIOS, 0.8, seed)
    except UserError:  # a given split with one label only
        return
    near = group_texts([review.text for review in kept], 0.8).tolist()
    assert len(set(zip(near, [review.split for review in kept], strict=True))) == len(set(near))
    assert len(kept) + removed.total() == len(reviews)
    cut = [review for review in kept if review.group and reviews[int(review.id)].split == "train"]
    split_of = {review.group: review.split for review in cut}
    assert all(split_of[review.group] == review.split for review in cut)
