"""Reviews → train, val, test and unlabelled, with no text on two sides in much the same words."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from brandlens.datasets import text_dedup
from brandlens.datasets.review import NEGATIVE, POSITIVE, Review
from brandlens.errors import UserError

STRENGTH = {"test": 3, "val": 2, "train": 1, "unlabelled": 0}  # of near-duplicates, those in the strongest split stay
LABELS = {POSITIVE: "positive", NEGATIVE: "negative"}


def split_reviews(
    reviews: Sequence[Review], shares: tuple[float, float, float], duplicates: float, seed: int
) -> tuple[list[Review], Counter[str]]:
    """The reviews that stay, in their order, each with its split; and how many had to go from each split.

    A split that the source gives stays as it is; val and test, where there is none, are cut out of train: whole groups
    (of a movie, a product) at random, each label by the same share, as the `shares` of train, val and test stand to
    one another. Reviews with at least `duplicates` of their word triples in common are in one split only: they are cut
    out together, and where the source has them in several, those in the strongest stay: a test text is in no other
    split, a val text neither in train nor in unlabelled.
    Raises UserError when train, val or test is left without a review of a label.
    """
    near = text_dedup.groups((review.text for review in reviews), duplicates)
    splits = {at: reviews[at].split for at in _strongest(reviews, near)}
    gone = Counter(review.split for review in reviews) - Counter(splits.values())

    ours = [at for at, split in splits.items() if split == "train"]
    subjects: dict[str, int] = {}
    about = [subjects.setdefault(reviews[at].group or f"\0{at}", at) for at in ours]  # without a group: each for itself
    given = set(splits.values())
    wanted = {name: share for name, share in zip(("val", "test"), shares[1:], strict=True) if name not in given}
    whole = shares[0] + sum(wanted.values())
    taken = _cut(
        text_dedup.union_groups(near[ours], about),
        np.array([reviews[at].label for at in ours]),
        {name: share / whole for name, share in wanted.items() if share},
        np.random.default_rng(seed),
    )
    splits |= {ours[place]: name for place, name in taken.items()}
    found = [reviews[at]._replace(split=split) for at, split in splits.items()]
    _check(found)
    return found, gone


def _strongest(reviews: Sequence[Review], near: np.ndarray) -> list[int]:
    """The places of the reviews that are in the strongest split of their near-duplicates. near: (n,) int groups."""
    best = np.zeros(near.max(initial=-1) + 1, int)
    strength = np.array([STRENGTH[review.split] for review in reviews], int)
    np.maximum.at(best, near, strength)
    return np.flatnonzero(strength == best[near]).tolist()


def _cut(
    units: np.ndarray, labels: np.ndarray, wanted: Mapping[str, float], random: np.random.Generator
) -> dict[int, str]:
    """The place of each review that is taken away, and the split it goes to: `wanted` shares of each label.

    units, labels: (n,) int. Units are taken whole, in random order, while they fit; where none fits, the smallest is.
    """
    members: dict[int, list[int]] = {}
    for at, unit in enumerate(units.tolist()):
        members.setdefault(unit, []).append(at)
    deck = [members[unit] for unit in random.permutation(list(members)).tolist()]
    total = Counter(labels.tolist())
    taken: dict[int, str] = {}
    for name, share in wanted.items():
        room = Counter({label: max(1, round(share * count)) for label, count in total.items()})
        rest = []
        for unit in deck:
            has = Counter(labels[unit].tolist())
            if has <= room:
                room -= has
                taken |= dict.fromkeys(unit, name)
            else:
                rest.append(unit)
        if len(rest) == len(deck) and rest:
            taken |= dict.fromkeys(rest.pop(min(range(len(rest)), key=lambda at: len(rest[at]))), name)
        deck = rest
    return taken


def _check(reviews: Sequence[Review]) -> None:
    there = {(review.split, review.label) for review in reviews}
    for split in ("train", "val", "test"):
        for label, word in LABELS.items():
            if (split, label) not in there:
                raise UserError(
                    f"no {word} review is left for {split}; collect more, or mend sentiment.collect.shares or groups"
                )
