"""How sure a number is: the bootstrap over what was drawn independently (pictures, reviews), and Wilson's interval.

Boxes and crops of one picture stand and fall together, so pictures are resampled and not boxes: an interval over boxes
would be too narrow.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

Statistics = Callable[[np.ndarray], Mapping[str, np.ndarray]]
NO_CENTERS: Mapping[str, float] = MappingProxyType({})
NUM_RESAMPLES, SEED = 1000, 1
BATCH = 50  # resamples that are worked on at once: of 25,000 reviews they take 5 MB


class Interval(NamedTuple):
    """A range that holds a number with a probability of 95 %."""

    low: float
    high: float


def bootstrap(statistics: Statistics, num_units: int, centers: Mapping[str, float] = NO_CENTERS) -> dict[str, Interval]:
    """Return the 2.5 and 97.5 % quantiles of statistics over samples drawn with replacement (Efron 1979).

    statistics: (r, units) float32 weights, how often each unit is in each of r resamples → {name: (r,) values}, NaN
    where a resample has none. A name without any value is left out; without units all are.
    centers: names of statistics that resamples are biased in, with the value that their mean is to be shifted to.
    """
    if not num_units:
        return {}
    random = np.random.default_rng(SEED)
    batches = [statistics(_resample_weights(random, BATCH, num_units)) for _ in range(NUM_RESAMPLES // BATCH)]
    values = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    values |= {name: values[name] + (center - np.nanmean(values[name])) for name, center in centers.items()}
    return {
        name: Interval(*(float(end) for end in np.nanquantile(resampled, (0.025, 0.975))))
        for name, resampled in values.items()
        if np.isfinite(resampled).any()
    }


def _resample_weights(random: np.random.Generator, rows: int, num_units: int) -> np.ndarray:
    """Return (rows, units) float32: how often each unit is in each resample."""
    drawn = random.integers(num_units, size=(rows, num_units)) + num_units * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * num_units).reshape(rows, num_units).astype(np.float32)


def wilson(ratio: float, count: int) -> Interval:
    """Return the interval around a ratio of `count` rows, count > 0 (Wilson 1927)."""
    z = 1.96  # standard errors, for 95 %
    spread = z * math.sqrt(ratio * (1 - ratio) / count + (z / (2 * count)) ** 2)
    middle, scale = ratio + z * z / (2 * count), 1 + z * z / count
    # both ends of 0 and of 1 are exact but for rounding, which would print -0 %
    return Interval(max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def wilson_if_degenerate(interval: Interval, ratio: float, count: int) -> Interval:
    """Return Wilson's interval for a ratio that no resample could move, because all or none are right; else `interval`.

    All right on forty pictures is not certainty, which is what the bootstrap makes of it.
    """
    if count and ratio in (0.0, 1.0) and interval.low == interval.high:
        return wilson(ratio, count)
    return interval
