"""How well logos are found, by how large they are."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from brandlens.metrics import weighted
from brandlens.metrics.intervals import Interval, wilson

EDGES = (0, 24, 32, 48, 64, 96, 128, 192, 256, float("inf"))  # pixels: of the groups of a logo's side


@dataclass(frozen=True)
class SizeBin:
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
        """Such as "32-47"; "256+" for the largest."""
        return f"{self.low:.0f}+" if self.high == float("inf") else f"{self.low:.0f}-{self.high - 1:.0f}"


def by_size(
    outcome: np.ndarray, label: np.ndarray, score: np.ndarray, size: np.ndarray, labels: int, threshold: float
) -> list[SizeBin]:
    """The groups that hold a labelled box, the smallest first.

    outcome: (n,) str, a row a found box and a missed one as in boxes.csv: true_positive, false_positive,
    false_negative; others are left out.
    label: (n,) int64; labels: how many there are. size: (n,) of a hit or a miss the labelled box's side, else the found
    one's. threshold: of recall; average precision counts every find.
    """
    shown, seen = (
        np.isin(outcome, ("true_positive", "false_negative")),
        np.isin(outcome, ("true_positive", "false_positive")),
    )
    one = np.zeros(len(outcome), np.int64)  # all pictures as a single unit: nothing is drawn here
    counts = weighted.counts_by_unit(one[shown], label[shown], 1, labels)
    ranking = weighted.ScoredBoxes(one[seen], label[seen], score[seen], outcome[seen] == "true_positive", counts)
    groups = []
    for low, high in pairwise(EDGES):
        part = weighted.sized(ranking, size[seen], (one[shown], label[shown], size[shown]), low, high)
        total = int(part.labelled.sum())
        if not total:
            continue
        hits = int((part.hit & (part.score >= threshold)).sum())
        each = weighted.average_precision(np.ones((1, 1), np.float32), part)
        value = float(np.nan_to_num(weighted.mean_known(each)[0]))
        groups.append(SizeBin(low, high, total, hits, hits / total, wilson(hits / total, total), value))
    return groups
