from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.datasets.split_pictures import SPLITS, split_pictures
from brandlens.errors import UserError

SHARES = (0.7, 0.1, 0.2)


def album(*labels: str) -> list[Picture]:
    """A picture for each word, a box in it for each letter."""
    return [
        Picture(Path(f"{at:03}.jpg"), tuple(Box(0, 0, 9, 9, label) for label in word)) for at, word in enumerate(labels)
    ]


def divided(pictures, shares=SHARES, groups=None, seed=1):
    return split_pictures(pictures, shares, np.arange(len(pictures)) if groups is None else np.array(groups), seed)


def labels_in(pictures):
    return {box.label for picture in pictures for box in picture.boxes if not box.ignore}


def test_no_pictures():
    assert divided([]) == {"train": [], "val": [], "test": []}


@pytest.mark.parametrize("shares", [SHARES, (0.5, 0.25, 0.25), (0.8, 0.0, 0.2), (1.0, 0.0, 0.0)], ids=str)
def test_shares_and_strata(shares):
    pictures = album(*["a"] * 100, *["b"] * 40, *[""] * 60)
    found = divided(pictures, shares)
    for name, share in zip(SPLITS, shares, strict=True):
        for label, count in (("a", 100), ("b", 40), ("", 60)):
            here = sum("".join(box.label for box in picture.boxes) == label for picture in found[name])
            assert here == pytest.approx(share * count, abs=1)


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        pytest.param(["a"], {("a", "val"), ("a", "test")}, id="one picture goes to train"),
        pytest.param(["a", "a", "a"], set(), id="three pictures, one each"),
        pytest.param(["ab"] * 3 + ["b"] * 20, set(), id="a rare label beside a common one"),
        pytest.param(["ab"] * 3, set(), id="two labels always together"),
        pytest.param(
            ["ac", "ac", "ac", "bc", "bc", "bd", "bd", "bd"], set(), id="a common label spread over rare ones"
        ),
        pytest.param(["ax", "ay", "az", "bx", "by", "bz", "cx", "cy", "cz"], set(), id="labels crossed"),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_every_label_is_in_every_split(words, missing, seed):
    pictures = album(*words)
    found = divided(pictures, seed=seed)
    everywhere = {(label, name) for label in labels_in(pictures) for name in SPLITS}
    assert {(label, name) for label, name in everywhere if label not in labels_in(found[name])} == missing


def test_a_label_that_is_never_the_rarest():
    """`c` is in six groups, always beside a rarer label."""
    pictures = album("ac", "bc", "dc", "ec", "fc", "gc", *["h"] * 30)
    for seed in range(20):
        found = divided(pictures, seed=seed)
        assert all("c" in labels_in(found[name]) for name in SPLITS)


def test_a_large_group_counts_for_what_it_holds():
    """Ninety near-duplicates and ten others: the ninety are training pictures."""
    found = divided(album(*["a"] * 100), groups=[0] * 90 + list(range(1, 11)))
    assert len(found["train"]) >= 90
    assert found["val"]
    assert found["test"]


def test_ignore_boxes_are_no_reason():
    pictures = [Picture(Path(f"{at}.jpg"), (Box(0, 0, 9, 9, "a", ignore=at < 3),)) for at in range(6)]
    found = divided(pictures)
    assert all("a" in labels_in(found[name]) for name in SPLITS)


def test_the_seed_decides():
    pictures = album(*["a"] * 40)
    assert divided(pictures, seed=1) == divided(pictures, seed=1)
    assert divided(pictures, seed=1) != divided(pictures, seed=2)


@pytest.mark.parametrize("shares", [(0.7, 0.1, 0.1), (0.0, 0.0, 0.0), (1.2, -0.1, -0.1)], ids=str)
def test_shares_that_make_no_whole(shares):
    with pytest.raises(UserError, match="shares"):
        divided(album("a"), shares)


words = st.lists(st.tuples(st.text("abcd", max_size=3), st.integers(0, 6)), max_size=25)


@given(words, st.sampled_from([SHARES, (0.34, 0.33, 0.33), (0.9, 0.0, 0.1)]), st.integers(0, 3), st.randoms())
def test_no_picture_is_lost_groups_stay_together_and_order_does_not_matter(found, shares, seed, random):
    pictures, groups = album(*(word for word, _ in found)), [group for _, group in found]
    splits = divided(pictures, shares, groups, seed)
    assert list(splits) == list(SPLITS)
    places = {picture.path: name for name, there in splits.items() for picture in there}
    assert sorted(places) == [picture.path for picture in pictures]
    assert sum(map(len, splits.values())) == len(pictures)
    for group in set(groups):
        assert len({places[picture.path] for picture, its in zip(pictures, groups, strict=True) if its == group}) == 1
    for there in splits.values():
        assert there == sorted(there, key=lambda picture: picture.path)
    order = random.sample(range(len(pictures)), len(pictures))
    renamed = [100 - groups[at] for at in order]
    assert divided([pictures[at] for at in order], shares, renamed, seed) == splits
