"""How well logos are found, by how large they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from brandlens.evaluation import measures
from brandlens.evaluation.intervals import Interval, wilson
from brandlens.evaluation.measures import Ranking

EDGES = (0, 24, 32, 48, 64, 96, 128, 192, 256, float("inf"))  # pixels: of the groups of a logo's side


@dataclass(frozen=True)
class Group:
    """Logos whose side is from `low` to under `high` pixels: how many are labelled and found, AP50, and intervals."""

    low: float
    high: float
    labelled: int
    found: int
    recall: float
    interval: Interval
    ap50: float

    @property
    def name(self) -> str:
        """Such as "32-47"."""
        return f"{self.low:.0f} or more" if self.high == float("inf") else f"{self.low:.0f}-{self.high - 1:.0f}"


def by_size(ranking: Ranking, size: np.ndarray, labelled: Sequence[np.ndarray], threshold: float) -> list[Group]:
    """The groups that hold a labelled box, the smallest first.

    size: (n,) of a hit its labelled box's side, else its own. labelled: picture's number, label's number and side in
    pixels of each labelled box. threshold: of recall; average precision counts every find.
    """
    once = np.ones((1, len(ranking.labelled)), np.float32)
    groups = []
    for low, high in pairwise(EDGES):
        part = measures.sized(ranking, size, labelled, low, high)
        total = int(part.labelled.sum())
        if not total:
            continue
        hits = int((part.hit & (part.score >= threshold)).sum())
        value = float(np.nan_to_num(measures.mean_known(measures.average_precision(once, part))[0]))
        groups.append(Group(low, high, total, hits, hits / total, wilson(hits / total, total), value))
    return groups
