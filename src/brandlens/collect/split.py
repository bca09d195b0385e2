"""Pictures → train, val and test: decided by picture before anything is cut, near-duplicates together."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from brandlens.annotations import Picture

SPLITS = ("train", "val", "test")


def split(
    pictures: Sequence[Picture], shares: tuple[float, float, float], groups: np.ndarray, seed: int
) -> dict[str, list[Picture]]:
    """Divide pictures into SPLITS by `shares`; whole groups ((n,) int) stay together; each label by the same shares.

    A group goes by the rarest label in it, so that a label with three groups or more is in every split whose share is not
    0. The order of the pictures does not matter; each split comes sorted by path.
    """
    total = Counter(label for picture in pictures for label in {box.label for box in picture.boxes})
    members: dict[int, list[int]] = {}
    for at, group in enumerate(groups):
        members.setdefault(int(group), []).append(at)
    strata: dict[str, list[list[int]]] = {}
    for at in members.values():
        labels = {box.label for one in at for box in pictures[one].boxes}
        strata.setdefault(min(labels, key=lambda label: (total[label], label), default=""), []).append(at)

    chosen: dict[str, list[Picture]] = {name: [] for name in SPLITS}
    random = np.random.default_rng(seed)
    for label in sorted(strata):
        units = sorted(strata[label], key=lambda unit: min(str(pictures[at].path) for at in unit))
        for name, unit in zip(_deal(len(units), shares, random), units, strict=True):
            chosen[name] += [pictures[at] for at in unit]
    return {name: sorted(found, key=lambda picture: str(picture.path)) for name, found in chosen.items()}


def _deal(count: int, shares: tuple[float, float, float], random: np.random.Generator) -> list[str]:
    """`count` names of splits in random order, by shares; from three on each split with a share gets at least one."""
    parts = [int(share * count) for share in shares]
    rest = sorted(range(3), key=lambda at: parts[at] - shares[at] * count)
    for at in rest[: count - sum(parts)]:
        parts[at] += 1
    for at in range(3):
        if count >= 3 and shares[at] > 0 and not parts[at]:
            parts[int(np.argmax(parts))] -= 1
            parts[at] += 1
    names = [name for name, part in zip(SPLITS, parts, strict=True) for _ in range(part)]
    return [names[at] for at in random.permutation(count)]
