"""Two models on the same rows: is one better, by how much, and could it be chance?"""

import math

import numpy as np

from brandlens.metrics.intervals import Interval, bootstrap


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """The probability of so uneven a split among the rows on which two models differ, were they equally good.

    first, second: (n,) bool, right or wrong on the same rows. McNemar's test (1947) in its exact form, two-sided: of
    the rows that only one has right, each is a fair coin. 1.0 where they never differ.
    """
    only = sorted((int((first & ~second).sum()), int((second & ~first).sum())))
    count = sum(only)
    if not count:
        return 1.0
    logs = [_choose(count, k) - count * math.log(2) for k in range(only[0] + 1)]
    return min(1.0, 2 * math.fsum(math.exp(each) for each in logs))


def difference(first: np.ndarray, second: np.ndarray, unit: np.ndarray) -> tuple[float, Interval]:
    """By how much more rows the second has right, as a share of all, and the interval, drawing units.

    first, second: (n,) bool, n > 0; unit: (n,) int64 from 0, the picture or review that a row belongs to.
    """
    units = int(unit.max()) + 1
    gain = np.bincount(unit, second.astype(float) - first, units).astype(np.float32)
    count = np.bincount(unit, minlength=units).astype(np.float32)
    drawn = bootstrap(lambda draws: {"gain": (draws @ gain) / np.maximum(draws @ count, 1)}, units)
    return float(gain.sum() / count.sum()), drawn["gain"]


def _choose(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
