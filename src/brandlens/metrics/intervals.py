"""How sure a number is: the bootstrap over what was drawn independently (pictures, reviews), and Wilson's interval.

Boxes and crops of one picture stand and fall together, so pictures are drawn and not boxes: an interval over boxes
would be too narrow.
"""

import math
from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

Statistics = Callable[[np.ndarray], Mapping[Any, np.ndarray]]
NONE: Mapping[Hashable, float] = MappingProxyType({})
ROWS = 50  # draws that are worked on at once: 25,000 reviews of them take 5 MB


class Interval(NamedTuple):
    """Where a number lies with a probability of 95 %."""

    low: float
    high: float


def bootstrap(
    statistics: Statistics, units: int, centres: Mapping[Hashable, float] = NONE, repeats: int = 1000, seed: int = 1
) -> dict[Any, Interval]:
    """The 2.5 and 97.5 % quantiles of statistics over samples of `units` units, drawn with replacement (Efron 1979).

    statistics: (r, units) float32, how often each unit is in each of r samples → {name: (r,) values}, NaN where a
    sample has none. A name without any value is left out; without units all are.
    centres: numbers that samples are biased in; their values are shifted as a whole, to have their mean there.
    """
    if not units:
        return {}
    random = np.random.default_rng(seed)
    parts = [
        statistics(_resample_weights(random, min(ROWS, repeats - done), units)) for done in range(0, repeats, ROWS)
    ]
    drawn = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    drawn |= {name: drawn[name] + (centre - np.nanmean(drawn[name])) for name, centre in centres.items()}
    return {
        name: Interval(*(float(each) for each in np.nanquantile(values, (0.025, 0.975))))
        for name, values in drawn.items()
        if np.isfinite(values).any()
    }


def _resample_weights(random: np.random.Generator, rows: int, units: int) -> np.ndarray:
    """(rows, units) float32: how often each unit is in each sample."""
    places = random.integers(units, size=(rows, units)) + units * np.arange(rows)[:, None]
    return np.bincount(places.ravel(), minlength=rows * units).reshape(rows, units).astype(np.float32)


def wilson(share: float, count: int, z: float = 1.96) -> Interval:
    """The interval around a share of `count` rows, count > 0 (Wilson 1927); z: 1.96 standard errors for 95 %."""
    spread = z * math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    middle, whole = share + z * z / (2 * count), 1 + z * z / count
    return Interval((middle - spread) / whole, (middle + spread) / whole)


def wilson_if_degenerate(interval: Interval, share: float, units: int) -> Interval:
    """An interval of a share that no sample could move, because all units are right or all wrong: Wilson's instead.

    All right on forty pictures is not certainty, which is what the bootstrap makes of it.
    """
    if units and share in (0.0, 1.0) and interval.low == interval.high:
        return wilson(share, units)
    return interval
