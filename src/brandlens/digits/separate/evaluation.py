"""How many digits are separated right: regions beside the digits that they should be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brandlens.digits.separate.regions import METHODS, MIN_AREAS, THRESHOLDS, Settings
from brandlens.digits.separate.scenes import SceneSet
from brandlens.metrics.registry import bootstrap_ratios


@dataclass(frozen=True)
class Counts:
    """Of each scene, (n,) int64: digits, regions, and regions that are a digit."""

    digits: np.ndarray
    regions: np.ndarray
    right: np.ndarray

    @property
    def f1(self) -> float:
        """F1 over all scenes; 0.0 without digits and regions."""
        return float(2 * self.right.sum() / max(self.digits.sum() + self.regions.sum(), 1))


def count(instances: np.ndarray, regions: Sequence[np.ndarray], min_iou: float) -> Counts:
    """Count regions whose intersection over union with a digit is min_iou at least, which only one digit can have.

    instances: (n, h, w) int32, 0 is ground; regions: n of (h, w) int32. min_iou: 0.5 or more.
    """
    rows = []
    for instance, found in zip(instances, regions, strict=True):
        num_found = int(found.max()) + 1
        common = np.bincount((instance * num_found + found).ravel(), minlength=(int(instance.max()) + 1) * num_found)
        table = common.reshape(-1, num_found)
        union = table.sum(axis=1)[:, None] + table.sum(axis=0) - table
        iou = (table / np.maximum(union, 1))[1:, 1:]
        present = table.sum(axis=1)[1:] > 0
        rows.append((int(present.sum()), int((table.sum(axis=0)[1:] > 0).sum()), int((iou >= min_iou).sum())))
    return Counts(*(np.array(column, np.int64) for column in zip(*rows, strict=True))) if rows else _nothing()


def _nothing() -> Counts:
    return Counts(*(np.zeros(0, np.int64) for _ in range(3)))


def apply(name: str, scenes: SceneSet, maps: np.ndarray, settings: Settings) -> list[np.ndarray]:
    """Return the regions of each scene by a method; maps: (n, h, w, 2)."""
    return [METHODS[name](image, of_image, settings) for image, of_image in zip(scenes.images, maps, strict=True)]


def choose(name: str, scenes: SceneSet, maps: np.ndarray, min_iou: float) -> Settings:
    """Return the settings of a method that have the best F1 on validation scenes, the first of equals."""
    candidates = [Settings(threshold, area) for threshold in THRESHOLDS[name] for area in MIN_AREAS]
    return max(
        candidates, key=lambda each: count(scenes.instances, apply(name, scenes, maps, each), min_iou).f1
    )  # fmt: skip


def scores(counts: Counts) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return fractions: digits separated right, regions that are a digit, F1, scenes without a mistake; and intervals.

    Intervals are 95 % ones of the bootstrap over scenes.
    """
    clean = (counts.right == counts.digits) & (counts.right == counts.regions)
    columns = {
        "digits_right": (counts.right, counts.digits),
        "regions_right": (counts.right, counts.regions),
        "f1": (2 * counts.right, counts.digits + counts.regions),
        "scenes_right": (clean, np.ones(len(clean))),
    }
    values = {name: round(float(top.sum() / max(bottom.sum(), 1)), 4) for name, (top, bottom) in columns.items()}
    intervals = {
        name: [round(max(interval.low, 0.0), 4), round(min(interval.high, 1.0), 4)]
        for name, interval in bootstrap_ratios(columns, len(clean)).items()
    }
    return values, intervals
