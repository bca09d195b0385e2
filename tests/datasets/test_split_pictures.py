from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.datasets.split_pictures import SPLITS, split_pictures
from brandlens.errors import UserError

RATIOS = (0.7, 0.1, 0.2)


def make_pictures(*words: str) -> list[Picture]:
    """Return a picture for each word, with a box for each letter."""
    boxes = [tuple(Box(0, 0, 9, 9, label) for label in word) for word in words]
    return [Picture(Path(f"{index:03}.jpg"), its) for index, its in enumerate(boxes)]


def split(pictures, ratios=RATIOS, groups=None, seed=1):
    return split_pictures(pictures, ratios, np.arange(len(pictures)) if groups is None else np.array(groups), seed)


def labels_in(pictures):
    return {box.label for picture in pictures for box in picture.boxes if not box.ignore}


def test_no_pictures():
    assert split([]) == {"train": [], "val": [], "test": []}


@pytest.mark.parametrize("ratios", [RATIOS, (0.5, 0.25, 0.25), (0.8, 0.0, 0.2), (1.0, 0.0, 0.0)], ids=str)
def test_ratios_hold_for_each_label(ratios):
    pictures = make_pictures(*["a"] * 100, *["b"] * 40, *[""] * 60)
    splits = split(pictures, ratios)
    for name, ratio in zip(SPLITS, ratios, strict=True):
        for label, count in (("a", 100), ("b", 40), ("", 60)):
            in_split = sum("".join(box.label for box in picture.boxes) == label for picture in splits[name])
            assert in_split == pytest.approx(ratio * count, abs=1)


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
    pictures = make_pictures(*words)
    splits = split(pictures, seed=seed)
    everywhere = {(label, name) for label in labels_in(pictures) for name in SPLITS}
    assert {(label, name) for label, name in everywhere if label not in labels_in(splits[name])} == missing


def test_a_label_that_is_never_the_rarest():
    """`c` is in six groups, always beside a rarer label."""
    pictures = make_pictures("ac", "bc", "dc", "ec", "fc", "gc", *["h"] * 30)
    for seed in range(20):
        splits = split(pictures, seed=seed)
        assert all("c" in labels_in(splits[name]) for name in SPLITS)


def test_a_large_group_counts_for_what_it_holds():
    """Ninety near-duplicates and ten others: the ninety are training pictures."""
    splits = split(make_pictures(*["a"] * 100), groups=[0] * 90 + list(range(1, 11)))
    assert len(splits["train"]) >= 90
    assert splits["val"]
    assert splits["test"]


def test_ignore_boxes_do_not_count():
    pictures = [Picture(Path(f"{index}.jpg"), (Box(0, 0, 9, 9, "a", ignore=index < 3),)) for index in range(6)]
    splits = split(pictures)
    assert all("a" in labels_in(splits[name]) for name in SPLITS)


def test_the_seed_decides():
    pictures = make_pictures(*["a"] * 40)
    assert split(pictures, seed=1) == split(pictures, seed=1)
    assert split(pictures, seed=1) != split(pictures, seed=2)


@pytest.mark.parametrize("ratios", [(0.7, 0.1, 0.1), (0.0, 0.0, 0.0), (1.2, -0.1, -0.1)], ids=str)
def test_ratios_that_do_not_add_up(ratios):
    with pytest.raises(UserError, match="ratios"):
        split(make_pictures("a"), ratios)


groups_of_words = st.lists(st.tuples(st.text("abcd", max_size=3), st.integers(0, 6)), max_size=25)


@given(groups_of_words, st.sampled_from([RATIOS, (0.34, 0.33, 0.33), (0.9, 0.0, 0.1)]), st.integers(0, 3), st.randoms())
def test_no_picture_is_lost_groups_stay_together_and_order_does_not_matter(drawn, ratios, seed, random):
    pictures, groups = make_pictures(*(word for word, _ in drawn)), [group for _, group in drawn]
    splits = split(pictures, ratios, groups, seed)
    assert list(splits) == list(SPLITS)
    split_of = {picture.path: name for name, members in splits.items() for picture in members}
    assert sorted(split_of) == [picture.path for picture in pictures]
    assert sum(map(len, splits.values())) == len(pictures)
    for group in set(groups):
        members = [picture for picture, its in zip(pictures, groups, strict=True) if its == group]
        assert len({split_of[picture.path] for picture in members}) == 1
    for members in splits.values():
        assert members == sorted(members, key=lambda picture: picture.path)
    order = random.sample(range(len(pictures)), len(pictures))
    renumbered = [100 - groups[index] for index in order]
    assert split([pictures[index] for index in order], ratios, renumbered, seed) == splits
