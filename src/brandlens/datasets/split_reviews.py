"""Reviews → train, val, test and unlabelled, with no text in two splits in much the same words."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from brandlens.datasets.reviews import TWO_LABELS, Review
from brandlens.datasets.text_dedup import group_texts, union_groups
from brandlens.errors import UserError

RANK = {"test": 3, "val": 2, "train": 1, "unlabelled": 0}  # of near-duplicates, those in the highest split stay


def split_reviews(
    reviews: Sequence[Review],
    split_ratios: tuple[float, float, float],
    dedup_jaccard: float,
    seed: int,
    labels: Sequence[str] = TWO_LABELS,
) -> tuple[list[Review], Counter[str]]:
    """Return the reviews that stay, in their order, each with its split; and how many were left out of each split.

    A split that the source gives stays as it is; val and test, where there is none, are cut out of train: whole groups
    (of a movie, a product) at random, each label by the same ratio, as the `split_ratios` of train, val and test stand
    to one another. Reviews with at least `dedup_jaccard` of their word triples in common are in one split only: they
    are cut out together, and where the source has them in several, those in the highest stay: a test text is in no
    other split, a val text neither in train nor in unlabelled.
    labels: of all, train, val and test must have a review. Raises UserError where one has none.
    """
    duplicates = group_texts((review.text for review in reviews), dedup_jaccard)
    splits = {index: reviews[index].split for index in _highest(reviews, duplicates)}
    removed = Counter(review.split for review in reviews) - Counter(splits.values())

    train = [index for index, split in splits.items() if split == "train"]
    first_of: dict[str, int] = {}
    subjects = [first_of.setdefault(reviews[i].group or f"\0{i}", i) for i in train]  # without a group: its own
    given = set(splits.values())
    ratios = {name: ratio for name, ratio in zip(("val", "test"), split_ratios[1:], strict=True) if name not in given}
    total = split_ratios[0] + sum(ratios.values())
    moved = _cut(
        union_groups(duplicates[train], subjects),
        [reviews[index].label for index in train],
        {name: ratio / total for name, ratio in ratios.items() if ratio},
        np.random.default_rng(seed),
    )
    splits |= {train[position]: name for position, name in moved.items()}
    kept = [reviews[index]._replace(split=split) for index, split in splits.items()]
    _check(kept, labels)
    return kept, removed


def _highest(reviews: Sequence[Review], groups: np.ndarray) -> list[int]:
    """Return the indices of the reviews in the highest split of their near-duplicates. groups: (n,) int of these."""
    ranks = np.array([RANK[review.split] for review in reviews], int)
    highest = np.zeros(groups.max(initial=-1) + 1, int)
    np.maximum.at(highest, groups, ranks)
    return np.flatnonzero(ranks == highest[groups]).tolist()


def _cut(
    units: np.ndarray, labels: Sequence[str], ratios: Mapping[str, float], random: np.random.Generator
) -> dict[int, str]:
    """Return the index of each review that leaves train and the split it goes to: a ratio of each label.

    units: (n,) int. labels: n names. Units are taken whole, in random order, while they fit; where none fits, the
    smallest is.
    """
    members: dict[int, list[int]] = {}
    for index, unit in enumerate(units.tolist()):
        members.setdefault(unit, []).append(index)
    remaining = [members[unit] for unit in random.permutation(list(members)).tolist()]
    totals = Counter(labels)
    moved: dict[int, str] = {}
    for name, ratio in ratios.items():
        room = Counter({label: max(1, round(ratio * count)) for label, count in totals.items()})
        rest = []
        for unit in remaining:
            counts = Counter(labels[index] for index in unit)
            if counts <= room:
                room -= counts
                moved |= dict.fromkeys(unit, name)
            else:
                rest.append(unit)
        if len(rest) == len(remaining) and rest:
            smallest = min(range(len(rest)), key=lambda position: len(rest[position]))
            moved |= dict.fromkeys(rest.pop(smallest), name)
        remaining = rest
    return moved


def _check(reviews: Sequence[Review], labels: Sequence[str]) -> None:
    present = {(review.split, review.label) for review in reviews}
    for split in ("train", "val", "test"):
        for label in reversed(labels):
            if (split, label) not in present:
                rest = [name for name in labels if name != label]
                without = f", or set sentiment.collect.labels: [{', '.join(rest)}]" if len(rest) > 1 else ""
                raise UserError(
                    f"no {label} review is left for {split}; collect more, or change sentiment.collect.split_ratios or "
                    f"the groups{without}"
                )
