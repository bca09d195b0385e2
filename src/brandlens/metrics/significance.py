"""Two models on the same rows: is one better, by how much, and could it be chance?"""

import math

import numpy as np

from brandlens.metrics.intervals import Interval, bootstrap


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """Return the two-sided p-value of McNemar's exact test (1947): that two models are equally often right.

    first, second: (n,) bool, right or wrong on the same rows. Of the rows that only one model has right, each is a fair
    coin. 1.0 where they never differ.
    """
    only = sorted((int((first & ~second).sum()), int((second & ~first).sum())))
    count = sum(only)
    if not count:
        return 1.0
    logs = [_log_choose(count, k) - count * math.log(2) for k in range(only[0] + 1)]
    return min(1.0, 2 * math.fsum(math.exp(log) for log in logs))


def difference(first: np.ndarray, second: np.ndarray, unit: np.ndarray) -> tuple[float, Interval]:
    """Return how many more rows the second model has right, as a fraction of all, and its interval over units.

    first, second: (n,) bool, n > 0; unit: (n,) int64 from 0, the picture or review that a row belongs to.
    """
    num_units = int(unit.max()) + 1
    gain = np.bincount(unit, second.astype(float) - first, num_units).astype(np.float32)
    count = np.bincount(unit, minlength=num_units).astype(np.float32)
    drawn = bootstrap(lambda weights: {"gain": (weights @ gain) / np.maximum(weights @ count, 1)}, num_units)
    return float(gain.sum() / count.sum()), drawn["gain"]


def _log_choose(n: int, k: int) -> float:
    """Return the logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
