"""Pictures → train, val and test: decided by picture before anything is cut, near-duplicates together."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from brandlens.annotations import Picture
from brandlens.errors import UserError

SPLITS = ("train", "val", "test")
TRIES = (
    30  # deals of which the first that puts every label everywhere is taken; one does unless many labels share pictures
)

Unit = tuple[list[int], Counter[str]]  # the pictures of a group, and how many of them show each label


def split_pictures(
    pictures: Sequence[Picture], shares: tuple[float, float, float], groups: np.ndarray, seed: int
) -> dict[str, list[Picture]]:
    """Divide pictures into SPLITS by `shares`; whole groups ((n,) int) stay together; each label by the same shares.

    A label with three groups or more gets into every split whose share is not 0, unless labels that share pictures rule
    it out; one with fewer goes to train first. The order of the pictures does not matter; splits come sorted by path.
    """
    if min(shares) < 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
        raise UserError(f"shares {', '.join(map(str, shares))} for train, val and test must add up to 1")
    units = _units(pictures, groups)
    random = np.random.default_rng(seed)
    best, fewest = [], math.inf
    for _ in range(TRIES):
        places = _deal(units, shares, random)
        lacking = _lacking(units, places, shares)
        if lacking < fewest:
            best, fewest = places, lacking
        if not lacking:
            break
    chosen: dict[str, list[Picture]] = {name: [] for name in SPLITS}
    for place, (members, _) in zip(best, units, strict=True):
        chosen[SPLITS[place]] += [pictures[at] for at in members]
    return {name: sorted(found, key=lambda picture: picture.path) for name, found in chosen.items()}


def _units(pictures: Sequence[Picture], groups: np.ndarray) -> list[Unit]:
    """The groups, by their first path. Pictures without a box (`ignore` boxes aside) count under the label ""."""
    members: dict[int, list[int]] = {}
    for at in sorted(range(len(pictures)), key=lambda at: pictures[at].path):
        members.setdefault(int(groups[at]), []).append(at)
    shown = [{box.label for box in picture.boxes if not box.ignore} or {""} for picture in pictures]
    return [(group, Counter(label for at in group for label in shown[at])) for group in members.values()]


def _deal(units: Sequence[Unit], shares: Sequence[float], random: np.random.Generator) -> list[int]:
    """A split, 0 to 2, for each unit: the rarest label first, its large units first, each where most is wanting.

    (Iterative stratification: Sechidis et al. 2011.) The last units of a label go where it would be missing.
    """
    pictures = sum((Counter(shown) for _, shown in units), Counter())
    open_ = Counter(label for _, shown in units for label in shown)
    wanted = {label: [share * count for share in shares] for label, count in pictures.items()}
    missing = {label: {at for at in range(3) if shares[at] > 0} for label in pictures}
    places = [-1] * len(units)
    for label in sorted(pictures, key=lambda label: (label == "", open_[label], label)):
        mine = [at for at, (_, shown) in enumerate(units) if label in shown and places[at] < 0]
        for at in sorted(random.permutation(mine).tolist(), key=lambda at: -len(units[at][0])):
            shown = units[at][1]
            due = [each for each in shown if open_[each] <= len(missing[each])]

            def worth(place: int, label: str = label, due: list[str] = due) -> tuple[int, float]:
                return sum(place in missing[each] for each in due), wanted[label][place]

            place = max((place for place in range(3) if shares[place] > 0), key=worth)
            places[at] = place
            for each, count in shown.items():
                wanted[each][place] -= count
                missing[each].discard(place)
                open_[each] -= 1
    return places


def _lacking(units: Sequence[Unit], places: Sequence[int], shares: Sequence[float]) -> int:
    """How often a label with units enough for all splits is in none of a split's."""
    there: dict[str, Counter[int]] = {}
    for place, (_, shown) in zip(places, units, strict=True):
        for label in shown:
            there.setdefault(label, Counter())[place] += 1
    splits = sum(share > 0 for share in shares)
    return sum(splits - len(counts) for label, counts in there.items() if counts.total() >= splits and label)
