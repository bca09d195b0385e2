"""Split pictures into train, val and test before anything is cut from them, near-duplicates together."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brandlens.annotations import Picture
from brandlens.errors import UserError

SPLITS = ("train", "val", "test")
TRIES = 30  # random assignments, of which the first without a missing label is taken: mostly the very first one


@dataclass(frozen=True)
class Group:
    """Near-duplicates, which stay together.

    members: indices of the pictures. counts: how many of them show each label, "" for those without a box.
    """

    members: list[int]
    counts: Counter[str]


def split_pictures(
    pictures: Sequence[Picture], ratios: tuple[float, float, float], groups: np.ndarray, seed: int
) -> dict[str, list[Picture]]:
    """Split pictures into SPLITS by `ratios`, each label by the same ratios; groups ((n,) int) stay together.

    A label with three groups or more gets into every split whose ratio is not 0, unless labels that share pictures rule
    it out; one with fewer goes to train first. The order of the pictures does not matter; splits come sorted by path.
    """
    if min(ratios) < 0 or not math.isclose(sum(ratios), 1, abs_tol=1e-6):
        raise UserError(f"ratios {', '.join(map(str, ratios))} for train, val and test must add up to 1")
    units = _collect_groups(pictures, groups)
    generator = np.random.default_rng(seed)
    best: list[int] = []
    fewest = math.inf
    for _ in range(TRIES):
        stratifier = Stratifier(units, ratios)
        stratifier.assign_all(generator)
        num_missing = stratifier.num_missing()
        if num_missing < fewest:
            best, fewest = stratifier.split_of, num_missing
        if not num_missing:
            break
    splits: dict[str, list[Picture]] = {name: [] for name in SPLITS}
    for split, unit in zip(best, units, strict=True):
        splits[SPLITS[split]] += [pictures[index] for index in unit.members]
    return {name: sorted(members, key=lambda picture: picture.path) for name, members in splits.items()}


def _collect_groups(pictures: Sequence[Picture], groups: np.ndarray) -> list[Group]:
    """Return the groups, by their first path; boxes to ignore count for nothing."""
    members: dict[int, list[int]] = {}
    for index in sorted(range(len(pictures)), key=lambda index: pictures[index].path):
        members.setdefault(int(groups[index]), []).append(index)
    labels = [{box.label for box in picture.boxes if not box.ignore} or {""} for picture in pictures]
    return [
        Group(indices, Counter(label for index in indices for label in labels[index])) for indices in members.values()
    ]


class Stratifier:
    """Assign groups to splits, by number, the rarest label first (iterative stratification: Sechidis et al. 2011).

    split_of: the split of each group, -1 before it is assigned.
    wanted: by label, how many pictures each split still wants.
    missing: by label, the splits that want some and have none yet.
    unassigned: by label, how many groups are left that show it.
    """

    def __init__(self, groups: Sequence[Group], ratios: Sequence[float]) -> None:
        self.groups = groups
        self.choices = [split for split, ratio in enumerate(ratios) if ratio > 0]
        self.split_of = [-1] * len(groups)
        totals: Counter[str] = sum((group.counts for group in groups), Counter())
        self.wanted = {label: [ratio * count for ratio in ratios] for label, count in totals.items()}
        self.missing = {label: set(self.choices) for label in totals}
        self.unassigned = Counter(label for group in groups for label in group.counts)

    def assign_all(self, generator: np.random.Generator) -> None:
        """Assign all groups; of those that show a label the largest first, in random order among equals."""
        for label in sorted(self.wanted, key=lambda label: (label == "", self.unassigned[label], label)):
            left = [i for i, group in enumerate(self.groups) if label in group.counts and self.split_of[i] < 0]
            shuffled = generator.permutation(left).tolist()
            for index in sorted(shuffled, key=lambda i: -len(self.groups[i].members)):
                self._assign(index, self._best_split(self.groups[index], label))

    def _best_split(self, group: Group, label: str) -> int:
        """Return the split that wants the label most, but first the one for which a label of the group is due.

        A label is due when no more groups show it than there are splits that have none of it yet.
        """
        due = [name for name in group.counts if self.unassigned[name] <= len(self.missing[name])]
        return max(
            self.choices,
            key=lambda split: (sum(split in self.missing[name] for name in due), self.wanted[label][split]),
        )

    def _assign(self, index: int, split: int) -> None:
        self.split_of[index] = split
        for label, count in self.groups[index].counts.items():
            self.wanted[label][split] -= count
            self.missing[label].discard(split)
            self.unassigned[label] -= 1

    def num_missing(self) -> int:
        """Return how often a label with groups enough for all splits is in none of a split's."""
        num_groups = Counter(label for group in self.groups for label in group.counts if label)
        return sum(len(self.missing[label]) for label, count in num_groups.items() if count >= len(self.choices))
